"""When each job is due, in memory: persist-queue's rows have no order of their own.

It is a table of SQLite's, since 100,000 jobs take 7 MiB there, and 31 as objects of Python's. Jobs of which only lists
of tags are left have an order apart, so that none of them stands before a whole one.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from validation.jobs import Job
from validation.paths import file_name_key

#: No job is ever due later than this, in seconds; one that is was added before the clock
#: was set back, and is due now.
LONGEST_WAIT = 6 * 3600.0

_TABLE = (
    # ``names``: JSON, a list of texts.
    """CREATE TABLE waiting (
        scene INTEGER PRIMARY KEY, "row" INTEGER NOT NULL, due REAL NOT NULL, missing INTEGER NOT NULL,
        names TEXT NOT NULL, lists_left INTEGER NOT NULL)""",
    'CREATE INDEX waiting_by_due ON waiting (lists_left, due, "row")',
    "CREATE INDEX waiting_missing ON waiting (scene) WHERE missing",
)

_PUT = "INSERT OR REPLACE INTO waiting VALUES (?, ?, ?, ?, ?, ?)"


class Waiting(NamedTuple):
    """What is kept in memory of a job that waits; the rest stays in its row. ``missing``: whether it waits for its
    file, and ``names`` the keys of the names of its files then; ``lists_left``: as in ``Job``."""

    row: int
    due: float
    missing: bool
    names: tuple[str, ...] = ()
    lists_left: bool = False

    @classmethod
    def of(cls, row: int, job: Job) -> Waiting:
        """What is kept of a job."""
        names = tuple(file_name_key(name) for name in job.files)
        return cls(row, job.due, job.missing_since is not None, names, job.lists_left)


class Taken(NamedTuple):
    """A job that waits no more."""

    scene_id: int
    row: int


class _Place(NamedTuple):
    due: float
    row: int
    scene_id: int


class DueTimes:
    """Scenes whose jobs wait, each once. ``clock`` gives seconds since 1970. For the thread that made it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._table = sqlite3.connect(":memory:", isolation_level=None)
        for statement in _TABLE:
            self._table.execute(statement)

    def close(self) -> None:
        """Let go of the memory."""
        self._table.close()

    def __len__(self) -> int:
        return self._number("SELECT count(*) FROM waiting")

    def __contains__(self, scene_id: int) -> bool:
        return bool(self._number("SELECT EXISTS (SELECT 1 FROM waiting WHERE scene = ?)", scene_id))

    def get(self, scene_id: int) -> Waiting | None:
        """The job of a scene, if one waits."""
        return next((one for _, one in self._found("WHERE scene = ?", scene_id)), None)

    def missing(self, most: int) -> list[Waiting]:
        """Those that wait for their files, up to ``most``."""
        return [one for _, one in self._found("WHERE missing LIMIT ?", most)]

    @property
    def any_missing(self) -> bool:
        """Whether one waits for its file."""
        return bool(self._number("SELECT EXISTS (SELECT 1 FROM waiting WHERE missing)"))

    def enter(self, scene_id: int, waiting: Waiting) -> None:
        """A job waits; one that the scene had does so no more."""
        names = json.dumps(waiting.names) if waiting.names else ""
        values = (scene_id, waiting.row, waiting.due, waiting.missing, names, waiting.lists_left)
        self._table.execute(_PUT, values)

    def count(self) -> int:
        """How many are due now."""
        return self._number("SELECT count(*) FROM waiting WHERE lists_left IN (0, 1) AND due <= ?", self._clock())

    def take(self, most: int, lists_left: bool) -> list[Taken]:
        """Up to ``most`` that are due, the longest due first: whole ones, or those of which only lists are left."""
        now, taken = self._clock(), list[Taken]()
        while len(taken) < most:
            first = self._first(lists_left)
            if first is None or now < first.due <= now + LONGEST_WAIT:
                break
            self._table.execute("DELETE FROM waiting WHERE scene = ?", (first.scene_id,))
            taken.append(Taken(first.scene_id, first.row))
        return taken

    def hasten_missing(self, arrived: Callable[[Iterable[str]], bool]) -> int:
        """Make those due now whose files have ``arrived``, by the keys of their names, or are not known; says how
        many."""
        now = self._clock()
        later = self._found("WHERE missing AND due > ?", now)
        chosen = [scene_id for scene_id, one in later if not one.names or arrived(one.names)]
        self._table.executemany("UPDATE waiting SET due = ? WHERE scene = ?", ((now, one) for one in chosen))
        return len(chosen)

    def hasten_all(self) -> None:
        """Make every one due now."""
        now = self._clock()
        self._table.execute("UPDATE waiting SET due = ? WHERE due > ?", (now, now))

    def _first(self, lists_left: bool) -> _Place | None:
        """The first of an order."""
        query = 'SELECT due, "row", scene FROM waiting WHERE lists_left = ? ORDER BY due, "row" LIMIT 1'
        found = self._table.execute(query, (lists_left,)).fetchone()
        return _Place(*found) if found else None

    def _found(self, condition: str, *values: float) -> Iterator[tuple[int, Waiting]]:
        query = f'SELECT scene, "row", due, missing, names, lists_left FROM waiting {condition}'  # noqa: S608
        for scene_id, row, due, missing, names, lists_left in self._table.execute(query, values):
            keys = tuple(json.loads(names)) if names else ()
            yield scene_id, Waiting(row, due, bool(missing), keys, bool(lists_left))

    def _number(self, query: str, *values: float) -> int:
        return int(self._table.execute(query, values).fetchone()[0])
