"""Collections: items of type 18 with a rating key and a tag of their own. Ordinary members carry that tag.

A tag edit finds or makes the collection of that title; a POST makes another one, also when the title is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tests.doubles.plex import smart
from tests.doubles.plex.guids import default_guid
from tests.doubles.plex.model import Item, Section, Shelf, Tag
from tests.doubles.plex.state import OWNER, State
from tests.doubles.plex.tagging import nocase

# The values of the setting collectionSort: by release date, by title, custom (plexapi/collection.py).
BY_RELEASE, BY_TITLE, CUSTOM_ORDER = 0, 1, 2


def collection_of(section: Section, tag: Tag) -> Item | None:
    """The section's collection whose members carry the tag."""
    return next((item for item in section.collections.values() if item.tag is tag), None)


def ensure_collection(state: State, section: Section, subtype: str, tag: Tag) -> Item:
    """The collection's item, made when the first member gets the tag (seen by plexapi's test-suite)."""
    return collection_of(section, tag) or make(state, section, subtype, tag)


def make(
    state: State, section: Section, subtype: str, tag: Tag, *, posted: bool = False, content: str = "", key: int = 0
) -> Item:
    """A collection without members; with `content`, a search, a smart one. `posted` ones may stay empty."""
    key = state.new_key(key or None)
    item = Item(
        id=key,
        section=section.key,
        type="collection",
        guid=default_guid(section, "collection", key),
        fields={"title": tag.text, "subtype": subtype, "summary": ""},
        added_at=state.now(),
        updated_at=state.now(),
        shelves={"posters": Shelf(["default://composite"])},
        posted=posted,
        tag=tag,
        content=content,
    )
    state.add_item(item)
    return item


def load(state: State, section: Section, entries: Iterable[Mapping[str, Any]]) -> None:
    """`collections` of the library file: each is one of its own, beside those that the tags of items make."""
    for entry in entries:
        title, search = str(entry["title"]), entry.get("smart")
        tag = state.tags.make("collection", title, by_text=search is None)
        content = "" if search is None else f"/library/sections/{section.key}/all?{search}"
        key = int(entry.get("ratingKey", 0))
        item = make(state, section, section.type, tag, posted=True, content=content, key=key)
        for name in ("summary", "collectionSort", "collectionMode"):
            if name in entry:
                item.fields[name] = entry[name]
        for number in entry.get("members", ()):
            member = state.items[int(number)]
            state.tags.attach(member, tag, len(member.tags("collection")))


def members(state: State, collection: Item, account: int = OWNER) -> list[Item]:
    """Who carries the tag, as somebody moved them, else by release date or title; or what the search finds."""
    if collection.content:
        return smart.matches(state, account, collection)
    if collection.tag is None:
        return []
    carriers = state.tags.carriers.get(collection.tag.id, {}).values()
    found = [item for item in carriers if item.section == collection.section]
    if collection.order:
        places = {key: place for place, key in enumerate(collection.order)}
        return sorted(found, key=lambda item: places.get(item.id, len(places)))  # who came later, in order of coming
    order = collection.fields.get("collectionSort", BY_RELEASE)
    if order == CUSTOM_ORDER:
        return found
    by_title = sorted(found, key=lambda item: state.sort_title(item).lower())
    if order == BY_TITLE:
        return by_title
    return sorted(by_title, key=lambda item: str(item.fields.get("originallyAvailableAt", "")))


def set_order(state: State, collection: Item, order: int) -> None:
    """Custom begins with the order that was shown before; the others forget who was moved."""
    collection.order = [item.id for item in members(state, collection)] if order == CUSTOM_ORDER else []
    collection.fields["collectionSort"] = order


def move(state: State, collection: Item, item: Item, after: Item | None) -> bool:
    """Put a member behind another, or in front of all; False when either is no member. Any order can be moved in."""
    keys = [member.id for member in members(state, collection)]
    if item.id not in keys or (after is not None and after.id not in keys):
        return False
    keys.remove(item.id)
    keys.insert(0 if after is None else keys.index(after.id) + 1, item.id)
    collection.order = keys
    return True


def join(state: State, item: Item, tag: Tag) -> None:
    """After the tag was attached: make sure that the collection exists."""
    ensure_collection(state, state.sections[item.section], item.type, tag)


def leave(state: State, item: Item, tag: Tag) -> None:
    """After the tag was detached: the last member takes the collection with it (a switch keeps it)."""
    collection = collection_of(state.sections[item.section], tag)
    if collection is None:
        return
    collection.order = [key for key in collection.order if key != item.id]
    if members(state, collection):
        return
    if state.switches.remove_empty_collections and not collection.posted:
        state.drop_item(collection)


def title_taken(state: State, collection: Item, title: str) -> bool:
    """Whether another collection of the section has the title: a renaming is a 409 then (plexapi's tests)."""
    wanted = nocase(title)
    others = state.sections[collection.section].collections.values()
    return any(nocase(other.title) == wanted for other in others if other is not collection)


def rename(state: State, collection: Item, title: str) -> None:
    """Members show the new title. A tag that another section's collection has too stays with that one."""
    tag = collection.tag
    if tag is None:
        return
    if all(other.tag is not tag for other in state.items.values() if other is not collection):
        state.tags.rename(tag, title)
        return
    own = members(state, collection)
    collection.tag = state.tags.make("collection", title)
    for item in own:
        index = next(tagging.index for tagging in item.tags("collection") if tagging.tag is tag)
        state.tags.detach(item, tag)
        state.tags.attach(item, collection.tag, index)


def drop(state: State, item: Item) -> None:
    """Delete an item, and the collections that have no other member."""
    tags = [tagging.tag for tagging in item.tags("collection")]
    state.drop_item(item)
    for tag in tags:
        leave(state, item, tag)
