"""Whether an item still holds what is remembered of it: told by its files, never by its number alone. Pure.

Plex hands out rating keys anew when its database is restored from a backup or a library is made again, and for
personal media it makes a guid from the key: neither is proof of anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from validation.paths import file_name_key, path_key
from worker.metadata.shown import Shown


@dataclass(frozen=True)
class ItemFile:
    """One file of an item, in the forms in which it is compared; ``size`` in bytes, None when nobody knows it."""

    path_key: str
    name_key: str
    size: int | None

    @classmethod
    def of(cls, path: str, size: int | None) -> ItemFile:
        """A file by its path as Plex spells it."""
        return cls(path_key(path), file_name_key(path), size)

    def is_same(self, other: ItemFile) -> bool:
        """Whether two are one file: by path, or by name and size."""
        named_alike = self.name_key == other.name_key and self.size is not None and self.size == other.size
        return self.path_key == other.path_key or named_alike


def files_of(shown: Shown) -> tuple[ItemFile, ...]:
    """The files of an item, of every version and part; none when it does not tell."""
    return tuple(ItemFile.of(file.path, file.size) for file in shown.files if file.path)


def share_a_file(one: Iterable[ItemFile], other: Iterable[ItemFile]) -> bool:
    """Whether two sets of files have one in common: an item may gain versions and lose others."""
    other = tuple(other)
    return any(mine.is_same(theirs) for mine in one for theirs in other)
