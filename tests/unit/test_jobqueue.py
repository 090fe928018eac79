"""The queue against a model: nothing lost, nothing twice, nobody blocked, whatever happens in which order."""

from __future__ import annotations

import gc
import os
import shutil
import sqlite3
import tempfile
import tracemalloc
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from stash.scenes import BATCH, Details
from tests.support.clock import Clock
from tests.support.workbench import leave_as_kill_9_does
from validation.jobs import Job, UpdateType
from validation.paths import file_name_key
from worker.jobs.batches import Batches
from worker.jobs.scene_numbers import SceneNumbers
from worker.standins import PassingJobs, UnknownStash
from worker.storage.jobqueue import FILE, Claimed, JobQueue
from worker.storage.queue_file import read_jobs


def rows(folder: Path, condition: str) -> int:
    with sqlite3.connect(folder / FILE) as connection:
        count = connection.execute(f"SELECT count(*) FROM ack_queue_default WHERE {condition}").fetchone()[0]
    connection.close()
    return int(count)


def test_ten_edits_of_a_scene_are_one_job(tmp_path: Path) -> None:
    queue = JobQueue(str(tmp_path), Clock())
    for _ in range(10):
        queue.add(42, UpdateType.UPDATE)
    assert len(queue) == 1
    (claimed,) = queue.claim(50)
    assert claimed.job.scene_id == 42
    queue.done(claimed)
    assert queue.claim(50) == []
    queue.close()


@pytest.mark.parametrize("lasting", [UpdateType.OVERWRITE, UpdateType.DESTROY])
def test_an_edit_in_between_takes_nothing_from_a_wish_that_is_put_back(tmp_path: Path, lasting: UpdateType) -> None:
    queue = JobQueue(str(tmp_path), Clock())
    queue.add(42, lasting)
    (claimed,) = queue.claim(1)
    queue.add(42, UpdateType.UPDATE)
    queue.put_back(claimed)
    (renewed,) = queue.claim(50)
    assert renewed.job.update_type is lasting
    queue.close()


def test_an_edit_in_between_takes_nothing_from_a_wish_whose_owner_was_killed(tmp_path: Path) -> None:
    queue = JobQueue(str(tmp_path), Clock())
    queue.add(42, UpdateType.OVERWRITE)
    queue.claim(1)
    queue.add(42, UpdateType.UPDATE)
    leave_as_kill_9_does(queue)
    queue = JobQueue(str(tmp_path), Clock())
    assert [claimed.job.update_type for claimed in queue.claim(50)] == [UpdateType.OVERWRITE]
    assert rows(tmp_path, "status < 5") == 1
    queue.close()


def test_of_two_jobs_of_a_scene_in_hand_the_newer_one_stays(tmp_path: Path) -> None:
    clock = Clock()
    queue, failed = JobQueue(str(tmp_path), clock), Job(scene_id=999, attempts=7, due=clock.now)
    queue.add(failed.scene_id, UpdateType.UPDATE)
    (claimed,) = queue.claim(1)
    queue.put_back(claimed, failed)
    clock.now += 1
    for scene in range(1, BATCH + 1):
        queue.add(scene, UpdateType.UPDATE)
    batches = Batches(queue, clock)
    older = batches.next(UnknownStash(), Details(), lambda _: False)
    assert older is not None
    assert older.jobs[0].job == failed
    queue.add(failed.scene_id, UpdateType.UPDATE)
    newer = batches.next(UnknownStash(), Details(), lambda _: False)
    assert newer is not None
    batches.put_back((*older.jobs, *newer.jobs))
    (left,) = [one.job for one in queue.claim(BATCH + 1) if one.job.scene_id == failed.scene_id]
    assert left.attempts == 0
    batches.close()
    queue.close()


def test_a_job_that_waits_blocks_nobody(tmp_path: Path) -> None:
    clock = Clock()
    queue = JobQueue(str(tmp_path), clock)
    queue.add(1, UpdateType.UPDATE)
    (slow,) = queue.claim(1)
    queue.put_back(slow, slow.job.model_copy(update={"due": clock.now + 600}))
    queue.add(2, UpdateType.UPDATE)
    queue.add(3, UpdateType.UPDATE)
    assert [claimed.job.scene_id for claimed in queue.claim(50)] == [2, 3]
    clock.now += 599
    assert queue.claim(50) == []
    clock.now += 1
    assert [claimed.job.scene_id for claimed in queue.claim(50)] == [1]
    queue.close()


