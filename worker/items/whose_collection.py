"""Which of Plex's collections an item is in, and whose that is: told by its members, listed now, never by a count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from plex.collections import Collection, find_collections, members_with_files
from plex.items import Part
from plex.protocols import Server
from validation.errors import DamagedRow
from validation.names import tag_key
from worker.metadata.item_files import ItemFile
from worker.metadata.memory import ItemMemory
from worker.storage.collections import CollectionName, Whose
from worker.storage.record import Record


@dataclass(frozen=True)
class Seen:
    """The collection that an item is in, and whose it is."""

    collection: Collection
    whose: Whose


#: The files of a collection's members by their rating keys.
_Members = Mapping[str, Sequence[Part]]


@dataclass(frozen=True)
class _Listed:
    """A collection with its members as they are listed now."""

    collection: Collection
    members: _Members


def look(server: Server, record: Record, name: CollectionName, title: str, item: str) -> Seen | None:
    """The collection of that title that an item, by its rating key, is in; None when Plex shows the item in none yet.

    It is ours when all its members were put there by us, or when it is one that was, so that we made it: who adds a
    film to it makes it no other. Where several of that title hold the item, nobody can tell which one our tag made.
    The only one of that title that holds somebody else's is theirs before Plex shows the item in it.
    Costs a list, and the members of each collection of that title. Raises the errors of plex/exceptions.py.
    """
    found = find_collections(server, name.section, title)
    listed = [_Listed(one, members_with_files(server, one.rating_key)) for one in found]
    holding = [one for one in listed if item in one.members]
    known = record.standing(name)
    same = next((one for one in listed if known and known.rating_key == one.collection.rating_key), None)
    if known and same:
        return Seen(same.collection, known.whose) if same in holding else None
    if len(holding) == 1 and _all_put_there(record, name, holding[0].members):
        return Seen(holding[0].collection, Whose.OURS)
    if not holding and (len(listed) != 1 or _all_put_there(record, name, listed[0].members)):
        return None
    return Seen((holding or listed)[0].collection, Whose.THEIRS)


def collections_of_ours(memory: ItemMemory | None) -> tuple[str, ...]:
    """The titles of the collections that we put an item into."""
    tags = memory.tags.get("collection") if memory else None
    return tags.ours if tags else ()


def _all_put_there(record: Record, name: CollectionName, members: _Members) -> bool:
    put_there = record.members(name).keys()
    return all(key in put_there and _is_put_there(record, name, key, files) for key, files in members.items())


def _is_put_there(record: Record, name: CollectionName, item: str, parts: Sequence[Part]) -> bool:
    """Whether an item that holds these files is in a collection by our doing. A rating key alone is no proof."""
    try:
        known = record.recall(name.server, item, tuple(ItemFile.of(part.file, part.size) for part in parts))
    except DamagedRow:  # what is not known proves nothing
        return False
    return known is not None and name.title_key in map(tag_key, collections_of_ours(known.content))
