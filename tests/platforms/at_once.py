"""Shows a failure when it happens, for runs that take long: ``-p tests.platforms.at_once``."""

from __future__ import annotations

import pytest


class AtOnce:
    """Writes what failed, and how, between the lines of the run."""

    def __init__(self, terminal: pytest.TerminalReporter) -> None:
        self._terminal = terminal

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Show one that failed."""
        if report.failed:
            self._terminal.write_sep("-", f"{report.nodeid} ({report.when})")
            self._terminal.write_line(report.longreprtext)
            self._terminal.flush()


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Listen once there is something to write to."""
    terminal = config.pluginmanager.getplugin("terminalreporter")
    if terminal is not None:
        config.pluginmanager.register(AtOnce(terminal))
