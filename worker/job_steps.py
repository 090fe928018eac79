"""What is done with one job of a batch, and with whatever goes wrong in it: it stays with that job."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from validation.config import PlexSyncConfig
from validation.errors import PlexSyncError, StashUnavailable
from validation.outcomes import Ended
from worker.items.planned import PlannedScene
from worker.jobs.claims import Jobs
from worker.jobs.failures import Failures
from worker.jobs.gate import Gate
from worker.jobs.tally import Tally
from worker.scene_sync import SceneSync
from worker.storage.jobqueue import Claimed

log = logging.getLogger(__name__)

_Value = TypeVar("_Value")


class JobSteps:
    """The steps of worker/rounds.py for the jobs of one batch. Those that went well are added to ``done``.

    ``plan`` tells what a job takes, or how it ended without anything to do; ``prepare`` fetches what that needs.
    """

    def __init__(
        self,
        config: PlexSyncConfig,
        sync: SceneSync,
        plan: Callable[[SceneSync, Mapping[str, Any]], PlannedScene | Ended],
        prepare: Callable[[Sequence[int]], object],
        queue: Jobs,
        gate: Gate,
        failures: Failures,
        tally: Tally,
        done: list[Claimed],
    ) -> None:
        self._config = config
        self._sync = sync
        self._plan = plan
        self._prepare = prepare
        self._queue = queue
        self._gate = gate
        self._failures = failures
        self._tally = tally
        self._done = done

    def is_open(self) -> bool:
        """Whether Plex may be written to."""
        return self._gate.is_open(self._config, asking=False)

    def look(self, jobs: Sequence[Claimed]) -> None:
        """Fetch the details of all their items."""
        self._gate.guarded(lambda: self._prepare([one.job.scene_id for one in jobs]))

    def plan(self, claimed: Claimed) -> PlannedScene | None:
        """What a job takes. Raises StashUnavailable, sqlite3.Error."""
        planned = self._guarded(claimed, lambda: self._plan(self._sync, claimed.job.model_dump()))
        if isinstance(planned, Ended):
            self._finish(claimed, planned)
        return planned if isinstance(planned, PlannedScene) else None

    def begin(self, scenes: Sequence[PlannedScene]) -> list[PlannedScene]:
        """Note what is about to be written. Raises sqlite3.Error."""
        return self._sync.begin(scenes)

    def withdraw(self, scenes: Sequence[PlannedScene]) -> None:
        """Nothing was begun of these. Raises sqlite3.Error."""
        self._sync.withdraw(scenes)

    def carry_out(self, claimed: Claimed, planned: PlannedScene) -> bool:
        """Write what is planned for a job; says whether that went well. Raises StashUnavailable, sqlite3.Error."""
        try:
            synced = self._guarded(claimed, lambda: self._sync.carry_out(planned))
        except StashUnavailable:
            self._queue.put_back(claimed)
            raise
        if synced is None:
            return False
        if synced.kept:
            self._tally.keep(claimed.job.scene_id)
        self._finish(claimed, synced.outcome)
        return True

    def put_back(self, claimed: Claimed) -> None:
        """Let a job wait for the next batch."""
        self._queue.put_back(claimed)

    def _finish(self, claimed: Claimed, outcome: Ended) -> None:
        self._gate.breaker.worked()
        self._failures.finished(claimed.job.scene_id, outcome)
        self._tally.note(claimed.job.scene_id, outcome)
        self._done.append(claimed)

    def _guarded(self, claimed: Claimed, step: Callable[[], _Value]) -> _Value | None:
        """Do a step for a job; None when that failed, and what becomes of the job is decided."""
        try:
            return step()
        except (StashUnavailable, sqlite3.Error):
            raise  # nothing of it is this scene's fault
        except PlexSyncError as error:
            self._failures.handle(claimed, error)
        except Exception as error:  # one scene that trips over a bug must not stop the others
            log.exception("Scene %d failed in an unforeseen way.", claimed.job.scene_id)
            self._failures.try_again(claimed, f"unforeseen {type(error).__name__}; plexsync.log has the details")
        return None
