"""One Plex item that a scene is written to."""

from __future__ import annotations

from dataclasses import dataclass

from plex.protocols import EditableItem
from worker.metadata.shown import Shown, shown_of


@dataclass(frozen=True)
class Target:
    """An item with what it shows before the first write. Decisions look at ``shown``; only the writer edits."""

    item: EditableItem
    shown: Shown

    @classmethod
    def of(cls, item: EditableItem) -> Target:
        """Read what an item shows."""
        return cls(item, shown_of(item))
