"""What was seen in Plex of what comes back from there: what both sides showed last, since when, and who plays what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from worker.storage.journal_entries import ReturnKind
from worker.storage.rows import is_sound
from worker.storage.tables import Tables


class Horizon(NamedTuple):
    """Times in Plex's seconds since 1970: what was played up to ``begins`` is no news, ``newest`` is the latest row of
    the history that was seen. ``begins_row``: up to this row nothing is news either, where Plex's clock had been ahead
    of itself, and rows of the future were there."""

    begins: int
    newest: int
    begins_row: int = 0


class SeenViews(NamedTuple):
    """What Plex showed to its account: how many times something was viewed, and when last, in Plex's seconds since 1970
    (what is marked as unplayed says nothing of that: it is the latest that was seen); where it was left, in seconds."""

    times: int = 0
    viewed_at: int = 0
    position: float = 0.0


class SeenResume(NamedTuple):
    """Where Stash resumes a scene, in seconds, and the time of the news that set that, in seconds since 1970."""

    position: float
    at: float


class SeenInPlex(Tables):
    """The tables ``views``, ``resumes``, ``baselines`` and ``openings``."""

    def views(self, server: str) -> dict[str, SeenViews]:
        """What a server showed last, by what it keeps that by (``plex.playing.Views``), wherever it showed anything."""
        return {kept_by: SeenViews(*seen) for kept_by, *seen in self._views(server) if is_sound(seen, int, int, float)}

    def lost_views(self, server: str) -> set[str]:
        """What of that is damaged: what a server shows there now is no news."""
        return {kept_by for kept_by, *seen in self._views(server) if not is_sound(seen, int, int, float)}

    def _views(self, server: str) -> Iterator[tuple[Any, ...]]:
        return self._database.execute(
            "SELECT kept_by, times, viewed_at, position FROM views WHERE server = ?", (server,)
        )

    def keep_views(self, server: str, kept_by: str, seen: SeenViews) -> None:
        """Note what a server shows."""
        with self._soon():
            self._database.execute("INSERT OR REPLACE INTO views VALUES (?, ?, ?, ?, ?)", (server, kept_by, *seen))

    def resume(self, scene_id: int) -> SeenResume | None:
        """Where Stash resumes a scene, as far as Plex had to do with it; None where it had not."""
        row = self._database.execute("SELECT position, at FROM resumes WHERE scene = ?", (scene_id,)).fetchone()
        return SeenResume(*row) if row and is_sound(row, float, float) else None

    def keep_resume(self, scene_id: int, seen: SeenResume) -> None:
        """Note where Stash resumes a scene."""
        with self._soon():
            self._database.execute("INSERT OR REPLACE INTO resumes VALUES (?, ?, ?)", (scene_id, *seen))

    def baseline(self, server: str, kind: ReturnKind) -> float | None:
        """Since when a kind comes back from a server, in seconds since 1970; None before its first look,
        and where that is damaged: it is the first one again, after which nothing from before is news."""
        query = "SELECT at, begins, newest FROM baselines WHERE server = ? AND kind = ?"
        row = self._database.execute(query, (server, kind.value)).fetchone()
        return float(row[0]) if row and is_sound(row, float, int, int) else None

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
        query = "SELECT begins, newest, begins_row FROM baselines WHERE server = ? AND kind = ?"
        row = self._database.execute(query, (server, kind.value)).fetchone()
        return Horizon(*row) if row else Horizon(0, 0)

    def set_horizon(self, server: str, kind: ReturnKind, horizon: Horizon) -> None:
        """A server's history is known so far."""
        query = "UPDATE baselines SET begins = ?, newest = ?, begins_row = ? WHERE server = ? AND kind = ?"
        with self._soon():
            self._database.execute(query, (*horizon, server, kind.value))

    def basis(self, server: str, kind: ReturnKind) -> str | None:
        """By what a server's lists were compared; None before the first look."""
        query = "SELECT basis FROM baselines WHERE server = ? AND kind = ?"
        row = self._database.execute(query, (server, kind.value)).fetchone()
        return str(row[0]) if row else None

    def set_basis(self, server: str, kind: ReturnKind, basis: str) -> None:
        """A server's lists are compared by this from now on."""
        with self._soon():
            query = "UPDATE baselines SET basis = ? WHERE server = ? AND kind = ?"
            self._database.execute(query, (basis, server, kind.value))

    def openings(self) -> list[tuple[str, str, str, str]]:
        """What players are at, or were lately: server, player, item, and what is known of it."""
        rows = self._database.execute("SELECT server, player, item, content FROM openings").fetchall()
        return [row for row in rows if is_sound(row[:3], str, str, str)]

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
