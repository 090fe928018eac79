"""The background worker's way to Stash: renewed by every hook, and kept for the next worker."""

from __future__ import annotations

import logging

from stash.client import StashClient
from stash.connection import StashConnection, save_connection
from stash.server import About, read_about
from validation.config import read_settings
from validation.errors import StashUnavailable
from worker.datadir import DataDir
from worker.logs import SecretsFilter
from worker.processor import SyncWorker

log = logging.getLogger(__name__)


class StashLink:
    """The way to Stash, renewed by every hook, and what Stash says about us."""

    def __init__(self, data: DataDir, secrets: SecretsFilter) -> None:
        self._data = data
        self._secrets = secrets
        self._problems: tuple[str, ...] = ()
        self.client: StashClient | None = None

    def renew(self, connection: StashConnection | None) -> bool:
        """Use another connection from now on; says whether it is another."""
        if connection is None or (self.client is not None and connection == self.client.connection):
            return False
        self.close()
        self.client = StashClient(connection)
        self._secrets.keep_out(self.client.secrets)
        self.keep()
        return True

    def keep(self) -> None:
        """Keep the newest cookie for the next worker; a disk that is full takes only this from it."""
        if self.client is None:
            return
        self._secrets.keep_out(self.client.secrets)
        try:
            save_connection(self._data.connection, StashConnection(self.client.connection.url, self.client.cookie))
        except OSError as error:
            log.warning("The way to Stash could not be kept for the next worker (%s).", error.strerror)

    def close(self) -> None:
        """Close the connection."""
        if self.client is not None:
            self.client.close()

    def is_wanted(self) -> bool:
        """Whether the plugin is enabled. Raises StashUnavailable, SceneFault."""
        return self._ask().enabled

    def _ask(self) -> About:
        if self.client is None:
            raise StashUnavailable("No hook has said yet how to reach Stash.")
        return read_about(self.client)

    def configure(self, worker: SyncWorker) -> bool:
        """Read the settings and hand them to a worker; says whether the plugin is enabled.

        Raises StashUnavailable, SceneFault.
        """
        about = self._ask()
        assert self.client is not None
        config, problems = read_settings(about.settings)
        self._secrets.keep_out([config.plex_token, *self.client.secrets])
        for problem in problems:
            if problem not in self._problems:
                log.warning("%s", problem)
        self._problems = problems
        worker.stash = self.client
        worker.reconfigure(config)
        return about.enabled
