"""Looking at a database beside its owner. Standard library only: the page's operations import this."""

from __future__ import annotations

import os
import sqlite3

#: persist-queue's file in the queue's folder, and its one table.
QUEUE_FILE, QUEUE_TABLE = "jobs.db", "ack_queue_default"

#: persist-queue: 0 put, 1 ready again, 2 in flight, 5 acked, 9 failed.
WAITING_OR_IN_FLIGHT = "status < 5"


def open_for_reading(path: str, patience: float = 5.0) -> sqlite3.Connection | None:
    """Open a database that another process owns, to look and never to change; None when there is none.

    ``patience``: seconds to wait while it is locked.
    """
    if not os.path.exists(path):
        return None
    uri = "file:" + path.replace("%", "%25").replace("?", "%3f").replace("#", "%23") + "?mode=ro"
    return sqlite3.connect(uri, uri=True, timeout=patience)
