"""A database of PlexSync 1.0.0, made by that version's own code, becomes one of the present version."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.dumps import ONE, TWO, file, make_old
from validation.jobs import UpdateType
from validation.scenes import Entity
from worker.metadata.memory import TextMemory
from worker.storage.capabilities import Capability, FieldState
from worker.storage.collections import CollectionName, Standing, Whose
from worker.storage.database import (
    VERSION,
    DamagedDatabase,
    bring_up,
    columns_of,
    looked_at,
    open_database,
    version_of,
)
from worker.storage.facts import Fact
from worker.storage.memories import ItemSeen
from worker.storage.record import Record


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "plexsync.db"
    make_old(path)
    return path


@pytest.fixture
def record(path: Path) -> Iterator[Record]:
    with closing(open_database(str(path))) as database:
        yield Record(database, lambda: 1.0)


def structure(database: sqlite3.Connection) -> set[tuple[str, str]]:
    return set(database.execute("SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"))


def test_it_has_the_tables_and_indexes_of_a_new_one(path: Path, tmp_path: Path) -> None:
    with (
        closing(open_database(str(path))) as brought,
        closing(open_database(str(tmp_path / "new.db"))) as new,
    ):
        assert structure(brought) == structure(new)
        assert columns_of(brought) == columns_of(new)
        assert version_of(brought) == version_of(new) == VERSION
        assert brought.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_outcomes_keep_what_they_said_and_say_nothing_where_they_said_empty(record: Record) -> None:
    known = record.known_between(1, 100)
    assert known.keys() == {1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 16}
    assert (known[1].left_out, bool(known[1].stash_updated), bool(known[1].files)) == (None, True, True)
    assert (known[16].stash_updated, known[16].files) == (None, None)
    assert record.left_out() == [('with the tag "Private"', 14), ("forgotten by you when it was parked", 16)]
    assert record.kept() == [("title", 10)]
    assert [one.scene_id for one in record.latest_updates(3)] == [10, 13, 12]
    assert record.latest_updates(20)[-1].detail.endswith("poster")
    assert {one.scene_id for one in record.latest_updates(20)}.isdisjoint({4, 5, 14, 16})


def test_parked_scenes_facts_and_finished_tasks_stay(record: Record) -> None:
    (parked,) = record.parked()
    assert (parked.scene_id, parked.update_type, parked.kind) == (15, UpdateType.UPDATE, "missing")
    assert parked.stash_updated == "2024-01-01T00:00:00Z"
    assert record.fact(Fact.CLIENT_IDENTIFIER) == "plexsync-00000000-0000-4000-8000-000000000001"
    assert float(record.fact(Fact.RECONCILE_AT)) == 2000086400.5
    assert record.fact(Fact.SETTINGS) == "0123456789abcdef"
    assert record.fact(Fact.GUARD) == "The scheduled comparison stopped."
    assert record.fact(Fact.PAUSED) == "Plex does not accept the token."
    assert [run.name for run in record.last_runs(5)] == ["Sync All Scenes", "Reconcile Library"]


def test_what_scenes_showed_stays(record: Record) -> None:
    assert record.scenes_that_showed("studio", 1) == [1, 2, 3]
    assert Entity("performer", 1) in record.entities()


def test_collections_and_their_members_have_names_and_columns(record: Record) -> None:
    series = CollectionName(ONE, "1", "a series: the first")
    assert record.standing(series) == Standing("5", Whose.ORDERED, picture_due=True)
    assert record.members(series) == {"3": 2, "4": 1}
    small, theirs = CollectionName(ONE, "1", "small"), CollectionName(ONE, "1", "by hand")
    assert record.standing(small) == Standing("2", Whose.OURS, picture_due=True)
    assert record.standing(theirs) == Standing("7", Whose.THEIRS, picture_due=True)
    assert record.memberships(ONE, "3") == {series: 2, small: None}
    assert record.memberships(TWO, "3") == {}


def test_of_what_servers_do_only_what_was_proved_stays(record: Record) -> None:
    assert record.capabilities(ONE) == [], "that a field was not kept was concluded too early"
    assert record.fields_left_out() == []
    assert record.capabilities(TWO) == [Capability(TWO, "tag lists", FieldState.REPLACED)]


def test_a_memory_whose_file_the_index_knew_is_proved_by_it(record: Record) -> None:
    known = record.recall(ONE, "1", [file(1)])
    assert known is not None
    assert (known.scene_id, known.files) == (1, (file(1),))
    assert known.content.texts["title"] == TextMemory(written="One", before="scene.0001")
    assert known.content.tags["genre"].ours == ("Beach", "Night")
    assert known.content.pictures["poster"].sha256
    assert record.recall(ONE, "1", [file(99)]) is None, "another file's"


def test_a_memory_that_was_written_after_the_index_was_read_is_of_unknown_files(record: Record) -> None:
    known = record.recall(ONE, "10", [file(7)])
    assert known is not None
    assert (known.files, bool(known.content.unseen_fields)) == ((), True)
    assert ItemSeen(7, "10", None) in record.items_between(1, 100, ONE)


def test_what_a_dead_scene_left_is_kept_without_a_number(record: Record) -> None:
    """Scene 8 is gone, and scene 12 has its file: the newest counts."""
    known = record.recall(ONE, "11", [file(8)])
    assert known is not None
    assert (known.scene_id, known.content.texts["title"].written) == (12, "Fifteen")
    rows = record._database.execute("SELECT scene, state FROM memories WHERE item = '11' ORDER BY id").fetchall()
    assert rows == [(None, "set aside"), (12, "in use")]


def test_an_item_that_a_scene_had_left_is_set_aside(record: Record) -> None:
    assert [one.item for one in record.items_between(9, 9, ONE)] == ["13"]
    former = record.former(9, ONE, "40", [])
    assert former is not None
    assert (former.item, former.is_aside) == ("12", True)


def test_one_item_has_one_memory_in_use(record: Record) -> None:
    """Scenes 4 and 5 were versions of one item."""
    query = "SELECT count(*) FROM memories WHERE state = 'in use' GROUP BY server, item"
    assert {count for (count,) in record._database.execute(query)} == {1}
    assert sorted(record.items_of(5, ONE)) == ["6", "8"]


def test_a_memory_of_another_server_is_still_found_by_its_scene(record: Record) -> None:
    assert {one.item for one in record.items_between(13, 13, TWO)} == {"1"}
    former = record.former(13, "server-three", "77", [file(13)])
    assert former is not None
    assert former.content.texts["title"].before == "scene.0016"


def test_a_kill_in_the_middle_leaves_the_old_one_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.storage.migrations._capabilities", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        open_database(str(path))
    with closing(sqlite3.connect(path)) as database:
        assert version_of(database) == 1
        assert database.execute("SELECT count(*) FROM items").fetchone() == (16,)


def test_tables_of_that_version_that_are_not_ours_are_damage(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("ALTER TABLE items RENAME COLUMN memory TO something")
    with pytest.raises(DamagedDatabase, match="not those of PlexSync"):
        open_database(str(path))


def test_one_who_only_looks_sees_the_old_one_as_it_will_be_and_leaves_it(path: Path) -> None:
    with looked_at(str(path)) as copy:
        assert copy is not None
        assert [one.scene_id for one in Record(copy, lambda: 1.0).parked()] == [15]
    with closing(sqlite3.connect(path)) as database:
        assert version_of(database) == 1


def test_one_who_only_looks_sees_one_that_is_just_being_made_as_empty(tmp_path: Path) -> None:
    """The first save, and a task right after it."""
    path = tmp_path / "plexsync.db"
    sqlite3.connect(path).close()
    path.touch()
    with looked_at(str(path)) as empty:
        assert empty is not None
        assert Record(empty, lambda: 1.0).parked() == []
    assert path.stat().st_size == 0


def test_odd_rows_of_the_old_one_stop_nothing(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        for key, value in (("collection:odd", "x"), ("collection:a:1:b", "mine"), ("takes:a:b", "perhaps"), ("x", "y")):
            database.execute("INSERT INTO state VALUES (?, ?)", (key, value))
    with closing(open_database(str(path))) as database:
        record = Record(database, lambda: 1.0)
        assert record.standing(CollectionName("a", "1", "b")) is None
        assert record.capabilities("a") == []


def test_the_work_for_each_memory_does_not_grow_with_their_number(tmp_path: Path) -> None:
    few, many = (_steps(tmp_path / f"{count}.db", count) / count for count in (2_000, 10_000))
    assert many < 1.5 * few


def _steps(path: Path, count: int) -> int:
    """How many thousands of its steps SQLite takes to bring over a database with so many items."""
    make_old(path)
    taken = 0

    def count_up() -> int:
        nonlocal taken
        taken += 1
        return 0

    with closing(sqlite3.connect(path)) as database:
        with database:
            rows = [(number, ONE, str(number), "{}", 5) for number in range(1000, 1000 + count)]
            database.executemany("INSERT INTO items VALUES (?, ?, ?, ?, ?)", rows)
            parts = [("1", item, f"/{item}", f"/{item}", item, 1, 5) for _, _, item, _, _ in rows]
            database.executemany("INSERT INTO parts VALUES (?, ?, ?, ?, ?, ?, ?)", parts)
        database.set_progress_handler(count_up, 1000)
        bring_up(database, 1)
        assert database.execute("SELECT count(*) FROM memory_files").fetchone()[0] >= count
        database.set_progress_handler(None, 0)
    return taken
