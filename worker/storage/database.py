"""plexsync.db, the record: how it is made, opened and looked through. Its tables stand in worker/storage/schema.py."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import NamedTuple

from worker.storage.companions import COMPANIONS, keep_private, open_file, use_log
from worker.storage.migrations import MIGRATIONS
from worker.storage.reading import as_text, open_for_reading, open_untouched
from worker.storage.schema import SCHEMA

#: The version of ``SCHEMA``.
VERSION = len(MIGRATIONS) + 1

#: Seconds to wait for another program, a backup for instance, that keeps a database locked.
PATIENCE = 10.0

#: KiB of a database that SQLite keeps in memory, of each file. The system keeps them, too.
CACHE = 256

#: No PlexSync will ever have a version of its database beyond this.
FARTHEST = 1000

#: Why a database is damaged that SQLite finds in order.
NOT_OURS = "its tables are not those of PlexSync"

#: How a write-ahead log begins (https://sqlite.org/fileformat2.html); one made just before a power cut, in zeros.
_LOG_BEGINS = (b"", b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83", b"\0\0\0\0")


class NewerDatabase(Exception):
    """The database was written by a newer PlexSync."""


class DamagedDatabase(Exception):
    """A database that cannot be worked with, whoever waits; the text says in a few words why."""


def open_in_memory() -> sqlite3.Connection:
    """A database with the same tables that lies in memory alone; any thread may close it."""
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.text_factory = as_text
    _make_tables(connection)
    return connection


def open_database(path: str, patience: float = PATIENCE) -> sqlite3.Connection:
    """Open plexsync.db for its one owner, making or migrating it. Transactions by ``with connection``.

    ``patience``: seconds to wait for another program that keeps it locked.

    Raises:
        NewerDatabase: a newer PlexSync wrote it.
        DamagedDatabase: it is not what PlexSync made.
        sqlite3.Error: it is locked, or cannot be read or written now.
    """
    with nothing_half_made(path), examined(path, VERSION, patience, _is_ours) as connection:
        version = version_of(connection)
        # What stood in Plex before the first write can be read only once: it must survive a power cut.
        connection.execute("PRAGMA synchronous=FULL")
        if version < VERSION:
            bring_up(connection, version)
        if not _expected_columns() <= columns_of(connection):
            raise DamagedDatabase(NOT_OURS)
    return connection


def _is_ours(connection: sqlite3.Connection) -> bool:
    version = version_of(connection)
    return version > 0 or (version == 0 and not columns_of(connection))


def bring_up(connection: sqlite3.Connection, version: int) -> None:
    """Make the tables, or those of a former version into those of the next, up to the present one: all or nothing.

    Raises DamagedDatabase, sqlite3.Error.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        with connection:
            if version == 0:
                _make_tables(connection)
            for step in MIGRATIONS[version - 1 :] if version else ():
                step(connection, _make_tables)
            connection.execute(f"PRAGMA user_version = {VERSION}")
    except sqlite3.OperationalError as error:
        if str(error).startswith("no such"):  # a table or column of that version
            raise DamagedDatabase(NOT_OURS) from error
        raise


@contextmanager
def looked_at(path: str, *, untouched: bool = False) -> Iterator[sqlite3.Connection | None]:
    """The record that another process owns, to look and never to change; None when there is none. One of a former
    version is seen as a copy in memory, brought up to date; one that its owner is just making, as an empty one.
    ``untouched``: as ``open_untouched``.

    Raises DamagedDatabase, sqlite3.Error, OSError.
    """
    connection = open_untouched(path) if untouched else open_for_reading(path)
    if connection is None:
        yield None
        return
    with closing(_of_present_version(connection)) as connection:
        yield connection


def _of_present_version(connection: sqlite3.Connection) -> sqlite3.Connection:
    version = version_of(connection)
    if version == 0 and not columns_of(connection):
        connection.close()
        return open_in_memory()
    if not 0 < version < VERSION:
        return connection
    copy = sqlite3.connect(":memory:")
    copy.text_factory = as_text
    try:
        with closing(connection):
            connection.backup(copy)
        bring_up(copy, version)
    except BaseException:
        copy.close()
        raise
    return copy


