"""Reading from a damaged record what no comparison brings back: memories, collections, single facts."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from pydantic import ValidationError

from worker.metadata.memory import ItemMemory
from worker.storage.reading import open_for_reading


@dataclass(frozen=True)
class _Table:
    """A table whose rows are worth reading. ``key``: the columns of its key, ``parent``: a table without whose row
    one of this is of no use."""

    name: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    parent: str = ""


_TABLES = (
    _Table("memories", ("id",), ("id", "server", "item", "scene", "state", "seen", "changed", "content")),
    _Table("memory_files", ("memory", "path_key"), ("memory", "path_key", "name_key", "size"), "memories"),
    _Table("collections", ("id",), ("id", "server", "section", "title_key", "rating_key", "whose", "picture_due")),
    _Table("members", ("collection", "item"), ("collection", "item", "place"), "collections"),
    _Table("facts", ("name",), ("name", "value")),
)

#: The types of values, for columns where one of the wrong type would do harm.
_NUMBERS = frozenset({"id", "memory", "collection", "scene", "seen", "place", "size", "picture_due"})
_MAY_LACK = frozenset({"scene", "seen", "changed", "size", "rating_key", "whose", "place"})


def salvage(damaged: str, database: sqlite3.Connection) -> int:
    """Take over what can still be read of a damaged record; says of how many items something is remembered.

    Raises sqlite3.Error: the new record cannot be written.
    """
    with database:
        for table in _TABLES:
            marks = ", ".join("?" * len(table.columns))
            database.executemany(
                f"INSERT OR IGNORE INTO {table.name} ({', '.join(table.columns)}) VALUES ({marks})",  # noqa: S608
                (row for row in _readable_rows(damaged, table) if _is_sound(table, row)),
            )
            if table.parent:
                database.execute(
                    f"DELETE FROM {table.name} WHERE {table.key[0]} NOT IN (SELECT id FROM {table.parent})"  # noqa: S608
                )
    query = "SELECT count(*) FROM (SELECT DISTINCT server, item FROM memories)"
    return int(database.execute(query).fetchone()[0])


def _readable_rows(path: str, table: _Table) -> Iterator[tuple[object, ...]]:
    """The rows that can still be read, from both ends up to the damage: some come twice."""
    connection = open_for_reading(path) if os.path.isfile(path) else None
    if connection is None:
        return
    with closing(connection):
        for direction in ("ASC", "DESC"):
            order = ", ".join(f"{column} {direction}" for column in table.key)
            try:
                yield from connection.execute(
                    f"SELECT {', '.join(table.columns)} FROM {table.name} ORDER BY {order}"  # noqa: S608
                )
            except (sqlite3.DatabaseError, UnicodeDecodeError):  # the latter: SQLite names what it found, in its bytes
                continue  # so far, and no further
            return


def _is_sound(table: _Table, row: tuple[object, ...]) -> bool:
    values = dict(zip(table.columns, row, strict=True))
    return all(_fits(column, value) for column, value in values.items()) and _is_memory(values.get("content", "{}"))


def _fits(column: str, value: object) -> bool:
    if value is None:
        return column in _MAY_LACK
    if column == "changed":
        return isinstance(value, float)
    return isinstance(value, int if column in _NUMBERS else str)


def _is_memory(text: object) -> bool:
    try:
        ItemMemory.model_validate_json(str(text))
    except ValidationError:
        return False
    return True
