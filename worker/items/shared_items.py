"""One Plex item can hold files of several scenes, when Plex took them for versions of one film."""

from __future__ import annotations

from typing import Any

from plex.exceptions import PlexConflict
from plex.matcher import parts_of
from stash.client import StashClient
from stash.scenes import scenes_with_file
from validation.paths import PathMap, basename, file_name_key, path_key
from validation.scenes import Scene


def owned_items(stash: StashClient, items: list[Any], scene: Scene, path_map: PathMap) -> list[Any]:
    """Those of a scene's items whose first file is no other scene's.

    Raises:
        PlexConflict: it has none but such. StashUnavailable.
    """
    owners = [(item, owner_of_first_file(stash, item, scene, path_map)) for item in items]
    mine = [item for item, owner in owners if owner is None]
    if owners and not mine:
        item, owner = owners[0]
        raise PlexConflict(
            f'the Plex item "{item.title}" holds files of two scenes, and its first file is that of scene {owner}; '
            "split the item in Plex, or merge the scenes in Stash"
        )
    return mine


def owner_of_first_file(stash: StashClient, item: Any, scene: Scene, path_map: PathMap) -> int | None:
    """The other scene that an item's first file belongs to; None when it is this scene's, or nobody's.

    Costs a request only for items whose first file is not the scene's. Raises StashUnavailable.
    """
    parts = parts_of(item)
    if not parts:
        return None
    first, size = parts[0]
    mine = [(path_key(path_map.to_plex(file.path)), file_name_key(file.path), file.size) for file in scene.files]
    name = file_name_key(first)
    if any(path == path_key(first) or (known == name and _alike(own, size)) for path, known, own in mine):
        return None
    others = [one for one in scenes_with_file(stash, basename(first), size) if one[0] != scene.id]
    exact = [other for other, path in others if path_key(path_map.to_plex(path)) == path_key(first)]
    return next(iter(exact or [other for other, _ in others]), None)


def _alike(one: int | None, other: int | None) -> bool:
    """Whether two sizes in bytes do not differ; one that nobody knows differs from none."""
    return None in (one, other) or one == other
