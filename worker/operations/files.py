"""The data folder as an operation sees it: looked at beside its owner, never changed, never waited for long."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from worker.datadir import DataDir
from worker.storage.reading import QUEUE_FILE, QUEUE_TABLE, open_for_reading

#: Seconds to wait for a database that is locked: the person at the page waits, too.
PATIENCE = 0.5

#: A table that every record of the version has which this PlexSync reads, and none of a former one.
_OF_RECORD = "memories"


class CannotBeRead(Exception):
    """A file cannot be looked at now; the text is one sentence."""


class Files:
    """Record and queue, opened when they are first asked for; either is None where there is none to read."""

    def __init__(self, data: DataDir) -> None:
        self.data = data
        self._opened: dict[str, sqlite3.Connection | None] = {}

    @property
    def record(self) -> sqlite3.Connection | None:
        """plexsync.db; None before the worker has made it, or brought an older one up to date."""
        return self._with_table(self.data.database, _OF_RECORD)

    @property
    def queue(self) -> sqlite3.Connection | None:
        """The queue's file; None before it has its table."""
        return self._with_table(os.path.join(self.data.queue, QUEUE_FILE), QUEUE_TABLE)

    def events(self) -> list[str]:
        """Names of the events in the inbox."""
        try:
            return sorted(name for name in os.listdir(self.data.inbox) if name.endswith(".json"))
        except OSError:
            return []

    def close(self) -> None:
        """Close what was opened."""
        for connection in self._opened.values():
            if connection is not None:
                connection.close()

    def _with_table(self, path: str, table: str) -> sqlite3.Connection | None:
        if path not in self._opened:
            self._opened[path] = open_for_reading(path, PATIENCE)
        found = self._opened[path]
        query = "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?)"
        return found if found is not None and found.execute(query, (table,)).fetchone()[0] else None


@contextmanager
def looking_at(data: DataDir) -> Iterator[Files]:
    """The files of a data folder, closed at the end. Raises CannotBeRead."""
    files = Files(data)
    try:
        yield files
    except sqlite3.Error as error:
        raise CannotBeRead(f"PlexSync's data in {data.root} cannot be read just now ({error}).") from error
    finally:
        files.close()


def counted(connection: sqlite3.Connection | None, query: str) -> int:
    """The one number that a query gives; 0 where there is no database."""
    return int(connection.execute(query).fetchone()[0]) if connection is not None else 0


def whole_number(value: object, least: int, most: int, otherwise: int) -> int:
    """A number that came from a browser, within bounds."""
    return min(most, max(least, value)) if type(value) is int else otherwise


def seconds(kept: object) -> float | None:
    """A fact of the record that is a time; None where there is none."""
    try:
        found = float(str(kept)) if kept else None
    except ValueError:
        return None
    return found if found is not None and abs(found) < float("inf") else None


#: What an operation answers: what JSON can hold.
Answer = dict[str, object]

#: One thing that can be looked at: from the files and what was asked about it to the answer.
Look = Callable[[Files, Answer], Answer]
