"""What is asked of plexsync.db for each scene takes no longer in a large library."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from validation.jobs import Job
from validation.outcomes import Ended
from validation.scenes import Scene
from worker.metadata.item_files import ItemFile
from worker.metadata.memory import ItemMemory
from worker.storage.capabilities import Capability, FieldState
from worker.storage.collections import CollectionName, Standing, Whose
from worker.storage.database import open_database
from worker.storage.facts import Fact
from worker.storage.record import Record

FILES = [ItemFile.of("/a.mp4", 1), ItemFile.of("/b.mp4", None)]
SCENE = Scene.of({"id": 1, "files": [{"path": "/a.mp4"}], "tags": [{"id": 2, "name": "Beach"}]})
NAME = CollectionName("server", "1", "beach")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_database(str(tmp_path / "plexsync.db"))) as connection:
        record = Record(connection, lambda: 0.0)
        for scene in range(1, 4):
            record.remember(scene, "server", str(scene), ItemMemory(), files=FILES)
            record.remember(scene, "server", str(scene), ItemMemory(), files=[ItemFile.of("/c.mp4", 1)])
        yield connection


@pytest.mark.parametrize(
    "ask",
    [
        lambda record: record.memory("server", "7"),
        lambda record: record.recall("server", "1", FILES),
        lambda record: record.former(1, "server", "7", FILES),
        lambda record: record.remember(1, "server", "1", ItemMemory(), 5, files=FILES),
        lambda record: record.remember(9, "server", "9", ItemMemory(), 5, files=FILES),
        lambda record: record.set_aside(record.recall("server", "1", FILES)),
        lambda record: record.items_of(1, "server"),
        lambda record: record.left_items(1, "server", ["7"]),
        lambda record: record.items_between(1, 500, "server"),
        lambda record: record.saw("server", "7", ItemMemory(), 5),
        lambda record: record.memberships("server", "7"),
        lambda record: record.members(NAME),
        lambda record: record.standing(NAME),
        lambda record: record.set_standing(NAME, Standing("7", Whose.OURS)),
        lambda record: record.set_standing(NAME, None),
        lambda record: record.put_into(NAME, "7", 1),
        lambda record: record.took_out(NAME, "7"),
        lambda record: record.capabilities("server"),
        lambda record: record.fields_left_out("server"),
        lambda record: record.forget_capability("server", "title"),
        lambda record: record.set_capability(Capability("server", "title", FieldState.MISSED)),
        lambda record: record.finished(SCENE, written="title"),
        lambda record: record.park(Job(scene_id=1), "no file", Ended.PARKED),
        lambda record: record.ignore(1),
        lambda record: record.unpark(1),
        lambda record: record.forget_scene(1),
        lambda record: record.known_between(1, 500),
        lambda record: record.parked_between(1, 500),
        lambda record: record.scenes_that_showed("tag", 2),
        lambda record: record.left_out(),
        lambda record: record.kept(),
        lambda record: record.latest_updates(10),
        lambda record: record.last_runs(3),
        lambda record: record.fact(Fact.PAUSED),
        lambda record: record.set_fact(Fact.PAUSED, ""),
    ],
)
def test_no_question_about_one_scene_reads_a_whole_table(
    database: sqlite3.Connection, ask: Callable[[Record], object]
) -> None:
    asked: list[str] = []
    database.set_trace_callback(asked.append)
    ask(Record(database, lambda: 0.0))
    database.set_trace_callback(None)
    queries = [one for one in asked if one.lstrip().startswith(("SELECT", "INSERT", "UPDATE", "DELETE"))]
    assert queries
    read = [line for query in queries for line in plan(database, query)]
    # An index that only holds the rows in question may be read whole.
    fine = ("USING INDEX outcomes_left_out", "USING INDEX outcomes_kept", "USING INDEX outcomes_by_write")
    assert not [line for line in read if line.startswith("SCAN") and not line.endswith((*fine, "CONSTANT ROW", "runs"))]


def plan(database: sqlite3.Connection, query: str) -> list[str]:
    return [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {query}")]
