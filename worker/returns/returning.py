"""What comes back from Plex, as the owner of the data works it off: heard, asked for, noted, sent to Stash."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from plex.client import PlexClient
from plex.playing import read_accounts
from stash.activity import PlayRules, read_rules
from stash.client import StashClient, StashRefused
from validation.config import PlexSyncConfig
from validation.errors import PlexSyncError, StashUnavailable
from worker.datadir import DataDir
from worker.plex_link import make_plex_client, own_identifier
from worker.returns.accounts import whose
from worker.returns.catching_up import CatchUp
from worker.returns.heard import HeardFiles
from worker.returns.hearing import Hearing, ScenesKnown
from worker.returns.listener import Listener
from worker.returns.noting import Noting
from worker.returns.scenes import ScenesOfItems
from worker.returns.sending import Sending
from worker.storage.facts import Fact
from worker.storage.journal_entries import Cause
from worker.storage.record import Record
from worker.timing import Timing

log = logging.getLogger(__name__)

#: Seconds for which it is remembered which scenes are played, and by which rules.
REMEMBERED = 600.0

#: Seconds between two looks for what was left without a word, and for what could not be sent.
TIDY = 60.0


@dataclass(frozen=True)
class Means:
    """What it is done with. ``plex``: the way to Plex, connected when its server is read; ``may_ask``: whether Plex may
    be asked now; ``was_played`` is called for a scene whose session ended."""

    record: Record
    config: PlexSyncConfig
    stash: StashClient
    plex: Callable[[], PlexClient]
    may_ask: Callable[[], bool]
    was_played: Callable[[int], object] = lambda _: None


class PlexReturns:
    """Listens, and works off what is heard. ``work`` is called often."""

    def __init__(self, data: DataDir, timing: Timing, clock: Callable[[], float]) -> None:
        self._data = data
        self._timing = timing
        self._clock = clock
        self._files = HeardFiles(data)
        self._listener: Listener | None = None
        self._listens_by: PlexSyncConfig | None = None
        self._sending: Sending | None = None
        self._scenes = ScenesKnown()
        self._cuts = 0
        self._next_ask = self._next_lists = self._next_tidy = self._paused_until = 0.0
        self._said = ""
        self._unknown: tuple[str, ...] = ()

    def close(self) -> None:
        """Listen no more."""
        if self._listener is not None:
            self._listener.stop()
        self._listener = self._listens_by = None

    def work(self, means: Means) -> None:
        """Take what was heard, ask for what is due, and send what is noted.

        Raises StashUnavailable: Stash is not there. sqlite3.Error, OSError: the data folder.
        """
        self.listen(means)
        now = self._clock()
        if now < self._paused_until <= now + self._timing.longest_backoff:
            return
        try:
            self._work(means, now)
            self._said = ""
        except StashRefused:
            raise
        except StashUnavailable as error:  # it may be there, and only fail at this
            means.stash.ping()
            self._say(f"Stash does not take what comes back from Plex: {error}")
            self._paused_until = now + self._timing.pause
        except PlexSyncError as error:
            self._say(f"Plex could not be asked what was played: {error}")
            self._paused_until = now + self._timing.pause

    def _work(self, means: Means, now: float) -> None:
        record = means.record
        if self._sending is None or not self._sending.is_of(record):
            self._sending = Sending(record)
        if now - self._scenes.at >= REMEMBERED or now < self._scenes.at:
            self._scenes = ScenesKnown(now)
        hearing = Hearing(
            record, self._files, self._scenes, lambda server: self._noting(means, server), now, means.was_played
        )
        took = hearing.take(lambda server: self._finder(means, server), lambda: self._accounts(means))
        is_tidy_time = not now < self._next_tidy <= now + TIDY
        if is_tidy_time:
            self._next_tidy = now + TIDY
            hearing.tidy(lambda server: self._finder(means, server), lambda: self._accounts(means))
            self._note_hearing(record, now)
        asked = self._ask(means, now)
        if took or asked or is_tidy_time:
            with record.beside(Cause.SEEN):
                while self._sending.step(means.stash, Cause.SEEN):
                    pass

    # Listening --------------------------------------------------------------------------------------------------

    def listen(self, means: Means) -> None:
        """Listen by the present settings."""
        if self._listener is not None and self._listens_by == means.config:
            return
        self.close()
        client = make_plex_client(means.config, own_identifier(means.record))
        self._listener = Listener(client, self._files.keep, self._timing, self._clock)
        self._listens_by = means.config
        self._next_ask = self._paused_until = 0.0
        self._listener.start()

    def _note_hearing(self, record: Record, now: float) -> None:
        """For Check Setup and Status: since when events are heard, or why they are not."""
        listener = self._listener
        if listener is None:
            return
        since = record.fact(Fact.EVENTS_HEARD)
        if listener.hears and not since:
            record.set_fact(Fact.EVENTS_HEARD, str(now))
        elif not listener.hears and since:
            record.set_fact(Fact.EVENTS_HEARD, "")
        if record.fact(Fact.EVENTS_SILENT) != listener.silent_because:
            record.set_fact(Fact.EVENTS_SILENT, listener.silent_because)

    # Asking -----------------------------------------------------------------------------------------------------

    def _ask(self, means: Means, now: float) -> bool:
        """Ask for what may have happened unheard, when it is time; says whether it was."""
        if not means.config.hears_plays:
            return False
        cuts, hears = (self._listener.cuts, self._listener.hears) if self._listener else (0, False)
        pause = self._timing.ask_plays if hears else self._timing.ask_plays_unheard
        if (cuts == self._cuts and now < self._next_ask <= now + pause) or not means.may_ask():
            return False
        is_list_due = not now < self._next_lists <= now + self._timing.list_views
        server = means.plex().server
        machine = str(server.machineIdentifier)
        rules = self._rules(means)
        scenes, accounts = self._finder(means, machine), self._accounts(means)
        CatchUp(means.record, server, means.config, scenes, accounts, rules).look(lists=is_list_due)
        self._cuts, self._next_ask = cuts, now + pause
        if is_list_due:
            self._next_lists = now + self._timing.list_views
        return True

    def _accounts(self, means: Means) -> frozenset[int]:
        """Whose plays count. Raises the errors of plex/exceptions.py."""
        names = means.config.accounts_from_plex
        if names and self._scenes.accounts is None:
            self._scenes.accounts = read_accounts(means.plex().server)
        found = whose(names, self._scenes.accounts or {})
        if found.unknown and found.unknown != self._unknown:
            log.warning('No account in Plex is called "%s" (setting "Accounts whose plays count").', found.unknown[0])
        self._unknown = found.unknown
        return found.numbers

    def _finder(self, means: Means, server: str) -> ScenesOfItems:
        return ScenesOfItems(means.record, means.stash, means.config.path_map, server)

    def _noting(self, means: Means, server: str) -> Noting:
        return Noting(means.record, means.config, server, self._rules(means))

    def _rules(self, means: Means) -> PlayRules:
        if self._scenes.rules is None:
            self._scenes.rules = read_rules(means.stash)
        return self._scenes.rules

    def _say(self, sentence: str) -> None:
        if sentence != self._said:
            log.warning("%s", sentence)
            self._said = sentence
