"""Whose item it is that several scenes could be written to.

One Plex item can hold files of several scenes, when Plex took them for versions, or for parts, of one film. And a file
can be as large as another one of the same name in another folder: that proves nothing against the scene whose path it
is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from plex.exceptions import PlexConflict, PlexNotFound
from plex.protocols import FoundItem
from stash.client import StashClient
from stash.scenes import FileOfScene, scenes_with_file
from validation.paths import PathMap, basename, common_tail, file_name_key, path_key, split
from validation.scenes import Scene
from worker.items.target import Target
from worker.metadata.shown import ShownFile
from worker.metadata.unlisted import ABSENT

#: Of some scenes, by their numbers, those that the user's selection leaves out, and those that are gone by now.
LeftOut = Callable[[Sequence[int]], Collection[int]]

#: The scene that an item was last written for, by its rating key.
WrittenFor = Callable[[str], int | None]


@dataclass(frozen=True)
class _Owner:
    """Another scene whose item it is. ``is_alike``: the scene in hand has nothing there but a file of the same name and
    size."""

    scene_id: int
    is_alike: bool = False


def owned_items(
    stash: StashClient,
    targets: list[Target],
    scene: Scene,
    path_map: PathMap,
    left_out: LeftOut,
    written_for: WrittenFor,
) -> list[Target]:
    """Those of a scene's items whose files belong to no other scene before one belongs to this.

    Raises:
        PlexConflict: each of them is another scene's.
        PlexNotFound: they only hold files that are like those of this scene.
        StashUnavailable, SceneTrouble: Stash could not be asked whose it is.
    """
    mine, others = list[Target](), list[tuple[Target, _Owner]]()
    for target in targets:
        whose = _Whose(stash, scene, path_map, left_out, written_for(target.shown.rating_key))
        owner = whose.owner(target.shown.files)
        if owner is None:
            mine.append(target)
        else:
            others.append((target, owner))
    if others and not mine:
        raise _refusal(*next((one for one in others if not one[1].is_alike), others[0]))
    return mine


def holds_another(stash: StashClient, target: Target, scene: Scene, path_map: PathMap) -> bool:
    """Whether an item also holds a file of another scene. Costs a request for each file that is not the scene's own.

    Raises StashUnavailable.
    """
    files = (one for one in target.shown.files if not (_is_at(scene, one, path_map) or _like(scene, one, path_map)))
    return any(_others(stash, file, scene, path_map) for file in files)


def _refusal(target: Target, owner: _Owner) -> PlexConflict | PlexNotFound:
    if owner.is_alike:
        return PlexNotFound(
            f'{ABSENT}; the item "{target.shown.title}" holds one of the same name and size, which is that of scene '
            f"{owner.scene_id}"
        )
    return PlexConflict(
        f'the Plex item "{target.shown.title}" holds files of two scenes, and its first file is that of scene '
        f"{owner.scene_id}; {_advice(target.item)}",
        owner.scene_id,
    )


def _advice(item: FoundItem) -> str:
    """What a person can do. Plex splits versions from each other; parts of one version it took for that by name."""
    if any(len(media.parts) > 1 for media in item.media):
        return (
            "Plex took them for parts of one film because of their names: rename the files so that they do not end in "
            "part1, cd1, disc1 or the like, let Stash and Plex scan them, or merge the scenes in Stash"
        )
    return "split the item in Plex, or merge the scenes in Stash"


@dataclass(frozen=True)
class _Whose:
    """Tells whether an item is a scene's own. ``written_for``: the scene that it was last written for."""

    stash: StashClient
    scene: Scene
    path_map: PathMap
    left_out: LeftOut
    written_for: int | None

    def owner(self, files: Sequence[ShownFile]) -> _Owner | None:
        """The other scene to which the first file of an item belongs that is any scene's; None when it is this scene's.

        A scene that is left out owns nothing but what lies at its path. Costs a request for each file before the first
        of the scene's own, one for a file that may only be like its own, and one to look at scenes that may own it.
        """
        for file in files:
            if _is_at(self.scene, file, self.path_map):
                return None
            like = _like(self.scene, file, self.path_map)
            if like and not self._is_doubtful(file, like):
                return None
            others = _others(self.stash, file, self.scene, self.path_map)
            if like:
                rival = self._rival(file, like, others)
                return None if rival is None else _Owner(rival, is_alike=True)
            numbers = list(dict.fromkeys(one.scene_id for one in others))
            out = self.left_out(numbers) if numbers else ()
            owner = next((number for number in numbers if number not in out), None)
            if owner is not None:
                return _Owner(owner)
        return None

    def _is_doubtful(self, file: ShownFile, like: Iterable[str]) -> bool:
        """Whether a file that is like one of the scene's may be another's: Plex and Stash spell paths alike, and this
        is another one; or it was written for another scene."""
        near = any(split(path)[:1] == split(file.path)[:1] for path in like)
        return near or self.written_for not in (None, self.scene.id)

    def _rival(self, file: ShownFile, like: Iterable[str], others: Iterable[FileOfScene]) -> int | None:
        """Of other scenes with files like that, the one to whose path it is nearer; of those as near, the one that it
        was written for."""

        def near(path: str) -> int:
            return common_tail(path, file.path)

        mine = max(map(near, like))
        for one in sorted(others, key=lambda one: -near(self.path_map.to_plex(one.path))):
            theirs = near(self.path_map.to_plex(one.path))
            if theirs > mine or (theirs == mine and one.scene_id == self.written_for):
                return one.scene_id
        return None


def _others(stash: StashClient, file: ShownFile, scene: Scene, path_map: PathMap) -> list[FileOfScene]:
    """The files of other scenes that a file of an item may be: those at its path, else those of its name and size."""
    named = [one for one in scenes_with_file(stash, basename(file.path)) if one.scene_id != scene.id]
    at_path = [one for one in named if path_key(path_map.to_plex(one.path)) == path_key(file.path)]
    # Its size may differ until both sides have scanned a file that was replaced.
    return at_path or [one for one in named if file.size and one.size == file.size]


def _is_at(scene: Scene, file: ShownFile, path_map: PathMap) -> bool:
    """Whether a file of an item lies at the path of one of a scene's."""
    return any(path_key(path_map.to_plex(mine.path)) == path_key(file.path) for mine in scene.files)


def _like(scene: Scene, file: ShownFile, path_map: PathMap) -> list[str]:
    """The paths, as Plex would spell them, of a scene's files that have the name and size of a file of an item."""
    name = file_name_key(file.path)
    return [
        path_map.to_plex(mine.path)
        for mine in scene.files
        if file_name_key(mine.path) == name and mine.size in (None, file.size)
    ]
