"""What is done with one job of a batch while nothing is to be written: it is planned, told of, and done with.

No outcome, no memory and no capability is noted, nothing is parked, and Plex is asked for no scan: what was only looked
at is planned anew once it is to be written.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from plex.exceptions import PlexNotFound
from validation.config import PlexSyncConfig
from validation.errors import ConfigurationError, PermanentError, PlexSyncError, StashTrouble, StashUnavailable
from validation.outcomes import Ended
from worker.items.foreseen import Foreseen, HasCollection, Onlooker, foresee
from worker.items.planned import PlannedScene
from worker.jobs.claims import Jobs
from worker.jobs.failures import kind_of
from worker.jobs.gate import Gate
from worker.jobs.tally import Tally
from worker.metadata.wanted import picture_places
from worker.scene_sync import SceneSync
from worker.storage.jobqueue import Claimed

log = logging.getLogger(__name__)


def settings_to_plan_with(config: PlexSyncConfig, covers: bool) -> PlexSyncConfig:
    """The settings by which scenes are planned. Where that is not carried out, Plex scans nothing for it; ``covers``:
    whether they are compared then, else each is left alone."""
    if not config.only_look:
        return config
    changed: dict[str, object] = {"plex_scan_missing": False}
    if not covers:
        changed |= {"skip_poster": True, "sync_background": False}
    return config.model_copy(update=changed)


class LookSteps:
    """The steps of worker/rounds.py. Jobs that were looked at are added to ``done``, whatever was seen.

    ``config``: the settings as they are. The rest as in worker/job_steps.py.
    """

    def __init__(
        self,
        config: PlexSyncConfig,
        sync: SceneSync,
        plan: Callable[[SceneSync, Mapping[str, Any]], PlannedScene | Ended],
        prepare: Callable[[Sequence[int]], object],
        queue: Jobs,
        gate: Gate,
        tally: Tally,
        onlooker: Onlooker,
        has_collection: HasCollection,
        done: list[Claimed],
    ) -> None:
        self._config = config
        self._sync = sync
        self._plan = plan
        self._prepare = prepare
        self._queue = queue
        self._gate = gate
        self._tally = tally
        self._onlooker = onlooker
        self._has_collection = has_collection
        self._done = done

    def is_open(self) -> bool:
        """Whether Plex may be asked."""
        return self._gate.is_open(self._config, asking=False)

    def look(self, jobs: Sequence[Claimed]) -> None:
        """Fetch the details of all their items."""
        self._gate.guarded(lambda: self._prepare([one.job.scene_id for one in jobs]))

    def plan(self, claimed: Claimed) -> PlannedScene | None:
        """What a job would take; None when that could not be planned. Raises StashUnavailable, sqlite3.Error."""
        try:
            planned = self._plan(self._sync, claimed.job.model_dump())
        except (StashUnavailable, sqlite3.Error):
            raise
        except PlexSyncError as error:
            self._failed(claimed, error)
            return None
        except Exception as error:  # one scene that trips over a bug must not stop the others
            log.exception("Scene %d could not be planned in an unforeseen way.", claimed.job.scene_id)
            self._told(claimed, Foreseen(claimed.job.scene_id, Ended.FAILED, why=f"unforeseen {type(error).__name__}"))
            return None
        if isinstance(planned, Ended):
            self._told(claimed, Foreseen(claimed.job.scene_id, planned))
            return None
        return planned

    def begin(self, scenes: Sequence[PlannedScene]) -> list[PlannedScene]:
        """Nothing is begun."""
        return list(scenes)

    def withdraw(self, scenes: Sequence[PlannedScene]) -> None:
        """Nothing was noted."""

    def carry_out(self, claimed: Claimed, planned: PlannedScene) -> bool:
        """Tell what would be done."""
        places = () if self._onlooker.covers or planned.scene is None else picture_places(self._config)
        try:
            foreseen = foresee(planned, places, self._has_collection)
        except PlexSyncError as error:
            self._failed(claimed, error)
            return False
        self._told(claimed, foreseen)
        return True

    def put_back(self, claimed: Claimed) -> None:
        """Let a job wait for the next batch."""
        self._queue.put_back(claimed)

    def _failed(self, claimed: Claimed, error: PlexSyncError) -> None:
        """What is no scene's fault lets it wait; what is, is told of."""
        if isinstance(error, PlexNotFound):
            kind = Ended.MISSING
        elif isinstance(error, ConfigurationError):
            self._gate.pause(str(error))
            return self._queue.put_back(claimed)
        elif isinstance(error, StashTrouble):
            self._gate.stash_fails(error)
            return self._queue.put_back(claimed)
        elif isinstance(error, PermanentError):
            kind = kind_of(error)
        elif self._gate.is_down(error):
            self._gate.plex_down(error)
            return self._queue.put_back(claimed)
        else:
            kind = Ended.FAILED
        return self._told(claimed, Foreseen(claimed.job.scene_id, kind, why=str(error)))

    def _told(self, claimed: Claimed, foreseen: Foreseen) -> None:
        self._gate.breaker.worked()
        self._onlooker.saw(foreseen)
        self._tally.note(foreseen.scene_id, foreseen.ended)
        if foreseen.kept:
            self._tally.keep(foreseen.scene_id)
        self._done.append(claimed)
