"""Reading from a damaged record what no comparison brings back: memories, collections, single facts.

Of one of version 1, the rows that can be read are brought up to date in memory, and taken over from there.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from enum import Enum

from pydantic import ValidationError

from worker.metadata.memory import ItemMemory
from worker.storage.database import bring_up
from worker.storage.journal_documents import read_changes
from worker.storage.journal_entries import Cause
from worker.storage.reading import open_for_reading
from worker.storage.returned import read_numbers


class _Kind(Enum):
    """What a column holds; a value of another type would do harm."""

    NUMBER = "a whole number"
    MOMENT = "seconds since 1970"
    TEXT = "a text"
    MEMORY = "an ItemMemory"
    CHANGES = "what an entry of the journal says"
    CAUSE = "why something was written"
    NUMBERS = "what an entry of the ledger says"


@dataclass(frozen=True)
class _Column:
    name: str
    kind: _Kind = _Kind.TEXT
    may_lack: bool = False

    def takes(self, value: object) -> bool:
        """Whether a value is of the right type."""
        if value is None:
            return self.may_lack
        if self.kind is _Kind.MEMORY:
            return _is_memory(value)
        if self.kind is _Kind.CHANGES:
            return _is_read(read_changes, value)
        if self.kind is _Kind.CAUSE:
            return _is_read(Cause, value)
        if self.kind is _Kind.NUMBERS:
            return _is_read(read_numbers, value)
        types = {_Kind.NUMBER: int, _Kind.MOMENT: float, _Kind.TEXT: str}
        return isinstance(value, types[self.kind])


@dataclass(frozen=True)
class _Table:
    """A table whose rows are worth reading. ``order``: the columns by which they are read; ``parent``: a table without
    whose row one of this is of no use."""

    name: str
    order: tuple[str, ...]
    columns: tuple[_Column, ...]
    parent: str = ""

    @property
    def names(self) -> str:
        return ", ".join(column.name for column in self.columns)


def _number(name: str) -> _Column:
    return _Column(name, _Kind.NUMBER)


def _moment(name: str) -> _Column:
    return _Column(name, _Kind.MOMENT)


def _memory(name: str) -> _Column:
    return _Column(name, _Kind.MEMORY)


def _or_null(column: _Column) -> _Column:
    return replace(column, may_lack=True)


_SERVER, _ITEM, _CAUSE = _Column("server"), _Column("item"), _Column("cause", _Kind.CAUSE)
_SCENE, _SEEN, _PLACE, _SIZE = _number("scene"), _number("seen"), _number("place"), _number("size")

_TABLES = (
    _Table(
        "memories",
        ("id",),
        (
            *(_number("id"), _SERVER, _ITEM, _or_null(_SCENE), _Column("state"), _or_null(_SEEN)),
            *(_or_null(_moment("changed")), _memory("content")),
        ),
    ),
    _Table(
        "memory_files",
        ("memory", "path_key"),
        (_number("memory"), _Column("path_key"), _Column("name_key"), _or_null(_SIZE)),
        "memories",
    ),
    _Table(
        "collections",
        ("id",),
        (
            *(_number("id"), _SERVER, _Column("section"), _Column("title_key"), _or_null(_Column("rating_key"))),
            *(_or_null(_Column("whose")), _number("picture_due")),
        ),
    ),
    _Table("members", ("collection", "item"), (_number("collection"), _ITEM, _or_null(_PLACE)), "collections"),
    _Table(
        "holds",
        ("scene",),
        (_SCENE, _number("whole"), _Column("reason"), _moment("since"), _or_null(_number("run"))),
    ),
    _Table("held_fields", ("scene", "field"), (_SCENE, _Column("field"))),
    _Table("facts", ("name",), (_Column("name"), _Column("value"))),
    _Table(
        "journal_runs",
        ("id",),
        (_number("id"), _CAUSE, _Column("name"), _moment("started"), _number("bytes")),
    ),
    _Table(
        "journal",
        ("id",),
        (
            *(_number("id"), _number("run"), _moment("at"), _CAUSE, _or_null(_SCENE), _SERVER, _ITEM),
            *(_Column("direction"), _Column("state"), _Column("content", _Kind.CHANGES)),
        ),
    ),
    _Table(
        "returned",
        ("id",),
        (
            *(_number("id"), _or_null(_number("run")), _moment("at"), _Column("kind"), _SCENE, _SERVER, _ITEM),
            *(_Column("source"), _or_null(_number("moment")), _or_null(_number("same_as"))),
            *(_Column("seen_by"), _Column("state")),
            _Column("content", _Kind.NUMBERS),
        ),
    ),
)

#: Of version 1, the tables from which those above are made.
_FIRST = (
    _Table("items", ("scene", "server", "item"), (_SCENE, _SERVER, _ITEM, _memory("memory"), _SEEN)),
    _Table("members", ("collection", "item"), (_Column("collection"), _ITEM, _or_null(_PLACE))),
    _Table("state", ("key",), (_Column("key"), _Column("value"))),
    _Table("parts", ("rowid",), (_ITEM, _Column("file"), _or_null(_SIZE), _number("updated"))),
    _Table("outcomes", ("scene",), (_SCENE, _moment("checked"))),
)

#: A record of version 1 without a row.
_EMPTY_FIRST = (
    "CREATE TABLE items (scene, server, item, memory, seen, PRIMARY KEY (scene, server, item))",
    "CREATE TABLE members (collection, item, place, PRIMARY KEY (collection, item))",
    "CREATE TABLE state (key PRIMARY KEY, value)",
    "CREATE TABLE parts (item, file, size, updated)",
    """CREATE TABLE outcomes (scene PRIMARY KEY, checked, updated, detail DEFAULT '', left_out DEFAULT '',
        kept DEFAULT '', stash_updated DEFAULT '', files DEFAULT '')""",
    "CREATE TABLE shown (scene, kind, entity)",
    "CREATE TABLE entities (kind, entity, updated)",
    "CREATE TABLE parked (scene, update_type, kind, reason, since, stash_updated)",
    "CREATE TABLE runs (name, ended, summary)",
    "CREATE TABLE sections (key)",
)


def salvage(damaged: str, database: sqlite3.Connection) -> int:
    """Take over what can still be read of a damaged record; says of how many items something is remembered.

    Raises sqlite3.Error: the new record cannot be written.
    """
    source = open_for_reading(damaged) if os.path.isfile(damaged) else None
    if source is not None:
        with ExitStack() as stack:
            readable = stack.enter_context(closing(source))
            if _is_of_first_version(source):
                readable = stack.enter_context(closing(_bring_up_rows(source)))
            stack.enter_context(database)
            for table in _TABLES:
                _take(table, readable, database)
    query = "SELECT count(*) FROM (SELECT DISTINCT server, item FROM memories)"
    return int(database.execute(query).fetchone()[0])


def _is_of_first_version(source: sqlite3.Connection) -> bool:
    try:
        found = source.execute("SELECT name FROM sqlite_master WHERE name IN ('items', 'memories')").fetchall()
    except (sqlite3.DatabaseError, UnicodeDecodeError):
        return False
    return found == [("items",)]


def _bring_up_rows(source: sqlite3.Connection) -> sqlite3.Connection:
    """What can be read of a record of version 1, as one of the present version in memory."""
    copy = sqlite3.connect(":memory:")
    try:
        with copy:
            for statement in _EMPTY_FIRST:
                copy.execute(statement)
            for table in _FIRST:
                _take(table, source, copy)
        bring_up(copy, 1)
    except BaseException:
        copy.close()
        raise
    return copy


def _take(table: _Table, source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    marks = ", ".join("?" * len(table.columns))
    target.executemany(
        f"INSERT OR IGNORE INTO {table.name} ({table.names}) VALUES ({marks})",  # noqa: S608
        (row for row in _readable_rows(source, table) if _is_sound(table, row)),
    )
    if table.parent:
        target.execute(
            f"DELETE FROM {table.name} WHERE {table.order[0]} NOT IN (SELECT id FROM {table.parent})"  # noqa: S608
        )


def _readable_rows(source: sqlite3.Connection, table: _Table) -> Iterator[tuple[object, ...]]:
    """The rows that can still be read, from both ends up to the damage: some come twice."""
    for direction in ("ASC", "DESC"):
        order = ", ".join(f"{column} {direction}" for column in table.order)
        try:
            yield from source.execute(f"SELECT {table.names} FROM {table.name} ORDER BY {order}")  # noqa: S608
        except (sqlite3.DatabaseError, UnicodeDecodeError):  # the latter: SQLite names what it found, in its bytes
            continue  # so far, and no further
        return


def _is_sound(table: _Table, row: tuple[object, ...]) -> bool:
    return all(column.takes(value) for column, value in zip(table.columns, row, strict=True))


def _is_read(read: Callable[[str], object], value: object) -> bool:
    try:
        read(str(value))
    except ValueError:
        return False
    return True


def _is_memory(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        ItemMemory.of_json(value)
    except ValidationError:
        return False
    return True