def test_a_failed_job_that_is_hurried_keeps_its_failures_and_any_other_is_left_alone(tmp_path: Path) -> None:
    clock = Clock()
    queue = JobQueue(str(tmp_path), clock)
    queue.add(1, UpdateType.UPDATE)
    queue.add(2, UpdateType.UPDATE, after=60)
    (claimed,) = queue.claim(50)
    failed = claimed.job.model_copy(update={"due": clock.now + 60, "attempts": 3, "reason": "it failed"})
    queue.put_back(claimed, failed)
    assert [queue.hurry(scene) for scene in (1, 2, 3)] == [True, False, False]
    (claimed,) = queue.claim(50)
    assert (claimed.job.scene_id, claimed.job.attempts, claimed.job.reason) == (1, 3, "it failed")
    queue.close()


def test_an_edit_while_the_scene_is_in_flight_is_kept(tmp_path: Path) -> None:
    queue = JobQueue(str(tmp_path), Clock())
    queue.add(1, UpdateType.UPDATE)
    (first,) = queue.claim(1)
    queue.add(1, UpdateType.UPDATE)
    queue.done(first)
    assert [claimed.job.scene_id for claimed in queue.claim(50)] == [1]
    queue.close()


def test_what_a_killed_owner_had_in_flight_comes_back_with_its_times(tmp_path: Path) -> None:
    clock = Clock()
    queue = JobQueue(str(tmp_path), clock)
    for scene in range(1, 6):
        queue.add(scene, UpdateType.UPDATE)
    first, second = queue.claim(2)
    queue.put_back(first, first.job.model_copy(update={"due": clock.now + 60, "attempts": 3, "reason": "because"}))
    leave_as_kill_9_does(queue)
    again = JobQueue(str(tmp_path), clock)
    assert {job.scene_id for job in read_jobs(str(tmp_path))} == {1, 2, 3, 4, 5}
    assert sorted(claimed.job.scene_id for claimed in again.claim(50)) == [2, 3, 4, 5]
    clock.now += 60
    (late,) = again.claim(50)
    assert (late.job.scene_id, late.job.attempts, late.job.reason) == (1, 3, "because")
    assert second.job.scene_id == 2
    again.close()


def test_a_row_that_cannot_be_read_is_set_aside_and_the_next_one_runs(tmp_path: Path) -> None:
    queue = JobQueue(str(tmp_path), Clock())
    queue.add(1, UpdateType.UPDATE)
    queue.add(2, UpdateType.UPDATE)
    queue.close()
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("UPDATE ack_queue_default SET data = x'80' WHERE _id = 1")
    connection.close()
    again = JobQueue(str(tmp_path), Clock())
    assert [claimed.job.scene_id for claimed in again.claim(50)] == [2]
    assert rows(tmp_path, "status = 9") == 1
    again.close()


def test_finished_rows_are_cleared_away(tmp_path: Path) -> None:
    queue = JobQueue(str(tmp_path), Clock())
    for scene in range(1, 1201):
        queue.add(scene, UpdateType.UPDATE)
        queue.done(queue.claim(1)[0])
    assert rows(tmp_path, "status = 5") < 500
    queue.close()
    assert rows(tmp_path, "1") == 0


@pytest.mark.parametrize("jump", [-30 * 86400.0, 30 * 86400.0])
def test_a_clock_that_jumps_makes_no_job_wait_for_days(tmp_path: Path, jump: float) -> None:
    clock = Clock()
    queue = JobQueue(str(tmp_path), clock)
    queue.add(1, UpdateType.UPDATE)
    (claimed,) = queue.claim(1)
    queue.put_back(claimed, claimed.job.model_copy(update={"due": clock.now + 600}))
    clock.now += jump
    assert [claimed.job.scene_id for claimed in queue.claim(50)] == [1]
    queue.close()


def test_others_can_read_it_and_change_nothing(tmp_path: Path) -> None:
    queue = JobQueue(str(tmp_path), Clock())
    queue.add(1, UpdateType.UPDATE)
    queue.add(2, UpdateType.UPDATE)
    queue.claim(1)
    assert [job.scene_id for job in read_jobs(str(tmp_path))] == [1, 2]
    assert rows(tmp_path, "status = 2") == 1
    queue.close()


