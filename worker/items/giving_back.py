"""Giving items back what they showed before PlexSync first wrote to them."""

from __future__ import annotations

import logging

from stash.client import StashClient
from worker.items.item_server import ItemServer
from worker.items.writer import ItemWriter
from worker.storage.record import Record

log = logging.getLogger(__name__)


def give_back(scene_id: int, record: Record, server: ItemServer, writer: ItemWriter, stash: StashClient) -> None:
    """Undo what was written to every item of a scene, but for those of another scene too.

    Raises the errors of plex/exceptions.py.
    """
    for target in server.targets(record.items_of(scene_id, server.machine)):
        written = writer.give_back(target, scene_id)
        server.collections(record, stash).leave_all(target.shown)
        log.info("Gave back to Plex what it showed before scene %d: %s.", scene_id, ", ".join(written.labels))
