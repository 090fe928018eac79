"""What is done about collections beyond the tag on each item: who joins and leaves, a new collection's picture.

Plex makes a collection when the first item gets its tag. PlexSync gives it a picture once, lets collection_order.py
arrange it, and removes it when it is empty and Plex keeps it all the same. A collection of somebody else's
(whose_collection.py) is only joined and left: it is neither given a picture nor arranged nor removed.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from plex.collections import (
    Collection,
    member_keys,
    read_collection,
    remove_collection,
    upload_picture,
)
from plex.exceptions import PlexListMoved, PlexNotFound, PlexPermanentError
from plex.protocols import Server
from stash.client import StashClient
from stash.pictures import Picture, fetch_picture
from validation.config import PlexSyncConfig
from validation.errors import SceneTrouble
from validation.names import tag_key
from validation.scenes import Scene
from worker.items.collection_order import CollectionOrder, unless_refused
from worker.items.whose_collection import collections_of_ours, look
from worker.metadata.shown import Shown
from worker.metadata.wanted import collection_sources
from worker.storage.collections import CollectionName, Standing, Whose
from worker.storage.journal_entries import CollectionAction, CollectionChange, WriteState
from worker.storage.record import Record

log = logging.getLogger(__name__)


@contextmanager
def _unless_unknown(name: CollectionName) -> Iterator[None]:
    """From a list of members that is not proved whole nothing follows; it is looked at with the scene's next sync."""
    try:
        yield
    except PlexListMoved:
        log.info('The collection "%s" changed while it was listed; it is left as it is for now.', name.title_key)


@dataclass(frozen=True)
class _Wish:
    """A collection that an item is to be in.

    ``picture``: an address below Stash, or empty. ``place``: the scene's index in the group, None without one.
    """

    title: str
    picture: str
    place: int | None


