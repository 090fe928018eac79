"""What each Plex server turned out to do with what is written to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from worker.storage.rows import checked
from worker.storage.tables import Tables

#: Seconds after which something is tried again that a server does not do.
EXPIRY = 7 * 86400.0


class FieldState(Enum):
    """What a server does with a field."""

    #: Of ``misses`` items, it did not show what was written.
    MISSED = "missed"
    #: It is not written for a while.
    LEFT_OUT = "left out"
    #: Of a list that was spread over several edits, it kept the last edit only.
    REPLACED = "replaced"
    #: To a list, it added what was sent, and kept what was not sent along.
    APPENDED = "appended"
    #: One edit changed a list of several items.
    TOGETHER = "together"


@dataclass(frozen=True)
class Capability:
    """What a server does with one field, or with a kind of request that has a name among them. ``changed``: since when
    it is in that state, in seconds since 1970; 0 is unknown."""

    server: str
    field: str
    state: FieldState
    misses: int = 0
    changed: float = 0.0

    @property
    def is_left_out(self) -> bool:
        """Whether the field is not written for a while, or was not for one that is over."""
        return self.state is FieldState.LEFT_OUT


class CapabilityTable(Tables):
    """The table ``capabilities``."""

    def capabilities(self, server: str) -> list[Capability]:
        """All that is known of a server, what was left out once and is tried again by now among it; what a damaged row
        says turns out once more."""
        query = "SELECT server, field, state, misses, changed FROM capabilities WHERE server = ?"
        rows = self._database.execute(query, (server,))
        return [one for one in map(_capability, rows) if one is not None]

    def fields_left_out(self, server: str | None = None) -> list[str]:
        """The fields that a server, or any, was seen not to keep, and that are not tried again yet."""
        query = "SELECT DISTINCT field FROM capabilities WHERE state = ? AND changed BETWEEN ? AND ?"
        now = self._clock()
        given: tuple[object, ...] = (FieldState.LEFT_OUT.value, now - EXPIRY, now)
        if server is not None:
            query, given = f"{query} AND server = ?", (*given, server)
        return sorted(field for (field,) in self._database.execute(query, given) if isinstance(field, str))

    def set_capability(self, known: Capability) -> None:
        """Keep what is known of a field on a server from now on."""
        row = (known.server, known.field, known.state.value, known.misses, self._clock())
        with self._soon():
            query = """INSERT OR REPLACE INTO capabilities (server, field, state, misses, changed)
                VALUES (?, ?, ?, ?, ?)"""
            self._database.execute(query, row)

    def forget_capability(self, server: str, field: str) -> None:
        """A field works."""
        with self._soon():
            self._database.execute("DELETE FROM capabilities WHERE server = ? AND field = ?", (server, field))

    def forget_doubts(self) -> None:
        """Forget what did not work."""
        with self._database:
            self._database.execute("DELETE FROM capabilities")


def _capability(row: Sequence[Any]) -> Capability | None:
    try:
        checked(row, str, str, str, int, float)
        server, field, state, *rest = row
        return Capability(server, field, FieldState(state), *rest)
    except ValueError:
        return None
