"""The checklist against both doubles, in this process: the states of servers and settings are what matters."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stash.client import StashClient
from stash.connection import StashConnection
from tests.support.harness import Setup, installed, plex_library, stash_library
from validation.config import PlexSyncConfig
from worker.logs import SecretsFilter
from worker.tasks.checkup.task import check_setup
from worker.tasks.running import TaskContext
from worker.timing import Timing

#: What the lines were logged as, each with its level, and the task's last line.
Said = list[tuple[str, str]]
Check = Callable[..., Said]


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


def crosses(said: Said) -> list[str]:
    """The lines with a cross."""
    return [text for level, text in said if level == "ERROR"]


def hints(said: Said) -> list[str]:
    """The lines with a hint."""
    return [text for level, text in said if level == "WARNING"]


def text(said: Said) -> str:
    """Everything that was said."""
    return "\n".join(line for _, line in said)
