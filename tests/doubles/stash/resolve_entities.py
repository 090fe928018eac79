"""Reading performers, studios, tags and groups."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tests.doubles.stash.library import Library
from tests.doubles.stash.model import Entity, Group, Performer, Scene, Studio, Tag
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


def _everything(info: Info, kind: str) -> Any:
    return _find_many(info, kind, {"filter": {"per_page": -1}}, None)[f"{kind}s"]


def _numbers(ids: list[str] | None) -> list[int] | None:
    return None if ids is None else [to_int(text) for text in ids]


@resolvers.field("Query", "findPerformer")
def find_performer(_: Any, info: Info, id: str) -> Performer | None:
    return _library(info).performers.get(to_int(id))


@resolvers.field("Query", "findStudio")
def find_studio(_: Any, info: Info, id: str) -> Studio | None:
    return _library(info).studios.get(to_int(id))


@resolvers.field("Query", "findTag")
def find_tag(_: Any, info: Info, id: str) -> Tag | None:
    return _library(info).tags.get(to_int(id))


@resolvers.field("Query", "findGroup")
def find_group(_: Any, info: Info, id: str) -> Group | None:
    return _library(info).groups.get(to_int(id))


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


@resolvers.field("Query", "allPerformers")
def all_performers(_: Any, info: Info) -> Any:
    return _everything(info, "performer")


@resolvers.field("Query", "allStudios")
def all_studios(_: Any, info: Info) -> Any:
    return _everything(info, "studio")


@resolvers.field("Query", "allTags")
def all_tags(_: Any, info: Info) -> Any:
    return _everything(info, "tag")


@resolvers.field("Query", "stats")
def stats(_: Any, info: Info) -> dict[str, Any]:
    library = _library(info)
    with library.lock:
        return {
            "scene_count": len(library.scenes),
            "scenes_size": float(sum(file.size for file in library.files.values())),
            "scenes_duration": float(sum(file.duration for file in library.files.values())),
            "performer_count": len(library.performers),
            "studio_count": len(library.studios),
            "group_count": len(library.groups),
            "tag_count": len(library.tags),
        }


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


def _front(group: Group, info: Info) -> str:
    return _image_path(info, group, "frontimage", group.front_image is not None)


def _back(group: Group, info: Info) -> str | None:
    """Without a back image there is no address at all, unlike the front."""
    return _image_path(info, group, "backimage", True) if group.back_image is not None else None


for _type_name in ("Group", "Movie"):
    resolvers.field(_type_name, "front_image_path")(_front)
    resolvers.field(_type_name, "back_image_path")(_back)


@resolvers.field("Studio", "child_studios")
def child_studios(studio: Studio, info: Info) -> list[Studio]:
    library = _library(info)
    with library.lock:
        return [child for child in library.studios.values() if child.parent_studio is studio]


@resolvers.field("Tag", "children")
def children(tag: Tag, info: Info) -> list[Tag]:
    library = _library(info)
    with library.lock:
        return [child for child in library.tags.values() if tag in child.parents]


def _shows(scene: Scene, entity: Entity) -> bool:
    if isinstance(entity, Performer):
        return entity in scene.performers
    if isinstance(entity, Tag):
        return entity in scene.tags
    if isinstance(entity, Studio):
        return scene.studio is entity
    return any(entry.group is entity for entry in scene.groups)


def _scenes(entity: Entity, info: Info) -> list[Scene]:
    library = _library(info)
    with library.lock:
        return [scene for scene in library.scenes.values() if _shows(scene, entity)]


def _scene_count(entity: Entity, info: Info, depth: int | None = None) -> int:
    return len(_scenes(entity, info))


resolvers.field("Group", "scenes")(_scenes)
for _type_name in ("Performer", "Studio", "Tag", "Group"):
    resolvers.field(_type_name, "scene_count")(_scene_count)
