"""What each Plex server turned out to do with what is written to it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from worker.storage.tables import Tables


class FieldState(Enum):
    """What a server does with a field."""

    #: It showed what was written.
    KEPT = "kept"
    #: It did not show it, ``misses`` times in a row.
    MISSED = "missed"
    #: It is not written any more.
    LEFT_OUT = "left out"
    #: Of a list that was spread over several edits, it kept the last edit only.
    REPLACED = "replaced"


@dataclass(frozen=True)
class Capability:
    """What a server does with one field, or with a kind of request that has a name among them."""

    server: str
    field: str
    state: FieldState
    misses: int = 0


class CapabilityTable(Tables):
    """The table ``capabilities``."""

    def capabilities(self, server: str) -> list[Capability]:
        """All that is known of a server."""
        query = "SELECT field, state, misses FROM capabilities WHERE server = ?"
        rows = self._database.execute(query, (server,))
        return [Capability(server, field, FieldState(state), misses) for field, state, misses in rows]

    def fields_left_out(self) -> list[str]:
        """All fields that some server was seen not to keep."""
        query = "SELECT DISTINCT field FROM capabilities WHERE state = ? ORDER BY field"
        return [field for (field,) in self._database.execute(query, (FieldState.LEFT_OUT.value,))]

    def set_capability(self, known: Capability) -> None:
        """Keep what is known of a field on a server."""
        row = (known.server, known.field, known.state.value, known.misses)
        with self._database:
            query = "INSERT OR REPLACE INTO capabilities (server, field, state, misses) VALUES (?, ?, ?, ?)"
            self._database.execute(query, row)

    def forget_doubts(self) -> None:
        """Keep only what was seen to work."""
        with self._database:
            self._database.execute("DELETE FROM capabilities WHERE state != ?", (FieldState.KEPT.value,))
