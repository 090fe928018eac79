"""A memory of an item, made of its row; a damaged one is never taken for none."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from validation.errors import DamagedRow
from worker.metadata.item_files import ItemFile
from worker.metadata.memory import ItemMemory
from worker.storage.rows import checked

#: Without it, nobody knows what of the item is PlexSync's own, and what stood there before.
DAMAGED = (
    "What PlexSync remembers of its item in Plex is damaged (plexsync.db, table memories, row {number}), so it is left "
    'as it is there. The task "Overwrite Edits Made in Plex", with the argument scene_ids set to the number of the '
    "scene, begins anew with what Plex shows now."
)


class MemoryState(Enum):
    """What a memory is of."""

    #: Of what an item shows now.
    IN_USE = "in use"
    #: Of an item whose files went elsewhere, and may come back: from Plex's trash, or under another rating key.
    ASIDE = "set aside"


@dataclass(frozen=True)
class Remembered:
    """A memory. ``files``: those the item held, none when they are not known (from a database of version 1.0.0)."""

    id: int
    server: str
    item: str
    scene_id: int | None
    state: MemoryState
    content: ItemMemory
    files: tuple[ItemFile, ...]

    @property
    def is_aside(self) -> bool:
        """Whether it was set aside."""
        return self.state is MemoryState.ASIDE

    def is_former(self, server: str, left: Collection[str]) -> bool:
        """Whether it is of an item that its scene is not in any more: set aside, of another server than this one, or
        among the items that were ``left``."""
        return self.is_aside or self.server != server or self.item in left


def remembered(row: Sequence[Any], files: Sequence[Sequence[Any]]) -> Remembered:
    """Made of a row of the table ``memories`` (id, server, item, scene, state, content) and of the rows of its files
    (path_key, name_key, size). Raises DamagedRow."""
    number, server, item, scene, state, content = row
    try:
        checked(row, int, str, str, int | None, str, str)
        for file in files:
            checked(file, str, str, int | None)
        in_state = MemoryState(state)
    except ValueError as error:
        raise _damaged(number) from error
    known = tuple(ItemFile(*file) for file in files)
    return Remembered(number, server, item, scene, in_state, content_of(number, content), known)


def content_of(number: int, content: str) -> ItemMemory:
    """What the row of this number says. Raises DamagedRow."""
    try:
        return ItemMemory.of_json(content)
    except ValueError as error:
        raise _damaged(number) from error


def _damaged(number: int) -> DamagedRow:
    return DamagedRow(DAMAGED.format(number=number), number)
