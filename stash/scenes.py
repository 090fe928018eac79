"""Reading scenes in full, up to fifty in one request, and finding those with a performer, a tag, a file and so on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from stash.client import PartialAnswer, StashClient, understood
from stash.paging import number_of, scene_pages
from validation.errors import SceneTrouble, StashTrouble, StashUnavailable
from validation.names import spelled_pattern
from validation.paths import file_name_key
from validation.scenes import Scene

#: Scenes read in full in one request.
BATCH = 50

#: Scenes on each side of those that could not be read that are tried, to see whether Stash can read any.
WITNESSES = 10

#: The route of a picture, as Stash serves it: /performer/12/image, /group/3/frontimage (internal/api/routes_*.go);
#: and, for routes that are new to us, all that stands behind the host.
_PICTURE = re.compile(r"(/[a-z]+/[0-9]+/[a-z_]+(?:\?.*)?)$")
_BEHIND_HOST = re.compile(r"https?://[^/?#]+(/[^/].*)")

#: Everything that Plex can show of a scene. Addresses of images cost Stash one read for each object, so they are
#: asked for only where they are used.
SCENE_FIELDS = """
fragment SceneFields on Scene {
  id title code details director date rating100 organized updated_at
  stash_ids @include(if: $stashIds) { endpoint }
  files { path size }
  studio {
    id name image_path @include(if: $images)
    parent_studio { id name image_path @include(if: $images) }
  }
  performers { id name gender favorite image_path @include(if: $images) }
  tags { id name }
  groups { scene_index group { id name front_image_path @include(if: $images) } }
}
"""

SHOWING = """
query ScenesShowing($filter: SceneFilterType!, $after: Int!, $count: Int!) {
  findScenes(
    scene_filter: {id: {value: $after, modifier: GREATER_THAN}, AND: $filter}
    filter: {per_page: $count, sort: "id", direction: ASC}
  ) { count scenes { id } }
}
"""

NAMED = """
query ScenesWithFileNamed($named: SceneFilterType!, $after: Int!, $count: Int!) {
  findScenes(
    scene_filter: {id: {value: $after, modifier: GREATER_THAN}, AND: $named}
    filter: {per_page: $count, sort: "id", direction: ASC}
  ) { count scenes { id files { path size } } }
}
"""

BESIDE = """
query ScenesBeside($beside: SceneFilterType!, $count: Int!, $direction: SortDirectionEnum!) {
  findScenes(scene_filter: $beside, filter: {per_page: $count, sort: "id", direction: $direction}) { scenes { id } }
}
"""


def scenes_query(count: int) -> str:
    """A document that reads ``count`` scenes. Aliases, since ``findScenes(ids:)`` fails as a whole when one of
    the ids is gone (pkg/sqlite/scene.go), while ``findScene`` answers null."""
    variables = ", ".join(["$images: Boolean!", "$stashIds: Boolean!", *(f"$id{n}: ID!" for n in range(count))])
    aliases = " ".join(f"s{n}: findScene(id: $id{n}) {{ ...SceneFields }}" for n in range(count))
    return f"query Scenes({variables}) {{ {aliases} }} {SCENE_FIELDS}"


@dataclass(frozen=True)
class Details:
    """What to read beyond what is always read: ``images`` of performers, studios and groups, ``stash_ids``."""

    images: bool = False
    stash_ids: bool = False


BASIC = Details()


#: A scene; or None for one that is gone, which Stash said without an error; or why Stash could not read it.
SceneAnswer = Scene | SceneTrouble | StashTrouble | None


def read_scenes(stash: StashClient, scene_ids: Sequence[int], details: Details = BASIC) -> dict[int, SceneAnswer]:
    """Scenes by id, in one request per fifty. Raises StashUnavailable."""
    found: dict[int, SceneAnswer] = {}
    for start in range(0, len(scene_ids), BATCH):
        found.update(_read_part(stash, scene_ids[start : start + BATCH], details))
    return found


def _read_part(stash: StashClient, part: Sequence[int], details: Details) -> dict[int, SceneAnswer]:
    try:
        answers = _ask(stash, part, details)
    except StashUnavailable as failure:
        stash.ping()
        if len(part) > 1:
            return _read_each(stash, part, details)
        answers = {part[0]: SceneTrouble(f"Stash fails to describe scene {part[0]}: {failure}")}
    troubles = {key: one for key, one in answers.items() if isinstance(one, SceneTrouble)}
    if len(troubles) == len(answers) and not _reads_others(stash, part, details):
        return {key: StashTrouble(f"Stash cannot read scenes now. {trouble}") for key, trouble in troubles.items()}
    return answers


def _read_each(stash: StashClient, part: Sequence[int], details: Details) -> dict[int, SceneAnswer]:
    """Read each scene alone, so that one at fault holds up no other; not further where Stash can read none."""
    found: dict[int, SceneAnswer] = {}
    for scene_id in part:
        found.update(_read_part(stash, [scene_id], details))
        trouble = found[scene_id]
        if isinstance(trouble, StashTrouble):
            return {one: found.get(one, trouble) for one in part}
    return found


def _ask(stash: StashClient, part: Sequence[int], details: Details) -> dict[int, SceneAnswer]:
    """Read up to fifty scenes in one request. Raises StashUnavailable."""
    variables: dict[str, object] = {f"id{n}": str(scene_id) for n, scene_id in enumerate(part)}
    variables |= {"images": details.images, "stashIds": details.stash_ids}
    try:
        data, partial = stash.execute(scenes_query(len(part)), variables), None
    except PartialAnswer as error:
        data, partial = error.data, error
    with understood():
        return {
            scene_id: _trouble(scene_id, f"s{n}", partial) or _scene(scene_id, data[f"s{n}"])
            for n, scene_id in enumerate(part)
        }


def _trouble(scene_id: int, alias: str, partial: PartialAnswer | None) -> SceneTrouble | None:
    why = partial.concerning(alias) if partial else None
    if why is None and partial and alias not in partial.data:
        why = "no reason given"
    return SceneTrouble(f"Stash reports: {why} (scene {scene_id})") if why is not None else None


def _reads_others(stash: StashClient, part: Sequence[int], details: Details) -> bool:
    """Whether Stash can read any scene beside those that it could not: a database that is locked looks just as a
    scene at fault does."""
    for modifier, border, direction in (("GREATER_THAN", max(part), "ASC"), ("LESS_THAN", min(part), "DESC")):
        beside = {"id": {"value": border, "modifier": modifier}}
        try:
            answer = stash.execute(BESIDE, {"beside": beside, "count": WITNESSES, "direction": direction})
            with understood():
                others = [number_of(scene) for scene in answer["findScenes"]["scenes"]]
            if others and any(isinstance(one, Scene) for one in _ask(stash, others, details).values()):
                return True
        except StashUnavailable:
            continue
    return False


def _scene(scene_id: int, answer: Any) -> Scene | SceneTrouble | None:
    if answer is None:
        return None
    try:
        if number_of(answer) != scene_id:
            raise ValueError("another scene")
        return Scene.of(
            {
                **{key: _text(answer[key]) for key in ("title", "code", "director", "date")},
                **{key: answer[key] for key in ("id", "rating100", "organized", "updated_at", "tags", "files")},
                "summary": _text(answer["details"]),
                "stash_ids": len(answer.get("stash_ids") or ()),
                "studio": _studio(answer["studio"]),
                "performers": [_with_image(one, "image_path") for one in answer["performers"]],
                "groups": [
                    {**_with_image(one["group"], "front_image_path"), "index": one["scene_index"]}
                    for one in answer["groups"]
                ],
            }
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        return SceneTrouble(f"Stash describes scene {scene_id} in an unknown way ({type(error).__name__}).")


def _text(value: Any) -> Any:
    """Null is how Stash says that there is no text; what else is none is no answer, and not empty."""
    return "" if value is None else value


def _studio(answer: Any) -> dict[str, Any] | None:
    if answer is None:
        return None
    image, parent = image_path(answer.get("image_path")), _studio(answer.get("parent_studio"))
    return {"id": answer["id"], "name": answer["name"], "image": image, "parent": parent}


def _with_image(one: dict[str, Any], key: str) -> dict[str, Any]:
    return {**one, "gender": one.get("gender") or "", "image": image_path(one.get(key))}


def image_path(address: str | None) -> str:
    """An image's address below Stash, or empty when Stash only has its default.

    Host and prefix in it are those a browser would use: they come from the setting "external host" and from proxies
    (internal/api/server.go), and Stash's own port, where we ask, knows neither.
    """
    if not address or "default=true" in address:
        return ""
    found = _PICTURE.search(address) or _BEHIND_HOST.match(address)
    return found[1] if found else ""  # put behind Stash's address, anything else could name another host


def scene_ids_showing(stash: StashClient, kind: str, entity: int) -> Iterator[list[int]]:
    """Ids of the scenes with a performer, studio (or one below it), tag or group, whether Stash can describe them now
    or not. Raises StashUnavailable."""
    value: dict[str, object] = {"value": [str(entity)], "modifier": "INCLUDES"}
    if kind == "studio":
        value["depth"] = 1  # scenes show the parent's name, too
    for page in scene_pages(stash, SHOWING, number_of, {"filter": {f"{kind}s": value}}):
        yield [*page.scenes, *page.unread]


@dataclass(frozen=True)
class FileOfScene:
    """A file as Stash spells it, its size in bytes, and the number of a scene it belongs to."""

    scene_id: int
    path: str
    size: int | None


def scenes_with_file(stash: StashClient, name: str) -> list[FileOfScene]:
    """Files of this name, compared by its key, whatever spelling Stash was given.

    Raises StashUnavailable, also when a scene could not be read that may have such a file.
    """
    key = file_name_key(name)

    def read(scene: dict[str, Any]) -> list[FileOfScene]:
        files = [file for file in scene["files"] if file_name_key(file["path"]) == key]
        return [FileOfScene(number_of(scene), file["path"], file["size"]) for file in files]

    found: list[FileOfScene] = []
    for page in scene_pages(stash, NAMED, read, {"named": {"path": _name_criterion(name)}}):
        if page.unread:
            raise StashUnavailable(f"Stash cannot describe scene {page.unread[0]}, which may have the file {name}.")
        found += [file for files in page.scenes for file in files]
    return found


def _name_criterion(name: str) -> dict[str, str]:
    """A criterion on paths that all spellings of a name fit. Stash's INCLUDES is SQLite's LIKE, which folds the case
    of ASCII alone; its regular expressions are Go's, which fold every alphabet's."""
    if name.isascii() and not re.search(r'[\s"]', name):
        # Quoted, the value is one text and not several words (pkg/sqlite/filter.go).
        return {"value": f'"{name}"', "modifier": "INCLUDES"}
    return {"value": f"(?i){spelled_pattern(name)}\\s*$", "modifier": "MATCHES_REGEX"}
