"""The queue: a job costs the same among 100 and among 100,000, and with 100,000 finished ones behind it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from bench.table import Row
from validation.jobs import UpdateType
from worker.storage.jobqueue import JobQueue

#: Jobs that are timed; of several rounds the fastest counts, since only others slow one down.
TIMED, ROUNDS = 100, 5


def queue_rows(quick: bool = False) -> Iterator[Row]:
    """Enqueue, and claim with done, in microseconds per job. ``quick``: 20,000 stand in for 100,000."""
    most = 20_000 if quick else 100_000
    with _queue() as few, _queue() as many:
        _fill(few, TIMED)
        _fill(many, most)
        for measure, action in (("enqueue again", _renew), ("enqueue", _enqueue), ("claim and finish", _finish)):
            ours, baseline = _per_job(action, many), _per_job(action, few)
            yield Row(f"queue: {measure}, {most:,} jobs against {TIMED}", ours, baseline, "us", 1.5)
    with _queue() as fresh, _queue() as used:
        for _ in range(most // 500):
            _fill(used, 500)
            for claimed in used.claim(500):
                used.done(claimed)
        _fill(fresh, TIMED * ROUNDS)
        _fill(used, TIMED * ROUNDS)
        ours, baseline = _per_job(_finish, used), _per_job(_finish, fresh)
        yield Row(f"queue: claim and finish, {most:,} finished behind it", ours, baseline, "us", 1.5)


@contextmanager
def _queue() -> Iterator[JobQueue]:
    with tempfile.TemporaryDirectory() as folder, closing(JobQueue(folder, time.time)) as queue:
        yield queue


def _fill(queue: JobQueue, count: int) -> None:
    for scene in range(1, count + 1):
        queue.add(scene, UpdateType.UPDATE)


def _enqueue(queue: JobQueue, turn: int) -> None:
    for scene in range(TIMED):
        queue.add(1_000_000 * (turn + 1) + scene, UpdateType.UPDATE)


def _renew(queue: JobQueue, _: int) -> None:
    for scene in range(1, 1 + TIMED):
        queue.add(scene, UpdateType.UPDATE)


def _finish(queue: JobQueue, _: int) -> None:
    for _ in range(TIMED // 50):
        for claimed in queue.claim(50):
            queue.done(claimed)


def _per_job(action: Callable[[JobQueue, int], None], queue: JobQueue) -> float:
    """Microseconds per job, at best; the number of jobs stays what it was but for a few hundred."""
    best = float("inf")
    for turn in range(ROUNDS):
        started = time.perf_counter()
        action(queue, turn)
        best = min(best, time.perf_counter() - started)
    return best / TIMED * 1e6
