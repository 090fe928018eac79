"""What was rated in Plex since: asked for every quarter of an hour, and soon after something was played.

A rating moves no change counter and no other time of Plex's, and no event tells of it.
"""

from __future__ import annotations

from collections.abc import Callable

from plex.index import LibraryIndex
from validation.jobs import UpdateType
from worker.metadata.memory import SeenRating
from worker.metadata.ratings import PlexRating, is_rated_since
from worker.processor import SyncWorker
from worker.storage.ownership import Owned

#: Seconds between two looks, and from something that was played until the next: stars are given at its end.
EVERY, SOON = 900.0, 60.0


class RatingLook:
    """Called by the background worker when nothing else is to be done. ``clock`` gives seconds since 1970."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._due = 0.0
        self._played = 0

    def __call__(self, owned: Owned, worker: SyncWorker) -> None:
        """Queue the scenes whose items were rated. Raises sqlite3.Error."""
        if not worker.config.ratings_from_plex or worker.config.only_look or worker.all_held:
            return
        now, played = self._clock(), owned.record.newest_played()
        if played != self._played:
            self._played, self._due = played, min(self._due, now + SOON)
        if now < self._due <= now + EVERY:
            return
        self._due = now + EVERY
        worker.gate.guarded(lambda: _look(owned, worker))


def _look(owned: Owned, worker: SyncWorker) -> None:
    server = worker.plex_client.server
    seen = owned.index.look_for_ratings(server)
    for scene_id, ratings in owned.record.rated_items(str(server.machineIdentifier), seen).items():
        if any(is_rated(owned.index, item, last) for item, last in ratings.items()):
            owned.queue.add(scene_id, UpdateType.RECONCILE)
    owned.queue.sync()


def is_rated(index: LibraryIndex, item: str, last: SeenRating) -> bool:
    """Whether Plex shows another rating of an item than when both sides were looked at, or the same one anew."""
    stars = index.stars(item)
    return stars is not None and is_rated_since(PlexRating(stars.rating, stars.rated_at), last)
