"""Whether Plex may be asked at all: not while it is down, and not while a setting has to be corrected.

Three things close the gate, and all open it again by themselves: a server that does not answer (the circuit
breaker, with a probe now and then), an error that only a person can mend (a pause, with a try now and then), and a
Stash that cannot read any scene.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from plex.client import PlexClient
from plex.exceptions import PlexNotReady, PlexTemporaryError, PlexUnreachable
from validation.config import PlexSyncConfig
from validation.errors import ConfigurationError, PlexSyncError, StashUnavailable
from worker.jobs.breaker import CircuitBreaker
from worker.storage.facts import Fact
from worker.storage.record import Record
from worker.timing import Timing

log = logging.getLogger(__name__)

#: For so many seconds after Plex was asked whether it serves, that counts for the next fault of its answers.
JUST_ASKED = 1.0


class Gate:
    """Asked before each scene. ``try_settings`` connects anew and raises when a setting is still wrong."""

    def __init__(
        self,
        client: Callable[[], PlexClient],
        try_settings: Callable[[], object],
        record: Record,
        timing: Timing,
        clock: Callable[[], float],
    ) -> None:
        self.breaker = CircuitBreaker(timing)
        self.paused_because = record.fact(Fact.PAUSED)
        self._client = client
        self._try_settings = try_settings
        self._record = record
        self._timing = timing
        self._clock = clock
        self._paused_until = self._met_at = self._served_at = 0.0
        self._until_written, self._on_trial = bool(record.fact(Fact.REFUSED_SINCE)), False
        self._stash_wait = self._stash_until = 0.0
        self._down_because = ""

    def is_open(self, config: PlexSyncConfig, asking: bool = True) -> bool:
        """Whether Plex may be asked now; probes, or tries the settings, when it is time and ``asking``."""
        now = self._clock()
        if now < self._stash_until <= now + self._stash_wait:
            return False
        if config.obstacle:
            self.pause(config.obstacle)
            return False
        if self.paused_because and not self._on_trial:
            if not asking or now < self._paused_until <= now + self._timing.pause:
                return False
            self._paused_until = now + self._timing.pause
            if self.guarded(self._try_settings):
                if self._until_written:
                    self._on_trial = True
                else:
                    self._go_on("The settings work now")
        if self.breaker.is_open and asking and self.breaker.may_probe(now):
            self._probe(now)
        return not self.breaker.is_open and (self._on_trial or not self.paused_because)

    @property
    def closed_because(self) -> str:
        """Why nothing is sent, in a sentence; empty while the gate is open."""
        if self.paused_because:
            return self.paused_because
        if self.breaker.is_open:
            return "Plex does not answer."
        return "Stash cannot read scenes now." if self._stash_wait else ""

    @property
    def plex_silent(self) -> str | None:
        """Why Plex does not answer, or does not let us in, in a sentence; empty where it does, None before it was
        asked."""
        if self.breaker.is_open:
            return self._down_because
        if self.paused_because and not self._until_written:
            return self.paused_because
        return "" if self._met_at else None

    def ask(self, config: PlexSyncConfig) -> None:
        """Ask Plex at once whether it answers, for somebody who looks."""
        if config.obstacle:
            self.pause(config.obstacle)
        elif self.breaker.is_open:
            self._probe(self._clock())
        elif self._client().answers():
            self.met()
        else:
            self.plex_down(PlexUnreachable("Plex does not answer."))

    def settings_changed(self) -> None:
        """Try again at once."""
        self._paused_until = 0.0

    def pause(self, why: str, until_written: bool = False) -> None:
        """Nothing works until a person acts; said once.

        ``until_written``: Plex can be read. What shows that it works again is a scene that is written: now and then
        one is tried.
        """
        self._until_written, self._on_trial = until_written, False
        if why != self.paused_because:
            log.error("%s Changed scenes wait until then.", why)
            self._say_paused(why)
        self._paused_until = self._clock() + self._timing.pause

    def works(self) -> None:
        """A scene was written, or none is left that was refused."""
        if self._on_trial:
            self._go_on("Plex takes changes again")

    def is_down(self, error: PlexSyncError) -> bool:
        """Whether a fault is the server's, for all scenes, and not the one scene's or Stash's: ask the server."""
        if not isinstance(error, PlexTemporaryError):
            return False
        if isinstance(error, PlexNotReady):
            return True
        now = self._clock()
        if isinstance(error, PlexUnreachable) or not 0 <= now - self._served_at < JUST_ASKED:
            if not self._client().answers():
                return True
            self._served_at = now
        return False

    def plex_down(self, error: PlexSyncError) -> None:
        """Plex does not answer; said once."""
        self._down_because = str(error)
        if self.breaker.failed(self._clock()):
            log.warning("%s Changed scenes wait until it is back.", error)

    def stash_fails(self, error: PlexSyncError) -> None:
        """Stash can read no scene now: it is asked again soon, later each time; said once."""
        if not self._stash_wait:
            log.warning("%s Changed scenes wait until it can.", error)
        self._stash_wait = min(max(2 * self._stash_wait, self._timing.backoff), self._timing.longest_probe)
        self._stash_until = self._clock() + self._stash_wait

    def stash_reads(self) -> None:
        """Stash could read a scene."""
        self._stash_wait = self._stash_until = 0.0

    def met(self) -> None:
        """The server has just said which one it is."""
        self._met_at = self._clock()

    def meet_again(self) -> None:
        """Plex is about to be written to: while nobody asked it anything, another server may have been set up behind
        the address."""
        now = self._clock()
        if self._client().is_connected and not 0 <= now - self._met_at < self._timing.identity:
            self._client().answers()
        self.met()

    def guarded(self, action: Callable[[], object]) -> bool:
        """Do something that asks Plex for all scenes at once; says whether it worked. Raises StashUnavailable."""
        try:
            action()
        except StashUnavailable:
            raise
        except PlexSyncError as error:
            if isinstance(error, ConfigurationError):
                self.pause(str(error))
            elif self.is_down(error):
                self.plex_down(error)
            return False
        return True

    def _probe(self, now: float) -> None:
        if not self._client().answers():
            self.breaker.failed(now)
            return
        self.met()
        down_since = self.breaker.down_since or now
        if self.breaker.answered():
            log.info("Plex answers again.")
            if now - down_since > self._timing.long_outage:
                self._record.set_fact(Fact.RECONCILE_AT, str(now + self._timing.soon))

    def _go_on(self, news: str) -> None:
        log.info("%s; going on.", news)
        self._until_written = self._on_trial = False
        self._say_paused("")

    def _say_paused(self, why: str) -> None:
        self.paused_because = why
        self._record.set_fact(Fact.PAUSED, why)
        self._record.set_fact(Fact.REFUSED_SINCE, str(self._clock()) if why and self._until_written else "")
