"""`/library/metadata/{ids}` and what hangs below it that only reads."""

from __future__ import annotations

from tests.doubles.plex.listing import MEDIA_TAG_VERSION
from tests.doubles.plex.messages import Answer, HTTPFailure, Request, failure
from tests.doubles.plex.model import Item
from tests.doubles.plex.nodes import Scalar, container
from tests.doubles.plex.state import State
from tests.doubles.plex.views import item_node, look_of


def details(state: State, request: Request, ids: str) -> Answer:
    """One item or several, with all their tags. Missing ones are left out; none left is a 404."""
    items = existing(state, ids)
    look = look_of(request, full=True, ignore_excludes=state.switches.ignore_exclude_elements)
    sections = {item.section for item in items}
    attrs: dict[str, Scalar] = {
        "size": len(items),
        "allowSync": True,
        "identifier": "com.plexapp.plugins.library",
    }
    if len(sections) == 1:
        section = state.sections[items[0].section]
        attrs["librarySectionID"] = section.key
        attrs["librarySectionTitle"] = section.title
        attrs["librarySectionUUID"] = section.uuid
    attrs["mediaTagPrefix"] = "/system/bundle/media/flags/"
    attrs["mediaTagVersion"] = MEDIA_TAG_VERSION
    return Answer(node=container(attrs, [item_node(state, item, request.account, look) for item in items]))


def existing(state: State, ids: str) -> list[Item]:
    """Items of a list of rating keys; 404 when there is none."""
    keys = [int(text) for text in ids.split(",") if text.isdigit()]
    found = list(dict.fromkeys(key for key in keys if key in state.items))
    if state.switches.details_order == "db":
        found.sort()
    if not found:
        raise HTTPFailure(failure(404))
    return [state.items[key] for key in found]


def one(state: State, key: str) -> Item:
    """An item by rating key; 404 when it does not exist."""
    return existing(state, key)[0]


def children(state: State, request: Request, key: str, leaves: bool = False) -> Answer:
    """Seasons of a show, episodes of a season, tracks of an album; with `leaves` the lowest level only."""
    parent = one(state, key)
    rows = _below(state, parent)
    while leaves and rows and not rows[0].media:
        rows = [row for parent in rows for row in _below(state, parent)]
    look = look_of(request, full=False, ignore_excludes=False)
    attrs: dict[str, Scalar] = {"size": len(rows), "key": key, "parentTitle": parent.title}
    return Answer(node=container(attrs, [item_node(state, row, request.account, look) for row in rows]))


def _below(state: State, parent: Item) -> list[Item]:
    return [item for item in state.items.values() if item.parent == parent.id]
