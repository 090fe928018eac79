"""The background worker: one process per Stash that looks into the inbox and keeps Plex up to date.

It stays for as long as Stash answers, and through an absence of Stash. It ends by itself when the plugin was removed,
disabled or updated, when the system asks it to, and after a week without a word from Stash.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable
from typing import Protocol

from stash.beat import Beat
from validation.config import PlexSyncConfig
from validation.errors import StashUnavailable, StorageTrouble
from worker.answering import Answerer, Answering
from worker.datadir import DataDir
from worker.endings import Ending, Silent, Updated
from worker.from_plex import FromPlex
from worker.launcher import ensure_worker, start_worker
from worker.logs import SecretsFilter, log_to_file
from worker.news import Holdup, News
from worker.only_look import KeptLooks, note_setting
from worker.plugin_watch import PluginWatch
from worker.processor import SyncWorker
from worker.signals import Signals
from worker.stash_link import StashLink, StashWatch
from worker.storage.database import NewerDatabase
from worker.storage.facts import Fact
from worker.storage.inbox import Inbox
from worker.storage.lights import PLEX, STASH, note
from worker.storage.ownership import Lock, Owned, own
from worker.storage.record import Record
from worker.storage.repair import trouble_named
from worker.timing import Timing, timing_from_environment

log = logging.getLogger(__name__)


class Chores(Protocol):
    """What is done beside sending scenes: reconciliation/chores.py."""

    @property
    def page(self) -> int:
        """Which page of the scenes changed last the next look at Stash reads beside the first; 1 for none."""

    def hear(self, beat: Beat | None, owned: Owned, worker: SyncWorker) -> None:
        """In each round: what the newest look at Stash told. Raises StashUnavailable."""

    def idle(self, owned: Owned, worker: SyncWorker) -> None:
        """When nothing else is to be done. Raises StashUnavailable."""


#: Makes what answers the page's questions.
MakeAnswerer = Callable[[DataDir, SecretsFilter, Timing], Answerer]


def run_worker(lock: int, chores: Callable[[Timing], Chores], answers: MakeAnswerer) -> int:
    """The background worker's main function. ``lock``: the descriptor of its lock, which it holds; ``chores``
    makes what is done beside sending scenes, ``answers`` what answers the page."""
    data = DataDir()
    secrets, inbox, signals, silent = SecretsFilter(), Inbox(data), Signals(), False
    signals.listen()
    log_to_file(data.log, secrets)
    log.info("The worker starts.")
    try:
        timing = timing_from_environment()
        answering = Answering(data, answers(data, secrets, timing))
        Service(data, inbox, secrets, timing, chores(timing), signals=signals, lock=lock, answering=answering).run()
    except Updated as ending:
        log.info("The worker ends: %s", ending)
        start_worker(data, lock)
    except Ending as ending:
        log.info("The worker ends: %s", ending)
        silent = isinstance(ending, Silent)
    except NewerDatabase as error:
        log.error("The worker ends: %s Changes wait in the inbox.", error)
        return 1
    except Exception:  # nobody reads its streams: what was not foreseen must at least stand in the log
        log.exception("The worker ends in an unforeseen way; the next saved scene starts another.")
        return 1
    finally:
        os.close(lock)
    if silent and inbox.has_new():  # its hook found our lock still held, and started nobody
        ensure_worker(data)
    return 0


class Service:
    """The worker's loop. Owns queue and database, but for the time a task wants them."""

    def __init__(
        self,
        data: DataDir,
        inbox: Inbox,
        secrets: SecretsFilter,
        timing: Timing,
        chores: Chores,
        *,
        signals: Signals | None = None,
        lock: int | None = None,
        answering: Answering | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._data = data
        self._timing = timing
        self._chores = chores
        self._signals = signals or Signals()
        self._clock = clock
        self._sleep = sleep
        self._inbox = inbox
        self._answering = answering
        self._task = Lock(data.task_lock)
        self._link = StashLink(data, secrets)
        self._stash = StashWatch(self._link, timing, clock)
        self._plugin = PluginWatch(data, lock, timing.updating, sleep)
        self._from_plex = FromPlex(data, timing, clock)
        self._news = News(data, secrets, timing, clock)
        self._next_question = self._next_chore = 0.0
        self._busy_at = clock()
        self._noted: str | None = None
        self._troubles, self._trouble_at, self._said = 0, 0.0, ""

    def run(self) -> None:
        """Work until there is a reason to end. Raises Ending, NewerDatabase."""
        self._link.open()
        try:
            while True:
                try:
                    self._own_and_work()
                except StorageTrouble as trouble:
                    self._wait_for_storage(trouble)
        finally:
            self._from_plex.close()
            self._link.close()

    def _own_and_work(self) -> None:
        """Work until a task wanted to own the queue, and has had it."""
        with trouble_named(self._data):
            self._plugin.check_home()
            self._inbox.clear_drafts()
            with own(self._data, self._clock, self._rest, self._timing.patience) as owned:
                self._work(owned)
            log.info("A task takes over.")
            while self._task.is_held_elsewhere():
                self._rest()

    def _wait_for_storage(self, trouble: StorageTrouble) -> None:
        """The data folder cannot be used: say so once, and wait, longer each time it comes to that. Raises Ending."""
        now = self._clock()
        if not 0 <= now - self._trouble_at < self._timing.longest_backoff:
            self._troubles, self._said = 0, ""
        if str(trouble) != self._said:
            log.error("%s Changed scenes wait.", trouble)
            self._said = str(trouble)
        self._troubles += 1
        self._trouble_at = now + min(self._timing.probe * 2.0 ** min(self._troubles, 30), self._timing.longest_probe)
        while now <= self._clock() < self._trouble_at:
            self._rest()
        connection = self._inbox.newest_connection()
        if connection:
            self._stash.met(connection, is_new=False)
        self._stash.check_wanted()

    def _work(self, owned: Owned) -> None:
        """Take in events and send scenes until a task wants to own the queue."""
        worker = SyncWorker(
            owned.queue,
            owned.record,
            stash=self._link.client,
            index=owned.index,
            timing=self._timing,
            onlooker=KeptLooks(owned.record, self._data),
            clock=self._clock,
        )
        self._stash.look_soon()
        try:
            while not self._task.is_held_elsewhere():
                worked = self._round(worker, owned)
                if self._said:
                    log.info("The data folder can be used again.")
                    self._said = ""
                if worked:
                    self._busy_at = self._clock()
                    self._check()
                else:
                    self._rest()
        finally:
            worker.close()

    def _round(self, worker: SyncWorker, owned: Owned) -> bool:
        """One round of the loop; says whether another should follow at once."""
        self._take_in_events(worker, owned)
        answers = self._stash.look(lambda config: self._use(worker, config, owned.record), self._chores.page)
        self._note_session(owned.record)
        note(owned.record, STASH, self._stash.silent_because)
        note(owned.record, PLEX, worker.gate.plex_silent)
        if not answers:
            return False
        try:
            if self._answering is not None:
                self._answering.work_off(self._inbox.questions(), worker, owned)
            self._chores.hear(self._stash.beat, owned, worker)
            self._from_plex.work(worker, owned)
            until = self._clock() + self._timing.stretch
            taken = worker.run_due(
                self._is_interrupted,
                may_go_on=lambda: self._clock() < until <= self._clock() + self._timing.stretch,
                has_news=lambda: self._inbox.has_new() or self._plugin.has_news,
                has_hold=self._inbox.has_hold,
                take_in=lambda: self._take_in_events(worker, owned),
            )
            worked = taken > 0
            self._news.sent(worker.tally)
            worker.look_for_new_files()
            if not worked and self._is_time_for_chores() and worker.gate.is_open(worker.config):
                self._chores.idle(owned, worker)
                worker.tally.clear()  # that nothing is wrong with a scene is no news
        except StashUnavailable as error:
            self._stash.silent(error)
            return False
        self._leave_news(worker, owned)
        return worked

    def _is_time_for_chores(self) -> bool:
        """Seldom, since an idle worker is to cost next to nothing."""
        now = self._clock()
        if now < self._next_chore <= now + self._timing.chore:
            return False
        self._next_chore = now + self._timing.chore
        return True

    def _leave_news(self, worker: SyncWorker, owned: Owned) -> None:
        why, waiting = worker.all_held or worker.gate.closed_because, len(owned.queue) + worker.in_hand
        if why and worker.config.missing:
            why = f"Settings are missing. {why}"
        self._news.leave(Holdup(why, waiting) if why and waiting else Holdup())

    def _use(self, worker: SyncWorker, config: PlexSyncConfig, record: Record) -> None:
        self._plugin.show_life()
        worker.stash = self._link.client
        note_setting(record, config, self._data)
        worker.reconfigure(config)
        faults = [*([config.obstacle] if config.missing else []), *self._link.problems]
        said = json.dumps(faults) if faults else ""
        if said != record.fact(Fact.SETTING_FAULTS):
            record.set_fact(Fact.SETTING_FAULTS, said)

    def _note_session(self, record: Record) -> None:
        if self._stash.refused != self._noted:
            record.set_fact(Fact.SESSION, self._stash.refused)
            self._noted = self._stash.refused

    def _take_in_events(self, worker: SyncWorker, owned: Owned) -> None:
        now = self._clock()
        is_new = self._inbox.has_new()
        if is_new:
            self._busy_at = now
            self._news.edited()
            self._sleep(self._timing.saving)
        ask = self._stash.answers and not now < self._next_question <= now + self._timing.backoff
        connection = self._inbox.take(owned.queue, owned.record, worker.stash if ask else None)
        if self._inbox.unanswered:
            self._next_question = now + self._timing.backoff
        if connection:
            self._stash.met(connection, is_new)

    def _is_interrupted(self) -> bool:
        """Whether to stop between two jobs."""
        return self._signals.came or self._task.is_held_elsewhere()

    def _rest(self) -> None:
        """Sleep a moment, longer when nothing happens. Raises Ending."""
        quiet = not 0 <= self._clock() - self._busy_at < self._timing.quiet
        self._sleep(max(self._timing.poll, self._timing.quiet_poll) if quiet else self._timing.poll)
        self._check()

    def _check(self) -> None:
        """See whether there is a reason to end. Raises Ending."""
        self._signals.check()
        self._plugin.check()
