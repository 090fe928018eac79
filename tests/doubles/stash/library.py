"""The store of everything Stash knows: tables by id, and the lock that a change or a search holds."""

from __future__ import annotations

import bisect
import threading
from collections.abc import Iterator
from typing import TypeVar

from tests.doubles.stash.clock import Clock
from tests.doubles.stash.model import Entity, Group, Performer, Scene, Studio, Tag, VideoFile

_T = TypeVar("_T")


class NotFoundError(LookupError):
    """An id that is not there. The text is Stash's own: `scene with id 7 not found`."""


class Library:
    """Tables by id. Hold `lock` while changing, or while going through a table that may change."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.scenes: dict[int, Scene] = {}
        self.files: dict[int, VideoFile] = {}
        self.performers: dict[int, Performer] = {}
        self.studios: dict[int, Studio] = {}
        self.tags: dict[int, Tag] = {}
        self.groups: dict[int, Group] = {}
        self._highest: dict[str, int] = {}
        self._scene_ids: list[int] | None = None

    # -- ids ---------------------------------------------------------------------------------------------

    def new_id(self, kind: str, table: dict[int, _T], wanted: int | None = None) -> int:
        """The next id of a table; ids of deleted rows do not come back. `wanted` claims a certain one."""
        if wanted is not None and wanted in table:
            raise ValueError(f"two {kind}s have the id {wanted}")
        number = wanted if wanted is not None else self._highest.get(kind, 0) + 1
        self._highest[kind] = max(number, self._highest.get(kind, 0))
        return number

    # -- scenes ------------------------------------------------------------------------------------------

    def add_scene(self, scene: Scene) -> None:
        self.scenes[scene.id] = scene
        for file in scene.files:
            self.files[file.id] = file
        if self._scene_ids is not None and (not self._scene_ids or scene.id > self._scene_ids[-1]):
            self._scene_ids.append(scene.id)
        else:
            self._scene_ids = None

    def remove_scene(self, scene: Scene, keep_files: bool = False) -> None:
        del self.scenes[scene.id]
        self._scene_ids = None
        if not keep_files:
            for file in scene.files:
                self.files.pop(file.id, None)

    def scene(self, scene_id: int) -> Scene:
        return _find(self.scenes, "scene", scene_id)

    def _ids(self) -> list[int]:
        if self._scene_ids is None:
            self._scene_ids = sorted(self.scenes)
        return self._scene_ids

    def count_above(self, after: int) -> int:
        """How many scenes have a higher id."""
        ids = self._ids()
        return len(ids) - bisect.bisect_right(ids, after)

    def scenes_in_order(self, after: int | None = None) -> Iterator[Scene]:
        """Scenes by ascending id, from the first above `after`. Without walking those below it."""
        ids = self._ids()
        start = 0 if after is None else bisect.bisect_right(ids, after)
        return (self.scenes[ids[i]] for i in range(start, len(ids)))

    def touch(self, scene: Scene) -> None:
        scene.updated_at = self.clock.now()

    def scene_of_file(self, file: VideoFile) -> Scene | None:
        return next((scene for scene in self.scenes.values() if file in scene.files), None)

    # -- the others --------------------------------------------------------------------------------------

    def performer(self, number: int) -> Performer:
        return _find(self.performers, "performer", number)

    def studio(self, number: int) -> Studio:
        return _find(self.studios, "studio", number)

    def tag(self, number: int) -> Tag:
        return _find(self.tags, "tag", number)

    def group(self, number: int) -> Group:
        return _find(self.groups, "group", number)

    def forget(self, entity: Entity) -> None:
        """Delete one and take it off everything that showed it. No scene's `updated_at` moves by that."""
        if isinstance(entity, Performer):
            del self.performers[entity.id]
            for scene in self._showing("performers", entity):
                scene.performers = [p for p in scene.performers if p is not entity]
        elif isinstance(entity, Tag):
            del self.tags[entity.id]
            self.replace_tag(entity, None)
        elif isinstance(entity, Studio):
            del self.studios[entity.id]
            for scene in self.scenes.values():
                if scene.studio is entity:
                    scene.studio = None
            for studio in self.studios.values():
                if studio.parent_studio is entity:
                    studio.parent_studio = None
        else:
            del self.groups[entity.id]
            for scene in self.scenes.values():
                if any(entry.group is entity for entry in scene.groups):
                    scene.groups = [entry for entry in scene.groups if entry.group is not entity]

    def replace_tag(self, old: Tag, new: Tag | None) -> None:
        """Put `new` (or nothing) where `old` was, everywhere, without moving any `updated_at`."""
        holders: list[Scene | Performer | Studio | Group] = [
            *self.scenes.values(),
            *self.performers.values(),
            *self.studios.values(),
            *self.groups.values(),
        ]
        for holder in holders:
            if old in holder.tags:
                tags = [tag for tag in holder.tags if tag is not old]
                if new is not None and new not in tags:
                    tags.append(new)
                holder.tags = tags
        for tag in self.tags.values():
            if old in tag.parents:
                tag.parents = [parent for parent in tag.parents if parent is not old]

    def _showing(self, attribute: str, entity: Entity) -> list[Scene]:
        return [scene for scene in self.scenes.values() if entity in getattr(scene, attribute)]


def _find(table: dict[int, _T], kind: str, number: int) -> _T:
    try:
        return table[number]
    except KeyError:
        raise NotFoundError(f"{kind} with id {number} not found") from None
