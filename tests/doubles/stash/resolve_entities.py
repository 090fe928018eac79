"""Reading performers, studios, tags and groups."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tests.doubles.stash.library import Library
from tests.doubles.stash.model import Entity, Group, Performer, Studio, Tag
from tests.doubles.stash.registry import Info, Resolvers, request_of, to_int
from tests.doubles.stash.resolve_scenes import page_bounds, refuse_duplicates

resolvers = Resolvers()

# What `q` looks for: words in any order, or what stands in quotes as it stands there.
_WORDS = re.compile(r'"([^"]+)"|(\S+)')


def _library(info: Info) -> Library:
    return request_of(info).stash.library


def _find_many(info: Info, kind: str, arguments: Mapping[str, Any], ids: list[int] | None) -> dict[str, Any]:
    """A page of one table, by name unless asked otherwise. An id that is missing fails the whole."""
    library = _library(info)
    table: dict[int, Any] = getattr(library, f"{kind}s")
    page_filter = arguments.get("filter") or {}
    with library.lock:
        if ids:
            refuse_duplicates(ids)
            found = [getattr(library, kind)(number) for number in ids]
            return {"count": len(found), f"{kind}s": found}
        words = [a or b for a, b in _WORDS.findall((page_filter.get("q") or "").lower())]
        found = [entity for entity in table.values() if all(word in entity.name.lower() for word in words)]
    sort = page_filter.get("sort") or "name"
    if sort not in ("name", "id", "created_at", "updated_at"):
        raise ValueError(f"invalid sort: {sort}")
    found.sort(key=lambda entity: (_sort_value(entity, sort), entity.id))
    if page_filter.get("direction") == "DESC":
        found.reverse()
    start, size = page_bounds(page_filter)
    return {"count": len(found), f"{kind}s": found[start : None if size is None else start + size]}


def _sort_value(entity: Entity, sort: str) -> Any:
    if sort != "name":
        return getattr(entity, sort)
    name = entity.sort_name or entity.name if isinstance(entity, Tag) else entity.name
    return name.lower()


def _numbers(ids: list[str] | None) -> list[int] | None:
    return None if ids is None else [to_int(text) for text in ids]


@resolvers.field("Query", "findPerformers")
def find_performers(_: Any, info: Info, **arguments: Any) -> dict[str, Any]:
    ids = _numbers(arguments.get("ids")) or arguments.get("performer_ids")
    return _find_many(info, "performer", arguments, ids)


@resolvers.field("Query", "findStudios")
def find_studios(_: Any, info: Info, **arguments: Any) -> dict[str, Any]:
    return _find_many(info, "studio", arguments, _numbers(arguments.get("ids")))


@resolvers.field("Query", "findTags")
def find_tags(_: Any, info: Info, **arguments: Any) -> dict[str, Any]:
    return _find_many(info, "tag", arguments, _numbers(arguments.get("ids")))


@resolvers.field("Query", "findGroups")
def find_groups(_: Any, info: Info, **arguments: Any) -> dict[str, Any]:
    return _find_many(info, "group", arguments, _numbers(arguments.get("ids")))


@resolvers.field("Query", "allTags")
def all_tags(_: Any, info: Info) -> Any:
    return _find_many(info, "tag", {"filter": {"per_page": -1}}, None)["tags"]


# -- fields ------------------------------------------------------------------------------------------------


def _image_path(info: Info, entity: Entity, route: str, has_image: bool) -> str:
    """`&default=true` says that Stash has no image of its own there."""
    kind = type(entity).__name__.lower()
    address = f"{request_of(info).base_url}/{kind}/{entity.id}/{route}?t={entity.updated_at}"
    return address if has_image else address + "&default=true"


def _image(entity: Performer | Studio | Tag, info: Info) -> str:
    return _image_path(info, entity, "image", entity.image is not None)


for _type_name in ("Performer", "Studio", "Tag"):
    resolvers.field(_type_name, "image_path")(_image)


@resolvers.field("Group", "front_image_path")
def _front(group: Group, info: Info) -> str:
    return _image_path(info, group, "frontimage", group.front_image is not None)


@resolvers.field("Group", "back_image_path")
def _back(group: Group, info: Info) -> str | None:
    """Without a back image there is no address at all, unlike the front."""
    return _image_path(info, group, "backimage", True) if group.back_image is not None else None
