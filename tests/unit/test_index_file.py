"""index.db is a cache: whatever is wrong with it, it is made anew, and the record beside it stays as it is."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from plex.index_tables import VERSION
from worker.datadir import DataDir
from worker.storage.database import columns_of, open_database
from worker.storage.index_file import open_index
from worker.storage.ownership import own


def garbage(path: Path) -> None:
    path.write_bytes(b"no database at all " * 500)


def empty(path: Path) -> None:
    os.truncate(path, 0)


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def another_version(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"PRAGMA user_version = {VERSION + 1}")


def another_table(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("ALTER TABLE parts RENAME COLUMN size TO bytes")


def damaged_log(path: Path) -> None:
    Path(f"{path}-wal").write_bytes(b"not a log of SQLite's" * 1000)


@pytest.mark.parametrize("damage", [garbage, empty, cut, another_version, another_table, damaged_log])
def test_a_list_of_no_use_is_made_anew(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    path = tmp_path / "index.db"
    with closing(open_index(str(path))) as index, index:
        index.execute("INSERT INTO server VALUES ('old', 0)")
    damage(path)
    with closing(open_index(str(path))) as index:
        assert index.execute("SELECT * FROM server").fetchall() == []
        assert index.execute("PRAGMA user_version").fetchone() == (VERSION,)


def test_a_list_that_is_sound_stays(tmp_path: Path) -> None:
    path = tmp_path / "index.db"
    with closing(open_index(str(path))) as index, index:
        index.execute("INSERT INTO server VALUES ('known', 0)")
    with closing(open_index(str(path))) as index:
        assert index.execute("SELECT * FROM server").fetchall() == [("known", 0)]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 or os.name == "nt"


def test_a_locked_list_is_not_thrown_away(tmp_path: Path) -> None:
    path = str(tmp_path / "index.db")
    open_index(path).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            open_index(path, patience=0.1)
        other.execute("ROLLBACK")


def test_a_damaged_list_is_no_reason_to_compare_both_libraries(tmp_path: Path) -> None:
    data = DataDir(str(tmp_path))
    with own(data) as owned:
        owned.record.ended("Reconcile Library", "1 scene: 1 already right.")
    garbage(Path(data.index))
    with own(data) as owned:
        assert not owned.index.lists(())
        assert owned.record.last_runs(1)
    assert not os.path.exists(data.compare_soon)
    assert not list(tmp_path.glob("*damaged*"))


def test_index_and_record_share_no_table(tmp_path: Path) -> None:
    with (
        closing(open_database(str(tmp_path / "plexsync.db"))) as record,
        closing(open_index(str(tmp_path / "index.db"))) as index,
    ):
        assert not {table for table, _ in columns_of(record)} & {table for table, _ in columns_of(index)}