def test_an_empty_queue_is_still_true(tmp_path: Path) -> None:
    queue = JobQueue(str(tmp_path), Clock())
    assert queue
    queue.close()


def lists_left_of(queue: JobQueue, *scenes: int) -> list[Claimed]:
    """Let the fields of scenes be dealt with, and take up their lists."""
    for scene in scenes:
        queue.add(scene, UpdateType.UPDATE)
    for claimed in queue.claim(BATCH):
        queue.put_back(claimed, claimed.job.model_copy(update={"lists_left": True}))
    return queue.claim(BATCH, lists_left=True)


def test_jobs_of_which_lists_are_left_wait_apart_and_count_as_due(tmp_path: Path) -> None:
    clock = Clock()
    queue = JobQueue(str(tmp_path), clock)
    for claimed in lists_left_of(queue, 1, 2):
        queue.put_back(claimed)
    clock.now += 1
    queue.add(3, UpdateType.UPDATE)
    assert queue.count_due() == len(queue) == 3
    assert [claimed.job.scene_id for claimed in queue.claim(BATCH)] == [3]
    assert queue.claim(BATCH) == []
    assert [claimed.job.scene_id for claimed in queue.claim(BATCH, lists_left=True)] == [1, 2]
    assert len(queue) == 0
    queue.close()


@pytest.mark.parametrize("in_flight", [True, False])
def test_that_lists_are_left_outlives_a_kill(tmp_path: Path, in_flight: bool) -> None:
    queue = JobQueue(str(tmp_path), Clock())
    (claimed,) = lists_left_of(queue, 1)
    if not in_flight:
        queue.put_back(claimed)
    leave_as_kill_9_does(queue)
    queue = JobQueue(str(tmp_path), Clock())
    assert queue.claim(BATCH) == []
    assert [claimed.job.scene_id for claimed in queue.claim(BATCH, lists_left=True)] == [1]
    queue.close()


def test_an_edit_makes_a_job_whole_of_which_lists_are_left(tmp_path: Path) -> None:
    queue = JobQueue(str(tmp_path), Clock())
    (claimed,) = lists_left_of(queue, 1)
    queue.put_back(claimed)
    queue.add(1, UpdateType.UPDATE)
    queue.add(1, UpdateType.UPDATE)
    assert queue.claim(BATCH, lists_left=True) == []
    assert [claimed.job.lists_left for claimed in queue.claim(BATCH)] == [False]
    queue.close()


@pytest.mark.parametrize("lasting", [UpdateType.UPDATE, UpdateType.OVERWRITE])
@pytest.mark.parametrize("killed", [True, False])
def test_an_edit_while_lists_are_written_is_whole_and_the_older_job_gives_way(
    tmp_path: Path, lasting: UpdateType, killed: bool
) -> None:
    queue = JobQueue(str(tmp_path), Clock())
    queue.add(1, lasting)
    (older,) = lists_left_of(queue)
    assert older.job.update_type is lasting
    queue.add(1, UpdateType.UPDATE)
    if killed:
        leave_as_kill_9_does(queue)
        queue = JobQueue(str(tmp_path), Clock())
    else:
        queue.put_back(older)
    assert queue.claim(BATCH, lists_left=True) == []
    (newer,) = queue.claim(BATCH)
    assert (newer.job.update_type, newer.job.lists_left) == (lasting, False)
    assert rows(tmp_path, "status < 5") == 1
    queue.close()


def test_what_was_read_for_a_job_is_outdated_once_a_newer_one_of_its_scene_was_dealt_with(tmp_path: Path) -> None:
    queue = JobQueue(str(tmp_path), Clock())
    older, other = lists_left_of(queue, 1, 2)
    queue.add(1, UpdateType.UPDATE)
    (newer,) = queue.claim(BATCH)
    assert not queue.is_outdated(older), "the newer one comes after it, as it is"
    queue.done(newer)
    assert queue.is_outdated(older)
    assert not queue.is_outdated(other)
    queue.put_back(older)
    (again, _) = (*queue.claim(BATCH, lists_left=True), other)
    assert not queue.is_outdated(again)
    queue.add(1, UpdateType.UPDATE)
    queue.done(again)
    (newest,) = queue.claim(BATCH)
    assert not queue.is_outdated(newest)
    queue.close()


