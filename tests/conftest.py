"""What all tests share: no deadline decides, the environment of the developer's machine stays outside, and what was
tried and what was lost stands at the end of every run."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("plexsync", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("plexsync")

#: The property of a test's report that takes a line from the process that ran it to the one that prints.
TOLD = "told"


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PLEXSYNC_DATA", "PLEXSYNC_TIME_SCALE", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Notes one line for the end of the run."""
    return lambda line: record_property(TOLD, line)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was noted."""
    reports = [report for stats in terminalreporter.stats.values() for report in stats]
    ended = [report for report in reports if isinstance(report, pytest.TestReport) and report.when == "call"]
    told = [(report.nodeid, line) for report in ended for name, line in report.user_properties if name == TOLD]
    if told:
        terminalreporter.section("killed, and what came of it")
        for _, line in sorted(told):
            terminalreporter.write_line(str(line))
