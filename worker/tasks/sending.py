"""What tasks that send scenes to Plex share: they own the queue, fill it, work it off and say what came of it."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from stash.connection import save_connection
from validation.errors import ConfigurationError
from worker.answering import Answering
from worker.going import Calls
from worker.items.finder import folder_outside
from worker.logs import log_to_file
from worker.metadata.labels import many
from worker.only_look import KeptLooks, note_setting
from worker.processor import SyncWorker
from worker.storage.inbox import Inbox
from worker.storage.journal_entries import Cause
from worker.storage.ownership import Owned, take_over
from worker.tasks.context import TaskContext
from worker.tasks.pace import Backlog, Pace
from worker.tasks.questions.answers import Answers
from worker.tasks.reasons import reasons

log = logging.getLogger(__name__)

#: Share of the progress bar that stands for filling the queue, before the first scene is sent.
FILLING = 0.1

#: Why nothing is sent although Plex may be asked: something that the page wants held cannot be read, or Plex fails.
HOLD_WAITS = (
    "The page asked to leave something in Plex as it is, or to give it back, and the file that says so cannot be read "
    "yet; another program may have it open."
)
PLEX_FAILS = "Plex answers, but fails at what it is asked."


def send(context: TaskContext, name: str, fill: Callable[[SyncWorker, Owned], None]) -> str:
    """Let ``fill`` queue scenes, and send them; returns the one line that sums it up, which is kept for "Status".

    Stopping it at any moment loses nothing: what is queued is done by the background worker.
    Raises StashUnavailable, ConfigurationError, and the errors of plex/exceptions.py.
    """
    with owned_worker(context) as (owned, worker):
        server = worker.plex_client.server
        log.info('Working with the Plex server "%s".', server.friendlyName)
        owned.record.begin_run(Cause.TASK, name)
        context.progress.stage(0.0, FILLING)
        fill(worker, owned)
        context.progress.stage(FILLING, 1.0)
        rest = work_off(context, owned, worker)
        line = _summary(context, owned, worker)
        if rest:
            line += f" {rest} {_sent_later(owned.queue.count_due())}"
        owned.record.ended(name, line)
        return line


def _sent_later(count: int) -> str:
    """What becomes of scenes that wait; why they do was said before."""
    return f"{many(count, 'scene')} {'waits and is' if count == 1 else 'wait and are'} sent once that has changed."


def _summary(context: TaskContext, owned: Owned, worker: SyncWorker) -> str:
    """What became of the scenes; the reasons of those that wait are logged."""
    why = reasons(context.data, owned.record)
    for reason in why.lines():
        log.info("%s", reason)
    outside = Counter[str]()
    for text, count in why.counts.items():
        if folder := folder_outside(text):
            outside[folder] += count
    return worker.tally.summary(outside)


@contextmanager
def owned_worker(context: TaskContext) -> Iterator[tuple[Owned, SyncWorker]]:
    """Take queue and database over from the background worker, and a SyncWorker on them.

    A background worker is started first: it waits, and does what remains when this task is stopped.

    Raises ConfigurationError when a setting is missing, or cannot be read that holds something back.
    """
    if context.config.obstacle:
        raise ConfigurationError(context.config.obstacle)
    save_connection(context.data.connection, context.stash.connection)
    context.start_worker(context.data)
    log_to_file(context.data.task_log, context.secrets)
    with take_over(context.data) as owned:
        # The index is fresh, and what is missing is looked for again by the background worker soon.
        timing = replace(context.timing, believe_miss=context.timing.new_files)
        note_setting(owned.record, context.config, context.data)
        worker = SyncWorker(
            owned.queue,
            owned.record,
            context.config,
            stash=context.stash,
            index=owned.index,
            timing=timing,
            onlooker=KeptLooks(owned.record, context.data),
        )
        try:
            yield owned, worker
        finally:
            worker.close()


def work_off(
    context: TaskContext,
    owned: Owned,
    worker: SyncWorker,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """Work until no job is due, taking in events on the way; shows progress. Returns why the rest waits, if so.

    Raises StashUnavailable.
    """
    inbox = Inbox(context.data)
    answering = Answering(context.data, Answers(context.data, context.secrets, context.timing))

    def take_in() -> None:
        inbox.take(owned.queue, owned.record, context.stash)

    def left() -> int:
        take_in()
        answering.work_off(inbox.questions(), worker, owned)
        to_undo = 0 if context.config.only_look else owned.record.count_to_undo()
        return owned.queue.count_due() + to_undo

    asked = {"has_news": inbox.has_new, "has_hold": inbox.has_hold}
    return drain(context, worker, left, take_in=take_in, **asked, clock=clock, sleep=sleep)


def drain(
    context: TaskContext,
    worker: SyncWorker,
    count: Callable[[], int],
    *,
    take_in: Callable[[], object] | None = None,
    has_news: Callable[[], bool] = Calls.has_news,
    has_hold: Callable[[], bool] = Calls.has_hold,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """Let a worker work until no job is left, by ``count``, which is asked anew when it ``has_news``; shows progress.
    ``has_hold`` and ``take_in`` as in ``Calls``. Returns why the rest waits, if so.

    Raises StashUnavailable.
    """
    backlog, stuck_since = Backlog(Pace(context.progress, "", clock)), None
    while True:
        left = count() + worker.in_hand
        backlog.left(left)
        taken = worker.run_due(
            one_done=backlog.one_done,
            may_go_on=_for_a_while(clock, context.timing.stretch),
            has_news=has_news,
            has_hold=has_hold,
            take_in=take_in,
        )
        if taken:
            stuck_since = None
        elif not left:
            return ""
        else:
            stuck_since = clock() if stuck_since is None else stuck_since
            waits_for = worker.all_held or worker.gate.paused_because
            if waits_for:
                return waits_for
            if clock() - stuck_since > context.timing.task_patience:
                return worker.gate.closed_because or (HOLD_WAITS if has_hold() else PLEX_FAILS)
            sleep(context.timing.poll)


def _for_a_while(clock: Callable[[], float], seconds: float) -> Callable[[], bool]:
    until = clock() + seconds
    return lambda: clock() < until
