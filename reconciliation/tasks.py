"""The tasks that look at whole libraries, and those that look after parked scenes and kept edits."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable

from reconciliation.engine import ReconciliationEngine
from reconciliation.schedule import GUARD, SETTINGS, fingerprint
from validation.errors import PermanentError
from validation.jobs import UpdateType
from worker.items.capabilities import try_again
from worker.items.finder import OUTSIDE
from worker.processor import SyncWorker
from worker.storage.ownership import Owned
from worker.tasks.running import Pace, TaskContext, owned_worker, work_off
from worker.tasks.status import grouped, reasons

log = logging.getLogger(__name__)

#: Share of the progress bar that stands for reading both libraries, before the first scene is sent.
COMPARING = 0.1


def reconcile(context: TaskContext) -> str:
    """Compare both libraries and send what is out of step; returns the one line that sums it up.

    Stopping it at any moment loses nothing: what is queued is done by the background worker.
    Raises StashUnavailable, ConfigurationError, and the errors of plex/exceptions.py.
    """
    return _run(context, "Reconcile Library", lambda worker, owned: _compare(context, worker, owned, everything=False))


def reconcile_thoroughly(context: TaskContext) -> str:
    """Read every scene and every item in full, whatever is remembered of them. Raises as ``reconcile``."""
    return _run(
        context, "Reconcile Library (thorough)", lambda worker, owned: _compare(context, worker, owned, everything=True)
    )


def sync_all(context: TaskContext) -> str:
    """Compare every scene, and try once more what this Plex server did not take. Raises as ``reconcile``."""

    def enqueue(worker: SyncWorker, owned: Owned) -> None:
        try_again(owned.record)
        _compare(context, worker, owned, everything=True)

    return _run(context, "Sync All Scenes", enqueue)


def retry_parked(context: TaskContext) -> str:
    """Try all parked scenes once more. Raises as ``reconcile``."""

    def enqueue(_: SyncWorker, owned: Owned) -> None:
        parked = owned.record.parked()
        for one in parked:
            owned.queue.add(one.scene_id, one.update_type)
        owned.queue.sync()
        for one in parked:
            owned.record.unpark(one.scene_id)

    return _run(context, "Retry Parked Scenes", enqueue)


def forget_parked(context: TaskContext) -> str:
    """Take all parked scenes off the list; each comes back only when it changes in Stash, or with Sync All Scenes.

    Raises ConfigurationError.
    """
    with owned_worker(context) as (owned, _):
        parked = owned.record.parked()
        for one in parked:
            owned.record.ignore(one.scene_id)
        return f"Parked scenes forgotten: {len(parked):,}."


def overwrite_edits(context: TaskContext) -> str:
    """Write once more to the scenes whose edits in Plex were kept, or to those named by ``scene_ids``.

    Raises PermanentError, and as ``reconcile``.
    """
    named = list(_numbers(context.arguments.get("scene_ids")))

    def enqueue(_: SyncWorker, owned: Owned) -> None:
        for scene_id in named or owned.record.scenes_with_kept_edits():
            owned.queue.add(scene_id, UpdateType.OVERWRITE)
        owned.queue.sync()

    return _run(context, "Overwrite Edits Made in Plex", enqueue)


def _compare(context: TaskContext, worker: SyncWorker, owned: Owned, everything: bool) -> None:
    settings = fingerprint(context.config)
    changed = owned.record.said(SETTINGS) not in ("", settings)
    ReconciliationEngine(
        context.stash,
        worker.plex_client,
        owned.queue,
        owned.record,
        owned.index,
        context.config,
        worker.tally.note,
        watch=Pace(context.progress, " compared").show,
    ).enqueue(everything or changed)
    owned.record.say(SETTINGS, settings)


def _run(context: TaskContext, name: str, enqueue: Callable[[SyncWorker, Owned], None]) -> str:
    with owned_worker(context) as (owned, worker):
        server = worker.plex_client.server
        log.info('Comparing with the Plex server "%s".', server.friendlyName)
        context.progress.stage(0.0, COMPARING)
        enqueue(worker, owned)
        context.progress.stage(COMPARING, 1.0)
        rest = work_off(context, owned, worker)
        if not rest:
            # What was written just now is not taken for a change made in Plex the next time.
            owned.index.refresh(server, context.config.plex_libraries)
            owned.record.see_written(str(server.machineIdentifier), owned.index.updated_at)
        owned.record.say(GUARD, "")
        why = reasons(context.data, owned.record)
        for reason in grouped(why):
            log.info("%s", reason)
        outside = Counter(text.removeprefix(OUTSIDE) for text, _ in why if text.startswith(OUTSIDE))
        line = worker.tally.summary(outside)
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
