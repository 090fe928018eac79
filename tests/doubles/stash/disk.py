"""The media folder as Stash's scan would find it: what the library holds, and what changed since."""

from __future__ import annotations

from dataclasses import dataclass

from tests.doubles.stash.library import Library
from tests.doubles.stash.library_file import oshash_of


@dataclass(frozen=True, slots=True)
class DiskFile:
    path: str
    size: int
    duration: float
    oshash: str


class Disk:
    """Files of the library are on disk unless removed or moved here; new ones wait for the next scan."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._added: dict[str, DiskFile] = {}
        self._removed: set[str] = set()

    def put(self, path: str, size: int = 1_000_000, duration: float = 60.0, oshash: str | None = None) -> None:
        """A new file. Two files with the same `oshash` are the same film to Stash."""
        self._removed.discard(path)
        self._added[path] = DiskFile(path, size, duration, oshash or oshash_of(path))

    def move(self, source: str, target: str) -> None:
        """Rename or move a file behind Stash's back. Raises KeyError if there is none."""
        found = self._added.pop(source, None)
        if found is None:
            file = next((f for f in self._library.files.values() if f.path == source), None)
            if file is None or source in self._removed:
                raise KeyError(source)
            found = DiskFile(source, file.size, file.duration, file.oshash)
            self._removed.add(source)
        self._added[target] = DiskFile(target, found.size, found.duration, found.oshash)

    def remove(self, path: str) -> None:
        self._added.pop(path, None)
        self._removed.add(path)

    def waiting(self) -> list[DiskFile]:
        """Files that no scan has seen yet, by path."""
        return [self._added[path] for path in sorted(self._added)]

    def taken_in(self, path: str) -> None:
        """A scan has put the file into the library."""
        self._added.pop(path, None)

    def has(self, path: str) -> bool:
        """Is a file of the library still at its place?"""
        return path not in self._removed

    def moved_by_stash(self, source: str, target: str) -> None:
        self._removed.discard(target)
        self._removed.discard(source)
