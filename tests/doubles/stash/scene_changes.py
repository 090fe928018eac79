"""What the inputs of scene mutations ask for, worked out before anything is changed.

A mutation is one transaction: an id that is not there, or an image that is none, leaves everything as it was.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tests.doubles.stash.library import Library
from tests.doubles.stash.model import Scene, SceneGroup, StashID, VideoFile
from tests.doubles.stash.pictures import decode_image_input
from tests.doubles.stash.registry import to_int

Input = Mapping[str, Any]
Changes = dict[str, Any]

_TEXTS = ("title", "code", "details", "director")
_LISTS = ("urls", "performer_ids", "tag_ids", "group_ids")

# Since v0.30 a date may be a month or a year (pkg/models/date.go).
_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")


def commit(scene: Scene, wanted: Changes) -> None:
    for attribute, value in wanted.items():
        setattr(scene, attribute, value)


def changes(library: Library, scene: Scene, given: Input) -> Changes:
    """SceneUpdateInput or SceneCreateInput: what is given is set, null empties, what is absent stays.

    Raises ValueError or LookupError for what Stash refuses.
    """
    wanted: Changes = {name: (given[name] or "").strip() for name in _TEXTS if name in given}
    if "date" in given:
        wanted["date"] = _date(given["date"])
    if "rating100" in given:
        wanted["rating100"] = given["rating100"]
    for name in ("organized", "resume_time", "play_duration"):
        if given.get(name) is not None:
            wanted[name] = given[name]
    if given.get("urls") is not None:
        wanted["urls"] = list(given["urls"])
    if "studio_id" in given:
        wanted["studio"] = library.studio(to_int(given["studio_id"])) if given["studio_id"] else None
    if given.get("performer_ids") is not None:
        wanted["performers"] = [library.performer(to_int(text)) for text in given["performer_ids"]]
    if given.get("tag_ids") is not None:
        wanted["tags"] = [library.tag(to_int(text)) for text in given["tag_ids"]]
    if given.get("groups") is not None:
        wanted["groups"] = [
            SceneGroup(library.group(to_int(entry["group_id"])), entry.get("scene_index")) for entry in given["groups"]
        ]
    if given.get("stash_ids") is not None:
        now = library.clock.now()
        wanted["stash_ids"] = [StashID(entry["endpoint"], entry["stash_id"], now) for entry in given["stash_ids"]]
    if given.get("cover_image"):
        wanted["cover"] = decode_image_input(given["cover_image"])
    if given.get("primary_file_id"):
        wanted["files"] = _with_primary(scene, to_int(given["primary_file_id"]))
    return wanted


def bulk_changes(library: Library, scene: Scene, given: Input) -> Changes:
    """BulkSceneUpdateInput: plain fields as above; lists are set, added to, or taken from."""
    wanted = changes(library, scene, {name: value for name, value in given.items() if name not in _LISTS})
    if given.get("urls"):
        wanted["urls"] = _combined(scene.urls, given["urls"].get("values") or [], given["urls"]["mode"])
    if given.get("performer_ids"):
        performers = [library.performer(number) for number in _ids(given["performer_ids"])]
        wanted["performers"] = _combined(scene.performers, performers, given["performer_ids"]["mode"])
    if given.get("tag_ids"):
        tags = [library.tag(number) for number in _ids(given["tag_ids"])]
        wanted["tags"] = _combined(scene.tags, tags, given["tag_ids"]["mode"])
    if given.get("group_ids"):
        known = {entry.group: entry for entry in scene.groups}
        groups = [library.group(number) for number in _ids(given["group_ids"])]
        chosen = _combined(list(known), groups, given["group_ids"]["mode"])
        wanted["groups"] = [known.get(group, SceneGroup(group, None)) for group in chosen]
    return wanted


def _date(text: str | None) -> str | None:
    if text and not _DATE.fullmatch(text):
        raise ValueError(f'converting date: parsing time "{text}" as "2006-01-02"')
    return text or None


def _with_primary(scene: Scene, file_id: int) -> list[VideoFile]:
    chosen = next((file for file in scene.files if file.id == file_id), None)
    if chosen is None:
        raise ValueError(f"file with id {file_id} not associated with scene {scene.id}")
    return [chosen, *(file for file in scene.files if file is not chosen)]


def _ids(bulk: Input) -> list[int]:
    return [to_int(text) for text in bulk.get("ids") or ()]


def _combined(present: list[Any], given: list[Any], mode: str) -> list[Any]:
    if mode == "SET":
        return given
    if mode == "ADD":
        return [*present, *(item for item in given if item not in present)]
    return [item for item in present if item not in given]
