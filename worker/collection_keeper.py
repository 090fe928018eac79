"""What collections need beyond their tag on each item: a picture, once, and to go when they are empty."""

from __future__ import annotations

import logging
from typing import Any

from plex.collections import Collection, read_collections, remove_collection, upload_picture
from plex.decisions import tag_key
from plex.wanted import collection_sources
from stash.client import StashClient
from stash.pictures import Picture, fetch_picture
from validation.config import PlexSyncConfig
from validation.scenes import Scene
from worker.record import Record
from worker.writer import Written

log = logging.getLogger(__name__)


class CollectionKeeper:
    """Looks after the collections of one server that PlexSync puts items into."""

    def __init__(self, server: Any, record: Record, stash: StashClient | None) -> None:
        self._server = server
        self._record = record
        self._stash = stash
        self._prefix = f"collection:{server.machineIdentifier}:"

    def after(self, item: Any, scene: Scene, config: PlexSyncConfig, written: Written) -> None:
        """Look after the collections an item was put into or taken out of; mostly there is nothing to do.

        Raises the errors of plex/exceptions.py and StashUnavailable.
        """
        pictures = {config.collection_prefix + name: path for name, path in collection_sources(scene, config)}
        new = {name: path for name, path in pictures.items() if not self._record.said(self._key(item, name))}
        if not new and not written.left_collections:
            return
        there = read_collections(self._server, item.section_key)
        for name, path in new.items():
            collection = there.get(tag_key(name))
            if collection is not None:
                self._give_picture(collection, path)
                self._record.say(self._key(item, name), "ours")
        for name in written.left_collections:
            left = there.get(tag_key(name))
            if left is not None and left.members == 0 and self._record.said(self._key(item, name)):
                remove_collection(self._server, left)
            if left is None or left.members == 0:
                self._record.say(self._key(item, name), "")

    def _give_picture(self, collection: Collection, path: str) -> None:
        if not path or collection.has_picture or self._stash is None:
            return
        picture = fetch_picture(self._stash, path)
        if isinstance(picture, Picture):
            upload_picture(self._server, collection, picture.content)
            log.info('Gave the collection "%s" its picture.', collection.title)

    def _key(self, item: Any, name: str) -> str:
        return f"{self._prefix}{item.section_key}:{tag_key(name)}"
