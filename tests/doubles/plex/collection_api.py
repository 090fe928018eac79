"""`/library/collections`: made by POST, filled and emptied by URIs and rating keys."""

from __future__ import annotations

import re

from tests.doubles.plex import changes, collecting, smart
from tests.doubles.plex.collection_prefs import prefs_node, set_pref
from tests.doubles.plex.details import one
from tests.doubles.plex.listing import page_of
from tests.doubles.plex.messages import Answer, HTTPFailure, Request, failure, ok
from tests.doubles.plex.model import TYPE_NAMES, Item, Section, Tag
from tests.doubles.plex.nodes import container
from tests.doubles.plex.state import State
from tests.doubles.plex.views import item_node, look_of

_URI = re.compile(r"server://(?P<machine>[^/]+)/com\.plexapp\.plugins\.library/library/metadata/(?P<ids>[\d,]+)")


def create(state: State, request: Request) -> Answer:
    """`POST /library/collections`: always a new one, which plexapi takes as the first row of the answer."""
    section = state.sections.get(int(request.get("sectionId") or 0))
    title = changes.tag(state.switches, request.get("title"))
    if section is None or not title:
        return failure(400)
    if request.flag("smart"):
        return _create_smart(state, request, section, title)
    items = _named_items(state, request)
    if items is None:
        return failure(400)
    tag = state.tags.get("collection", title)
    if collecting.collection_of(section, tag) is not None:
        tag = state.tags.make("collection", title)
    subtype = items[0].type if items else section.type
    collection = collecting.make(state, section, subtype, tag, posted=not items)
    for item in items:
        _join(state, item, tag)
    return shown(state, request, collection)


def _create_smart(state: State, request: Request, section: Section, title: str) -> Answer:
    search = smart.search_of(state, request.get("uri"))
    kind = TYPE_NAMES.get(int(request.get("type") or 0)) if request.get("type").isdigit() else section.type
    if search is None or kind is None:
        return failure(400)
    tag = state.tags.make("collection", title, by_text=False)
    return shown(state, request, collecting.make(state, section, kind, tag, content=search))


def shown(state: State, request: Request, collection: Item) -> Answer:
    """`GET /library/collections/{id}`."""
    look = look_of(request, full=True, ignore_excludes=False)
    node = item_node(state, collection, request.account, look)
    if request.flag("includePreferences"):
        node.children.append(prefs_node(collection))
    return Answer(node=container({}, [node]))


def set_prefs(state: State, request: Request, collection: Item) -> Answer:
    """`PUT …/prefs?collectionSort=2`, `collectionMode`, `collectionFilterBasedOnUser`: what plexapi's updates send."""
    changed = [set_pref(state, collection, name, value) for name, value in request.params]
    if any(changed):
        _changed(state, collection)
    return ok()


def move(state: State, request: Request, collection: Item, key: str) -> Answer:
    """`PUT …/items/{id}/move?after={id}`: behind that member, or in front of all without `after`."""
    _refuse_smart(collection)
    after = one(state, request.get("after")) if request.has("after") else None
    if not collecting.move(state, collection, one(state, key), after):
        return failure(404)
    _changed(state, collection)
    return ok()


def children(state: State, request: Request, collection: Item) -> Answer:
    """`GET /library/collections/{id}/children` or `/items`: a page of the members, as a list shows them."""
    look = look_of(request, full=False, ignore_excludes=False)
    rows = collecting.members(state, collection, request.account)
    start, size = page_of(request, state.switches.require_container_headers, state.switches.max_page)
    page = rows[start:] if size is None else rows[start : start + size]
    section = state.sections[collection.section]
    attrs = {"size": len(page), "totalSize": len(rows), "offset": start, "librarySectionID": section.key}
    nodes = [item_node(state, item, request.account, look) for item in page]
    return Answer(node=container({**attrs, "librarySectionTitle": section.title}, nodes))


def add(state: State, request: Request, collection: Item) -> Answer:
    """`PUT …/items?uri=server://…`: more members, or another search for a smart one."""
    if collection.content:
        search = smart.search_of(state, request.get("uri"))
        if search is None:
            return failure(400)
        collection.content = search
        _changed(state, collection)
        return shown(state, request, collection)
    items = _named_items(state, request)
    if not items or collection.tag is None:
        return failure(400)
    for item in items:
        _join(state, item, collection.tag)
    return shown(state, request, collection)


def remove(state: State, collection: Item, key: str) -> Answer:
    """`DELETE …/items/{id}`: one member at a time."""
    _refuse_smart(collection)
    item = one(state, key)
    if collection.tag is None or not state.tags.detach(item, collection.tag):
        return failure(404)
    collecting.leave(state, item, collection.tag)
    _changed(state, item)
    return ok()


def delete(state: State, collection: Item) -> Answer:
    """The collection goes, its members stay."""
    for item in [] if collection.content else collecting.members(state, collection):
        if collection.tag is not None:
            state.tags.detach(item, collection.tag)
        _changed(state, item)
    state.drop_item(collection)
    return ok()


def _refuse_smart(collection: Item) -> None:
    """Nobody but its search decides who is in a smart collection."""
    if collection.content:
        raise HTTPFailure(failure(400))


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
