"""Scenes whose files Plex does not have yet: they wait, and cost next to nothing meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from validation.config import PlexSyncConfig
from validation.jobs import Job
from worker.items.finder import FEW, Finder
from worker.jobs.claims import Jobs
from worker.jobs.failures import Failures
from worker.jobs.gate import Gate
from worker.storage.jobqueue import Claimed


class Worker(Protocol):
    """What is asked of the worker: its settings, and how it finds items."""

    @property
    def config(self) -> PlexSyncConfig:
        """The present settings."""

    @property
    def finder(self) -> Finder:
        """Finds items with them."""


class MissingFiles:
    """Looks for files that jobs of ``queue`` wait for, at most once in ``pause`` seconds; ``clock`` gives seconds since
    1970."""

    def __init__(
        self, worker: Worker, queue: Jobs, gate: Gate, failures: Failures, pause: float, clock: Callable[[], float]
    ) -> None:
        self._worker = worker
        self._queue = queue
        self._gate = gate
        self._failures = failures
        self._pause = pause
        self._clock = clock
        self._looked = 0.0

    def look(self) -> None:
        """While scenes wait to appear in Plex, look now and then whether anything changed there."""
        now = self._clock()
        if not 0 <= now - self._looked < self._pause and self._gate.is_open(self._worker.config):
            self._looked = now
            if self._queue.any_missing():
                names = self._queue.waited_for(FEW)
                self._gate.guarded(lambda: self._worker.finder.refresh(names=names or ()))

    def put_off(self, claimed: Claimed) -> bool:
        """Let a scene wait on whose file Plex still lacks, without reading it: when it changes, it has another job."""
        config = self._worker.config
        if config.only_look:
            return False  # it is told of, and planned anew one day
        lacks = self._lacks(claimed.job, config)
        if lacks:
            self._failures.wait_for_plex(claimed, claimed.job.reason)
        return lacks

    def _lacks(self, job: Job, config: PlexSyncConfig) -> bool:
        lacking: list[bool] = []
        if job.files and self._gate.is_open(config, asking=False) and self._failures.may_wait(job):
            self._gate.guarded(lambda: lacking.append(self._worker.finder.lacks(job.files)))
        return any(lacking)
