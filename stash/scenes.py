"""Reading scenes: by id, up to fifty in one request, and all ids in keyset pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import ValidationError

from stash.client import PartialAnswer, StashClient
from validation.errors import SceneFault
from validation.scenes import Scene

#: Scenes read in one request, and ids read in one page.
BATCH, PAGE = 50, 500

SCENE_FIELDS = "fragment SceneFields on Scene { id title details date studio { name } files { path size } }"

ALL_IDS = """
query AllSceneIds($after: Int!, $count: Int!) {
  findScenes(
    scene_filter: {id: {value: $after, modifier: GREATER_THAN}}
    filter: {per_page: $count, sort: "id", direction: ASC}
  ) { scenes { id } }
}
"""

COUNT = "query CountScenes { findScenes(filter: {per_page: 0}) { count } }"


def scenes_query(count: int) -> str:
    """A document that reads ``count`` scenes. Aliases, since ``findScenes(ids:)`` fails as a whole when one of
    the ids is gone (pkg/sqlite/scene.go), while ``findScene`` answers null."""
    variables = ", ".join(f"$id{n}: ID!" for n in range(count))
    aliases = " ".join(f"s{n}: findScene(id: $id{n}) {{ ...SceneFields }}" for n in range(count))
    return f"query Scenes({variables}) {{ {aliases} }} {SCENE_FIELDS}"


def read_scenes(stash: StashClient, scene_ids: Sequence[int]) -> dict[int, Scene | SceneFault | None]:
    """Scenes by id, in one request per fifty: None for one that is gone, a SceneFault for one that Stash
    cannot deliver. Raises StashUnavailable."""
    found: dict[int, Scene | SceneFault | None] = {}
    for start in range(0, len(scene_ids), BATCH):
        part = scene_ids[start : start + BATCH]
        try:
            data = stash.execute(scenes_query(len(part)), {f"id{n}": str(i) for n, i in enumerate(part)})
            fault = None
        except PartialAnswer as partial:
            data, fault = partial.data, partial
        except SceneFault as refused:
            if len(part) == 1:
                found[part[0]] = refused
            else:  # one scene spoils the document: ask for each, so that only that one pays
                for scene_id in part:
                    found.update(read_scenes(stash, [scene_id]))
            continue
        for n, scene_id in enumerate(part):
            found[scene_id] = _scene(scene_id, data.get(f"s{n}"), fault)
    return found


def _scene(scene_id: int, answer: Any, fault: SceneFault | None) -> Scene | SceneFault | None:
    if answer is None:
        return SceneFault(f"{fault} (scene {scene_id})") if fault else None
    try:
        return Scene(
            id=answer["id"],
            title=answer["title"] or "",
            studio=(answer["studio"] or {}).get("name") or "",
            summary=answer["details"] or "",
            date=answer["date"] or "",
            files=answer["files"],
        )
    except (KeyError, TypeError, AttributeError, ValidationError) as error:
        return SceneFault(f"Stash describes scene {scene_id} in an unknown way ({type(error).__name__}).")


def count_scenes(stash: StashClient) -> int:
    """How many scenes Stash holds. Raises StashUnavailable."""
    return int(stash.execute(COUNT)["findScenes"]["count"])


def all_scene_ids(stash: StashClient) -> Iterator[list[int]]:
    """Every scene's id in ascending pages of 500, stable while scenes come and go. Raises StashUnavailable."""
    after = 0
    while True:
        answer = stash.execute(ALL_IDS, {"after": after, "count": PAGE})
        page = [int(scene["id"]) for scene in answer["findScenes"]["scenes"]]
        if page:
            yield page
            after = page[-1]
        if len(page) < PAGE:
            return
