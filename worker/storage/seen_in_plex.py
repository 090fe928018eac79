"""What was seen in Plex of what comes back from there: what both sides showed last, since when, and who plays what."""

from __future__ import annotations

import json
from typing import NamedTuple

from worker.storage.journal_entries import Numbers, ReturnKind
from worker.storage.tables import Tables


class Horizon(NamedTuple):
    """Times in Plex's seconds since 1970: what was played up to ``begins`` is no news, ``newest`` is the latest row of
    the history that was seen."""

    begins: int
    newest: int


class SeenInPlex(Tables):
    """The tables ``both_sides``, ``baselines`` and ``openings``."""

    def sides(self, server: str, item: str, kind: ReturnKind) -> Numbers | None:
        """What both sides showed of an item when they were compared last; None where nothing was noted."""
        query = "SELECT content FROM both_sides WHERE server = ? AND item = ? AND kind = ?"
        row = self._database.execute(query, (server, item, kind.value)).fetchone()
        return dict(json.loads(row[0])) if row else None

    def all_sides(self, server: str, kind: ReturnKind) -> dict[str, Numbers]:
        """The same of every item of a server of which something was noted."""
        query = "SELECT item, content FROM both_sides WHERE server = ? AND kind = ?"
        return {item: json.loads(content) for item, content in self._database.execute(query, (server, kind.value))}

    def keep_sides(self, server: str, item: str, kind: ReturnKind, content: Numbers) -> None:
        """Note what both sides show of an item."""
        row = (server, item, kind.value, self._clock(), json.dumps(dict(content), separators=(",", ":")))
        with self._soon():
            self._database.execute("INSERT OR REPLACE INTO both_sides VALUES (?, ?, ?, ?, ?)", row)

    def baseline(self, server: str, kind: ReturnKind) -> float | None:
        """Since when a kind comes back from a server, in seconds since 1970; None before its first look."""
        query = "SELECT at FROM baselines WHERE server = ? AND kind = ?"
        row = self._database.execute(query, (server, kind.value)).fetchone()
        return float(row[0]) if row else None

    def begin_returns(self, server: str, kind: ReturnKind, at: float | None) -> None:
        """A kind comes back from a server since ``at``, or, None, does no longer: when it does again, what was there
        before is no news."""
        with self._soon():
            if at is None:
                self._database.execute("DELETE FROM baselines WHERE server = ? AND kind = ?", (server, kind.value))
            else:
                self._database.execute(
                    "INSERT OR REPLACE INTO baselines (server, kind, at) VALUES (?, ?, ?)",
                    (server, kind.value, at),
                )

    def horizon(self, server: str, kind: ReturnKind) -> Horizon:
        """How far a server's history is known."""
        query = "SELECT begins, newest FROM baselines WHERE server = ? AND kind = ?"
        row = self._database.execute(query, (server, kind.value)).fetchone()
        return Horizon(*row) if row else Horizon(0, 0)

    def set_horizon(self, server: str, kind: ReturnKind, horizon: Horizon) -> None:
        """A server's history is known so far."""
        query = "UPDATE baselines SET begins = ?, newest = ? WHERE server = ? AND kind = ?"
        with self._soon():
            self._database.execute(query, (horizon.begins, horizon.newest, server, kind.value))

    def openings(self) -> list[tuple[str, str, str, str]]:
        """What players are at, or were lately: server, player, item, and what is known of it."""
        query = "SELECT server, player, item, content FROM openings"
        return self._database.execute(query).fetchall()

    def opening(self, server: str, player: str, item: str) -> str | None:
        """The same of one player and item."""
        query = "SELECT content FROM openings WHERE server = ? AND player = ? AND item = ?"
        row = self._database.execute(query, (server, player, item)).fetchone()
        return row[0] if row else None

    def keep_opening(self, server: str, player: str, item: str, content: str | None) -> None:
        """Keep what is known of it; None forgets it."""
        with self._soon():
            if content is None:
                query = "DELETE FROM openings WHERE server = ? AND player = ? AND item = ?"
                self._database.execute(query, (server, player, item))
            else:
                query = "INSERT OR REPLACE INTO openings VALUES (?, ?, ?, ?)"
                self._database.execute(query, (server, player, item, content))

    def has_baselines(self, kind: ReturnKind) -> bool:
        """Whether a kind comes back from any server."""
        query = "SELECT EXISTS (SELECT 1 FROM baselines WHERE kind = ?)"
        return bool(self._database.execute(query, (kind.value,)).fetchone()[0])

    def end_returns(self, kind: ReturnKind) -> None:
        """A kind comes back from no server any more."""
        with self._soon():
            self._database.execute("DELETE FROM baselines WHERE kind = ?", (kind.value,))
