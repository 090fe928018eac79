"""Giving items back what they showed before PlexSync first wrote to them."""

from __future__ import annotations

import logging

from plex.items import fetch_items
from plex.protocols import Server
from stash.client import StashClient
from worker.items.collections import CollectionKeeper
from worker.items.target import Target
from worker.items.writer import ItemWriter
from worker.metadata.wanted import nothing_wanted
from worker.storage.record import Record

log = logging.getLogger(__name__)


def give_back(scene_id: int, record: Record, server: Server, writer: ItemWriter, stash: StashClient | None) -> None:
    """Undo what was written to every item of a scene, but for those of another scene too.

    Raises the errors of plex/exceptions.py.
    """
    keys = record.items_of(scene_id, str(server.machineIdentifier))
    for item in fetch_items(server, keys).values() if keys else ():
        target = Target.of(item)
        written = writer.write(target, scene_id, nothing_wanted())
        CollectionKeeper(server, record, stash).leave_all(target.shown)
        log.info("Gave back to Plex what it showed before scene %d: %s.", scene_id, ", ".join(written.labels))
