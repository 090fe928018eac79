"""The tasks that look at whole libraries."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from reconciliation.engine import ReconciliationEngine
from validation.errors import PermanentError
from validation.jobs import UpdateType
from worker.jobqueue import JobQueue
from worker.processor import SyncWorker
from worker.record import Record
from worker.tasks import TaskContext, owned_worker, summary, work_off

log = logging.getLogger(__name__)


def sync_all(context: TaskContext) -> str:
    """Queue every scene and work the queue off, with progress; returns the one line that sums it up.

    Stopping it at any moment loses nothing: what is queued is done by the background worker.
    Raises StashUnavailable, ConfigurationError.
    """

    def enqueue(worker: SyncWorker, queue: JobQueue, _: Record) -> int:
        return ReconciliationEngine(context.stash, worker.plex_client, queue.add).enqueue_all()

    return _run(context, "Sync All Scenes", enqueue)


def overwrite_edits(context: TaskContext) -> str:
    """Write once more to the scenes whose edits in Plex were kept, or to those named by ``scene_ids``.

    Raises StashUnavailable, PermanentError.
    """
    named = list(_numbers(context.arguments.get("scene_ids")))

    def enqueue(_: SyncWorker, queue: JobQueue, record: Record) -> int:
        scenes = named or record.scenes_with_kept_edits()
        for scene_id in scenes:
            queue.add(scene_id, UpdateType.OVERWRITE)
        return len(scenes)

    return _run(context, "Overwrite Edits Made in Plex", enqueue)


def _run(context: TaskContext, name: str, enqueue: Callable[[SyncWorker, JobQueue, Record], int]) -> str:
    with owned_worker(context) as (owned, worker):
        log.info('Comparing with the Plex server "%s".', worker.plex_client.server.friendlyName)
        log.info("%s scenes queued.", f"{enqueue(worker, owned.queue, owned.record):,}")
        rest = work_off(context, owned, worker)
        line = summary(worker.tally)
        if rest:
            line += f" {rest} {owned.queue.count_due():,} scenes wait and are sent when it works again."
        owned.record.ended(name, line)
        return line


def _numbers(given: object) -> Iterable[int]:
    """Scene numbers as a task gets them: one, several in a text with commas, or a list."""
    pieces = given if isinstance(given, list) else str(given or "").split(",")
    for piece in pieces:
        text = str(piece).strip()
        if text and not text.isdigit():
            raise PermanentError(f'"{text}" is no scene number; scene_ids is one, or several with commas.')
        if text:
            yield int(text)
