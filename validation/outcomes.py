"""How the last sync of a scene ended."""

from __future__ import annotations

from enum import Enum


class Ended(str, Enum):
    """One for each scene; the value is what the record stores of a parked one."""

    UNCHANGED = "unchanged"
    UPDATED = "updated"
    #: Where nothing is written: it would have been updated.
    TO_UPDATE = "to update"
    NOT_SHOWN = "not shown"
    MISSING = "missing"
    AMBIGUOUS = "ambiguous"
    CONFLICT = "conflict"
    FAILED = "failed"
    PARKED = "parked"
    LEFT_OUT = "left out"
    HELD = "held"
    GONE = "gone"

    @classmethod
    def _missing_(cls, _: object) -> Ended:
        """A kind that another version stored: the scene is parked all the same, and its reason says why."""
        return cls.PARKED

    @property
    def words(self) -> str:
        """How a final line calls it."""
        return _WORDS[self]


#: In the order of a final line.
_WORDS = {
    Ended.UNCHANGED: "already right",
    Ended.UPDATED: "updated",
    Ended.TO_UPDATE: "to be updated",
    Ended.NOT_SHOWN: "with fields that Plex does not show as written",
    Ended.MISSING: "not in Plex",
    Ended.AMBIGUOUS: "ambiguous",
    Ended.CONFLICT: "in conflict with another scene",
    Ended.FAILED: "to be tried again",
    Ended.PARKED: "parked",
    Ended.LEFT_OUT: "left out by your selection",
    Ended.HELD: "held as they are in Plex",
    Ended.GONE: "gone from Stash",
}
