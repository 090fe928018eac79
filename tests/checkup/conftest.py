"""The checklist against both doubles, in this process: the states of servers and settings are what matters."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from stash.client import StashClient
from stash.connection import StashConnection
from tests.support.checklist import Check, Said
from tests.support.harness import Setup, installed, plex_library, stash_library
from validation.config import PlexSyncConfig
from worker.logs import SecretsFilter
from worker.tasks.checkup.task import check_setup
from worker.tasks.context import TaskContext
from worker.timing import Timing


@pytest.fixture
def setup(tmp_path: Path) -> Iterator[Setup]:
    with installed(tmp_path, stash_library(30), plex_library(30)) as setup:
        yield setup


@pytest.fixture
def check(caplog: pytest.LogCaptureFixture) -> Check:
    """Run the checklist on what is installed, with the cookie of a user who is logged in, or another one."""

    def run(setup: Setup, cookie: str = "") -> Said:
        caplog.clear()
        caplog.set_level(logging.DEBUG, "worker.tasks.checkup.task")
        with StashClient(StashConnection(setup.stash.url, cookie)) as stash:
            context = TaskContext(stash, PlexSyncConfig(), setup.data, Timing(), SecretsFilter(), {})
            last = check_setup(context)
        lines = [r for r in caplog.records if r.name == "worker.tasks.checkup.task"]
        for record in lines:
            assert record.getMessage()[0] in {"INFO": "✓→", "WARNING": "!", "ERROR": "✗"}[record.levelname]
        return [*((record.levelname, record.getMessage()) for record in lines), ("LAST", last)]

    return run