def _make_tables(connection: sqlite3.Connection) -> None:
    for statement in SCHEMA:
        connection.execute(statement)


@contextmanager
def examined(
    path: str, newest: int, patience: float, is_ours: Callable[[sqlite3.Connection], bool] = lambda _: True
) -> Iterator[sqlite3.Connection]:
    """A connection to a database, or to one that is not made yet, whose files were looked through.

    It stays open after the block, unless that fails. ``newest``: the version this PlexSync knows; ``is_ours`` looks
    at the tables, before anything is changed. Where there is no file, one is made, and nobody else may read it.
    Raises as ``open_database``; so does what the block does with the connection.
    """
    if os.path.lexists(path):
        _look_at_files(path)
    with damage_named():
        connection = open_file(path, patience)
    try:
        with damage_named():
            connection.execute(f"PRAGMA cache_size={-CACHE}")
            if not is_in_order(connection) or version_of(connection) > FARTHEST:
                raise DamagedDatabase("its content is in disorder")
            if version_of(connection) > newest:
                raise NewerDatabase(
                    f"{path} was written by a newer PlexSync. Update the plugin, or move that file away to start anew."
                )
            if not is_ours(connection):
                raise DamagedDatabase(NOT_OURS)
            connection = use_log(connection, path, patience)
            keep_private(path)
            yield connection
    except BaseException:
        connection.close()
        raise


def is_in_order(connection: sqlite3.Connection) -> bool:
    """Whether SQLite finds a file in order; a word that its column does not know is a damaged row, and no damaged file.
    Raises sqlite3.Error."""
    connection.execute("PRAGMA ignore_check_constraints=ON")
    (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    connection.execute("PRAGMA ignore_check_constraints=OFF")
    return bool(found == "ok")


@contextmanager
def nothing_half_made(path: str) -> Iterator[None]:
    """A database that could not be made whole, on a full disk for instance, is not left for the next opening."""
    fresh = not os.path.lexists(path)
    try:
        yield
    except BaseException:
        for name in (path, *(path + companion for companion in COMPANIONS)):
            if fresh and os.path.lexists(name):
                os.unlink(name)
        raise


@contextmanager
def damage_named() -> Iterator[None]:
    """What SQLite says of damage comes out as DamagedDatabase; faults that may pass stay sqlite3.Error."""
    try:
        yield
    except UnicodeDecodeError as error:  # SQLite names what it found, in the damaged bytes themselves
        raise DamagedDatabase("its content is in disorder") from error
    except sqlite3.DatabaseError as error:
        if is_damage(error):
            raise DamagedDatabase(str(error)) from error
        raise


def is_damage(error: sqlite3.Error) -> bool:
    """Whether a fault is one of the file itself: waiting does not help."""
    # Python 3.10 gives no codes: SQLITE_CORRUPT and SQLITE_NOTADB are of this class and of none below it, and
    # what passes (locked, full, cannot be opened) is an OperationalError.
    return type(error) is sqlite3.DatabaseError or str(error).startswith(("malformed", "unsupported file format"))


def version_of(connection: sqlite3.Connection) -> int:
    """The version of a database's schema, 0 before its first table."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


class Column(NamedTuple):
    """A column of a table."""

    table: str
    name: str


def columns_of(connection: sqlite3.Connection) -> set[Column]:
    """Every column of every table."""
    query = """SELECT tables.name, columns.name FROM sqlite_master AS tables, pragma_table_info(tables.name) AS columns
        WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite!_%' ESCAPE '!'"""
    return {Column(*row) for row in connection.execute(query)}


def _expected_columns() -> set[Column]:
    with closing(open_in_memory()) as connection:
        return columns_of(connection)


def _look_at_files(path: str) -> None:
    """What SQLite takes without a word: an empty file, and a write-ahead log that is none."""
    if not os.path.isfile(path):
        raise DamagedDatabase("it is not a file")
    if not os.path.getsize(path):
        raise DamagedDatabase("it is empty")
    try:
        with open(path + "-wal", "rb") as file:
            begins = file.read(4)
    except FileNotFoundError:
        return
    if begins not in _LOG_BEGINS:
        raise DamagedDatabase("its log of the last changes cannot be read")
