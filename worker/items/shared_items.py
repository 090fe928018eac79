"""One Plex item can hold files of several scenes, when Plex took them for versions, or for parts, of one film."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from plex.exceptions import PlexConflict
from plex.protocols import FoundItem
from stash.client import StashClient
from stash.scenes import scenes_with_file
from validation.paths import PathMap, basename, file_name_key, path_key
from validation.scenes import Scene
from worker.items.target import Target
from worker.metadata.shown import ShownFile

#: Of some scenes, by their numbers, those that the user's selection leaves out, and those that are gone by now.
LeftOut = Callable[[Sequence[int]], Collection[int]]


def owned_items(
    stash: StashClient, targets: list[Target], scene: Scene, path_map: PathMap, left_out: LeftOut
) -> list[Target]:
    """Those of a scene's items whose files belong to no other scene before one belongs to this.

    Raises:
        PlexConflict: each of them is another scene's.
        StashUnavailable, SceneTrouble: Stash could not be asked whose it is.
    """
    mine, others = [], []
    for target in targets:
        owner = _owner(stash, target.shown.files, scene, path_map, left_out)
        if owner is None:
            mine.append(target)
        else:
            others.append((target, owner))
    if others and not mine:
        target, owner = others[0]
        raise PlexConflict(
            f'the Plex item "{target.shown.title}" holds files of two scenes, and its first file is that of scene '
            f"{owner}; {_advice(target.item)}",
            owner,
        )
    return mine


def holds_another(stash: StashClient, target: Target, scene: Scene, path_map: PathMap) -> bool:
    """Whether an item also holds a file of another scene. Costs a request for each file that is not the scene's own.

    Raises StashUnavailable.
    """
    files = (file for file in target.shown.files if not _is_of(scene, file, path_map))
    return any(_others(stash, file, scene, path_map) for file in files)


def _advice(item: FoundItem) -> str:
    """What a person can do. Plex splits versions from each other; parts of one version it took for that by name."""
    if any(len(media.parts) > 1 for media in item.media):
        return (
            "Plex took them for parts of one film because of their names: rename the files so that they do not end in "
            "part1, cd1, disc1 or the like, let Stash and Plex scan them, or merge the scenes in Stash"
        )
    return "split the item in Plex, or merge the scenes in Stash"


def _owner(
    stash: StashClient, files: Sequence[ShownFile], scene: Scene, path_map: PathMap, left_out: LeftOut
) -> int | None:
    """The other scene to which the first file of an item belongs that is any scene's; None when it is this scene's.

    A scene that is left out owns nothing. Costs a request for each file before the first of the scene's own, and one
    to look at scenes that may own it.
    """
    for file in files:
        if _is_of(scene, file, path_map):
            return None
        numbers = _others(stash, file, scene, path_map)
        out = left_out(numbers) if numbers else ()
        owner = next((number for number in numbers if number not in out), None)
        if owner is not None:
            return owner
    return None


def _others(stash: StashClient, file: ShownFile, scene: Scene, path_map: PathMap) -> list[int]:
    """The other scenes that a file of an item is of: by its path, else by its name and size."""
    named = [one for one in scenes_with_file(stash, basename(file.path)) if one.scene_id != scene.id]
    at_path = [one for one in named if path_key(path_map.to_plex(one.path)) == path_key(file.path)]
    # Its size may differ until both sides have scanned a file that was replaced.
    alike = at_path or [one for one in named if file.size and one.size == file.size]
    return list(dict.fromkeys(one.scene_id for one in alike))


def _is_of(scene: Scene, file: ShownFile, path_map: PathMap) -> bool:
    """Whether a file of an item is one of a scene's: by its path, or by its name and size."""
    key, name = path_key(file.path), file_name_key(file.path)
    return any(
        path_key(path_map.to_plex(mine.path)) == key
        or (file_name_key(mine.path) == name and mine.size in (None, file.size))
        for mine in scene.files
    )
