"""One Plex item can hold files of several scenes, when Plex took them for versions of one film."""

from __future__ import annotations

from plex.exceptions import PlexConflict
from stash.client import StashClient
from stash.scenes import scenes_with_file
from validation.paths import PathMap, basename, file_name_key, path_key
from validation.scenes import Scene
from worker.items.target import Target
from worker.metadata.shown import Shown


def owned_items(stash: StashClient, targets: list[Target], scene: Scene, path_map: PathMap) -> list[Target]:
    """Those of a scene's items whose first file belongs to no other scene.

    Raises:
        PlexConflict: the first file of each of them belongs to another scene.
        StashUnavailable: Stash could not be asked whose it is.
    """
    owners = [(target, owner_of_first_file(stash, target.shown, scene, path_map)) for target in targets]
    mine = [target for target, owner in owners if owner is None]
    if owners and not mine:
        target, owner = owners[0]
        raise PlexConflict(
            f'the Plex item "{target.shown.title}" holds files of two scenes, and its first file is that of scene '
            f"{owner}; split the item in Plex, or merge the scenes in Stash"
        )
    return mine


def owner_of_first_file(stash: StashClient, shown: Shown, scene: Scene, path_map: PathMap) -> int | None:
    """The id of the other scene that an item's first file belongs to; None when it is this scene's, or no scene's.

    Costs a request only for items whose first file is not the scene's. Raises StashUnavailable.
    """
    if not shown.files:
        return None
    first, size = shown.files[0].path, shown.files[0].size
    mine = [(path_key(path_map.to_plex(file.path)), file_name_key(file.path), file.size) for file in scene.files]
    name = file_name_key(first)
    if any(path == path_key(first) or (known == name and _alike(own, size)) for path, known, own in mine):
        return None
    others = [one for one in scenes_with_file(stash, basename(first), size) if one[0] != scene.id]
    exact = [other for other, path in others if path_key(path_map.to_plex(path)) == path_key(first)]
    return next(iter(exact or [other for other, _ in others]), None)


def _alike(one: int | None, other: int | None) -> bool:
    """Whether two sizes in bytes may be the same; one that is not known may be any."""
    return None in (one, other) or one == other