class CollectionKeeper:
    """Looks after the collections of one server that PlexSync puts items into."""

    def __init__(self, server: Server, record: Record, stash: StashClient) -> None:
        self._server = server
        self._record = record
        self._stash = stash
        self._machine = str(server.machineIdentifier)
        self._order = CollectionOrder(server, record)

    def concern(self, shown: Shown, scene: Scene, config: PlexSyncConfig) -> bool:
        """Whether an item is in a collection, or is to be, or was; mostly not. ``shown`` as for ``follow``."""
        wished = self._wishes(shown, scene, config)
        return bool(wished or self._record.memberships(self._machine, shown.rating_key))

    def follow(self, shown: Shown, scene: Scene, config: PlexSyncConfig) -> None:
        """Do what is left to do about the collections of an item that was just written.

        ``shown``: the item as it was before the write. It goes by the record and not by what was just written: what
        failed for a lost connection is done with the next try. Raises the errors of plex/exceptions.py and
        StashUnavailable.
        """
        wishes, put_there = self._wishes(shown, scene, config), self.leave(shown)
        places = self._record.memberships(self._machine, shown.rating_key)
        for name, wish in wishes.items():
            if name in put_there:
                with _unless_unknown(name):
                    self._joined(shown, name, wish, places)

    def leave(self, shown: Shown) -> set[CollectionName]:
        """Do what is left to do about the collections that an item was taken out of; returns those it was put into."""
        titles = collections_of_ours(self._record.memory(self._machine, shown.rating_key))
        put_there = {self._name(shown, title) for title in titles}
        for name in self._record.memberships(self._machine, shown.rating_key):
            if name not in put_there and name.section == shown.section_key:
                with _unless_unknown(name):
                    self._left(shown, name)
        return put_there

    def follow_undo(self, shown: Shown) -> None:
        """Do what is left to do about the collections that an undo took an item out of, or put it into again.

        Raises the errors of plex/exceptions.py.
        """
        put_there, places = self.leave(shown), self._record.memberships(self._machine, shown.rating_key)
        for title in collections_of_ours(self._record.memory(self._machine, shown.rating_key)):
            name = self._name(shown, title)
            if name in put_there and name not in places:
                with _unless_unknown(name):
                    self._joined(shown, name, _Wish(title, "", None), places)

    def leave_all(self, shown: Shown) -> None:
        """Do what is left to do about the collections of an item to which everything was given back.

        Raises the errors of plex/exceptions.py.
        """
        for name in self._record.memberships(self._machine, shown.rating_key):
            if name.section == shown.section_key:
                with _unless_unknown(name):
                    self._left(shown, name)

    def _wishes(self, shown: Shown, scene: Scene, config: PlexSyncConfig) -> dict[CollectionName, _Wish]:
        wishes: dict[CollectionName, _Wish] = {}
        groups = {tag_key(one.name): one.index for one in scene.groups} if config.collection_groups else {}
        for name, picture in collection_sources(scene, config):
            title = config.collection_prefix + name
            known = wishes.get(self._name(shown, title))
            picture = known.picture or picture if known else picture
            wishes[self._name(shown, title)] = _Wish(title, picture, groups.get(tag_key(name)))
        return wishes

    def _joined(
        self, shown: Shown, name: CollectionName, wish: _Wish, places: dict[CollectionName, int | None]
    ) -> None:
        key = shown.rating_key
        is_new = name not in {self._name(shown, title) for title in shown.tag_names("collection")}
        goes_to = wish.place if is_new or places.get(name) != wish.place else None
        standing = self._record.standing(name)
        if standing and ((is_new and name in places) or (standing.picture_due and wish.picture)):
            # The item had left, by somebody's hand, perhaps with the collection; or Stash has a picture by now.
            standing = None
        if standing and name in places and places[name] == wish.place and goes_to is None:
            return
        if name not in places or (is_new and places[name] is not None):
            places = {**places, name: None}
            self._record.put_into(name, key, None)
        arranged = standing is not None and self._arranged(name, wish, standing, key, goes_to)
        if not arranged:
            standing = self._look(shown, name, wish)
            arranged = standing is not None and self._arranged(name, wish, standing, key, goes_to)
        if arranged and places.get(name) != wish.place:
            self._record.put_into(name, key, wish.place)

    def _arranged(self, name: CollectionName, wish: _Wish, standing: Standing, item: str, goes_to: int | None) -> bool:
        return goes_to is None or self._order.arrange(name, wish.title, standing, item, goes_to)

    def _look(self, shown: Shown, name: CollectionName, wish: _Wish) -> Standing | None:
        """Look a collection up in Plex, give one of ours a picture, note whose it is. None: Plex does not show the
        item in it yet."""
        seen = look(self._server, self._record, name, wish.title, shown.rating_key)
        standing = None
        if seen is not None:
            waits = seen.whose is not Whose.THEIRS and not self._give_picture(name, seen.collection, wish.picture)
            standing = Standing(seen.collection.rating_key, seen.whose, picture_due=waits)
            if seen.whose is Whose.OURS and self._record.standing(name) is None:
                made = CollectionChange(CollectionAction.MADE, seen.collection.title, name.section)
                self._record.intend(self._machine, seen.collection.rating_key, made, WriteState.CONFIRMED)
        self._record.set_standing(name, standing)
        return standing

    def _left(self, shown: Shown, name: CollectionName) -> None:
        item, standing = shown.rating_key, self._record.standing(name)
        if standing and not self._record.members(name).keys() - {item}:
            if standing.whose is not Whose.THEIRS and not self._done_with(name, standing, item):
                return
            # None of ours is left in it: whose it is, is found out anew when one comes back.
            self._record.set_standing(name, None)
        self._record.took_out(name, item)

    def _done_with(self, name: CollectionName, standing: Standing, last: str) -> bool:
        """Remove one of our collections that its last member of ours has left, if nobody is in it. False when Plex
        still shows that member there: it is looked at once more with the next sync."""
        collection = read_collection(self._server, standing.rating_key)
        if collection is None or collection.is_smart or not collection.is_called(name.title_key):
            return True  # it is gone, and its number another's
        members = member_keys(self._server, standing.rating_key)
        if not members:
            self._remove(name, collection)
        return members != [last]

    def _remove(self, name: CollectionName, collection: Collection) -> None:
        removed = CollectionChange(CollectionAction.REMOVED, collection.title, name.section)
        try:
            with self._record.journaled(self._machine, collection.rating_key, removed):
                remove_collection(self._server, collection)
            log.info('Removed the collection "%s", which is empty now.', collection.title)
        except (PlexNotFound, PlexPermanentError) as error:
            log.warning("The empty collection cannot be removed: %s", error)

    def _give_picture(self, name: CollectionName, collection: Collection, path: str) -> bool:
        """Upload a collection's picture where it has none; False when Stash has none to give yet."""
        if collection.has_picture:
            return True
        if not path:
            return False
        try:
            picture = fetch_picture(self._stash, path)
        except SceneTrouble as trouble:  # no scene waits for it
            log.warning('The collection "%s" has no picture yet: %s', collection.title, trouble)
            return False
        if not isinstance(picture, Picture):
            return True
        given = CollectionChange(CollectionAction.PICTURE, collection.title, name.section)

        def upload() -> None:
            with self._record.journaled(self._machine, collection.rating_key, given):
                upload_picture(self._server, collection, picture.content)

        try:
            unless_refused(upload)
        except PlexNotFound:
            log.warning('Plex did not take the picture of the collection "%s".', collection.title)
        else:
            log.info('Gave the collection "%s" its picture.', collection.title)
        return True

    def _name(self, shown: Shown, title: str) -> CollectionName:
        return CollectionName(self._machine, shown.section_key, tag_key(title))
