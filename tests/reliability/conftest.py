"""What was tried and what was lost stands at the end of every run of the tests."""

from __future__ import annotations

from collections.abc import Callable

import pytest

_tried: list[str] = []


@pytest.fixture
def tell() -> Callable[[str], None]:
    """Notes one line for the end of the run."""
    return _tried.append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was noted."""
    if _tried:
        terminalreporter.section("killed, and what came of it")
        for line in _tried:
            terminalreporter.write_line(line)
