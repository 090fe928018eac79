"""What is done with one job of a batch while nothing is to be written: it is planned, told of, and done with.

No outcome, no memory and no capability is noted, nothing is parked, and Plex is asked for no scan: what was only looked
at is planned anew once it is to be written.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from plex.exceptions import PlexNotFound
from validation.config import PlexSyncConfig
from validation.errors import ConfigurationError, PermanentError, PlexSyncError, StashTrouble
from validation.outcomes import Ended
from worker.items.foreseen import Foreseen, HasCollection, Onlooker, foresee
from worker.items.planned import ItemKey, PlannedScene
from worker.items.sender import UnderWay
from worker.job_steps import BatchSteps
from worker.jobs.failures import kind_of
from worker.metadata.wanted import picture_places
from worker.storage.jobqueue import Claimed

log = logging.getLogger(__name__)

_Value = TypeVar("_Value")


def settings_to_plan_with(config: PlexSyncConfig, covers: bool) -> PlexSyncConfig:
    """The settings by which scenes are planned. Where that is not carried out, Plex scans nothing for it; ``covers``:
    whether they are compared then, else each is left alone."""
    if not config.only_look:
        return config
    changed: dict[str, object] = {"plex_scan_missing": False}
    if not covers:
        changed |= {"skip_poster": True, "sync_background": False}
    return config.model_copy(update=changed)


@dataclass(frozen=True)
class LookSteps(BatchSteps):
    """The steps for jobs that are only looked at: they are done with, whatever was seen."""

    onlooker: Onlooker
    has_collection: HasCollection

    def plan(self, claimed: Claimed) -> PlannedScene | None:
        """What a job would take; None when that could not be planned. Raises StashUnavailable, sqlite3.Error."""
        planned = self._guarded(claimed, lambda: self.plan_job(self.sync, claimed.job.model_dump()))
        if isinstance(planned, Ended):
            self._told(claimed, Foreseen(claimed.job.scene_id, planned))
            return None
        return planned

    def compare(self, claimed: Claimed, planned: PlannedScene) -> bool:
        """Look at the cover of a scene; says whether that went well. Raises as ``plan``."""
        return self._guarded(claimed, planned.compared) is not None

    def begin(self, scenes: Sequence[PlannedScene]) -> list[PlannedScene]:
        """Nothing is begun."""
        return list(scenes)

    def begun(self, scenes: Iterable[PlannedScene]) -> PlannedScene | None:  # noqa: ARG002
        """None."""
        return None

    def withdraw(self, scenes: Sequence[PlannedScene]) -> None:
        """Nothing was noted."""

    def start(self, claimed: Claimed, planned: PlannedScene, until: float) -> UnderWay[bool] | None:  # noqa: ARG002
        """None: nothing is written."""
        return None

    def is_behind(self) -> bool:
        """Nothing was written."""
        return False

    def look_back(self, but_for: Collection[ItemKey]) -> bool:  # noqa: ARG002
        """Nothing was written."""
        return False

    def halt(self) -> None:
        """Nothing is under way."""

    def go_on(self) -> None:
        """Nothing is under way."""

    def carry_out(self, claimed: Claimed, planned: PlannedScene) -> bool:
        """Tell what would be done."""
        places = () if self.onlooker.covers or planned.scene is None else picture_places(self.config)
        try:
            foreseen = foresee(planned, places, self.has_collection)
        except PlexSyncError as error:
            self._failed(claimed, error)
            return False
        self._told(claimed, foreseen)
        return True

    def _failed(self, claimed: Claimed, error: PlexSyncError, lists_left: bool = False) -> None:  # noqa: ARG002
        """What is no scene's fault lets it wait; what is, is told of."""
        if isinstance(error, PlexNotFound):
            kind = Ended.MISSING
        elif isinstance(error, ConfigurationError):
            self.gate.pause(str(error))
            return self.queue.put_back(claimed)
        elif isinstance(error, StashTrouble):
            self.gate.stash_fails(error)
            return self.queue.put_back(claimed)
        elif isinstance(error, PermanentError):
            kind = kind_of(error)
        elif self.gate.is_down(error):
            self.gate.plex_down(error)
            return self.queue.put_back(claimed)
        else:
            kind = Ended.FAILED
        return self._told(claimed, Foreseen(claimed.job.scene_id, kind, why=str(error)))

    def _tripped(self, claimed: Claimed, why: str) -> None:
        """It is told of."""
        self._told(claimed, Foreseen(claimed.job.scene_id, Ended.FAILED, why=why))

    def _told(self, claimed: Claimed, foreseen: Foreseen) -> None:
        self.gate.breaker.worked()
        self.onlooker.saw(foreseen)
        self.tally.note(foreseen.scene_id, foreseen.ended)
        if foreseen.kept:
            self.tally.keep(foreseen.scene_id)
        self.done.add(claimed)
