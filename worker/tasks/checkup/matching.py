"""How many sampled scenes are found in Plex, with the same matcher as the worker's, and how each is found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from plex.indexed import IndexedItem, IndexedLibrary
from plex.matcher import Match, match_file, parts_of
from stash.light import LightFile, LightScene
from validation.paths import PathMap, file_name_key, path_key
from worker.tasks.checkup.pathrules import Pair


@dataclass(frozen=True)
class Found:
    """What became of one scene of the sample: its file that was found, or its first one."""

    file: LightFile
    match: Match[IndexedItem]

    @property
    def items(self) -> frozenset[str]:
        """The rating keys of what was found."""
        return frozenset(str(item.ratingKey) for item in self.match.items)

    @property
    def misled(self) -> bool:
        """Whether its path leads to a file of another size, which is another file."""
        return bool(self.match.contradicted)

    @property
    def missing(self) -> bool:
        """Whether nothing like it was found."""
        return not (self.match.items or self.match.ambiguous or self.misled or self.match.unsized)


def match_scenes(scenes: Sequence[LightScene], libraries: Sequence[IndexedLibrary], path_map: PathMap) -> list[Found]:
    """One answer for each scene, in their order: of its files, the one that is found best."""
    return [max((_match(file, libraries, path_map) for file in scene.files), key=_rank) for scene in scenes]


def _match(file: LightFile, libraries: Sequence[IndexedLibrary], path_map: PathMap) -> Found:
    return Found(file, match_file(libraries, file.path, path_map, file.size))


def _rank(found: Found) -> int:
    match = found.match
    return 4 if match.by_path else 3 if match.items else 2 if match.ambiguous else 0 if found.missing else 1


def pairs_of(found: Sequence[Found], path_map: PathMap) -> list[Pair]:
    """Stash's and Plex's path of each file that is proved to be the same: by path, or by name and size."""
    pairs = []
    for one in found:
        if one.match.by_path or one.file.size is not None:
            paths = _plex_paths(one, path_map)
            if len(paths) == 1:
                pairs.append((one.file.path, paths[0]))
    return pairs


def _plex_paths(found: Found, path_map: PathMap) -> list[str]:
    name = file_name_key(found.file.path)
    parts = [part for item in found.match.items for part in parts_of(item) or []]
    if found.match.by_path:
        wanted = path_key(path_map.to_plex(found.file.path))
        return [path for path in dict.fromkeys(part.file for part in parts) if path_key(path) == wanted][:1]
    fitting = [one.file for one in parts if file_name_key(one.file) == name and one.size == found.file.size]
    return list(dict.fromkeys(fitting))
