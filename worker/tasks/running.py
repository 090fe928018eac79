"""What all tasks share: reading Stash's input, logging to Stash, working the queue while somebody watches."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from stash.client import StashClient
from stash.connection import read_connection, save_connection
from stash.protocol import Progress, answer
from stash.server import read_about
from validation.config import PlexSyncConfig, read_settings
from validation.errors import ConfigurationError, PlexSyncError, StashUnavailable
from worker.datadir import DataDir
from worker.launcher import ensure_worker
from worker.logs import SecretsFilter, log_to_file, log_to_stash
from worker.processor import SyncWorker
from worker.storage.database import NewerDatabase
from worker.storage.inbox import Inbox
from worker.storage.ownership import Owned, take_over
from worker.timing import Timing, timing_from_environment

log = logging.getLogger(__name__)

#: Seconds between two log lines that say how far a long task is.
SAY_EVERY = 15.0


@dataclass(frozen=True)
class TaskContext:
    """What a task gets: the way to Stash, the settings, the data folder."""

    stash: StashClient
    config: PlexSyncConfig
    data: DataDir
    timing: Timing
    secrets: SecretsFilter
    arguments: Mapping[str, Any]
    progress: Progress = field(default_factory=Progress)
    start_worker: Callable[[DataDir], object] = ensure_worker


@contextmanager
def watched_by_stash(plugin_input: dict[str, Any]) -> Iterator[tuple[StashClient, SecretsFilter]]:
    """The Stash that started us, where our log goes from now on, and what keeps secrets out of it.

    Raises StashUnavailable when it did not say where it is.
    """
    secrets = SecretsFilter()
    log_to_stash(secrets)
    try:
        connection = read_connection(plugin_input.get("server_connection") or {})
    except ValueError as error:
        raise StashUnavailable(f"{error}.") from None
    with StashClient(connection) as stash:
        secrets.keep_out(stash.secrets)
        yield stash, secrets


@contextmanager
def task_context(plugin_input: dict[str, Any], data: DataDir) -> Iterator[TaskContext]:
    """Everything a task needs, from what Stash handed over.

    Raises:
        StashUnavailable: Stash does not answer. OSError: the data folder cannot be used.
    """
    data.create()
    with watched_by_stash(plugin_input) as (stash, secrets):
        about = read_about(stash)
        config, problems = read_settings(about.settings)
        secrets.keep_out([config.plex_token, *stash.secrets])
        for problem in problems:
            log.warning("%s", problem)
        arguments = plugin_input.get("args") or {}
        yield TaskContext(stash, config, data, timing_from_environment(), secrets, arguments)


def perform(task: Callable[[TaskContext], str], plugin_input: dict[str, Any], data: DataDir) -> int:
    """Run a task and answer Stash with its one line, or with one sentence about what failed; the exit code."""
    try:
        # A task that must run where others cannot, such as Check Setup, opens its context by itself.
        with getattr(task, "context", task_context)(plugin_input, data) as context:
            line = task(context)
    except (PlexSyncError, NewerDatabase, OSError) as error:
        answer(error=str(error))
        return 1
    except Exception as error:  # what nobody foresaw must not fill Stash's log with a traceback
        log.exception("The task failed in an unforeseen way.")
        answer(error=f"PlexSync failed in an unforeseen way ({type(error).__name__}: {error}); see {data.log}.")
        return 1
    log.info("%s", line)
    answer(line)
    time.sleep(0.2)  # Stash closes our log when we end, whether it has read the last line or not
    return 0


@contextmanager
def owned_worker(context: TaskContext) -> Iterator[tuple[Owned, SyncWorker]]:
    """Take queue and database over from the background worker, and a SyncWorker on them.

    A background worker is started first: it waits, and does what remains when this task is stopped.

    Raises ConfigurationError when a setting is missing.
    """
    if context.config.missing:
        raise ConfigurationError(
            f'The setting "{context.config.missing[0]}" is empty; enter it under Settings > Plugins > PlexSync.'
        )
    save_connection(context.data.connection, context.stash.connection)
    context.start_worker(context.data)
    log_to_file(context.data, context.secrets)
    with take_over(context.data) as owned:
        # The index is fresh, and what is missing is looked for again by the background worker soon.
        timing = replace(context.timing, believe_miss=context.timing.new_files)
        worker = SyncWorker(
            owned.queue, owned.record, context.config, stash=context.stash, index=owned.index, timing=timing
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
    inbox, pace = Inbox(context.data), Pace(context.progress, "", clock)
    done, stuck_since = 0, None
    while True:
        inbox.take(owned.queue, owned.record, context.stash)
        left = owned.queue.count_due() + worker.in_hand
        taken = worker.run_due(_between_jobs(pace, done, done + left))
        done, left = done + taken, max(0, left - taken)
        pace.show(done, done + left)
        if taken:
            stuck_since = None
        elif not left:
            return ""
        else:
            stuck_since = clock() if stuck_since is None else stuck_since
            if worker.gate.paused_because:
                return worker.gate.paused_because
            if clock() - stuck_since > context.timing.task_patience:
                return "Plex does not answer."
            sleep(context.timing.poll)


def _between_jobs(pace: Pace, done: int, total: int) -> Callable[[], bool]:
    """What is asked between two jobs, whether to stop: it never says so, but shows that one more is done."""
    finished = count(done)

    def never() -> bool:
        pace.show(next(finished), total)
        return False

    return never


class Pace:
    """Shows how far long work is, and says now and then how long the rest will take. ``verb``: what was done to
    the scenes, before a space."""

    def __init__(self, progress: Progress, verb: str = "", clock: Callable[[], float] = time.monotonic) -> None:
        self._progress = progress
        self._verb = verb
        self._clock = clock
        self._started = self._said = clock()

    def show(self, done: int, total: int) -> None:
        """So many scenes of so many are done."""
        self._progress.show(done, total)
        now = self._clock()
        if 0 < done < total and now - self._said >= SAY_EVERY:
            self._said = now
            rest = _span((now - self._started) / done * (total - done))
            log.info("%s of %s scenes%s, %s left.", f"{done:,}", f"{total:,}", self._verb, rest)


def _span(seconds: float) -> str:
    return f"about {seconds / 60:.0f} minutes" if seconds >= 90 else f"about {max(1, round(seconds))} seconds"
