"""plexsync.db: the one module that knows its schema and how an older one becomes the present one."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

#: One entry per version: the statements that lead from the version before. Never change one that was released.
MIGRATIONS = (
    (
        # The index of Plex's files; ``newest`` in Plex's seconds, ``swept_at`` in ours.
        """CREATE TABLE sections (
            key TEXT PRIMARY KEY, uuid TEXT NOT NULL, title TEXT NOT NULL, content_changed TEXT NOT NULL,
            newest INTEGER NOT NULL, swept_at REAL NOT NULL, locations TEXT NOT NULL)""",
        """CREATE TABLE parts (
            section TEXT NOT NULL, item TEXT NOT NULL, file TEXT NOT NULL,
            file_key TEXT NOT NULL, name_key TEXT NOT NULL, size INTEGER, updated INTEGER NOT NULL)""",
        "CREATE INDEX parts_by_file ON parts (file_key)",
        "CREATE INDEX parts_by_name ON parts (name_key)",
        "CREATE INDEX parts_by_item ON parts (item, section)",
        # When Plex was last seen to show each scene, when that took a write, and of what.
        """CREATE TABLE outcomes (
            scene INTEGER PRIMARY KEY, checked REAL NOT NULL, updated REAL, detail TEXT NOT NULL,
            left_out TEXT NOT NULL, kept TEXT NOT NULL, stash_updated TEXT NOT NULL, files TEXT NOT NULL)""",
        "CREATE INDEX outcomes_by_update ON outcomes (updated)",
        # What PlexSync wrote to each item for each scene, and what stood there before (worker/metadata/memory.py);
        # ``seen``: when Plex had last changed the item as it was compared, 0 after a write of ours.
        """CREATE TABLE items (
            scene INTEGER NOT NULL, server TEXT NOT NULL, item TEXT NOT NULL, memory TEXT NOT NULL,
            seen INTEGER NOT NULL,
            PRIMARY KEY (scene, server, item)) WITHOUT ROWID""",
        "CREATE INDEX items_by_item ON items (item, server)",
        # Which items PlexSync put into which collection, and the place by scene index it gave them there.
        """CREATE TABLE members (
            collection TEXT NOT NULL, item TEXT NOT NULL, place INTEGER,
            PRIMARY KEY (collection, item)) WITHOUT ROWID""",
        "CREATE INDEX members_by_item ON members (item)",
        # Which performers, studios, tags and groups each scene showed.
        """CREATE TABLE shown (
            scene INTEGER NOT NULL, kind TEXT NOT NULL, entity INTEGER NOT NULL,
            PRIMARY KEY (scene, kind, entity)) WITHOUT ROWID""",
        "CREATE INDEX shown_by_entity ON shown (kind, entity)",
        # Scenes that wait for a person.
        """CREATE TABLE parked (
            scene INTEGER PRIMARY KEY, update_type TEXT NOT NULL, kind TEXT NOT NULL, reason TEXT NOT NULL,
            since REAL NOT NULL, stash_updated TEXT NOT NULL)""",
        # When each performer, studio, tag and group was last changed, at the last reconciliation.
        """CREATE TABLE entities (
            kind TEXT NOT NULL, entity INTEGER NOT NULL, updated TEXT NOT NULL,
            PRIMARY KEY (kind, entity)) WITHOUT ROWID""",
        # Finished tasks, newest last.
        "CREATE TABLE runs (name TEXT NOT NULL, ended REAL NOT NULL, summary TEXT NOT NULL)",
        # Single facts: the server indexed, the client identifier, why the worker waits.
        "CREATE TABLE state (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
    ),
)


#: Seconds to wait for another program, a backup for instance, that keeps a database locked.
PATIENCE = 10.0

#: No PlexSync will ever have a version of its database beyond this.
FARTHEST = 1000

#: SQLite's companions of a database file, by what they add to its name.
COMPANIONS = ("-wal", "-shm", "-journal")

#: How a write-ahead log begins (https://sqlite.org/fileformat2.html); one made just before a power cut, in zeros.
_LOG_BEGINS = (b"", b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83", b"\0\0\0\0")


class NewerDatabase(Exception):
    """The database was written by a newer PlexSync."""


class DamagedDatabase(Exception):
    """A database that cannot be worked with, whoever waits; the text says in a few words why."""


def open_database(path: str, patience: float = PATIENCE) -> sqlite3.Connection:
    """Open plexsync.db for its one owner, making or migrating it. Transactions by ``with connection``.

    ``patience``: seconds to wait for another program that keeps it locked.

    Raises:
        NewerDatabase: a newer PlexSync wrote it.
        DamagedDatabase: it is not what PlexSync made.
        sqlite3.Error: it is locked, or cannot be read or written now.
    """
    with nothing_half_made(path), examined(path, len(MIGRATIONS), patience) as connection:
        version = version_of(connection)
        if version < 0 or (version == 0 and columns_of(connection)):
            raise DamagedDatabase("its tables are not those of PlexSync")
        connection.execute("PRAGMA journal_mode=WAL")
        # What stood in Plex before the first write can be read only once: it must survive a power cut.
        connection.execute("PRAGMA synchronous=FULL")
        for number, statements in enumerate(MIGRATIONS[version:], start=version + 1):
            connection.execute("BEGIN IMMEDIATE")
            with connection:
                for statement in statements:
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {number}")
        if not _expected_columns() <= columns_of(connection):
            raise DamagedDatabase("its tables are not those of PlexSync")
        os.chmod(path, 0o600)
    return connection


@contextmanager
def examined(path: str, newest: int, patience: float) -> Iterator[sqlite3.Connection]:
    """A connection to a database, or to one that is not made yet, whose files were looked through.

    It stays open after the block, unless that fails. ``newest``: the version this PlexSync knows.
    Raises as ``open_database``; so does what the block does with the connection.
    """
    if os.path.lexists(path):
        _look_at_files(path)
    connection = sqlite3.connect(path, timeout=patience)
    try:
        with damage_named():
            (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if found != "ok" or version_of(connection) > FARTHEST:
                raise DamagedDatabase("its content is in disorder")
            if version_of(connection) > newest:
                raise NewerDatabase(
                    f"{path} was written by a newer PlexSync. Update the plugin, or move that file away to start anew."
                )
            yield connection
    except BaseException:
        connection.close()
        raise


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


def columns_of(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    """Table and name of every column."""
    query = """SELECT tables.name, columns.name FROM sqlite_master AS tables, pragma_table_info(tables.name) AS columns
        WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite!_%' ESCAPE '!'"""
    return set(connection.execute(query))


