"""index.db: the file of the library index. It is a cache: damaged, or made by another version, it is thrown away."""

from __future__ import annotations

import logging
import os
import sqlite3
from contextlib import closing

from plex.index_tables import TABLES, VERSION, make_tables
from worker.storage.companions import COMPANIONS
from worker.storage.database import (
    CACHE,
    FARTHEST,
    PATIENCE,
    Column,
    DamagedDatabase,
    columns_of,
    examined,
    nothing_half_made,
    version_of,
)
from worker.storage.rows import is_sound

log = logging.getLogger(__name__)


def open_index(path: str, patience: float = PATIENCE) -> sqlite3.Connection:
    """Open index.db for its one owner, making it where it is not there or of no use.

    ``patience``: seconds to wait for another program that keeps it locked.

    Raises:
        sqlite3.Error: it is locked, or cannot be read or written now.
        OSError: it cannot be removed.
    """
    try:
        return _open(path, patience)
    except DamagedDatabase as damage:
        log.info("The list of Plex's files is read anew: %s.", damage)
    for name in (*(path + companion for companion in COMPANIONS), path):
        if os.path.lexists(name):
            os.unlink(name)
    return _open(path, patience)


def _open(path: str, patience: float) -> sqlite3.Connection:
    with nothing_half_made(path), examined(path, FARTHEST, patience) as connection:
        connection.execute(f"PRAGMA temp.cache_size={-CACHE}")  # of what is kept while a library is listed anew
        connection.execute("PRAGMA synchronous=NORMAL")  # what a power cut takes is read from Plex once more
        if not columns_of(connection):
            make_tables(connection)
        if not is_index(connection):
            raise DamagedDatabase("its tables are not those of this version, or say nothing of the libraries")
    return connection


def is_index(connection: sqlite3.Connection) -> bool:
    """Whether a database holds the index as this version makes it."""
    is_ours = version_of(connection) == VERSION and columns_of(connection) == _expected_columns()
    return is_ours and _are_sound(connection)


def _are_sound(connection: sqlite3.Connection) -> bool:
    """Whether the rows can be read by which all others are dealt with; one file more or less is found anew."""
    sections = connection.execute(
        "SELECT key, uuid, title, content_changed, newest, swept_at, doubtful, locations FROM sections"
    )
    servers = connection.execute("SELECT identifier, are_all FROM server")
    return all(is_sound(row, str, str, str, str, int, float, int, str) for row in sections) and all(
        is_sound(row, str, int) for row in servers
    )


def _expected_columns() -> set[Column]:
    with closing(sqlite3.connect(":memory:")) as connection:
        for statement in TABLES:
            connection.execute(statement)
        return columns_of(connection)