def test_a_batch_of_lists_comes_when_no_whole_job_is_due_and_holds_nothing_else(tmp_path: Path) -> None:
    clock = Clock()
    queue = JobQueue(str(tmp_path), clock)
    batches = Batches(queue, clock)

    def scenes(lists_too: bool = True) -> list[int]:
        batch = batches.next(UnknownStash(), Details(), lambda _: False, lists_too)
        return [one.job.scene_id for one in batch.jobs] if batch else []

    for claimed in lists_left_of(queue, *range(1, BATCH + 1)):
        queue.put_back(claimed)
    clock.now += 60
    for scene in range(101, 102 + BATCH):
        queue.add(scene, UpdateType.UPDATE)
    assert scenes() == [*range(101, 101 + BATCH)]
    assert scenes(lists_too=False) == [101 + BATCH]
    assert scenes(lists_too=False) == []
    queue.add(201, UpdateType.UPDATE)
    assert len(batches) == 0, "lists are not claimed before they are begun"
    assert scenes() == [201]
    assert scenes() == [*range(1, BATCH + 1)]
    assert scenes() == []
    batches.close()
    queue.close()


def peak_of_opening(folder: Path, jobs: int) -> int:
    """Bytes of Python's objects at most, while a queue with so many jobs that wait is opened and read from beside."""
    JobQueue(str(folder), Clock()).close()
    names = [f"a.long.name.of.a.file.{number}.mp4" for number in range(jobs)]
    waiting = (Job(scene_id=n, missing_since=1.0, files=(name,)) for n, name in enumerate(names, 1))
    with closing(sqlite3.connect(folder / FILE)) as connection, connection:
        query = "INSERT INTO ack_queue_default (data, timestamp, status) VALUES (?, 1.0, 1)"
        connection.executemany(query, [(one.model_dump_json(),) for one in waiting])
    tracemalloc.start()
    try:
        queue = JobQueue(str(folder), Clock())
        assert len(queue) == sum(1 for _ in read_jobs(str(folder))) == jobs
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert queue.missing(jobs) == (file_name_key(names[-1]),)
    queue.close()
    return peak


def test_a_queue_of_many_jobs_takes_no_more_memory_of_pythons_than_one_of_some(tmp_path: Path) -> None:
    for name in ("once", "some", "many"):
        (tmp_path / name).mkdir()
    peak_of_opening(tmp_path / "once", 1)
    some, many = peak_of_opening(tmp_path / "some", 3_000), peak_of_opening(tmp_path / "many", 9_000)
    assert many < 1.3 * some


def test_what_a_preview_has_to_look_at_takes_next_to_no_memory() -> None:
    tracemalloc.start()
    try:
        jobs = PassingJobs(Clock())
        for reason in (UpdateType.UPDATE, UpdateType.RECONCILE):  # what waits in the queue, then every scene
            for scene in range(1, 10_001):
                jobs.add(scene, reason)
        held = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert held < 10_000 * 3
    assert [(one.job.scene_id, one.job.update_type) for one in jobs.claim(2)] == [
        (1, UpdateType.RECONCILE),
        (2, UpdateType.RECONCILE),
    ]
    assert len(jobs) == 9_998


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([1, 2, 63, 1023, 1024, 1025, 5000, 2**63 - 1]))))
def test_numbers_of_scenes_are_held_once_and_given_out_in_order(steps: list[tuple[bool, int]]) -> None:
    numbers, model = SceneNumbers(), set[int]()
    for is_new, number in steps:
        if is_new:
            numbers.add(number)
            model.add(number)
        elif number in numbers:
            numbers.remove(number)
            model.discard(number)
        assert len(numbers) == len(model)
        assert all((one in numbers) is (one in model) for one in (1, 2, 64, 1023, 1024, 5000, 2**63 - 1))
        if model:
            assert numbers.lowest == min(model)


