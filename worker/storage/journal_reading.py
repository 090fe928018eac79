"""Reading the journal, without owning it. Standard library only: the page reads it so, too."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from worker.storage.journal_documents import read_changes
from worker.storage.journal_entries import (
    COLLECTION_BEGINS,
    Cause,
    Direction,
    Entry,
    Unreadable,
    WriteState,
)
from worker.storage.rows import checked, moment, word

_COLUMNS = "id, run, at, cause, scene, server, item, direction, state, content"


@dataclass(frozen=True)
class JournalRun:
    """What was written in one go: since when, in seconds since 1970; why; the task's name, empty in the background;
    how many entries of it are still there."""

    id: int
    cause: Cause
    name: str
    started: float
    entries: int


def entries_of_scene(connection: sqlite3.Connection, scene_id: int, limit: int) -> list[Entry]:
    """The newest entries of a scene, newest first. Raises sqlite3.Error."""
    return list(_read(connection, "scene = ? ORDER BY id DESC LIMIT ?", scene_id, limit))


def entries_of_run(connection: sqlite3.Connection, run: int, limit: int) -> list[Entry]:
    """The newest entries of a run, newest first. Raises sqlite3.Error."""
    return list(_read(connection, "run = ? ORDER BY id DESC LIMIT ?", run, limit))


def latest_entries(connection: sqlite3.Connection, limit: int) -> list[Entry]:
    """The newest entries of all, newest first. Raises sqlite3.Error."""
    return list(_read(connection, "true ORDER BY id DESC LIMIT ?", limit))


def entries_by_item(
    connection: sqlite3.Connection, run: int | None, since: float, scenes: Sequence[int] | None
) -> Iterator[Entry]:
    """All entries since a time, in seconds since 1970, of a run and of some scenes, where these are named: those of
    each item together, oldest first. Raises sqlite3.Error."""
    given: dict[str, object] = {"at >= ?": since}
    if run is not None:
        given["run = ?"] = run
    if scenes is not None:
        given["scene IN (SELECT value FROM json_each(?))"] = json.dumps(list(scenes))
    return _read(connection, f"{' AND '.join(given)} ORDER BY server, item, id", *given.values())


def entry_numbered(connection: sqlite3.Connection, number: int) -> Entry | None:
    """One entry; None when it is forgotten. Raises sqlite3.Error."""
    return next(_read(connection, "id = ?", number), None)


def entries_before(connection: sqlite3.Connection, entry: Entry) -> list[Entry]:
    """What was written to the same item for the same scene before an entry, oldest first. Raises sqlite3.Error."""
    condition = "scene = ? AND item = ? AND server = ? AND id < ? ORDER BY id"
    return list(_read(connection, condition, entry.scene, entry.item, entry.server, entry.id))


def last_run(connection: sqlite3.Connection) -> JournalRun | None:
    """The newest run in which something was written and not only taken back or tried; None without one. Raises
    sqlite3.Error."""
    left_out = (Cause.UNDO, Cause.TRIAL, Cause.REPEAT)
    return next((run for run in latest_runs(connection, 100) if run.cause not in left_out), None)


def has_run(connection: sqlite3.Connection, run: int) -> bool:
    """Whether there is, or was, a run of this number of which anything is left. Raises sqlite3.Error."""
    query = "SELECT EXISTS (SELECT 1 FROM journal_runs WHERE id = ?) OR EXISTS (SELECT 1 FROM journal WHERE run = ?)"
    return bool(connection.execute(query, (run, run)).fetchone()[0])


def latest_runs(connection: sqlite3.Connection, limit: int) -> list[JournalRun]:
    """The newest runs in which something was written, newest first. Raises sqlite3.Error."""
    query = """SELECT id, cause, name, started, (SELECT count(*) FROM journal WHERE run = journal_runs.id) AS many
        FROM journal_runs WHERE EXISTS (SELECT 1 FROM journal WHERE run = journal_runs.id) ORDER BY id DESC LIMIT ?"""
    return [
        JournalRun(
            number,
            word(Cause, cause, Cause.HOOK),
            name if isinstance(name, str) else "",
            moment(started),
            many,
        )
        for number, cause, name, started, many in connection.execute(query, (limit,))
    ]


def open_entries(connection: sqlite3.Connection, server: str, item: str) -> list[Entry]:
    """The entries of an item, or a collection, of which it is not known yet what became, oldest first."""
    return list(_read(connection, f"server = ? AND item = ? AND {STILL_OPEN} ORDER BY id", server, item))


def open_collections(connection: sqlite3.Connection, server: str) -> Iterator[Entry]:
    """The entries of a server's collections of which it is not known yet what became, oldest first."""
    condition = f"server = ? AND {STILL_OPEN} AND substr(content, 1, ?) = ? ORDER BY id"
    return _read(connection, condition, server, len(COLLECTION_BEGINS), COLLECTION_BEGINS)


#: Entries that are still to be looked at: the condition of the index ``journal_open``.
STILL_OPEN = "state IN ('intended', 'answered', 'not confirmed')"


def _read(connection: sqlite3.Connection, condition: str, *given: object) -> Iterator[Entry]:
    query = f"SELECT {_COLUMNS} FROM journal WHERE {condition}"  # noqa: S608
    return map(_entry, connection.execute(query, given))


def _entry(row: Sequence[Any]) -> Entry:
    number, run, at, cause, scene, server, item, direction, state, content = row
    try:
        checked(row, int, int, float, str, int | None, str, str, str, str, str)
        what = (server, item, Direction(direction), WriteState(state), read_changes(content))
        return Entry(number, run, at, Cause(cause), scene, *what)
    except ValueError:
        return _unreadable(row)


def _unreadable(row: Sequence[Any]) -> Entry:
    """What can be said of a damaged entry: it counts as one, and nothing is made of what it says."""
    number, run, at, cause, scene, server, item, *_ = row
    return Entry(
        number,
        run if isinstance(run, int) else 0,
        moment(at),
        word(Cause, cause, Cause.HOOK),
        scene if isinstance(scene, int) else None,
        server if isinstance(server, str) else "",
        item if isinstance(item, str) else "",
        Direction.TO_PLEX,
        WriteState.ANSWERED,
        Unreadable(),
    )
