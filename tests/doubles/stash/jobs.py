"""Stash's job queue: strictly one after the other, in memory only (pkg/job/manager.go)."""

from __future__ import annotations

import copy
import itertools
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.doubles.stash.cancellation import Cancellation
from tests.doubles.stash.clock import Clock, rfc3339
from tests.doubles.stash.sessions import Session

READY, RUNNING, STOPPING = "READY", "RUNNING", "STOPPING"
FINISHED, CANCELLED, FAILED = "FINISHED", "CANCELLED", "FAILED"
ENDED = (FINISHED, CANCELLED, FAILED)

# How many ended jobs `findJob` still knows.
_REMEMBERED = 10


class JobError(Exception):
    """The job could not be begun: the only way for a plugin task to end as FAILED."""


@dataclass(slots=True, eq=False)
class Job:
    """Named as in the schema. It is also what hooks run on behalf of (`session`, `cancellation`)."""

    id: int
    description: str
    addTime: int  # noqa: N815
    session: Session
    work: Callable[[Job], None]
    status: str = READY
    progress: float | None = 0.0
    startTime: int | None = None  # noqa: N815
    endTime: int | None = None  # noqa: N815
    error: str | None = None
    subTasks: list[str] | None = None  # noqa: N815
    cancellation: Cancellation = field(default_factory=Cancellation)

    def watch(self) -> None:
        """A job outlives the request that queued it; only `stopJob` ends it."""

    def as_dict(self) -> dict[str, Any]:
        times = {name: getattr(self, name) for name in ("addTime", "startTime", "endTime")}
        return {
            "id": str(self.id),
            "status": self.status,
            "description": self.description,
            "progress": self.progress,
            "error": self.error,
            **{name: None if moment is None else rfc3339(moment) for name, moment in times.items()},
        }


# What a listener gets: `type` is ADD, UPDATE or REMOVE, `job` a copy.
Change = dict[str, Any]


class Jobs:
    """The queue and the thread that works it off. `stop` forgets everything, as the end of Stash does."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._ids = itertools.count(1)
        self._queue: list[Job] = []
        self._ended: list[Job] = []
        self._stopped = False
        self._held = False
        self._listeners: list[queue.SimpleQueue[Change]] = []
        self._worker = threading.Thread(target=self._work, name="stash jobs", daemon=True)
        self._worker.start()

    def add(self, description: str, session: Session, work: Callable[[Job], None]) -> Job:
        with self._changed:
            job = Job(next(self._ids), description, self._clock.now(), session, work)
            self._queue.append(job)
            self._tell("ADD", job)
            return job

    def add_endless(self, description: str = "Scanning...") -> Job:
        """One that runs until it is stopped, and keeps the queue busy."""

        def work(job: Job) -> None:
            over = threading.Event()
            with job.cancellation.calling(over.set):
                over.wait()

        return self.add(description, Session(), work)

    def report(self, job: Job, progress: float) -> None:
        with self._changed:
            job.progress = min(max(progress, 0.0), 1.0)
            self._tell("UPDATE", job)

    def subscribe(self) -> queue.SimpleQueue[Change]:
        """Every change of a job from now on."""
        with self._changed:
            self._listeners.append(queue.SimpleQueue())
            return self._listeners[-1]

    def queue(self) -> list[Job]:
        with self._changed:
            return list(self._queue)

    def find(self, job_id: int) -> Job | None:
        with self._changed:
            return next((job for job in (*self._queue, *self._ended) if job.id == job_id), None)

    def hold(self, held: bool) -> None:
        """Begin no job while held: a queue that is busy with something long."""
        with self._changed:
            self._held = held
            self._changed.notify_all()

    def cancel(self, job_id: int) -> None:
        """A waiting job goes at once; a running one is STOPPING until its work has returned."""
        self._cancel([job_id])

    def cancel_all(self) -> None:
        """All of them in one step, so that none begins when the one before it ends (pkg/job/manager.go)."""
        self._cancel([job.id for job in self.queue()])

    def _cancel(self, ids: Sequence[int]) -> None:
        with self._changed:
            jobs = [job for job in self._queue if job.id in ids]
            for job in jobs:
                if job.status == READY:
                    job.status = CANCELLED
                    self._end(job)
                elif job.status == RUNNING:
                    job.status = STOPPING
                    self._tell("UPDATE", job)
        for job in jobs:
            job.cancellation.cancel()

    def wait(self, job_id: int, timeout: float) -> Job:
        """Raises TimeoutError, or KeyError for a job that the queue does not know."""
        job = self.find(job_id)
        if job is None:
            raise KeyError(job_id)
        with self._changed:
            if not self._changed.wait_for(lambda: job.status in ENDED, timeout):
                raise TimeoutError(f"job {job_id} ({job.description}) is {job.status} after {timeout} s")
        return job

    def stop(self) -> None:
        """Forget the queue. Work that runs is not told, just as Stash does not stop plugins when it ends."""
        with self._changed:
            self._stopped = True
            self._queue.clear()
            self._changed.notify_all()

    def join(self) -> None:
        self._worker.join(5)

    def _next(self) -> Job | None:
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or (self._queue and not self._held))
            if self._stopped:
                return None
            job = self._queue[0]
            job.status = RUNNING
            job.startTime = self._clock.now()
            self._tell("UPDATE", job)
            return job

    def _work(self) -> None:
        while (job := self._next()) is not None:
            try:
                job.work(job)
            except JobError as error:
                job.error = str(error)
            with self._changed:
                if job.status == STOPPING:
                    job.status = CANCELLED
                else:
                    job.status = FINISHED if job.error is None else FAILED
                self._end(job)

    def _end(self, job: Job) -> None:
        job.endTime = self._clock.now()
        if job in self._queue:
            self._queue.remove(job)
        self._ended = [*self._ended, job][-_REMEMBERED:]
        self._tell("REMOVE", job)

    def _tell(self, kind: str, job: Job) -> None:
        """With the lock held. Listeners get the job as it is now."""
        for listener in self._listeners:
            listener.put({"type": kind, "job": copy.copy(job)})
        self._changed.notify_all()
