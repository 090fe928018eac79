"""Smart collections: a search that is kept. Their members carry no tag and change by themselves."""

from __future__ import annotations

import re

from tests.doubles.plex import filters
from tests.doubles.plex.messages import parse_query
from tests.doubles.plex.model import TYPE_NAMES, Item
from tests.doubles.plex.ordering import arrange, columns, default_kind
from tests.doubles.plex.state import State

_URI = re.compile(
    r"server://(?P<machine>[^/]+)/com\.plexapp\.plugins\.library(?P<search>/library/sections/\d+/all\?.*)"
)


def search_of(state: State, uri: str) -> str | None:
    """The search of a `uri` as plexapi sends it, which a smart collection shows as `content`; None when it is none."""
    match = _URI.fullmatch(uri)
    return match["search"] if match and match["machine"] == state.machine_identifier else None


def matches(state: State, account: int, collection: Item) -> list[Item]:
    """What the search finds now, in its order."""
    params = parse_query(collection.content.partition("?")[2])
    named = dict(params)
    section = state.sections[collection.section]
    kind = int(named["type"]) if named.get("type", "").isdigit() else default_kind(section)
    clause = filters.parse(params, filters.Context(state, account, state.clock()))
    pool = (item for item in section.items.values() if item.type == TYPE_NAMES.get(kind))
    found = [item for item in pool if clause is None or clause.test(item)]
    rows = arrange(state, account, found, columns(named.get("sort", "")))
    limit = named.get("limit", "")
    return rows[: int(limit)] if limit.isdigit() else rows
