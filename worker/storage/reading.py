"""Looking at a database beside its owner. Standard library only: the page's operations import this."""

from __future__ import annotations

import os
import sqlite3

#: persist-queue's file in the queue's folder, and its one table.
QUEUE_FILE, QUEUE_TABLE = "jobs.db", "ack_queue_default"

#: persist-queue: 0 put, 1 ready again, 2 in flight, 5 acked, 9 failed.
WAITING_OR_IN_FLIGHT = "status < 5"


#: Where a file says how it is written, and what stands there for a write-ahead log (fileformat2.html, 1.3.3).
_MARK_AT, _LOGGED = 18, b"\x02\x02"


def as_text(raw: bytes) -> str | bytes:
    """Gives what is stored as a text: bytes where it is none, as damage makes them. SQLite's own way is to fail at the
    whole query. They go back into a database as they came, and never into JSON by mistake."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


def open_for_reading(path: str, patience: float = 5.0) -> sqlite3.Connection | None:
    """Open a database that another process owns, to look and never to change; None when there is none.

    ``patience``: seconds to wait while it is locked.
    """
    return _open(path, "mode=ro", patience) if os.path.exists(path) else None


def open_untouched(path: str, patience: float = 5.0) -> sqlite3.Connection | None:
    """As ``open_for_reading``, and nothing is left behind; what is written meanwhile may be missed.

    To read a database that nobody works with would make its companions, and leave them there. Raises OSError.
    """
    if not os.path.exists(path) or os.path.exists(f"{path}-wal") or not is_logged(path):
        return open_for_reading(path, patience)
    return _open(path, "immutable=1", patience)


def is_logged(path: str) -> bool:
    """Whether a database is written with a write-ahead log. Raises OSError."""
    with open(path, "rb") as file:
        file.seek(_MARK_AT)
        return file.read(len(_LOGGED)) == _LOGGED


def _open(path: str, how: str, patience: float) -> sqlite3.Connection:
    uri = "file:" + path.replace("%", "%25").replace("?", "%3f").replace("#", "%23") + "?" + how
    connection = sqlite3.connect(uri, uri=True, timeout=patience)
    connection.text_factory = as_text
    return connection
