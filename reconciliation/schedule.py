"""The scheduled pass: the background worker compares both libraries by itself, when nothing else is due."""

from __future__ import annotations

import hashlib
import logging
import os
import random
import time
from collections.abc import Callable
from functools import lru_cache

from reconciliation.engine import ReconciliationEngine
from stash.server import tasks_under_way
from validation.config import PlexSyncConfig
from validation.errors import PlexSyncError, StashUnavailable
from worker.datadir import PLUGIN_FOLDER
from worker.only_look import compared, is_to_be_compared_anew
from worker.processor import SyncWorker
from worker.storage.facts import Fact
from worker.storage.ownership import Owned
from worker.storage.record import Record
from worker.timing import Timing

log = logging.getLogger(__name__)

#: Settings that have no part in what is written to Plex.
_INDIFFERENT = {
    "plex_connect_timeout",
    "plex_read_timeout",
    "plex_token",
    "plex_scan_missing",
    "reconcile_every_hours",
    "journal_days",
    "journal_megabytes",
}

#: So often a pass waits for Stash's tasks, five minutes each time: an hour.
MOST_POSTPONEMENTS = 12
WAITS = 'The scheduled comparison waits for Stash, which is at "{task}"; after an hour it runs beside that.'
WAITED = 'The scheduled comparison waited an hour for Stash, which was at "{task}" all the time, and ran beside that.'

STOPPED = (
    "The scheduled comparison stopped: it would have changed {lost} of {right} scenes that were right so that they "
    "lose their item, their values or their record. If that is meant, "
    'press "Reconcile Library"; if not, look at the setting "Path map" and at both libraries. The task "Preview" shows '
    "what would have been changed, and changes nothing."
)


class ScheduledPass:
    """Called by the background worker whenever no job is due; runs a pass when one is due, which is seldom."""

    def __init__(
        self, timing: Timing, clock: Callable[[], float] = time.time, chance: Callable[[], float] = random.random
    ) -> None:
        self._timing = timing
        self._clock = clock
        self._chance = chance
        self._is_first_look = True

    def __call__(self, owned: Owned, worker: SyncWorker) -> None:
        """Run a pass if it is time. Raises StashUnavailable."""
        now, record, config = self._clock(), owned.record, worker.config
        anew = is_to_be_compared_anew(record, config)
        never = config.reconcile_every_hours < 0 and not (anew and not record.fact(Fact.GUARD))
        if never or record.fact(Fact.ALL_HELD):
            return
        due = self._due(record, config, now, anew)
        changed = anew or fingerprint(config) != record.fact(Fact.SETTINGS)
        if now < due <= now + self._longest(config):
            return
        record.set_fact(Fact.RECONCILE_AT, str(now + self._timing.soon))
        if self._waits_for(tasks_under_way(worker.stash), record):
            return
        try:
            self._run(owned, worker, everything=changed)
        except PlexSyncError as error:
            if isinstance(error, StashUnavailable):
                worker.stash.ping()  # it may be there, and only fail at a list
            log.warning("The comparison was put off: %s", error)
        else:
            record.set_fact(Fact.RECONCILE_AT, str(now + self._interval(config) * (0.9 + 0.2 * self._chance())))

    def _waits_for(self, tasks: list[str], record: Record) -> bool:
        """Whether a scan, or work of the user's, comes first. Some tasks never end, and are not waited for longer."""
        times = int(record.number(Fact.POSTPONED) or 0)
        waits = bool(tasks) and times < MOST_POSTPONEMENTS
        record.set_fact(Fact.POSTPONED, str(times + 1) if waits else "")
        said = (WAITS if waits else WAITED).format(task=tasks[0]) if tasks else ""
        if said != record.fact(Fact.WAITED_FOR):
            record.set_fact(Fact.WAITED_FOR, said)
            if said:
                log.info("%s", said)
        return waits

    def _due(self, record: Record, config: PlexSyncConfig, now: float, anew: bool) -> float:
        """When the next pass is due: the first of all one interval after the first start, that of each further worker
        at once, unless the settings changed. ``anew``: whatever the settings were."""
        said = record.fact(Fact.RECONCILE_AT)
        if not record.fact(Fact.SETTINGS):
            record.set_fact(Fact.SETTINGS, fingerprint(config))
        changed = anew or (bool(said) and fingerprint(config) != record.fact(Fact.SETTINGS))
        at = record.number(Fact.RECONCILE_AT) or now  # where it cannot be read, nobody knows better
        due = min(at, now + self._longest(config)) if said else now + self._interval(config)
        if said and self._is_first_look and not changed:
            due = min(due, now)  # who knows what happened while no worker ran, and the plugin was off perhaps
        self._is_first_look = False
        if changed and not record.fact(Fact.GUARD) and due > now + self._timing.soon:
            due = now + self._timing.soon
        if str(due) != said:
            record.set_fact(Fact.RECONCILE_AT, str(due))
        return due

    def _run(self, owned: Owned, worker: SyncWorker, everything: bool) -> None:
        log.info("Comparing both libraries.")
        worker.tally.clear()
        engine = ReconciliationEngine(
            worker.stash,
            worker.plex_client,
            owned.queue,
            owned.record,
            owned.index,
            worker.config,
            worker.tally.note,
            self._clock,
        )
        only_look = worker.config.only_look
        findings = engine.enqueue(everything, guarded=not only_look)
        stopped = (
            STOPPED.format(lost=f"{findings.lost:,}", right=f"{findings.right_before:,}") if findings.stopped else ""
        )
        if not only_look:
            owned.record.set_fact(Fact.GUARD, stopped)
        if stopped:
            log.warning("%s", stopped)
            return
        owned.record.set_fact(Fact.SETTINGS, fingerprint(worker.config))
        if everything:
            compared(owned.record, worker.config)

    def _interval(self, config: PlexSyncConfig) -> float:
        every = config.reconcile_every_hours  # never: but for the one that follows "Only look"
        return self._timing.hour * (every if every > 0 else PlexSyncConfig().reconcile_every_hours)

    def _longest(self, config: PlexSyncConfig) -> float:
        return self._interval(config) * 1.1


def fingerprint(config: PlexSyncConfig) -> str:
    """Changes with every setting that changes what is written, and with the plugin's version."""
    text = _version() + repr(sorted((key, value) for key, value in config if key not in _INDIFFERENT))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


@lru_cache(maxsize=1)  # a worker ends when the plugin's files change
def _version() -> str:
    with open(os.path.join(PLUGIN_FOLDER, "PlexSync.yml"), encoding="utf-8") as manifest:
        return next((line for line in manifest if line.startswith("version:")), "")
