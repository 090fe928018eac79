"""The task "Preview": everything that Sync All Scenes would do, planned by the same rules, and nothing of it done.

It works on copies of record and index, owns nothing (a running worker goes on), and asks Plex for no scan. What it
found lies in one file in the data folder, and is summed up in the task's log.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace

from reconciliation.engine import ReconciliationEngine
from reconciliation.preview_summary import Summary
from validation.errors import ConfigurationError, TransientError
from validation.jobs import UpdateType
from validation.outcomes import Ended
from worker.items.capabilities import try_again
from worker.items.foreseen import Foreseen, document_of
from worker.logs import log_to_file
from worker.processor import SyncWorker
from worker.standins import PassingJobs
from worker.storage.copies import Copies, copied
from worker.storage.facts import Fact
from worker.storage.plan_files import PreviewFile
from worker.storage.queue_file import read_jobs
from worker.storage.repair import trouble_named
from worker.tasks.arguments import is_on, named_scenes
from worker.tasks.context import TaskContext
from worker.tasks.pace import Pace
from worker.tasks.sending import FILLING, drain

log = logging.getLogger(__name__)

#: The task's argument that has covers compared, which reads each of them from Stash.
COVERS = "covers"


class _Reporter:
    """Takes down what is foreseen: for the file scene by scene, for the log in sum."""

    def __init__(self, file: PreviewFile, summary: Summary) -> None:
        self.covers = summary.covers
        self._file = file
        self._summary = summary

    def saw(self, foreseen: Foreseen) -> None:
        """Raises OSError."""
        self._summary.add(foreseen)
        if foreseen.is_told:
            self._file.add(document_of(foreseen))


def preview(context: TaskContext, clock: Callable[[], float] = time.time) -> str:
    """Plan everything, or only ``scene_ids``; with ``covers`` also which covers would be sent.

    Returns the one line that sums it up. Nothing is left behind when it is stopped.

    Raises:
        PermanentError: an argument holds something else. ConfigurationError: a setting is missing, or cannot be read
        that holds something back. StashUnavailable, StorageTrouble, and the errors of plex/exceptions.py.
    """
    scenes = named_scenes(context.arguments)
    summary = Summary(clock(), scenes, is_on(context.arguments, COVERS))
    if context.config.obstacle:
        raise ConfigurationError(context.config.obstacle)
    log_to_file(context.data.task_log, context.secrets)
    with trouble_named(context.data), copied(context.data, clock) as copies, closing(PreviewFile(context.data)) as file:
        line = _plan(context, copies, _Reporter(file, summary), scenes, clock)
        file.finish(summary.document())
        all_held = copies.record.fact(Fact.ALL_HELD)
    for said in (*filter(None, [all_held]), *summary.lines()):
        log.info("%s", said)
    return f"Preview, nothing was written: {line} The whole report: {context.data.preview}"


def _plan(
    context: TaskContext,
    copies: Copies,
    reporter: _Reporter,
    scenes: Sequence[int] | None,
    clock: Callable[[], float],
) -> str:
    """Let the worker plan all of it, on the copies."""
    jobs, timing = PassingJobs(clock), replace(context.timing, believe_miss=context.timing.new_files)
    worker = SyncWorker(
        jobs,
        copies.record,
        context.config.model_copy(update={"only_look": True}),
        stash=context.stash,
        index=copies.index,
        timing=timing,
        onlooker=reporter,
        clock=clock,
    )
    worker.tally.headline = ""  # the setting may be off
    try:
        server = worker.plex_client.server
        log.info('Looking at the Plex server "%s".', server.friendlyName)
        context.progress.stage(0.0, FILLING)
        _fill(context, copies, worker, jobs, reporter, scenes)
        context.progress.stage(FILLING, 1.0)
        stuck = drain(context, worker, jobs.count_due)
        if stuck:
            raise TransientError(f"{stuck} The preview was not finished.")
        return worker.tally.summary()
    finally:
        worker.close()


def _fill(
    context: TaskContext,
    copies: Copies,
    worker: SyncWorker,
    jobs: PassingJobs,
    reporter: _Reporter,
    scenes: Sequence[int] | None,
) -> None:
    """Add what Sync All Scenes would send, or some scenes."""
    if scenes is not None:
        for scene_id in scenes:
            jobs.add(scene_id, UpdateType.RECONCILE)
        return
    for job in read_jobs(context.data.queue):
        jobs.add(job.scene_id, job.update_type)
    try_again(copies.record)

    def note(scene_id: int, ended: Ended) -> None:
        worker.tally.note(scene_id, ended)  # it needs no job: it is held
        reporter.saw(Foreseen(scene_id, ended, why=copies.record.held(scene_id).reason))

    engine = ReconciliationEngine(
        context.stash,
        worker.plex_client,
        jobs,
        copies.record,
        copies.index,
        context.config,
        note,
        watch=Pace(context.progress, " compared").show,
    )
    worker.tally.remark(engine.enqueue(everything=True).remark)
