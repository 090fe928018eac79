"""The background worker's way to Stash: renewed by every hook, and kept for the next worker."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from typing import Any

from stash.beat import Beat, read_beat
from stash.client import StashClient, StashRefused
from stash.connection import StashConnection, load_connection, read_connection, save_connection
from stash.server import About
from validation.config import PlexSyncConfig, read_settings
from validation.errors import StashUnavailable
from worker.datadir import DataDir
from worker.endings import Silent, Unwanted
from worker.logs import SecretsFilter
from worker.standins import UnknownStash
from worker.timing import Timing

log = logging.getLogger(__name__)


class StashLink:
    """The newest connection, and what Stash says about us. ``client`` raises StashUnavailable until a hook came;
    ``problems``: what of the settings could not be used when they were read last."""

    def __init__(self, data: DataDir, secrets: SecretsFilter) -> None:
        self._data = data
        self._secrets = secrets
        self.problems: tuple[str, ...] = ()
        self._known = False
        self._kept = _look_of(data.connection)
        self.client: StashClient = UnknownStash()

    def open(self) -> None:
        """Begin with the connection that the worker before us kept, or a task handed over, if there was one."""
        kept = load_connection(self._data.connection)
        if kept is not None:
            self.renew(kept)

    def was_handed_over(self) -> bool:
        """Whether a task left another connection than ours (worker/tasks/context.py); it is used from now on."""
        if _look_of(self._data.connection) == self._kept:
            return False
        self._kept = _look_of(self._data.connection)
        given = load_connection(self._data.connection)
        return given is not None and self.renew(given)

    def renew(self, connection: StashConnection) -> bool:
        """Use another connection from now on; says whether it is another."""
        if self._known and connection == self.client.connection:
            return False
        self.client.close()
        self.client, self._known = StashClient(connection), True
        self.keep()
        return True

    def keep(self) -> None:
        """Keep the newest cookie for the next worker; a disk that is full takes only this from it."""
        self._secrets.keep_out(self.client.secrets)
        if not self._known:
            return
        try:
            save_connection(self._data.connection, StashConnection(self.client.connection.url, self.client.cookie))
        except OSError as error:
            log.warning("The way to Stash could not be kept for the next worker (%s).", error.strerror)
        self._kept = _look_of(self._data.connection)

    def close(self) -> None:
        """Keep what is newest, and close the connection."""
        self.was_handed_over()
        self.keep()
        self.client.close()

    def beat(self, page: int) -> Beat:
        """One look: how we stand, and what was changed last. ``page`` as for ``read_beat``. Raises StashUnavailable."""
        return read_beat(self.client, page)

    def settings_in(self, about: About) -> PlexSyncConfig:
        """The settings, usable; what of them cannot be used is logged once."""
        config, problems = read_settings(about.settings)
        self._secrets.keep_out([config.plex_token, *self.client.secrets])
        for problem in problems:
            if problem not in self.problems:
                log.warning("%s", problem)
        self.problems = problems
        return config


def _look_of(path: str) -> tuple[int, int] | None:
    """What changes when somebody puts another file there; None where there is none that can be seen."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


class StashWatch:
    """Asks Stash now and then for our settings, whether the plugin is still enabled, and what was changed last.

    ``answers``: whether Stash did when it was asked last. While it is silent, it is asked at growing intervals, in
    the end once a minute, for a week. ``beat``: what it told when it answered last. ``refused``: why it does not let us
    in, where that is so.
    """

    def __init__(self, link: StashLink, timing: Timing, clock: Callable[[], float]) -> None:
        self._link = link
        self._timing = timing
        self._clock = clock
        self.answers = False
        self.beat: Beat | None = None
        self.refused = ""
        self._looked_at = self._next_look = 0.0
        self._wait = self._silence = 0.0
        self._said = ""

    @property
    def silent_because(self) -> str | None:
        """Why Stash does not answer, in a sentence; empty where it does, None before it was asked."""
        return "" if self.answers else self._said or None

    def look_soon(self) -> None:
        """Ask at the next occasion."""
        self._next_look = 0.0

    def met(self, connection: Mapping[str, Any], is_new: bool) -> None:
        """A hook brought the newest way to Stash; somebody is working there, perhaps on our settings too.

        ``is_new``: it came just now, so Stash was there a moment ago. An event that waits for Stash is met again and
        again, and is no reason to ask a silent one more often.
        """
        stale = not 0 <= self._clock() - self._looked_at < self._timing.fresh_settings
        try:
            renewed = self._link.renew(read_connection(connection))
        except ValueError as error:
            log.warning("%s; the way known so far is used.", error)
            return
        if renewed or (stale and (self.answers or is_new)):
            self.look_soon()

    def silent(self, error: StashUnavailable) -> None:
        """Stash did not answer somebody."""
        self.answers = False
        if isinstance(error, StashRefused):
            self.refused = str(error)
        self._say(error)
        self._wait = max(self._wait, self._timing.backoff)
        self._next_look = self._clock() + self._wait

    def look(self, use: Callable[[PlexSyncConfig], None], page: int = 1) -> bool:
        """Look if it is time, and let the settings be used; says whether Stash answers. ``page`` as for ``read_beat``.
        Raises Ending."""
        now = self._clock()
        if not self.answers and self._link.was_handed_over():
            self.look_soon()
        if now < self._next_look <= now + max(self._timing.about, self._timing.longest_probe):
            return self.answers
        beat = self._ask(page)
        if beat is None:
            self._next_look = now + self._wait
            return False
        use(self._link.settings_in(beat.about))
        self.answers, self.beat = True, beat
        self._looked_at = now
        self._next_look = now + (self._timing.about_busy if beat.busy else self._timing.about)
        return True

    def check_wanted(self) -> None:
        """Ask only whether we are wanted, for a worker that can do nothing else now. Raises Ending."""
        self._ask()

    def _ask(self, page: int = 1) -> Beat | None:
        """What Stash says of us, None when it says nothing. Raises Ending."""
        try:
            beat = self._link.beat(page)
        except StashUnavailable as error:
            self._missed(error)
            return None
        if not beat.about.enabled:
            raise Unwanted
        if self._said:
            log.info("Stash answers again.")
        self._wait = self._silence = 0.0
        self._said = self.refused = ""
        return beat

    def _missed(self, error: StashUnavailable) -> None:
        self.answers = False
        self.refused = str(error) if isinstance(error, StashRefused) else ""
        self._say(error)
        self._wait = min(max(2 * self._wait, self._timing.backoff), self._timing.longest_probe)
        # Waits are counted, and not the time: a machine that wakes up has not heard of Stash for days.
        self._silence += self._wait
        if self._silence > self._timing.stash_gone:
            raise Silent(
                f"{error} That was so for seven days. What waits is kept; the next saved scene starts another."
            )

    def _say(self, error: StashUnavailable) -> None:
        if str(error) != self._said:
            log.warning("%s Changed scenes wait; it is asked again, in the end once a minute.", error)
            self._said = str(error)
