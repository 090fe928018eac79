"""What is still to be taken back: it outlives the process that began to."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from worker.storage.journal_entries import Entry
from worker.storage.journal_reading import entries_by_item, entry_numbered
from worker.storage.rows import is_sound
from worker.storage.tables import Tables


class ToTakeBack(NamedTuple):
    """An item of which something is to be taken back, by which undo (its number in the journal), and for which scene
    (None: nobody's any more). ``entries``: what was written, oldest first; None for all that ever was."""

    run: int
    item: str
    scene_id: int | None
    entries: Sequence[Entry] | None


class Chosen(NamedTuple):
    """Entries of the journal that are to be taken back: those of a ``run``, of some ``scenes`` (None: of any), and
    ``since`` a time, in seconds since 1970, all at once."""

    run: int | None = None
    since: float = 0.0
    scenes: Sequence[int] | None = None


class ToUndo(Tables):
    """The table ``to_undo``."""

    def __init__(self, database: sqlite3.Connection, clock: Callable[[], float]) -> None:
        super().__init__(database, clock)
        #: Items that wait; None where that is to be counted.
        self._waiting: int | None = None
        #: Wishes that were damaged, so that nobody knows what they were about; whoever says so sets it to 0.
        self.dropped = 0

    def chosen(self, what: Chosen) -> Iterator[Entry]:
        """Some entries, read as they are taken: those of each item together, oldest first."""
        return entries_by_item(self._database, what.run, what.since, what.scenes)

    def undo_entries(self, run: int, entries: Iterable[Entry]) -> None:
        """Note that these are to be taken back."""
        self._waiting = None
        rows = ((run, one.server, one.item, one.scene, one.id) for one in entries)
        with self._soon():
            query = "INSERT OR IGNORE INTO to_undo (run, server, item, scene, entry) VALUES (?, ?, ?, ?, ?)"
            self._database.executemany(query, rows)

    def undo_all_of(self, run: int, server: str, scenes: Sequence[int] | None) -> None:
        """Note that all is to be taken back that was written to the items of some scenes, or to any item."""
        self._waiting = None
        query = """INSERT INTO to_undo (run, server, item, scene)
            SELECT ?, server, item, scene FROM memories WHERE state = 'in use' AND server = ?"""
        with self._soon():
            if scenes is None:
                self._database.execute(query, (run, server))
                return
            self._database.executemany(f"{query} AND scene = ?", [(run, server, scene_id) for scene_id in scenes])

    def next_to_undo(self, server: str, most: int) -> list[ToTakeBack]:
        """Some items of a server of which something is to be taken back, all by one undo."""
        first = "(SELECT min(run) FROM to_undo WHERE server = ?)"
        query = f"SELECT DISTINCT run, item, max(scene) FROM to_undo WHERE server = ? AND run = {first} GROUP BY item LIMIT ?"  # noqa: S608, E501
        rows = self._database.execute(query, (server, server, most)).fetchall()
        return [ToTakeBack(run, item, scene, self._entries(server, run, item)) for run, item, scene in rows]

    def undone(self, server: str, what: ToTakeBack) -> None:
        """Nothing is left to be done about an item."""
        with self._soon():
            query = "DELETE FROM to_undo WHERE server = ? AND run = ? AND item = ?"
            was_there = self._database.execute(query, (server, what.run, what.item)).rowcount > 0
        if self._waiting is not None:
            self._waiting -= was_there

    def leave_elsewhere(self, server: str) -> int:
        """Let go of what is on any other server; returns how many items that are."""
        elsewhere = "SELECT count(*) FROM (SELECT DISTINCT server, run, item FROM to_undo WHERE server != ?)"
        items = int(self._database.execute(elsewhere, (server,)).fetchone()[0])
        with self._soon():
            self._database.execute("DELETE FROM to_undo WHERE server != ?", (server,))
        self._waiting = None
        return items

    def count_to_undo(self) -> int:
        """How many items wait for it: counted once, and kept from then on, since it is asked for each fifty."""
        if self._waiting is None:
            self._drop_damaged()
            query = "SELECT count(*) FROM (SELECT DISTINCT server, run, item FROM to_undo)"
            self._waiting = int(self._database.execute(query).fetchone()[0])
        return self._waiting

    def _drop_damaged(self) -> None:
        rows = self._database.execute("SELECT id, run, server, item, scene, entry FROM to_undo")
        damaged = [(row[0],) for row in rows if not is_sound(row, int, int, str, str, int | None, int | None)]
        if damaged:
            with self._soon():
                self._database.executemany("DELETE FROM to_undo WHERE id = ?", damaged)
            self.dropped += len(damaged)

    def _entries(self, server: str, run: int, item: str) -> list[Entry] | None:
        query = "SELECT entry FROM to_undo WHERE server = ? AND run = ? AND item = ? ORDER BY entry"
        numbers = [number for (number,) in self._database.execute(query, (server, run, item)).fetchall()]
        if None in numbers:
            return None
        found = (entry_numbered(self._database, number) for number in numbers)
        return [one for one in found if one is not None]
