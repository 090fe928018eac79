"""What became of writes to collections that the journal still holds open: told by looking at each collection once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from plex.collections import Collection, member_keys, read_collection
from plex.exceptions import PlexListMoved, PlexNotFound
from plex.protocols import Server
from validation.names import tag_key
from worker.items.collection_order import move_needed
from worker.storage.collections import CollectionName
from worker.storage.journal_entries import CollectionAction, CollectionChange, WriteState
from worker.storage.record import Record


@dataclass(frozen=True)
class SeenCollection:
    """A collection as it is now: its members' keys in their order, and the places that PlexSync gave some of them."""

    collection: Collection
    members: Sequence[str] = ()
    places: Mapping[str, int] = field(default_factory=dict)


def settle_collections(server: Server, record: Record) -> None:
    """Look at every collection of which an entry is open; mostly there is none, and nothing is asked.

    Costs a request each, and one more where a member was moved. Raises the errors of plex/exceptions.py.
    """
    machine = str(server.machineIdentifier)
    for rating_key, written in record.open_collections(machine).items():
        try:
            seen = _look(server, record, rating_key, [one.change for one in written])
        except (PlexListMoved, PlexNotFound):
            continue  # it changes at this moment; the next comparison looks again
        for one in written:
            record.became([one.entry], became(one.change, seen))


def became(change: CollectionChange, seen: SeenCollection | None) -> WriteState:
    """What became of a write, by the collection it was made to; None: that is gone. Pure."""
    if seen is None or not seen.collection.is_called(change.title):
        gone = change.action is CollectionAction.REMOVED
        return WriteState.CONFIRMED if gone else WriteState.DIFFERENT
    if change.action is CollectionAction.MOVED:
        return _moved(change, seen)
    is_done = {
        CollectionAction.MADE: True,
        CollectionAction.PICTURE: seen.collection.has_picture,
        CollectionAction.ORDERED: seen.collection.in_custom_order,
        CollectionAction.REMOVED: False,
    }
    return WriteState.CONFIRMED if is_done[change.action] else WriteState.NOT_MADE


def _moved(change: CollectionChange, seen: SeenCollection) -> WriteState:
    """Others may have been moved since: it stands right where it stands by the places that are known now."""
    if change.member not in seen.members:
        return WriteState.DIFFERENT
    at = seen.members.index(change.member)
    behind = seen.members[at - 1] if at else ""
    is_right = change.member in seen.places and move_needed(seen.members, seen.places, change.member) is None
    if is_right or behind == change.after:
        return WriteState.CONFIRMED
    return WriteState.NOT_MADE if behind == change.before else WriteState.DIFFERENT


def _look(
    server: Server, record: Record, rating_key: str, changes: Sequence[CollectionChange]
) -> SeenCollection | None:
    collection = read_collection(server, rating_key)
    moved = next((one for one in changes if one.action is CollectionAction.MOVED), None)
    if collection is None or moved is None:
        return SeenCollection(collection) if collection else None
    name = CollectionName(str(server.machineIdentifier), moved.section, tag_key(moved.title))
    places = {item: place for item, place in record.members(name).items() if place is not None}
    return SeenCollection(collection, member_keys(server, rating_key), places)
