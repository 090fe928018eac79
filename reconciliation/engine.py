"""The engine that looks at all of Stash and queues what has to be compared with Plex."""

from __future__ import annotations

import logging
from collections.abc import Callable

from plex.client import PlexClient
from stash.client import StashClient
from stash.scenes import all_scene_ids
from validation.jobs import UpdateType

log = logging.getLogger(__name__)


class ReconciliationEngine:
    """Reads Stash page by page and enqueues. ``client`` is the way to Plex, ``enqueue`` takes scene and reason."""

    def __init__(self, stash: StashClient, client: PlexClient, enqueue: Callable[[int, UpdateType], None]) -> None:
        self._stash = stash
        self._client = client
        self._enqueue = enqueue

    def enqueue_all(self) -> int:
        """Queue every scene of Stash; returns how many. What was queued stays when this is interrupted.

        Raises StashUnavailable, and the errors of plex/exceptions.py when Plex is down, before anything is queued.
        """
        self._client.server  # noqa: B018 - connecting is the question
        queued = 0
        for page in all_scene_ids(self._stash):
            for scene_id in page:
                self._enqueue(scene_id, UpdateType.SYNC_ALL)
            queued += len(page)
        return queued
