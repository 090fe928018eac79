"""The background worker's way to Stash: renewed by every hook, and kept for the next worker."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from stash.client import StashClient
from stash.connection import StashConnection, load_connection, read_connection, save_connection
from stash.server import About, read_about
from validation.config import PlexSyncConfig, read_settings
from validation.errors import StashUnavailable
from worker.datadir import DataDir
from worker.endings import Idle, Unwanted
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
        self.client: StashClient = UnknownStash()

    def open(self) -> None:
        """Begin with the connection that the worker before us kept, if there was one."""
        kept = load_connection(self._data.connection)
        if kept is not None:
            self.renew(kept)

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

    def close(self) -> None:
        """Keep what is newest, and close the connection."""
        self.keep()
        self.client.close()

    def about(self) -> About:
        """Our settings as stored, and whether we are enabled. Raises StashUnavailable."""
        return read_about(self.client)

    def settings_in(self, about: About) -> PlexSyncConfig:
        """The settings, usable; what of them cannot be used is logged once."""
        config, problems = read_settings(about.settings)
        self._secrets.keep_out([config.plex_token, *self.client.secrets])
        for problem in problems:
            if problem not in self.problems:
                log.warning("%s", problem)
        self.problems = problems
        return config


class StashWatch:
    """Asks Stash now and then for our settings, and whether the plugin is still enabled.

    ``answers``: whether Stash did when it was asked last.
    """

    def __init__(self, link: StashLink, timing: Timing, clock: Callable[[], float]) -> None:
        self._link = link
        self._timing = timing
        self._clock = clock
        self.answers = False
        self._looked_at = self._next_look = 0.0
        self._silent_looks = 0

    def look_soon(self) -> None:
        """Ask at the next occasion."""
        self._next_look = 0.0

    def met(self, connection: Mapping[str, Any]) -> None:
        """A hook brought the newest way to Stash; somebody is working there, perhaps on our settings too."""
        stale = not 0 <= self._clock() - self._looked_at < self._timing.fresh_settings
        try:
            # An event that waits for Stash is met again and again, and is no reason to ask a silent one more often.
            if self._link.renew(read_connection(connection)) or (stale and self.answers):
                self.look_soon()
        except ValueError as error:
            log.warning("%s; the way known so far is used.", error)

    def silent(self) -> None:
        """Stash did not answer somebody."""
        self.answers = False
        self._next_look = self._clock() + self._timing.backoff

    def look(self, use: Callable[[PlexSyncConfig], None]) -> bool:
        """Look if it is time, and let the settings be used; says whether Stash answers. Raises Ending."""
        now = self._clock()
        if now < self._next_look <= now + self._timing.about:
            return self.answers
        try:
            about = self._link.about()
        except StashUnavailable as error:
            self._missed(error)
            self.silent()
            return False
        use(self._link.settings_in(about))
        if not about.enabled:
            raise Unwanted
        self.answers, self._silent_looks = True, 0
        self._looked_at = now
        self._next_look = now + self._timing.about
        return True

    def check_wanted(self) -> None:
        """Ask only whether we are wanted, for a worker that can do nothing else now. Raises Ending."""
        try:
            enabled = self._link.about().enabled
        except StashUnavailable as error:
            self._missed(error)
            return
        if not enabled:
            raise Unwanted
        self._silent_looks = 0

    def _missed(self, error: Exception) -> None:
        # Looks are counted, and not the time: a machine that wakes up has not heard of Stash for days.
        self._silent_looks += 1
        if self._silent_looks * self._timing.backoff > self._timing.stash_gone:
            raise Idle(f"{error} What waits is kept; the next saved scene starts a worker.") from None
