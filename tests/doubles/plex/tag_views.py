"""How an item's tags look. Lists draw them from columns, which exist for six types only; labels have none."""

from __future__ import annotations

import hashlib

from tests.doubles.plex.collecting import collection_of
from tests.doubles.plex.model import TAG_ELEMENTS, Item, Tag, Tagging
from tests.doubles.plex.nodes import Node, Scalar
from tests.doubles.plex.state import State

_LIMITS = {"genre": 2, "director": 2, "writer": 2, "country": 2, "collection": 2, "actor": 3}
_PEOPLE = frozenset(("actor", "director", "writer", "producer"))


def tag_key(tag: Tag) -> str:
    """What a person has in Plex's own database: 24 hexadecimal digits, the same for the same name."""
    return hashlib.sha1(tag.text.encode()).hexdigest()[:24]


def add_tags(state: State, item: Item, node: Node, *, full: bool) -> None:
    """Whole in details, cut short in lists."""
    for kind, element in TAG_ELEMENTS.items():
        row = item.tags(kind)
        if not row:
            continue
        if full:
            node.children += [_tag_node(state, item, element, tagging) for tagging in row]
        elif kind in _LIMITS:
            shown = row[: _LIMITS[kind]]
            node.children += [Node(element, {"tag": tagging.tag.text}) for tagging in shown]


def _tag_node(state: State, item: Item, element: str, tagging: Tagging) -> Node:
    tag = tagging.tag
    kind = tag.type
    attrs: dict[str, Scalar] = {"id": tag.id, "filter": f"{kind}={tag.id}", "tag": tag.text}
    if kind == "genre" and tag.uses > 1:
        attrs["count"] = tag.uses
    if kind == "collection":
        made = collection_of(state.sections[item.section], tag)
        if made is not None:
            attrs["guid"] = made.guid
    if tagging.text:
        attrs["role"] = tagging.text
    source = state.switches.role_thumb
    thumb = (tagging.thumb if source != "tag" else "") or (tag.thumb if source != "tagging" else "")
    if thumb:
        attrs["thumb"] = thumb
    key = tag_key(tag) if tagging.key is None else tagging.key
    if kind in _PEOPLE and key:
        attrs["tagKey"] = key
    return Node(element, attrs)
