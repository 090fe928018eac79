"""Reading all scenes lightly: of each only what tells whether it has to be read in full.

On a real Stash with 10,000 scenes a full read costs 2.5 to 3.4 ms a scene whatever the page size, this one 0.2
to 0.3 ms. ``updated_at`` moves with edits, Auto Tag, covers and merges; it does not move when a file is moved or
renamed, nor when a performer, studio, tag or group is renamed, merged or destroyed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stash.client import StashClient, understood
from stash.paging import number_of, scene_page, scene_pages
from validation.scenes import Entity

SCENES = """
query LightScenes($after: Int!, $count: Int!) {
  findScenes(
    scene_filter: {id: {value: $after, modifier: GREATER_THAN}}
    filter: {per_page: $count, sort: "id", direction: ASC}
  ) { scenes { id updated_at files { path size } } }
}
"""

ENTITIES = """
query Entities {
  findPerformers(filter: {per_page: -1}) { performers { id updated_at } }
  findStudios(filter: {per_page: -1}) { studios { id updated_at } }
  findTags(filter: {per_page: -1}) { tags { id updated_at } }
  findGroups(filter: {per_page: -1}) { groups { id updated_at } }
}
"""

COUNT = """
query CountScenes($filter: SceneFilterType) {
  findScenes(scene_filter: $filter, filter: {per_page: 0}) { count }
}
"""

TAGS = "query TagNames { findTags(filter: {per_page: -1}) { tags { id name } } }"


@dataclass(frozen=True)
class LightFile:
    """A file: path as Stash spells it, size in bytes."""

    path: str
    size: int | None


@dataclass(frozen=True)
class LightScene:
    """A scene's number, when it was last changed by Stash's clock, and its files."""

    id: int
    updated_at: str
    files: tuple[LightFile, ...]


def light_pages(stash: StashClient) -> Iterator[list[LightScene]]:
    """Every scene in ascending pages of 500, stable while scenes come and go. Raises StashUnavailable."""
    return (_light_scenes(page) for page in scene_pages(stash, SCENES))


def count_scenes(stash: StashClient, scene_filter: Mapping[str, object] | None = None) -> int:
    """How many scenes there are, or fit a filter of Stash's. Raises StashUnavailable."""
    answer = stash.execute(COUNT, {"filter": scene_filter})
    with understood():
        return int(answer["findScenes"]["count"])


def read_tag_names(stash: StashClient) -> dict[int, str]:
    """Every tag by its number. Raises StashUnavailable."""
    answer = stash.execute(TAGS)
    with understood():
        return {number_of(tag): str(tag["name"]) for tag in answer["findTags"]["tags"]}


def light_page(stash: StashClient, after: int, count: int) -> list[LightScene]:
    """Up to ``count`` scenes with a number above ``after``, ascending. Raises StashUnavailable."""
    return _light_scenes(scene_page(stash, SCENES, after, count))


def _light_scenes(page: list[dict[str, Any]]) -> list[LightScene]:
    with understood():
        return [
            LightScene(
                number_of(scene),
                str(scene["updated_at"]),
                tuple(LightFile(_path(file["path"]), file["size"]) for file in scene["files"]),
            )
            for scene in page
        ]


def _path(path: str) -> str:
    path.encode()  # a path that is no text could not be looked for
    return path


def read_entities(stash: StashClient) -> dict[Entity, str]:
    """When each performer, studio, tag and group was last changed, by kind and number.

    Raises StashUnavailable.
    """
    answer = stash.execute(ENTITIES)
    found: dict[Entity, str] = {}
    with understood():
        for field, kind in (("Performers", "performer"), ("Studios", "studio"), ("Tags", "tag"), ("Groups", "group")):
            for one in answer[f"find{field}"][field.lower()]:
                found[Entity(kind, number_of(one))] = str(one["updated_at"])
    return found


def seconds_of(stamp: str) -> float:
    """A time of Stash's in seconds since 1970; 0 for one that cannot be read."""
    try:
        return datetime.fromisoformat(stamp.replace("Z", "+00:00")).timestamp()
    except ValueError:
        return 0.0
