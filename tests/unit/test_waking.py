"""What is a reason to start a worker, and what is none."""

from __future__ import annotations

import os
import time
from contextlib import closing
from pathlib import Path

import pytest

from validation.jobs import UpdateType
from worker.datadir import DataDir
from worker.storage.database import open_database
from worker.storage.facts import Fact
from worker.storage.jobqueue import JobQueue
from worker.storage.record import Record
from worker.waking import ABSENCE, anything_waits


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    """What a worker left that ended a moment ago, with a comparison due tomorrow."""
    data = DataDir(str(tmp_path))
    data.create()
    Path(data.worker_lock).touch()
    with closing(open_database(data.database)) as database:
        Record(database, time.time).set_fact(Fact.RECONCILE_AT, str(time.time() + 86400))
    with closing(JobQueue(data.queue, time.time)):
        pass
    return data


def waits(data: DataDir) -> bool:
    return anything_waits(data, time.time())


def names(data: DataDir) -> list[str]:
    return sorted(str(path) for path in Path(data.root).rglob("*"))


def test_nothing_waits_where_nothing_is(tmp_path: Path) -> None:
    assert not waits(DataDir(str(tmp_path / "nowhere")))
    assert not (tmp_path / "nowhere").exists()


def test_nothing_waits_after_everything_was_done_and_the_look_leaves_no_trace(data: DataDir) -> None:
    before = names(data)
    assert not waits(data)
    assert names(data) == before


def test_an_event_waits(data: DataDir) -> None:
    Path(data.inbox, "0001.json").write_text("{}")
    assert waits(data)


@pytest.mark.parametrize("after", [0.0, 3600.0], ids=["due now", "due later"])
@pytest.mark.parametrize("in_flight", [False, True])
def test_a_job_waits(data: DataDir, after: float, in_flight: bool) -> None:
    with closing(JobQueue(data.queue, time.time)) as queue:
        queue.add(1, UpdateType.UPDATE, after)
        if in_flight:
            queue.claim(1)
        assert waits(data), "beside its owner"
    assert waits(data)


def test_a_job_that_is_done_does_not(data: DataDir) -> None:
    with closing(JobQueue(data.queue, time.time)) as queue:
        queue.add(1, UpdateType.UPDATE)
        (claimed,) = queue.claim(1)
        queue.done(claimed)
        assert not waits(data)


def test_a_comparison_that_is_due_waits(data: DataDir) -> None:
    assert anything_waits(data, time.time() + 86500)


@pytest.mark.parametrize("seconds", [-2 * ABSENCE, 2 * ABSENCE], ids=["long ago", "a clock set back"])
def test_so_does_one_that_makes_up_for_the_time_without_a_worker(data: DataDir, seconds: float) -> None:
    os.utime(data.worker_lock, (time.time() + seconds,) * 2)
    assert waits(data)


def test_a_parked_scene_does_not(data: DataDir) -> None:
    with closing(open_database(data.database)) as database:
        database.execute(
            "INSERT INTO parked (scene, update_type, kind, reason, since) VALUES (1, 'update', 'x', 'y', 0)"
        )
        database.commit()
    assert not waits(data)


@pytest.mark.parametrize("content", [b"", b"garbage" * 100])
def test_what_cannot_be_read_is_no_reason(data: DataDir, content: bytes) -> None:
    for path in (data.database, os.path.join(data.queue, "jobs.db")):
        Path(path).write_bytes(content)
    assert not waits(data)
