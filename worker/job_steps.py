"""What is done with one job of a batch, and with whatever goes wrong in it: it stays with that job."""

from __future__ import annotations

import logging
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from plex.exceptions import PlexRefused
from validation.config import PlexSyncConfig
from validation.errors import ConfigurationError, PermanentError, PlexSyncError, StashUnavailable
from validation.outcomes import Ended
from worker.items.fields_first import fields_first
from worker.items.planned import ItemKey, PlannedScene
from worker.items.readback import MANY
from worker.items.sender import UnderWay
from worker.items.synced import Synced
from worker.jobs.claims import Jobs
from worker.jobs.failures import Failures
from worker.jobs.gate import Gate
from worker.jobs.hand import Finished
from worker.jobs.tally import Tally
from worker.scene_sync import SceneSync
from worker.storage.jobqueue import Claimed

log = logging.getLogger(__name__)

_Value = TypeVar("_Value")


@dataclass(frozen=True)
class BatchSteps(ABC):
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
    done: Finished

    def is_open(self) -> bool:
        """Whether Plex may be asked, and written to."""
        return self.gate.is_open(self.config, asking=False)

    def look(self, jobs: Sequence[Claimed]) -> None:
        """Fetch the details of all their items."""
        self.gate.guarded(lambda: self.prepare([one.job.scene_id for one in jobs]))

    def put_back(self, claimed: Claimed) -> None:
        """Let a job wait for the next batch."""
        self.queue.put_back(claimed)

    def end(self) -> None:
        """Let go of covers that are still on their way."""
        self.sync.covers.close()

    def _guarded(self, claimed: Claimed, step: Callable[[], _Value], lists_left: bool = False) -> _Value | None:
        """Do a step for a job; None when that failed, and what becomes of the job is decided. ``lists_left``: of its
        scene, lists of tags are still to be written. Raises StashUnavailable, sqlite3.Error."""
        try:
            return step()
        except (StashUnavailable, sqlite3.Error):
            raise  # nothing of it is this scene's fault
        except PlexSyncError as error:
            self._failed(claimed, error, lists_left)
        except Exception as error:  # one scene that trips over a bug must not stop the others
            log.exception("Scene %d failed in an unforeseen way.", claimed.job.scene_id)
            self._tripped(claimed, f"unforeseen {type(error).__name__}")
        return None

    @abstractmethod
    def _failed(self, claimed: Claimed, error: PlexSyncError, lists_left: bool) -> None:
        """A step failed with an error of the tree. ``lists_left`` as in ``_guarded``."""

    @abstractmethod
    def _tripped(self, claimed: Claimed, why: str) -> None:
        """A step failed in a way that nobody foresaw."""


#: Why a job waits of which only lists of tags are left.
LISTS_LEFT = "its tags come after the other fields of all scenes, since this Plex takes long for tags"


