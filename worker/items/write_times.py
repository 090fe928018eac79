"""How long writes took lately, in memory alone: what is forgotten with the process is measured again at the next write.

Recorded in a section of 4,980 shows: a field 0.01 to 0.09 s, a label 22 s, a collection's member 17 s.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

#: So many of the last writes of a kind are kept.
LAST = 5

#: Seconds for which a list is written item by item, after one write for several items did not do what it should.
ALONE = 600.0


@dataclass(frozen=True)
class LibraryKey:
    """A library of a server."""

    server: str
    section: str


@dataclass(frozen=True)
class Typical:
    """Seconds that a write takes in a library, None where none was measured: of ``fields``, of ``tags``, of the tags of
    several items ``together``."""

    fields: float | None = None
    tags: float | None = None
    together: float | None = None


@dataclass(frozen=True)
class _Measured:
    fields: deque[float] = field(default_factory=lambda: deque(maxlen=LAST))
    tags: deque[float] = field(default_factory=lambda: deque(maxlen=LAST))
    together: deque[float] = field(default_factory=lambda: deque(maxlen=LAST))


class WriteTimes:
    """What was measured, by library; and which lists are written item by item for now."""

    def __init__(self) -> None:
        self._measured: dict[LibraryKey, _Measured] = {}
        self._alone: dict[tuple[str, str], float] = {}

    def typical(self, place: LibraryKey) -> Typical:
        """How long writes take there."""
        known = self._measured.get(place, _Measured())
        return Typical(_middle(known.fields), _middle(known.tags), _middle(known.together))

    def took(self, place: LibraryKey, edit: Mapping[str, object], seconds: float) -> None:
        """One edit of one item was answered."""
        known = self._measured.setdefault(place, _Measured())
        _add(known.tags if any("[" in name for name in edit) else known.fields, seconds)

    def takes_long(self, place: LibraryKey, seconds: float) -> None:
        """A write of tags has taken so long, and is not answered yet."""
        _add(self._measured.setdefault(place, _Measured()).tags, seconds)

    def took_together(self, place: LibraryKey, seconds: float) -> None:
        """One edit of several items was answered."""
        _add(self._measured.setdefault(place, _Measured()).together, seconds)

    def write_alone(self, server: str, name: str, now: float) -> None:
        """A list is written item by item for a while; ``now``: seconds since 1970."""
        self._alone[server, name] = now

    def is_alone(self, server: str, name: str, now: float) -> bool:
        """Whether a list is written item by item."""
        since = self._alone.get((server, name))
        return since is not None and 0 <= now - since < ALONE

    def forget(self) -> None:
        """Perhaps another server."""
        self._measured.clear()
        self._alone.clear()


def _add(kept: deque[float], seconds: float) -> None:
    if seconds >= 0:  # else the clock was set back meanwhile
        kept.append(seconds)


def _middle(kept: deque[float]) -> float | None:
    return sorted(kept)[len(kept) // 2] if kept else None
