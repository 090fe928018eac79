"""What is done with one job of a batch, and with whatever goes wrong in it: it stays with that job."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from validation.config import PlexSyncConfig
from validation.errors import PlexSyncError, StashUnavailable
from validation.outcomes import Ended
from worker.items.planned import ItemKey, PlannedScene
from worker.items.sender import UnderWay
from worker.items.synced import Synced
from worker.jobs.claims import Jobs
from worker.jobs.failures import Failures
from worker.jobs.gate import Gate
from worker.jobs.tally import Tally
from worker.scene_sync import SceneSync
from worker.storage.jobqueue import Claimed

log = logging.getLogger(__name__)

_Value = TypeVar("_Value")


@dataclass(frozen=True)
class BatchSteps:
    """What the steps of worker/rounds.py need for the jobs of one batch, whatever becomes of those.

    ``config``: the settings as they are. ``plan_job`` tells what a job takes, or how it ended without anything to do;
    ``prepare`` fetches what that needs. Jobs that were dealt with are added to ``done``.
    """

    config: PlexSyncConfig
    sync: SceneSync
    plan_job: Callable[[SceneSync, Mapping[str, Any]], PlannedScene | Ended]
    prepare: Callable[[Sequence[int]], object]
    queue: Jobs
    gate: Gate
    tally: Tally
    done: list[Claimed]

    def is_open(self) -> bool:
        """Whether Plex may be asked, and written to."""
        return self.gate.is_open(self.config, asking=False)

    def look(self, jobs: Sequence[Claimed]) -> None:
        """Fetch the details of all their items."""
        self.gate.guarded(lambda: self.prepare([one.job.scene_id for one in jobs]))

    def put_back(self, claimed: Claimed) -> None:
        """Let a job wait for the next batch."""
        self.queue.put_back(claimed)


@dataclass(frozen=True)
class JobSteps(BatchSteps):
    """The steps for jobs that are carried out: those that went well are done with."""

    failures: Failures

    def plan(self, claimed: Claimed) -> PlannedScene | None:
        """What a job takes. Raises StashUnavailable, sqlite3.Error."""
        planned = self._guarded(claimed, lambda: self.plan_job(self.sync, claimed.job.model_dump()))
        if isinstance(planned, Ended):
            self._finish(claimed, planned)
        return planned if isinstance(planned, PlannedScene) else None

    def begin(self, scenes: Sequence[PlannedScene]) -> list[PlannedScene]:
        """Note what is about to be written. Raises sqlite3.Error."""
        return self.sync.begin(scenes)

    def begun(self, scenes: Iterable[PlannedScene]) -> PlannedScene | None:
        """One of which something was written already, together with others."""
        return self.sync.begun(scenes)

    def withdraw(self, scenes: Sequence[PlannedScene]) -> None:
        """Nothing was begun of these but what was written with others. Raises sqlite3.Error."""
        self.sync.withdraw(scenes)

    def start(self, claimed: Claimed, planned: PlannedScene, until: float) -> UnderWay[bool] | None:
        """Hand over what is planned for a job; landing that says whether it went well, and raises as ``carry_out``.
        None: it is to be carried out by itself. Raises sqlite3.Error."""
        under_way = self.sync.start(planned, until)
        if under_way is None:
            return None
        return UnderWay(under_way.future, lambda: self._finished(claimed, under_way.land))

    def look_back(self, but_for: Collection[ItemKey]) -> bool:
        """Look at items that were written before, but for some, if enough of them are due; says whether that was so."""
        read_back = self.sync.read_back
        is_due = read_back.is_due(is_idle=False, but_for=but_for)
        return is_due and self.gate.guarded(lambda: read_back.look(self.sync.finder.server(), but_for=but_for))

    def halt(self) -> None:
        """Begin nothing more of what was handed over."""
        self.sync.sender.halt()

    def go_on(self) -> None:
        """Everything that was handed over was waited for."""
        self.sync.sender.go_on()

    def carry_out(self, claimed: Claimed, planned: PlannedScene) -> bool:
        """Write what is planned for a job; says whether that went well. Raises StashUnavailable, sqlite3.Error."""
        return self._finished(claimed, lambda: self.sync.carry_out(planned))

    def _finished(self, claimed: Claimed, carry_out: Callable[[], Synced]) -> bool:
        try:
            synced = self._guarded(claimed, carry_out)
        except StashUnavailable:
            self.queue.put_back(claimed)
            raise
        if synced is None:
            return False
        if synced.kept:
            self.tally.keep(claimed.job.scene_id)
        self._finish(claimed, synced.outcome)
        return True

    def _finish(self, claimed: Claimed, outcome: Ended) -> None:
        self.gate.breaker.worked()
        self.failures.finished(claimed.job.scene_id, outcome)
        self.tally.note(claimed.job.scene_id, outcome)
        self.done.append(claimed)

    def _guarded(self, claimed: Claimed, step: Callable[[], _Value]) -> _Value | None:
        """Do a step for a job; None when that failed, and what becomes of the job is decided."""
        try:
            return step()
        except (StashUnavailable, sqlite3.Error):
            raise  # nothing of it is this scene's fault
        except PlexSyncError as error:
            self.failures.handle(claimed, error)
        except Exception as error:  # one scene that trips over a bug must not stop the others
            log.exception("Scene %d failed in an unforeseen way.", claimed.job.scene_id)
            self.failures.try_again(claimed, f"unforeseen {type(error).__name__}; plexsync.log has the details")
        return None
