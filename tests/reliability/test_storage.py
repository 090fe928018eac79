"""Damaged, newer and locked databases: moved aside or waited for, never deleted, and Plex becomes right."""

from __future__ import annotations

import logging
import os
import random
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.harness import Setup, eventually, installed, plex_library, stash_library
from tests.support.tasks import answer, quietly_save, run
from validation.errors import StorageTrouble
from validation.jobs import UpdateType
from worker.datadir import DataDir
from worker.metadata.item_files import ItemFile
from worker.metadata.memory import ItemMemory, TextMemory
from worker.storage.database import NewerDatabase
from worker.storage.facts import Fact
from worker.storage.jobqueue import FILE
from worker.storage.ownership import own
from worker.storage.queue_file import read_jobs
from worker.storage.record import Record
from worker.storage.repair import open_both, set_aside

JOBS, ITEMS = range(1, 401), range(1, 201)


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    """A data folder with 400 jobs, and 200 items of which something is remembered."""
    data = DataDir(str(tmp_path / "data"))
    data.create()
    with own(data) as owned:
        for number in JOBS:
            owned.queue.add(number, UpdateType.UPDATE)
        for number in ITEMS:
            memory = ItemMemory(texts={"title": TextMemory(written=f"Title {number}", before="Before " * 20)})
            owned.record.remember(number, "server", str(number), memory, files=[ItemFile.of(f"/{number}.mp4", 1)])
        owned.record.set_fact(Fact.GUARD, "stopped")
    return data


def queue_file(data: DataDir) -> Path:
    return Path(data.queue, FILE)


def record_file(data: DataDir) -> Path:
    return Path(data.database)


def asides(path: Path) -> list[Path]:
    return sorted(path.parent.glob(f"{path.stem}.damaged-????????-??????*"))


def garbage(path: Path) -> None:
    path.write_bytes(random.Random(1).randbytes(path.stat().st_size))


