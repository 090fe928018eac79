"""One Plex item can hold files of several scenes, when Plex took them for versions of one film."""

from __future__ import annotations

from typing import Any

from plex.matcher import parts_of
from stash.client import StashClient
from stash.scenes import scenes_with_file
from validation.paths import PathMap, basename, path_key
from validation.scenes import Scene


def owner_of_first_file(stash: StashClient, item: Any, scene: Scene, path_map: PathMap) -> int | None:
    """The other scene that an item's first file belongs to; None when it is this scene's, or nobody's.

    Costs a request only for items whose first file is not the scene's. Raises StashUnavailable.
    """
    parts = parts_of(item)
    if not parts:
        return None
    first, size = parts[0]
    mine = [(path_key(path_map.to_plex(file.path)), basename(file.path).casefold(), file.size) for file in scene.files]
    name = basename(first).casefold()
    if any(path == path_key(first) or (known == name and file_size == size) for path, known, file_size in mine):
        return None
    others = [other for other in scenes_with_file(stash, basename(first), size) if other != scene.id]
    return others[0] if others else None
