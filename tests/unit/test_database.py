"""What is asked of plexsync.db for each scene takes no longer in a large library."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from worker.storage.database import open_database
from worker.storage.record import Record


def test_no_question_about_one_scene_reads_a_whole_table(tmp_path: Path) -> None:
    database = open_database(str(tmp_path / "plexsync.db"))
    asked: list[str] = []
    database.set_trace_callback(asked.append)
    record = Record(database, lambda: 0.0)
    record.memory(1, "server", "7")
    record.former_memory(1, "server")
    record.items_of(1, "server")
    record.left_items(1, "server", ["7"])
    record.memberships("7")
    database.set_trace_callback(None)
    plans = [plan(database, query) for query in asked if query.lstrip().startswith(("SELECT", "UPDATE"))]
    assert len(plans) == 5
    assert not [line for lines in plans for line in lines if line.startswith("SCAN")]
    database.close()


def plan(database: sqlite3.Connection, query: str) -> list[str]:
    return [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {query}")]