def truncated(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def no_bytes(path: Path) -> None:
    os.truncate(path, 0)


def other_tables(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE recipes (dish TEXT)")


def other_columns(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        table = "memories" if path.name == "plexsync.db" else "ack_queue_default"
        database.execute(f"ALTER TABLE {table} RENAME COLUMN {'content' if table == 'memories' else 'status'} TO other")


def damaged_log(path: Path) -> None:
    Path(f"{path}-wal").write_bytes(b"not a log of SQLite's" * 1000)


def damaged_header(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(16)
        file.write(b"\xff" * 84)


def damaged_page(path: Path) -> None:
    """A page with some of the rows in the middle: of jobs, or of what is remembered."""
    at = max(path.read_bytes().find(text) for text in (b'"Title 100"', b'"scene_id": 200'))
    assert at > 0
    with path.open("r+b") as file:
        file.seek(at // 4096 * 4096)
        file.write(b"\xaa" * 4096)


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGES = [
    garbage,
    truncated,
    no_bytes,
    other_tables,
    other_columns,
    damaged_log,
    damaged_header,
    damaged_page,
    a_folder,
]
Place = Callable[[DataDir], Path]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
@pytest.mark.parametrize("place", [queue_file, record_file], ids=["queue", "record"])
def test_what_is_damaged_is_moved_aside_whole_and_made_anew(
    data: DataDir, place: Place, damage: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    path = place(data)
    damage(path)
    content = path.read_bytes() if path.is_file() else b""
    before = time.time()
    with caplog.at_level(logging.INFO), own(data) as owned:
        assert before <= float(owned.record.fact(Fact.RECONCILE_AT)) <= time.time(), "a comparison is due"
        owned.queue.add(7777, UpdateType.UPDATE)
        owned.record.set_fact(Fact.PAUSED, "works")
        kept = len(owned.queue) - 1
        remembered = len(owned.record.items_between(0, 9999, "server"))
    aside = asides(path)[0]
    assert aside.is_dir() or aside.read_bytes() == content
    errors = [line.getMessage() for line in caplog.records if line.levelno == logging.ERROR]
    assert len(errors) == 1
    assert "is damaged (" in errors[0]
    assert str(aside) in errors[0]
    assert "Both libraries are compared soon" in errors[0]
    if damage is damaged_log:
        assert Path(f"{aside}-wal").read_bytes().startswith(b"not a log")
    if place is queue_file:
        assert remembered == len(ITEMS)
        assert kept == 0, "the comparison finds them"
    else:
        assert kept == len(JOBS)
        assert remembered == len(ITEMS) if damage is damaged_log else remembered < len(ITEMS)
        assert remembered > 10 or damage is not damaged_page
    count = len(asides(path))
    with own(data) as owned:
        assert owned.record.fact(Fact.PAUSED) == "works"
        assert 7777 in owned.queue
    assert len(asides(path)) == count, "once is enough"


def test_a_guard_that_stopped_the_comparison_is_not_forgotten_with_the_record(data: DataDir) -> None:
    damaged_log(record_file(data))
    with own(data) as owned:
        assert owned.record.fact(Fact.GUARD) == "stopped"


def test_whatever_bytes_are_wrong_the_owner_can_go_on_after_one_repair(data: DataDir, tmp_path: Path) -> None:
    dice = random.Random(20)
    whole = Path(shutil.copytree(data.root, tmp_path / "whole"))
    for attempt in range(25):
        shutil.rmtree(data.root)
        shutil.copytree(whole, data.root)
        path = dice.choice((queue_file, record_file))(data)
        content = bytearray(path.read_bytes())
        for _ in range(dice.choice((1, 5, 200))):
            start = dice.randrange(len(content))
            length = dice.choice((1, 16, 4096))
            content[start : start + length] = dice.randbytes(len(content[start : start + length]))
        path.write_bytes(content)
        for _ in range(3):
            try:
                with own(data) as owned:
                    for claimed in owned.queue.claim(5000):
                        owned.queue.done(claimed)
                    owned.record.set_fact(Fact.PAUSED, str(attempt))
            except StorageTrouble:
                continue  # it showed only later: the next opening looks again
            break
        else:
            pytest.fail(f"attempt {attempt} never got anywhere")


def test_a_kill_between_moving_aside_and_making_anew_still_leads_to_a_comparison(data: DataDir) -> None:
    set_aside(data, data.database)
    with own(data) as owned:
        assert float(owned.record.fact(Fact.RECONCILE_AT)) <= time.time()
    assert not os.path.exists(data.compare_soon)


@pytest.mark.parametrize("place", [queue_file, record_file], ids=["queue", "record"])
def test_a_newer_database_is_left_as_it_is(data: DataDir, place: Place) -> None:
    path = place(data)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("PRAGMA user_version = 99")
    content = path.read_bytes()
    with pytest.raises(NewerDatabase, match=r"written by a newer PlexSync\. Update the plugin"), own(data):
        pass
    assert path.read_bytes() == content
    assert asides(path) == []


@pytest.mark.parametrize("place", [queue_file, record_file], ids=["queue", "record"])
@pytest.mark.parametrize("for_reading", [False, True], ids=["for-writing", "for-reading-too"])
def test_a_locked_database_is_waited_for(data: DataDir, place: Place, for_reading: bool) -> None:
    with closing(sqlite3.connect(place(data), isolation_level=None)) as other:
        if for_reading:
            other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StorageTrouble, match="Another program, a backup perhaps, keeps a database in"):  # noqa: SIM117
            with own(data, patience=0.1) as owned:
                owned.record.set_fact(Fact.PAUSED, "yes")
        other.execute("ROLLBACK")
    with own(data, patience=0.1) as owned:
        assert len(owned.queue) == len(JOBS)
    assert asides(place(data)) == []


# With the real worker -----------------------------------------------------------------------------------------


def kill_worker(setup: Setup) -> None:
    for pid in setup.worker_pids():
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: not setup.worker_runs())


def test_the_worker_goes_on_and_a_comparison_finds_what_was_lost(tmp_path: Path) -> None:
    with installed(tmp_path, stash_library(12), plex_library(12)) as setup:
        setup.stash.save(1, title="One")
        eventually(lambda: setup.shows(1, title="One") and setup.idle())
        kill_worker(setup)
        quietly_save(setup, 2, title="No event tells of this")
        garbage(queue_file(setup.data))
        for name in ("", "-wal"):
            garbage(Path(setup.data.database + name))
        setup.stash.save(3, title="Three")
        eventually(lambda: setup.shows(3, title="Three"), what="the event came through")
        eventually(lambda: setup.shows(2, title="No event tells of this"), what="the comparison made Plex right")
        assert len(asides(queue_file(setup.data))) >= 1
        assert len(asides(record_file(setup.data))) >= 1
        assert setup.log().count(" ERROR ") == 2
        assert len(setup.worker_pids()) == 1


def test_damage_under_a_running_worker_ends_in_a_repair_and_no_loop(tmp_path: Path) -> None:
    with installed(tmp_path, stash_library(12), plex_library(12)) as setup:
        setup.stash.save(1, title="One")
        eventually(lambda: setup.shows(1, title="One") and setup.idle())
        pids = setup.worker_pids()
        for path in (queue_file(setup.data), record_file(setup.data)):
            for name in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
                with name.open("r+b") as file:  # the files stay the same, and open in the worker
                    file.write(random.Random(2).randbytes(name.stat().st_size))
        for number in range(2, 13):
            setup.stash.save(number, title=f"Title {number}")
        eventually(lambda: all(setup.shows(n, title=f"Title {n}") for n in range(2, 13)), what="all are in Plex")
        eventually(setup.idle)
        assert setup.worker_pids() == pids, "the same worker went on"
        assert asides(queue_file(setup.data))
        assert setup.log().count(" ERROR ") < 10


def test_a_task_finds_a_damaged_database_mends_it_and_does_its_work(tmp_path: Path) -> None:
    with installed(tmp_path, stash_library(12), plex_library(12)) as setup:
        run(setup, "Reconcile Library")
        kill_worker(setup)
        quietly_save(setup, 2, title="Two")
        garbage(record_file(setup.data))
        said = run(setup, "Status")
        assert "turned out to be damaged" in answer(setup)["error"]
        assert not any("Traceback" in line or "unforeseen" in line for line in said)
        said = run(setup, "Reconcile Library")
        assert said[-1] == "12 scenes: 11 already right, 1 updated."
        assert any("plexsync.db is damaged (file is not a database); it was moved to" in line for line in said)
        assert setup.shows(2, title="Two")


def test_a_newer_database_keeps_events_in_the_inbox_and_is_said_plainly(tmp_path: Path) -> None:
    with installed(tmp_path, stash_library(3), plex_library(3)) as setup:
        setup.stash.save(1, title="One")
        eventually(lambda: setup.shows(1, title="One") and setup.idle())
        kill_worker(setup)
        with closing(sqlite3.connect(setup.data.database)) as database:
            (version,) = database.execute("PRAGMA user_version").fetchone()
            database.execute("PRAGMA user_version = 99")
        for number in (2, 3):
            setup.stash.save(number, title="Kept")
            eventually(lambda: not setup.worker_runs())
        assert [hook["exit_code"] for hook in setup.stash.hook_runs] == [0, 0, 0]
        assert len(setup.inbox()) == 2
        assert setup.log().count("The worker starts.") == 3, "one for each hook"
        assert setup.log().count("written by a newer PlexSync. Update the plugin") == 2
        run(setup, "Reconcile Library")
        assert "written by a newer PlexSync. Update the plugin" in answer(setup)["error"]
        with closing(sqlite3.connect(setup.data.database)) as database:
            database.execute(f"PRAGMA user_version = {version}")
        setup.stash.save(1, title="One again")
        eventually(lambda: all(setup.shows(n, title="Kept") for n in (2, 3)))
        assert asides(record_file(setup.data)) == []


def test_a_locked_queue_is_said_once_and_nothing_is_lost(tmp_path: Path) -> None:
    with installed(tmp_path, stash_library(3), plex_library(3)) as setup:
        setup.stash.save(1, title="One")
        eventually(lambda: setup.shows(1, title="One") and setup.idle())
        with closing(sqlite3.connect(queue_file(setup.data), isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            setup.stash.save(2, title="Two")
            eventually(lambda: "keeps a database in" in setup.log())
            assert len(setup.inbox()) == 1
            other.execute("ROLLBACK")
        eventually(lambda: setup.shows(2, title="Two") and setup.idle())
        eventually(lambda: "The data folder can be used again." in setup.log())
        assert setup.log().count("keeps a database in") == 1
        assert asides(queue_file(setup.data)) == []


def removed(folder: str) -> bool:
    """Remove a folder with all that is in it; says whether it is gone."""
    shutil.rmtree(folder, ignore_errors=True)
    return not os.path.exists(folder)


def test_a_data_folder_that_is_deleted_under_the_worker_is_made_anew(tmp_path: Path) -> None:
    with installed(tmp_path, stash_library(5), plex_library(5)) as setup:
        setup.stash.save(1, title="One")
        eventually(lambda: setup.shows(1, title="One") and setup.idle())
        eventually(lambda: removed(setup.data.root), what="the folder is gone: the worker may write into it meanwhile")
        eventually(lambda: not setup.worker_pids(), what="the worker sees that its folder is gone")
        assert not os.path.exists(setup.data.root)
        quietly_save(setup, 2, title="Two")
        setup.stash.save(3, title="Three")
        eventually(lambda: setup.shows(3, title="Three"))
        assert len(setup.worker_pids()) == 1
        run(setup, "Reconcile Library")
        assert setup.shows(2, title="Two")
        assert [hook["exit_code"] for hook in setup.stash.hook_runs] == [0, 0]


def test_a_log_file_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    with installed(tmp_path, stash_library(3), plex_library(3)) as setup:
        setup.data.create()
        os.mkdir(setup.data.log)
        os.mkdir(setup.data.task_log)
        setup.stash.save(1, title="One")
        eventually(lambda: setup.shows(1, title="One") and setup.idle())
        said = run(setup, "Reconcile Library")
        assert any(line.startswith("The log file ") for line in said)
        assert not any("Traceback" in line for line in said)
        assert answer(setup)["output"] == "3 scenes: 3 already right."


def test_reading_the_queue_while_it_is_locked_is_not_taken_for_an_empty_one(
    data: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.storage.queue_file.open_for_reading", lambda path: sqlite3.connect(path, timeout=0.1))
    with closing(sqlite3.connect(queue_file(data), isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode=DELETE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            list(read_jobs(data.queue))


def test_a_kill_between_moving_a_damaged_file_aside_and_reading_it_loses_nothing_of_it(tmp_path: Path) -> None:
    data, memory = DataDir(str(tmp_path)), ItemMemory(texts={"title": TextMemory(written="New", before="Old")})
    with open_both(data, time.time) as (database, _):
        Record(database, time.time).remember(1, "server", "10", memory)
    set_aside(data, data.database)
    with open_both(data, time.time) as (database, _):
        assert Record(database, time.time).memory("server", "10") == memory
