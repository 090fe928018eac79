"""What every task gets: the Stash that watches it, the settings, the data folder."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from stash.client import StashClient
from stash.connection import StashConnection, read_connection, save_connection
from stash.protocol import Progress
from stash.server import read_about
from validation.config import PlexSyncConfig, read_settings
from validation.errors import StashUnavailable
from worker.datadir import DataDir
from worker.launcher import ensure_worker
from worker.logs import SecretsFilter, log_to_stash
from worker.timing import Timing, timing_from_environment
from worker.waking import anything_waits, lacks_session, runs, wake

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TaskContext:
    """What a task gets: the connection to Stash, the settings, the data folder."""

    stash: StashClient
    config: PlexSyncConfig
    data: DataDir
    timing: Timing
    secrets: SecretsFilter
    arguments: Mapping[str, Any]
    progress: Progress = field(default_factory=Progress)
    start_worker: Callable[[DataDir], object] = ensure_worker
    #: Whether a worker was started for what waits before the task began.
    woke: bool = False


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
def beside_worker(connection: StashConnection, data: DataDir) -> Iterator[bool]:
    """Start the background worker first if anything waits; yields whether that was done. One that has lost its session
    gets ours in the end: a task tells of that before it mends it. A folder that cannot be used is for others to name.
    """
    woke = False
    with suppress(OSError):
        if not runs(data) and anything_waits(data, time.time()):
            save_connection(data.connection, connection)
            woke = wake(data)
    try:
        yield woke
    finally:
        with suppress(OSError):
            if lacks_session(data):
                save_connection(data.connection, connection)


@contextmanager
def task_context(plugin_input: dict[str, Any], data: DataDir) -> Iterator[TaskContext]:
    """Everything a task needs, from what Stash handed over.

    Raises:
        StashUnavailable: Stash does not answer. OSError: the data folder cannot be used.
    """
    data.create()
    with watched_by_stash(plugin_input) as (stash, secrets), beside_worker(stash.connection, data) as woke:
        about = read_about(stash)
        config, problems = read_settings(about.settings)
        secrets.keep_out([config.plex_token, *stash.secrets])
        for problem in problems:
            log.warning("%s", problem)
        arguments = plugin_input.get("args") or {}
        yield TaskContext(stash, config, data, timing_from_environment(), secrets, arguments, woke=woke)
