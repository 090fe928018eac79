"""A record of version 1 that turns out to be damaged at the upgrade: what can still be read of it is taken over."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.dumps import ONE, file, make_old
from worker.datadir import DataDir
from worker.metadata.memory import TextMemory
from worker.storage.collections import CollectionName
from worker.storage.facts import Fact
from worker.storage.record import Record
from worker.storage.repair import open_both

MANY = range(1000, 1400)


def one_page(path: Path) -> None:
    """A page with some of the memories in the middle."""
    at = path.read_bytes().find(b'"Title 1200"')
    assert at > 0
    with path.open("r+b") as database:
        database.seek(at // 4096 * 4096)
        database.write(b"\xaa" * 4096)


def a_table_is_gone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("DROP TABLE members")


def a_column_is_gone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("ALTER TABLE parked RENAME COLUMN reason TO other")


@pytest.mark.parametrize("damage", [one_page, a_table_is_gone, a_column_is_gone], ids=lambda one: one.__name__)
def test_what_is_remembered_of_items_outlives_damage_at_the_upgrade(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    data = DataDir(str(tmp_path))
    data.create()
    make_old(Path(data.database))
    with closing(sqlite3.connect(data.database)) as database, database:
        for number in MANY:
            memory = f'{{"texts":{{"title":{{"written":"Title {number}","before":"{"Before " * 20}"}}}}}}'
            database.execute("INSERT INTO items VALUES (?, ?, ?, ?, 5)", (number, ONE, str(number), memory))
        rows = [(5000, "no JSON"), (5001, '{"texts": 7}'), (5002, b"\xff")]
        database.executemany(f"INSERT INTO items VALUES (?, '{ONE}', 'odd', ?, 1)", rows)
    damage(Path(data.database))
    with open_both(data, time.time) as (connection, _):
        record = Record(connection, time.time)
        assert record.fact(Fact.RECONCILE_AT), "both libraries are compared soon"
        assert record.fact(Fact.CLIENT_IDENTIFIER) == "plexsync-00000000-0000-4000-8000-000000000001"
        found = {one.scene_id for one in record.items_between(min(MANY), max(MANY), ONE)}
        assert len(found) == len(MANY) if damage in (a_table_is_gone, a_column_is_gone) else len(found) > 200
        assert record.items_between(5000, 5100, ONE) == []
        first = record.recall(ONE, "1", [file(1)])
        assert first is not None
        assert (first.content.texts["title"], first.files) == (
            TextMemory(written="One", before="scene.0001"),
            (file(1),),
        )
        if damage is not a_table_is_gone:
            assert record.members(CollectionName(ONE, "1", "a series: the first")) == {"3": 2, "4": 1}
    assert len(list(tmp_path.glob("plexsync.damaged-*.db"))) == 1
