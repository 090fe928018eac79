"""What lies in a data folder after years: written straight into the tables, since the product would take minutes."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing

from worker.datadir import DataDir
from worker.storage.journal_documents import written_down
from worker.storage.journal_entries import ItemChanges, TextChange
from worker.storage.reading import QUEUE_FILE, QUEUE_TABLE

#: What was written to each item, as the journal has it.
JOURNALED = written_down(ItemChanges("Old", {"title": TextChange("Old", "New")}))


def write_journal(record: sqlite3.Connection, scenes: int, server: str, at: float) -> int:
    """A run that wrote to the item of each scene on a server, at a time in seconds since 1970; returns its number."""
    query = "INSERT INTO journal_runs (cause, name, started) VALUES ('task', 'Sync All Scenes', ?)"
    run = record.execute(query, (at,)).lastrowid or 0
    record.executemany(
        """INSERT INTO journal (run, at, cause, scene, server, item, direction, state, content)
        VALUES (?, ?, 'task', ?, ?, ?, 'to Plex', 'confirmed', ?)""",
        ((run, at, number, server, str(number), JOURNALED) for number in range(1, scenes + 1)),
    )
    return run


def let_wait(data: DataDir, jobs: Iterable[str]) -> None:
    """Put jobs, each as JSON, into a queue that was made."""
    with closing(sqlite3.connect(os.path.join(data.queue, QUEUE_FILE))) as queue, queue:
        query = f"INSERT INTO {QUEUE_TABLE} (data, timestamp, status) VALUES (?, 1.0, 1)"
        queue.executemany(query, ((text,) for text in jobs))
