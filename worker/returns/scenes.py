"""Which scene is played when an item of Plex's is: the one PlexSync matched with it, where its files still prove that.

An item that holds files of several scenes tells of none of them; nor does a name that any file could have.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stash.activity import Activity, read_activity
from stash.client import StashClient
from stash.scenes import scenes_with_file
from validation.paths import PathMap, file_name_key, path_key
from worker.metadata.item_files import ItemFile
from worker.storage.record import Record
from worker.storage.remembered import Remembered

#: Names of files that say nothing, without their ending.
_GENERIC = re.compile(
    r"(movie|video|film|clip|scene|sample|trailer|untitled|new|title|output|vid|part|cd|disc)?[\W\d_]*"
)


@dataclass(frozen=True)
class Matched:
    """The scene of an item, or ``why`` none is taken for it."""

    activity: Activity | None = None
    why: str = ""


NEVER = "PlexSync never matched it with a scene"
UNREAD = "Stash cannot describe its scene now"
GONE = "its scene is gone from Stash"
UNPROVED = "its files do not prove that it is the scene's"
SHARED = "it holds files of several scenes"
ALIKE = "Plex keeps its plays together with those of another item"


def common(found: Sequence[Matched]) -> Matched:
    """The scene of several items whose plays Plex keeps together: none where they are not all the same scene's, for
    nobody can tell then which was played."""
    scenes = {one.activity.scene_id if one.activity else None for one in found}
    return found[0] if len(scenes) == 1 else Matched(why=ALIKE)


class ScenesOfItems:
    """Finds the scenes of items of one server, by the record and what Stash says now."""

    def __init__(self, record: Record, stash: StashClient, path_map: PathMap, server: str) -> None:
        self._record = record
        self._stash = stash
        self._path_map = path_map
        self._server = server

    def find(self, items: Iterable[str]) -> dict[str, Matched]:
        """The scenes of some items; costs Stash a request for each fifty. Raises StashUnavailable."""
        remembered = {item: self._record.in_use(self._server, item) for item in items}
        scenes = {one.scene_id for one in remembered.values() if one is not None and one.scene_id is not None}
        activities = read_activity(self._stash, sorted(scenes))
        return {item: self._matched(one, activities) for item, one in remembered.items()}

    def _matched(self, known: Remembered | None, activities: dict[int, Activity | None]) -> Matched:
        if known is None or known.scene_id is None:
            return Matched(why=NEVER)
        if known.scene_id not in activities:
            return Matched(why=UNREAD)
        activity = activities[known.scene_id]
        if activity is None:
            return Matched(why=GONE)
        files = {path_key(self._path_map.to_plex(file.path)): file.size for file in activity.files}
        names = {(file_name_key(file.path), file.size) for file in activity.files}
        proved = [file for file in known.files if _is_proved(file, files, names)]
        if not proved:
            return Matched(why=UNPROVED)
        if self._record.is_shared(known.scene_id):
            return Matched(why=SHARED)
        others = [file for file in known.files if file not in proved]
        others += [file for file in proved if file.path_key not in files]  # by name and size: nobody else has it?
        if any(self._is_anothers(file, known.scene_id) for file in others):
            return Matched(why=SHARED)
        return Matched(activity)

    def _is_anothers(self, file: ItemFile, scene_id: int) -> bool:
        found = scenes_with_file(self._stash, file.name_key)
        return any(
            one.scene_id != scene_id
            and (path_key(self._path_map.to_plex(one.path)) == file.path_key or one.size == file.size)
            for one in found
        )


def _is_proved(file: ItemFile, files: dict[str, int], names: set[tuple[str, int]]) -> bool:
    """Whether a file of an item is one of a scene's: by its path, unless the size says otherwise, or by a name that
    says something together with the size."""
    if file.path_key in files:
        return file.size is None or not files[file.path_key] or file.size == files[file.path_key]
    return file.size is not None and (file.name_key, file.size) in names and not is_generic(file.name_key)


def is_generic(name: str) -> bool:
    """Whether any file could be called so, such as ``video1.mp4`` or ``0001.mkv``."""
    stem = name.rpartition(".")[0] or name
    return len(stem) < 3 or _GENERIC.fullmatch(stem.casefold()) is not None
