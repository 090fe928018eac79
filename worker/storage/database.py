"""plexsync.db, the record: its schema, and how it is opened and looked through."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import NamedTuple

from worker.storage.companions import COMPANIONS, keep_private, open_file, use_log
from worker.storage.migrations import MIGRATIONS

#: The tables as they are now. A change of them is a new version, with a step in worker/storage/migrations.py.
SCHEMA = (
    # What became of each scene when it was last dealt with: why the selection left it out, which fields were kept as
    # edited in Plex, which Plex does not show as written, why it does not take the rating or the cover, when Stash last
    # changed it (NULL: in doubt), fingerprints of all that Stash said of it, of its files and of the items in Plex that
    # held them; the last write.
    """CREATE TABLE outcomes (
        scene INTEGER PRIMARY KEY, checked REAL NOT NULL, left_out TEXT, kept TEXT, not_shown TEXT, refused TEXT,
        stash_updated TEXT, content TEXT, files TEXT, holders TEXT, written_at REAL, written TEXT)""",
    "CREATE INDEX outcomes_by_write ON outcomes (written_at) WHERE written_at IS NOT NULL",
    "CREATE INDEX outcomes_left_out ON outcomes (scene) WHERE left_out IS NOT NULL",
    "CREATE INDEX outcomes_kept ON outcomes (scene) WHERE kept IS NOT NULL",
    "CREATE INDEX outcomes_not_shown ON outcomes (scene) WHERE not_shown IS NOT NULL",
    "CREATE INDEX outcomes_refused ON outcomes (scene) WHERE refused IS NOT NULL",
    # What PlexSync wrote to each item, and what stood there before (worker/metadata/memory.py). ``scene``: whose it is
    # (NULL: gone from Stash). ``seen``: when Plex had last changed the item as it was compared (NULL: a write of ours
    # came after). ``changed``: when this row was, by our clock.
    """CREATE TABLE memories (
        id INTEGER PRIMARY KEY, server TEXT NOT NULL, item TEXT NOT NULL, scene INTEGER,
        state TEXT NOT NULL CHECK (state IN ('in use', 'set aside')), seen INTEGER, changed REAL,
        content TEXT NOT NULL)""",
    "CREATE UNIQUE INDEX memories_in_use ON memories (server, item) WHERE state = 'in use'",
    "CREATE INDEX memories_by_item ON memories (item, server)",
    "CREATE INDEX memories_by_scene ON memories (scene, server)",
    # The files each of these items held.
    """CREATE TABLE memory_files (
        memory INTEGER NOT NULL, path_key TEXT NOT NULL, name_key TEXT NOT NULL, size INTEGER,
        PRIMARY KEY (memory, path_key)) WITHOUT ROWID""",
    "CREATE INDEX memory_files_by_path ON memory_files (path_key)",
    "CREATE INDEX memory_files_by_name ON memory_files (name_key, size)",
    # Collections that PlexSync put items into. ``rating_key`` and ``whose`` are NULL until Plex shows the collection.
    """CREATE TABLE collections (
        id INTEGER PRIMARY KEY, server TEXT NOT NULL, section TEXT NOT NULL, title_key TEXT NOT NULL,
        rating_key TEXT, whose TEXT CHECK (whose IN ('ours', 'ours, in order', 'theirs')),
        picture_due INTEGER NOT NULL DEFAULT 0, UNIQUE (server, section, title_key))""",
    # Those items, and the place by scene index that each was given.
    """CREATE TABLE members (
        collection INTEGER NOT NULL, item TEXT NOT NULL, place INTEGER,
        PRIMARY KEY (collection, item)) WITHOUT ROWID""",
    "CREATE INDEX members_by_item ON members (item)",
    # What a server does with each field; ``misses``: of how many items it did not show what was written; ``changed``:
    # since when, by our clock.
    """CREATE TABLE capabilities (
        server TEXT NOT NULL, field TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('missed', 'left out', 'replaced')),
        misses INTEGER NOT NULL DEFAULT 0, changed REAL NOT NULL DEFAULT 0,
        PRIMARY KEY (server, field)) WITHOUT ROWID""",
    # Which performers, studios, tags and groups each scene showed.
    """CREATE TABLE shown (
        scene INTEGER NOT NULL, kind TEXT NOT NULL, entity INTEGER NOT NULL,
        PRIMARY KEY (scene, kind, entity)) WITHOUT ROWID""",
    "CREATE INDEX shown_by_entity ON shown (kind, entity)",
    # When each of them was last changed, at the last reconciliation (NULL: in doubt).
    """CREATE TABLE entities (
        kind TEXT NOT NULL, entity INTEGER NOT NULL, updated TEXT, PRIMARY KEY (kind, entity)) WITHOUT ROWID""",
    # Scenes that wait for a person; the rest as in ``outcomes``. ``owner``: the scene whose item it is that holds their
    # file, too, and a fingerprint of its files as they were known then.
    """CREATE TABLE parked (
        scene INTEGER PRIMARY KEY, update_type TEXT NOT NULL, kind TEXT NOT NULL, reason TEXT NOT NULL,
        since REAL NOT NULL, stash_updated TEXT, files TEXT, holders TEXT, owner INTEGER, owner_files TEXT)""",
    "CREATE INDEX parked_by_owner ON parked (owner) WHERE owner IS NOT NULL",
    # Scenes that stay in Plex as they are until a person lets them go, because of an undo (``run``: its number in the
    # journal). Not ``whole``: only what ``held_fields`` names, by Plex's name of a field or list, or a picture's place.
    """CREATE TABLE holds (
        scene INTEGER PRIMARY KEY, whole INTEGER NOT NULL CHECK (whole IN (0, 1)), reason TEXT NOT NULL,
        since REAL NOT NULL, run INTEGER)""",
    "CREATE TABLE held_fields (scene INTEGER NOT NULL, field TEXT NOT NULL, PRIMARY KEY (scene, field)) WITHOUT ROWID",
    # Every write to Plex (worker/storage/journal_entries.py): when it was noted, why, for which scene (NULL: none), to
    # which item or collection, and what it changed.
    """CREATE TABLE journal (
        id INTEGER PRIMARY KEY, run INTEGER NOT NULL, at REAL NOT NULL, cause TEXT NOT NULL, scene INTEGER,
        server TEXT NOT NULL, item TEXT NOT NULL,
        direction TEXT NOT NULL CHECK (direction IN ('to Plex', 'from Plex')), state TEXT NOT NULL CHECK (state IN (
            'intended', 'answered', 'confirmed', 'not confirmed', 'not made', 'different')),
        content TEXT NOT NULL)""",
    "CREATE INDEX journal_by_scene ON journal (scene)",
    "CREATE INDEX journal_by_run ON journal (run)",
    "CREATE INDEX journal_open ON journal (item, server) WHERE state IN ('intended', 'answered', 'not confirmed')",
    # What is still to be taken back, by an undo (``run``): a write (``entry``, its number in the journal), or all that
    # was written to an item (NULL). ``scene``: whose it was (NULL: nobody's).
    """CREATE TABLE to_undo (
        id INTEGER PRIMARY KEY, run INTEGER NOT NULL, server TEXT NOT NULL, item TEXT NOT NULL, scene INTEGER,
        entry INTEGER)""",
    "CREATE UNIQUE INDEX to_undo_by_item ON to_undo (server, run, item, entry)",
    # What was written in one go: why, by which task (empty: in the background), and about how many bytes of journal.
    """CREATE TABLE journal_runs (
        id INTEGER PRIMARY KEY, cause TEXT NOT NULL, name TEXT NOT NULL, started REAL NOT NULL,
        bytes INTEGER NOT NULL DEFAULT 0)""",
    # The scenes that Stash had changed last when the pulse looked, with the times of change that were taken up.
    "CREATE TABLE taken_up (scene INTEGER PRIMARY KEY, updated TEXT NOT NULL)",
    # Scenes whose item went to another scene, which has their file now: they may be merged into it.
    "CREATE TABLE former_owners (scene INTEGER PRIMARY KEY)",
    # Finished tasks, newest last.
    "CREATE TABLE runs (id INTEGER PRIMARY KEY, name TEXT NOT NULL, ended REAL NOT NULL, summary TEXT NOT NULL)",
    # Single facts (worker/storage/facts.py).
    "CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
)

#: The version of ``SCHEMA``.
VERSION = len(MIGRATIONS) + 1

#: Seconds to wait for another program, a backup for instance, that keeps a database locked.
PATIENCE = 10.0

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


def of_present_version(connection: sqlite3.Connection) -> sqlite3.Connection:
    """A connection to look at a record with: this one, or, of a former version, a copy in memory brought up to date.

    Raises DamagedDatabase, sqlite3.Error.
    """
    version = version_of(connection)
    if not 0 < version < VERSION:
        return connection
    copy = sqlite3.connect(":memory:")
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
            (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if found != "ok" or version_of(connection) > FARTHEST:
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
