"""Whether anything comes back from Plex to Stash. While nothing does, none of that is even imported."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from validation.jobs import UpdateType
from worker.datadir import DataDir
from worker.processor import SyncWorker
from worker.storage.ownership import Owned
from worker.storage.record import Record
from worker.timing import Timing

#: Seconds after a session in which somebody may give the stars.
RATED_WITHIN = 60.0

if TYPE_CHECKING:
    from worker.returns.returning import PlexReturns


class FromPlex:
    """Called by the background worker in each round; starts and stops what brings plays and positions back."""

    def __init__(self, data: DataDir, timing: Timing, clock: Callable[[], float]) -> None:
        self._data = data
        self._timing = timing
        self._clock = clock
        self._returns: PlexReturns | None = None
        self._ended: Record | None = None

    def work(self, worker: SyncWorker, owned: Owned) -> None:
        """Let come back what the settings want. Raises StashUnavailable, sqlite3.Error, OSError."""
        config = worker.config
        if not config.hears_plays and self._ended is not owned.record:
            self._ended = owned.record
            owned.record.end_plays()
        elif config.hears_plays:
            self._ended = None
        if not config.hears_sessions or config.only_look or config.obstacle:
            self.close()
            return
        from worker.returns.returning import Means, PlexReturns

        if self._returns is None:
            self._returns = PlexReturns(self._data, self._timing, self._clock)

        def may_ask() -> bool:
            return worker.gate.is_open(worker.config, asking=False)

        def was_played(scene_id: int) -> None:
            if config.ratings_from_plex:
                owned.queue.add(scene_id, UpdateType.RECONCILE, RATED_WITHIN)

        self._returns.work(Means(owned.record, config, worker.stash, lambda: worker.plex_client, may_ask, was_played))

    def close(self) -> None:
        """Listen no more."""
        if self._returns is not None:
            self._returns.close()
            self._returns = None
