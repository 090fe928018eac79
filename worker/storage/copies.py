"""Copies of record and index, to try on them what would be done.

They lie in SQLite's own temporary files (https://sqlite.org/inmemorydb.html, "temporary databases"), which no folder
lists: they are gone with the process, however that ends.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from plex.index import LibraryIndex
from plex.index_tables import make_tables
from worker.datadir import DataDir
from worker.storage.database import (
    PATIENCE,
    VERSION,
    DamagedDatabase,
    NewerDatabase,
    bring_up,
    damage_named,
    is_in_order,
    version_of,
)
from worker.storage.index_file import is_index
from worker.storage.reading import as_text, open_untouched
from worker.storage.record import Record


@dataclass(frozen=True)
class Copies:
    """What a plan needs of the data folder, as it was when it was copied."""

    record: Record
    index: LibraryIndex


@contextmanager
def copied(data: DataDir, clock: Callable[[], float]) -> Iterator[Copies]:
    """Copies of record and index; nothing is changed in the data folder, and nobody is kept from it.

    Raises:
        NewerDatabase: a newer PlexSync wrote the record.
        DamagedDatabase: the record cannot be copied. sqlite3.Error, OSError.
    """
    with closing(_copy(data.database)) as record, closing(_copy_of_index(data.index)) as index:
        _bring_up(record, data.database)
        yield Copies(Record(record, clock), LibraryIndex(index, clock))


def _bring_up(record: sqlite3.Connection, path: str) -> None:
    with damage_named():
        version = version_of(record)
        if version > VERSION:
            raise NewerDatabase(f"{path} was written by a newer PlexSync. Update the plugin.")
        if version < VERSION:
            bring_up(record, version)


def _copy_of_index(path: str) -> sqlite3.Connection:
    """A copy; an empty one where there is no index that can be used: it is read from Plex then."""
    try:
        copy = _copy(path)
    except DamagedDatabase:
        copy = sqlite3.connect("")
    if is_index(copy):
        return copy
    copy.close()
    copy = sqlite3.connect("")
    make_tables(copy)
    return copy


def _copy(path: str) -> sqlite3.Connection:
    """A copy of a database, an empty one where there is no file. Raises DamagedDatabase, sqlite3.Error, OSError."""
    copy = sqlite3.connect("")
    copy.text_factory = as_text
    try:
        copy.execute("PRAGMA synchronous=OFF")
        with damage_named():
            source = open_untouched(path, PATIENCE)
            if source is not None:
                with closing(source):
                    source.backup(copy)
                if not is_in_order(copy):
                    raise DamagedDatabase("its content is in disorder")
    except BaseException:
        copy.close()
        raise
    return copy