@dataclass(frozen=True)
class JobSteps(BatchSteps):
    """The steps for jobs that are carried out: those that went well are done with. Where a list of tags takes long, the
    other fields of a scene are written first, and its job waits again for the rest."""

    failures: Failures

    def plan(self, claimed: Claimed) -> PlannedScene | None:
        """What a job takes. Raises StashUnavailable, sqlite3.Error."""
        if self.queue.is_outdated(claimed):
            self.queue.put_back(claimed)  # else the scene would go back to what it was when it was read for this
            return None
        planned = self._guarded(claimed, lambda: self.plan_job(self.sync, claimed.job.model_dump()))
        if isinstance(planned, Ended):
            self._finish(claimed, planned)
        if not isinstance(planned, PlannedScene):
            return None
        planned = self._fields_first(claimed, planned)
        return None if not planned.awaits_cover and self._leaves_lists_alone(claimed, planned) else planned

    def compare(self, claimed: Claimed, planned: PlannedScene) -> bool:
        """Look at the cover of a scene; says whether that went well. Raises as ``plan``."""
        is_compared = self._guarded(claimed, planned.compared, planned.lists_left) is not None
        return is_compared and not self._leaves_lists_alone(claimed, planned)

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
        is_other = self.queue.is_outdated(claimed) or self.sync.is_held_by_now(planned)
        under_way = None if is_other else self.sync.start(planned, until)
        if under_way is None:
            return None
        return UnderWay(under_way.future, lambda: self._finished(claimed, planned, under_way.land))

    def is_behind(self) -> bool:
        """Whether so many items were written and not looked at that this is not left until there is time."""
        return len(self.sync.read_back) >= MANY

    def look_back(self, but_for: Collection[ItemKey]) -> bool:
        """Look at items that were written before, but for some, if enough of them are due; says whether that was so."""
        read_back = self.sync.read_back
        due = read_back.due(is_idle=False, but_for=but_for)
        return bool(due) and self.gate.guarded(lambda: read_back.look(self.sync.finder.server(), due))

    def halt(self) -> None:
        """Begin nothing more of what was handed over."""
        self.sync.sender.halt()

    def go_on(self) -> None:
        """Everything that was handed over was waited for."""
        self.sync.sender.go_on()

    def carry_out(self, claimed: Claimed, planned: PlannedScene) -> bool:
        """Write what is planned for a job; says whether that went well. Raises StashUnavailable, sqlite3.Error."""
        is_begun = self.sync.begun([planned]) is not None
        if self.sync.is_held_by_now(planned) or (not is_begun and self._is_other_by_now(claimed, planned)):
            self.sync.withdraw([planned])
            self.queue.put_back(claimed)
            return True
        return self._finished(claimed, planned, lambda: self.sync.carry_out(planned))

    def _finished(self, claimed: Claimed, planned: PlannedScene, carry_out: Callable[[], Synced]) -> bool:
        try:
            synced = self._guarded(claimed, carry_out, planned.lists_left)
        except StashUnavailable:
            self.queue.put_back(claimed)
            raise
        if synced is None:
            return False
        if synced.kept:
            self.tally.keep(claimed.job.scene_id)
        self._note(claimed, synced.outcome)
        if planned.lists_left:
            self._leave_lists(claimed)
        elif self.queue.is_outdated(claimed):
            self.queue.put_back(claimed)  # what is noted of the scene is not what it is by now: it may be gone
        else:
            self.done.add(claimed)
        return True

    def _is_other_by_now(self, claimed: Claimed, planned: PlannedScene) -> bool:
        """Whether something else may have to be done for a job, since another write took long: the scene was dealt with
        meanwhile, or it is known by now that its lists take long, or somebody wants something held."""
        is_slow = not planned.lists_left and self._fields_first(claimed, planned).lists_left
        return is_slow or self.queue.is_outdated(claimed) or not self.sync.sender.may_begin()

    def _fields_first(self, claimed: Claimed, planned: PlannedScene) -> PlannedScene:
        is_as_planned = claimed.job.lists_left or claimed.job.attempts or planned.scene is None
        return planned if is_as_planned else fields_first(planned, self.sync.read_back.times)

    def _leaves_lists_alone(self, claimed: Claimed, planned: PlannedScene) -> bool:
        """Leave the lists of a scene of which nothing else differs; says whether that is so."""
        if not planned.lists_left or planned.notes:
            return False
        self._leave_lists(claimed)
        return True

    def _leave_lists(self, claimed: Claimed) -> None:
        said = {"due": self.sync.record.now, "attempts": 0, "reason": LISTS_LEFT, "lists_left": True}
        self.queue.put_back(claimed, claimed.job.model_copy(update={**said, "missing_since": None, "files": ()}))

    def _finish(self, claimed: Claimed, outcome: Ended) -> None:
        self._note(claimed, outcome)
        self.done.add(claimed)

    def _note(self, claimed: Claimed, outcome: Ended) -> None:
        self.gate.breaker.worked()
        self.failures.finished(claimed.job.scene_id, outcome)
        self.tally.note(claimed.job.scene_id, outcome)

    def _failed(self, claimed: Claimed, error: PlexSyncError, lists_left: bool) -> None:
        """What is wrong with a field of which lists are left is dealt with once they are written, too."""
        if lists_left and _stays(error):
            self._leave_lists(claimed)
        else:
            self.failures.handle(claimed, error)

    def _tripped(self, claimed: Claimed, why: str) -> None:
        """It is tried again some times."""
        self.failures.try_again(claimed, f"{why}; plexsync.log has the details")


def _stays(error: PlexSyncError) -> bool:
    """Whether something of this one scene would fail in the same way at each try."""
    return isinstance(error, PermanentError) and not isinstance(error, ConfigurationError | PlexRefused)
