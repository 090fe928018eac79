"""Collections: a tag and, in each section that uses it, an item of type 18 with a rating key of its own."""

from __future__ import annotations

from tests.doubles.plex.guids import default_guid
from tests.doubles.plex.model import Item, Section, Shelf, Tag
from tests.doubles.plex.state import State
from tests.doubles.plex.tagging import nocase

# The values of the setting collectionSort: by release date, by title, custom (plexapi/collection.py).
ORDERS = {0: "Release date", 1: "Alphabetical", 2: "Custom"}
CUSTOM_ORDER = 2


def find_collection(section: Section, title: str) -> Item | None:
    """By title, ignoring case."""
    wanted = nocase(title)
    return next((item for item in section.collections.values() if nocase(item.title) == wanted), None)


def ensure_collection(state: State, section: Section, subtype: str, tag: Tag, posted: bool = False) -> Item:
    """The collection's item, made when the first member gets the tag (seen by plexapi's test-suite)."""
    found = find_collection(section, tag.text)
    if found is not None:
        return found
    key = state.new_key()
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
    )
    state.add_item(item)
    return item


def members(state: State, collection: Item) -> list[Item]:
    """Items of the section that carry the collection's tag, by sort title, or as somebody arranged them."""
    tag = state.tags.find("collection", collection.title)
    if tag is None or not tag.uses:
        return []
    carriers = state.tags.carriers.get(tag.id, {}).values()
    found = [item for item in carriers if item.section == collection.section]
    if collection.fields.get("collectionSort") != CUSTOM_ORDER:
        return sorted(found, key=lambda item: item.title.lower())
    places = {key: place for place, key in enumerate(collection.order)}
    return sorted(found, key=lambda item: places.get(item.id, len(places)))  # whoever came later, in order of coming


def set_order(state: State, collection: Item, order: int) -> None:
    """0 by release, 1 by title, 2 custom, which begins with the order that was shown before."""
    collection.order = [item.id for item in members(state, collection)]
    collection.fields["collectionSort"] = order


def move(state: State, collection: Item, item: Item, after: Item | None) -> bool:
    """Put a member behind another, or in front of all; False when either is no member."""
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
    collection = find_collection(state.sections[item.section], tag.text)
    if collection is None:
        return
    collection.order = [key for key in collection.order if key != item.id]
    if members(state, collection):
        return
    if state.switches.remove_empty_collections and not collection.posted:
        state.drop_item(collection)


def title_taken(state: State, collection: Item, title: str) -> bool:
    """Whether another collection of the section has the title: PMS answers 409 then (plexapi's tests)."""
    other = find_collection(state.sections[collection.section], title)
    return other is not None and other is not collection


def drop(state: State, item: Item) -> None:
    """Delete an item, and the collections that have no other member."""
    tags = [tagging.tag for tagging in item.tags("collection")]
    state.drop_item(item)
    for tag in tags:
        leave(state, item, tag)
