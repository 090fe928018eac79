"""What SQLite keeps beside a database: a write-ahead log, or, where there can be none, a rollback journal.

With the log, others read while the owner writes. It needs memory that processes share through a file, which 9p,
vboxsf, some SMB and some FUSE file systems do not have; SQLite then fails with "disk I/O error" at the first reading
after the switch, and the file is marked already. In exclusive mode it reads the log without such memory
(https://sqlite.org/wal.html, section 8), so that the file can be led back to a rollback journal.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from contextlib import suppress

from worker.storage.reading import as_text, is_logged

log = logging.getLogger(__name__)

#: What it adds to the name of a database for the files beside it.
COMPANIONS = ("-wal", "-shm", "-journal")

#: How SQLite says that the shared memory of the log cannot be had.
_NO_LOG = ("disk I/O error", "locking protocol", "unable to open database file")


def open_file(path: str, patience: float) -> sqlite3.Connection:
    """A connection that can read, whichever way the file was written last; makes an empty file where there is none.

    Nobody else may read it: SQLite gives its companions the mode of the file. Raises sqlite3.Error, OSError.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    connection = _connect(path, patience)
    return _tried(connection, path, patience) if is_logged(path) else connection


def use_log(connection: sqlite3.Connection, path: str, patience: float) -> sqlite3.Connection:
    """Switch to a write-ahead log where there can be one; the connection to go on with. Raises sqlite3.Error."""
    return _tried(connection, path, patience, "PRAGMA journal_mode=WAL")


def keep_private(path: str) -> None:
    """Keep others from reading a database that was made by an older PlexSync; some file systems have no such thing."""
    for name in (path, *(path + companion for companion in COMPANIONS)):
        with suppress(OSError):
            os.chmod(name, 0o600)


def _connect(path: str, patience: float) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=patience)
    connection.text_factory = as_text
    return connection


def _tried(connection: sqlite3.Connection, path: str, patience: float, *first: str) -> sqlite3.Connection:
    """The connection if it can read after these statements, else one that reads without a log."""
    try:
        for statement in (*first, "PRAGMA schema_version"):
            connection.execute(statement).fetchone()
    except sqlite3.OperationalError as error:
        connection.close()
        if not str(error).startswith(_NO_LOG):
            raise
        return _without_log(path, patience, error)
    except BaseException:
        connection.close()
        raise
    return connection


def _without_log(path: str, patience: float, why: sqlite3.Error) -> sqlite3.Connection:
    """Lead a file back to a rollback journal. Raises ``why`` where that fails, too: the disk itself is at fault."""
    connection = _connect(path, patience)
    try:
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        (mode,) = connection.execute("PRAGMA journal_mode=DELETE").fetchone()
        connection.execute("PRAGMA locking_mode=NORMAL")
        connection.execute("PRAGMA schema_version").fetchone()  # lets go of the lock
        if mode != "delete":
            raise why
    except sqlite3.Error:
        connection.close()
        raise why from None
    log.debug("%s is written with a rollback journal: its file system has no shared memory (%s).", path, why)
    return connection
