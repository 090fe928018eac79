"""One visit to the running Stash for all tests, and the figures they measured, printed at the end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.own import library_folder
from tests.live.stash import LiveStash, StashSaysNo
from tests.live.visit import Visit, visiting

CLIPS = 40
_FIGURES: list[str] = []


@pytest.fixture(scope="session")
def visit() -> Iterator[Visit]:
    """The plugin in the Stash that STASH_URL names; STASH_PLUGINS, STASH_API_KEY and STASH_CLIPS may be given, too."""
    url = os.environ.get("STASH_URL")
    if not url:
        pytest.skip("no Stash was named: make test-live STASH_URL=http://localhost:9999 STASH_PLUGINS=/its/plugins")
    stash = LiveStash(url, os.environ.get("STASH_API_KEY", ""))
    try:
        plugins = os.environ.get("STASH_PLUGINS") or stash.plugins_folder()
        clips = library_folder(stash, os.environ.get("STASH_CLIPS", ""))
        with visiting(stash, Path(plugins), clips, CLIPS) as visit:
            yield visit
    except (StashSaysNo, OSError) as error:
        pytest.exit(str(error), 1)


@pytest.fixture
def figures() -> list[str]:
    """Lines to print when all is done."""
    return _FIGURES


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures."""
    for line in _FIGURES:
        terminalreporter.write_line(line)
