"""Scenes that were deleted in Stash lately, by the word of its hooks: how many at once decides what is believed."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

#: A scene counts for so many seconds.
WINDOW = 86400.0


class Lately:
    """Numbers of scenes and when each was noted, kept in memory. ``clock`` gives seconds since 1970."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self._noted: dict[int, float] = {}

    def note(self, scene_id: int) -> None:
        """A scene was deleted now."""
        self._noted.pop(scene_id, None)
        self._noted[scene_id] = self.clock()

    def __contains__(self, scene_id: int) -> bool:
        return scene_id in self._noted

    def count(self) -> int:
        """How many were within the last day."""
        now = self.clock()
        while self._noted:
            first = next(iter(self._noted))
            if 0 <= now - self._noted[first] < WINDOW:
                break
            del self._noted[first]
        return len(self._noted)

    def at_least(self, many: int, seconds: float) -> bool:
        """Whether so many were within the last seconds."""
        now = self.clock()
        latest = islice(reversed(self._noted.values()), many)
        return sum(1 for at in latest if 0 <= now - at < seconds) >= many