def test_a_job_that_a_preview_puts_back_comes_last_and_once() -> None:
    jobs = PassingJobs(Clock())
    jobs.add(1, UpdateType.OVERWRITE)
    jobs.add(1, UpdateType.UPDATE)
    jobs.add(2, UpdateType.UPDATE)
    (first,) = jobs.claim(1)
    assert first.job.update_type is UpdateType.OVERWRITE
    jobs.put_back(first, first.job.model_copy(update={"attempts": 1}))
    assert (len(jobs), 1 in jobs, 2 in jobs) == (2, True, True)
    assert jobs.claim(5, lists_left=True) == []
    (second, again) = jobs.claim(5)
    assert (second.job.scene_id, again.job.attempts) == (2, 1)
    jobs.add(1, UpdateType.UPDATE)
    jobs.put_back(again)
    assert [one.job.attempts for one in jobs.claim(5)] == [0]
    assert len(jobs) == 0


class QueueAgainstModel(RuleBasedStateMachine):
    """The model: which scenes are dirty. Due times are kept apart, since any job may be made to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.mkdtemp()
        self.clock = Clock()
        self.queue = JobQueue(self.folder, self.clock)
        self.in_flight: dict[int, Claimed] = {}
        self.dirty: set[int] = set()

    @rule(scene=st.integers(1, 6))
    def edit(self, scene: int) -> None:
        self.queue.add(scene, UpdateType.UPDATE)
        self.dirty.add(scene)

    @rule(most=st.integers(1, 3), lists_left=st.booleans())
    def claim(self, most: int, lists_left: bool) -> None:
        for claimed in self.queue.claim(most, lists_left):
            scene = claimed.job.scene_id
            assert claimed.job.lists_left is lists_left
            if scene in self.in_flight:  # edited while in flight, and claimed once more: finish the older one
                self.queue.done(self.in_flight[scene])
            self.in_flight[scene] = claimed
            self.dirty.discard(scene)

    @precondition(lambda self: self.in_flight)
    @rule()
    def finish(self) -> None:
        _, claimed = self.in_flight.popitem()
        self.queue.done(claimed)

    @precondition(lambda self: self.in_flight)
    @rule(wait=st.sampled_from([0.0, 5.0, 3000.0]), lists_left=st.booleans())
    def fail(self, wait: float, lists_left: bool) -> None:
        scene, claimed = self.in_flight.popitem()
        said = {"due": self.clock.now + wait, "attempts": claimed.job.attempts + 1, "lists_left": lists_left}
        job = claimed.job.model_copy(update=said)
        self.queue.put_back(claimed, job)
        self.dirty.add(scene)

    @rule()
    def be_killed_and_restart(self) -> None:
        leave_as_kill_9_does(self.queue)
        self.queue = JobQueue(self.folder, self.clock)
        self.dirty |= set(self.in_flight)
        self.in_flight.clear()

    @rule(seconds=st.sampled_from([1.0, 60.0, 4000.0]))
    def wait(self, seconds: float) -> None:
        self.clock.now += seconds

    @invariant()
    def nothing_is_lost_and_nothing_is_there_twice(self) -> None:
        waiting = [scene for scene in range(1, 7) if scene in self.queue]
        assert len(self.queue) == len(waiting)
        assert waiting == sorted(self.dirty)
        stored = [job.scene_id for job in read_jobs(self.folder)]
        assert sorted(stored) == sorted([*waiting, *self.in_flight])

    def teardown(self) -> None:
        self.queue.close()
        shutil.rmtree(self.folder)


QueueAgainstModel.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestQueueAgainstModel = QueueAgainstModel.TestCase


def test_the_job_is_small() -> None:
    assert len(Job(scene_id=100_000).model_dump_json()) < 200
    assert os.path.basename(FILE) == FILE


def prepared_statements() -> int:
    return sum(1 for one in gc.get_objects() if type(one).__name__ == "Statement")  # Python 3.10 does not tell


def test_statements_that_name_a_row_are_not_kept_once_they_are_made(tmp_path: Path) -> None:
    queue = JobQueue(str(tmp_path), Clock())
    for scene_id in range(1, 121):
        queue.add(scene_id, UpdateType.UPDATE)

    def work_off(most: int) -> None:
        for claimed in queue.claim(most):
            queue.done(claimed)

    work_off(20)
    gc.collect()
    before = prepared_statements()
    work_off(100)
    assert prepared_statements() < before + 10
    queue.close()