def _expected_columns() -> set[tuple[str, str]]:
    with closing(sqlite3.connect(":memory:")) as connection:
        for statements in MIGRATIONS:
            for statement in statements:
                connection.execute(statement)
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


def open_for_reading(path: str) -> sqlite3.Connection | None:
    """Open a database that another process owns, to look and never to change; None when there is none."""
    if not os.path.exists(path):
        return None
    uri = "file:" + path.replace("%", "%25").replace("?", "%3f").replace("#", "%23") + "?mode=ro"
    return sqlite3.connect(uri, uri=True, timeout=5.0)


def open_untouched(path: str) -> sqlite3.Connection | None:
    """As ``open_for_reading``, and nothing is left behind; what is written meanwhile may be missed.

    To read a database that nobody works with would make its companions, and leave them there.
    """
    if not os.path.exists(path) or os.path.exists(f"{path}-wal"):
        return open_for_reading(path)
    return sqlite3.connect(f"{Path(path).absolute().as_uri()}?immutable=1", uri=True)


def readable_rows(
    path: str, table: str, columns: Sequence[str], order: str, condition: str = "true"
) -> Iterator[tuple[Any, ...]]:
    """The rows of a damaged database that can still be read, from both ends up to the damage: some come twice.

    ``order``: the columns of the table's key.
    """
    connection = open_for_reading(path) if os.path.isfile(path) else None
    if connection is None:
        return
    with closing(connection):
        for direction in ("ASC", "DESC"):
            key = ", ".join(f"{column} {direction}" for column in order.split(", "))
            try:
                yield from connection.execute(
                    f"SELECT {', '.join(columns)} FROM {table} WHERE {condition} ORDER BY {key}"  # noqa: S608
                )
            except sqlite3.DatabaseError:
                continue  # so far, and no further
            return
