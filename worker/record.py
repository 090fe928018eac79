"""What PlexSync remembers: outcomes, parked scenes, finished tasks, single facts."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from validation.jobs import Job, UpdateType

#: Finished tasks that are kept.
RUNS_KEPT = 50


@dataclass(frozen=True)
class Parked:
    """A scene that waits for a person, with the reason."""

    scene_id: int
    update_type: UpdateType
    reason: str
    since: float


@dataclass(frozen=True)
class Update:
    """The last write for a scene: what, and when in seconds since 1970."""

    scene_id: int
    detail: str
    at: float


class Record:
    """The tables of plexsync.db that are not the index. ``clock`` gives seconds since 1970."""

    def __init__(self, database: sqlite3.Connection, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    def finished(self, scene_id: int, written: str = "") -> None:
        """Note that Plex shows a scene, and what had to be written for it; it is parked no longer."""
        now = self._clock()
        with self._database:
            self._database.execute("DELETE FROM parked WHERE scene = ?", (scene_id,))
            self._database.execute(
                """INSERT INTO outcomes VALUES (:scene, :now, NULL, '')
                ON CONFLICT (scene) DO UPDATE SET checked = :now""",
                {"scene": scene_id, "now": now},
            )
            if written:
                self._database.execute(
                    "UPDATE outcomes SET updated = ?, detail = ? WHERE scene = ?", (now, written, scene_id)
                )

    def park(self, job: Job, reason: str) -> None:
        """Put a scene aside until a person acts, or it changes in Stash."""
        with self._database:
            self._database.execute(
                "INSERT OR REPLACE INTO parked VALUES (?, ?, ?, ?)",
                (job.scene_id, job.update_type.value, reason, self._clock()),
            )

    def unpark(self, scene_id: int) -> None:
        """Forget that a scene was parked: it has a job again."""
        with self._database:
            self._database.execute("DELETE FROM parked WHERE scene = ?", (scene_id,))

    def forget_scene(self, scene_id: int) -> None:
        """Close the record of a scene that is gone from Stash."""
        with self._database:
            self._database.execute("DELETE FROM parked WHERE scene = ?", (scene_id,))
            self._database.execute("DELETE FROM outcomes WHERE scene = ?", (scene_id,))

    def parked(self) -> list[Parked]:
        """All parked scenes, longest first."""
        rows = self._database.execute("SELECT scene, update_type, reason, since FROM parked ORDER BY since, scene")
        return [Parked(scene, UpdateType(kind), reason, since) for scene, kind, reason, since in rows]

    def count_finished(self) -> int:
        """How many scenes Plex was seen to show."""
        return int(self._database.execute("SELECT count(*) FROM outcomes").fetchone()[0])

    def latest_updates(self, count: int) -> list[Update]:
        """The newest writes, newest first."""
        query = "SELECT scene, detail, updated FROM outcomes WHERE updated IS NOT NULL ORDER BY updated DESC LIMIT ?"
        return [Update(*row) for row in self._database.execute(query, (count,))]

    def ended(self, name: str, summary: str) -> None:
        """Note the one line with which a task ended."""
        with self._database:
            self._database.execute("INSERT INTO runs VALUES (?, ?, ?)", (name, self._clock(), summary))
            self._database.execute("DELETE FROM runs WHERE rowid <= (SELECT max(rowid) FROM runs) - ?", (RUNS_KEPT,))

    def last_runs(self, count: int) -> list[tuple[str, float, str]]:
        """Name, end and summary of the newest finished tasks, newest first."""
        return self._database.execute(
            "SELECT name, ended, summary FROM runs ORDER BY rowid DESC LIMIT ?", (count,)
        ).fetchall()

    def say(self, key: str, value: str) -> None:
        """Keep a single fact; an empty value removes it."""
        with self._database:
            if value:
                self._database.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (key, value))
            else:
                self._database.execute("DELETE FROM state WHERE key = ?", (key,))

    def said(self, key: str) -> str:
        """A single fact, or empty."""
        row = self._database.execute("SELECT value FROM state WHERE key = ?", (key,)).fetchone()
        return str(row[0]) if row else ""

    def client_identifier(self) -> str:
        """This installation's identity in Plex, made once: a new one would be a new device there."""
        known = self.said("client_identifier")
        if not known:
            known = f"plexsync-{uuid.uuid4()}"
            self.say("client_identifier", known)
        return known
