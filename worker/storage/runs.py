"""Finished tasks, each with the one line that sums it up."""

from __future__ import annotations

from typing import NamedTuple

from worker.storage.rows import moment, shown
from worker.storage.tables import Tables

#: Finished tasks that are kept.
RUNS_KEPT = 50


class Run(NamedTuple):
    """A task that ended, when in seconds since 1970, and its last line."""

    name: str
    ended: float
    summary: str


class Runs(Tables):
    """The table ``runs``."""

    def ended(self, name: str, summary: str) -> None:
        """Note the one line with which a task ended."""
        with self._database:
            query = "INSERT INTO runs (name, ended, summary) VALUES (?, ?, ?)"
            self._database.execute(query, (name, self._clock(), summary))
            self._database.execute("DELETE FROM runs WHERE id <= (SELECT max(id) FROM runs) - ?", (RUNS_KEPT,))

    def last_runs(self, count: int) -> list[Run]:
        """The newest finished tasks, newest first."""
        query = "SELECT name, ended, summary FROM runs ORDER BY id DESC LIMIT ?"
        return [
            Run(shown(name), moment(ended), shown(summary))
            for name, ended, summary in self._database.execute(query, (count,))
        ]
