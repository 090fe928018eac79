"""`/hubs/search`, and the lists of values that a filter can take."""

from __future__ import annotations

from collections import Counter

from tests.doubles.plex.messages import Answer, Request, failure
from tests.doubles.plex.model import TYPE_NUMBERS, Item, Section, Tag
from tests.doubles.plex.nodes import Node, Scalar, container
from tests.doubles.plex.query_fields import reader
from tests.doubles.plex.state import OWNER, State
from tests.doubles.plex.tag_views import tag_key
from tests.doubles.plex.tagging import nocase
from tests.doubles.plex.views import item_node, look_of

_TAG_FILTERS = frozenset(("genre", "collection", "director", "actor", "writer", "producer", "country", "label"))
_VALUE_FILTERS = frozenset(("year", "decade", "contentRating", "studio", "resolution"))
# Tag types that the hub search knows, with Plex's numbers for them (plexapi 4.18.3, utils.TAGTYPES).
_TAG_HUBS = {"genre": 1, "director": 4, "actor": 6}
FILTER_NAMES = _TAG_FILTERS | _VALUE_FILTERS
_HUBS = (("movie", "Movies"), ("show", "Shows"), ("artist", "Artists"), ("collection", "Collections"))


def hub_search(state: State, request: Request) -> Answer:
    """Over title, sort title and original title, as the server's full-text table. No query is a 400."""
    query = request.get("query").strip().lower()
    if not query:
        return failure(400)
    limit = int(request.get("limit") or 3) if (request.get("limit") or "3").isdigit() else 3
    look = look_of(request, full=False, ignore_excludes=False)
    hubs = []
    for kind, title in _HUBS:
        if kind == "collection" and not request.flag("includeCollections"):
            continue
        hits = [item for item in _pool(state, request) if item.type == kind and _has(item, query)]
        rows = [item_node(state, item, request.account, look) for item in hits[:limit]]
        attrs: dict[str, Scalar] = {
            "title": title, "type": kind, "hubIdentifier": kind, "size": len(rows), "more": len(hits) > limit,
        }  # fmt: skip
        hubs.append(Node("Hub", attrs, rows))
    hubs += [_tag_hub(state, request, kind, query, limit) for kind in _TAG_HUBS]
    return Answer(node=container({"identifier": "com.plexapp.plugins.library"}, hubs))


def _tag_hub(state: State, request: Request, kind: str, query: str, limit: int) -> Node:
    """Tags whose text holds the query, once for each section that uses them."""
    rows: list[Node] = []
    wanted = request.get("sectionId")
    for section in state.sections.values():
        if wanted and wanted != str(section.key):
            continue
        used = Counter(t.tag.id for item in section.items.values() for t in item.tags(kind))
        for tag_id, count in used.items():
            tag = state.tags.by_id(tag_id)
            if tag is not None and query in tag.text.lower():
                rows.append(_tag_row(section, kind, tag, count))
    attrs: dict[str, Scalar] = {
        "title": f"{kind.capitalize()}s", "type": kind, "hubIdentifier": kind, "size": len(rows[:limit]),
        "more": len(rows) > limit,
    }  # fmt: skip
    return Node("Hub", attrs, rows[:limit])


def _tag_row(section: Section, kind: str, tag: Tag, count: int) -> Node:
    attrs: dict[str, Scalar] = {
        "key": f"/library/sections/{section.key}/all?{kind}={tag.id}",
        "librarySectionID": section.key,
        "librarySectionKey": f"/library/sections/{section.key}",
        "librarySectionTitle": section.title,
        "librarySectionType": TYPE_NUMBERS.get(section.type, 1),
        "reason": "section",
        "reasonID": section.key,
        "reasonTitle": section.title,
        "score": 0.5,
        "type": "tag",
        "id": tag.id,
        "filter": f"{kind}={tag.id}",
        "tag": tag.text,
        "tagType": _TAG_HUBS[kind],
        "count": count,
    }
    if kind == "actor":
        attrs["tagKey"] = tag_key(tag)
    return Node("Directory", attrs)


def filter_choices(state: State, request: Request, section: Section, name: str) -> Answer:
    """`GET /library/sections/{id}/genre`: the values in use, with the key a filter takes."""
    base = f"/library/sections/{section.key}/all?{name}="
    kind = request.get("type")
    items = [i for i in section.items.values() if not kind or str(TYPE_NUMBERS[i.type]) == kind]
    if name in _TAG_FILTERS:
        used = {t.tag.id: t.tag.text for item in items for t in item.tags(name)}
        rows = sorted(used.items(), key=lambda row: nocase(row[1]))
        nodes = [_choice(base, str(tag_id), text) for tag_id, text in rows]
    else:
        read = reader(name, state, OWNER)
        values: set[str] = set()
        for item in items:
            have = read(item)
            values.update(str(v) for v in (have if isinstance(have, tuple) else (have,)) if v is not None)
        nodes = [_choice(base, value, value) for value in sorted(values)]
    head: dict[str, Scalar] = {
        "size": len(nodes),
        "librarySectionID": section.key,
        "title1": section.title,
        "title2": name,
    }
    return Answer(node=container(head, nodes))


def _choice(base: str, key: str, title: str) -> Node:
    return Node("Directory", {"fastKey": f"{base}{key}", "key": key, "title": title})


def _pool(state: State, request: Request) -> list[Item]:
    section = request.get("sectionId")
    if section.isdigit():
        found = state.sections.get(int(section))
        return list(found.items.values()) if found else []
    return list(state.items.values())


def _has(item: Item, query: str) -> bool:
    texts = (item.title, item.title_sort or "", str(item.fields.get("originalTitle", "")))
    return any(query in text.lower() for text in texts)
