"""`/library/collections`: made by POST, filled and emptied by URIs and rating keys."""

from __future__ import annotations

import re

from tests.doubles.plex import collecting
from tests.doubles.plex.details import one
from tests.doubles.plex.messages import Answer, Request, failure, ok
from tests.doubles.plex.model import Item, Tag
from tests.doubles.plex.nodes import Node, Scalar, container
from tests.doubles.plex.state import State
from tests.doubles.plex.views import item_node, look_of

_URI = re.compile(r"server://(?P<machine>[^/]+)/com\.plexapp\.plugins\.library/library/metadata/(?P<ids>[\d,]+)")


def create(state: State, request: Request) -> Answer:
    """`POST /library/collections`: answers the new collection, which plexapi takes as its first row."""
    section = state.sections.get(int(request.get("sectionId") or 0))
    items = _named_items(state, request)
    title = request.get("title")
    if section is None or not title or items is None:
        return failure(400)
    tag = state.tags.get("collection", title)
    subtype = items[0].type if items else section.type
    collection = collecting.ensure_collection(state, section, subtype, tag, posted=not items)
    for item in items:
        _join(state, item, tag)
    return shown(state, request, collection)


def shown(state: State, request: Request, collection: Item) -> Answer:
    """`GET /library/collections/{id}`."""
    look = look_of(request, full=True, ignore_excludes=False)
    node = item_node(state, collection, request.account, look)
    if request.flag("includePreferences"):
        order = collection.fields.get("collectionSort", 0)
        values = "|".join(f"{number}:{name}" for number, name in collecting.ORDERS.items())
        attrs: dict[str, Scalar] = {"id": "collectionSort", "type": "int", "default": 0, "value": order}
        attrs["enumValues"] = values
        node.children.append(Node("Preferences", {}, [Node("Setting", attrs)]))
    return Answer(node=container({}, [node]))


def set_prefs(state: State, request: Request, collection: Item) -> Answer:
    """`PUT …/prefs?collectionSort=2`: what plexapi's `sortUpdate` sends."""
    wanted = request.get("collectionSort")
    if wanted.isdigit() and int(wanted) in collecting.ORDERS:
        collecting.set_order(state, collection, int(wanted))
        _changed(state, collection)
    return ok()


def move(state: State, request: Request, collection: Item, key: str) -> Answer:
    """`PUT …/items/{id}/move?after={id}`: behind that member, or in front of all without `after`."""
    after = one(state, request.get("after")) if request.has("after") else None
    if not collecting.move(state, collection, one(state, key), after):
        return failure(404)
    _changed(state, collection)
    return ok()


def children(state: State, request: Request, collection: Item) -> Answer:
    """`GET /library/collections/{id}/children` or `/items`: the members, as a list shows them."""
    look = look_of(request, full=False, ignore_excludes=False)
    rows = [item_node(state, item, request.account, look) for item in collecting.members(state, collection)]
    section = state.sections[collection.section]
    attrs = {"size": len(rows), "totalSize": len(rows), "librarySectionID": section.key}
    return Answer(node=container({**attrs, "librarySectionTitle": section.title}, rows))


def add(state: State, request: Request, collection: Item) -> Answer:
    """`PUT …/items?uri=server://…`."""
    items = _named_items(state, request)
    if not items:
        return failure(400)
    tag = state.tags.get("collection", collection.title)
    for item in items:
        _join(state, item, tag)
    return shown(state, request, collection)


def remove(state: State, collection: Item, key: str) -> Answer:
    """`DELETE …/items/{id}`: one member at a time."""
    item = one(state, key)
    tag = state.tags.find("collection", collection.title)
    if tag is None or not state.tags.detach(item, tag):
        return failure(404)
    collecting.leave(state, item, tag)
    _changed(state, item)
    return ok()


def delete(state: State, collection: Item) -> Answer:
    """The collection goes, its members stay."""
    tag = state.tags.find("collection", collection.title)
    for item in collecting.members(state, collection):
        if tag is not None:
            state.tags.detach(item, tag)
        _changed(state, item)
    state.drop_item(collection)
    return ok()


def _join(state: State, item: Item, tag: Tag) -> None:
    state.tags.attach(item, tag, len(item.tags("collection")))
    collecting.join(state, item, tag)
    _changed(state, item)


def _changed(state: State, item: Item) -> None:
    state.applied_writes += 1
    state.count_change(item, content=state.switches.tag_edit_moves_content)
    if state.switches.tag_edit_bumps_updated_at:
        state.show_change(item)


def _named_items(state: State, request: Request) -> list[Item] | None:
    """Items of the `uri`; None when it is bad, an empty list when there is none at all."""
    uri = request.get("uri")
    if not uri:
        return []
    match = _URI.fullmatch(uri)
    if match is None or match["machine"] != state.machine_identifier:
        return None
    found = [state.items.get(int(key)) for key in match["ids"].split(",") if key]
    items = [item for item in found if item is not None]
    return items or None
