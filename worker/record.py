"""What PlexSync remembers: outcomes, parked scenes, finished tasks, single facts."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from validation.jobs import Job, UpdateType
from validation.memory import ItemMemory
from validation.scenes import Scene

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

    def finished(self, scene: Scene, *, written: str = "", left_out: str = "", kept: str = "") -> None:
        """Note that a scene was dealt with: what was written, or why it was left out, and which fields were kept
        as a person edited them. It is parked no longer."""
        now = self._clock()
        with self._database:
            self._database.execute("DELETE FROM parked WHERE scene = ?", (scene.id,))
            self._database.execute(
                """INSERT INTO outcomes VALUES (:scene, :now, NULL, '', :left_out, :kept)
                ON CONFLICT (scene) DO UPDATE SET checked = :now, left_out = :left_out, kept = :kept""",
                {"scene": scene.id, "now": now, "left_out": left_out, "kept": kept},
            )
            if written:
                self._database.execute(
                    "UPDATE outcomes SET updated = ?, detail = ? WHERE scene = ?", (now, written, scene.id)
                )
            if not left_out:
                self._database.execute("DELETE FROM shown WHERE scene = ?", (scene.id,))
                rows = [(scene.id, kind, entity) for kind, entity in scene.shown_entities()]
                self._database.executemany("INSERT INTO shown VALUES (?, ?, ?)", rows)

    def memory(self, scene_id: int, server: str, item: str) -> ItemMemory:
        """What is remembered of an item; nothing when it is not known."""
        query = "SELECT memory FROM items WHERE scene = ? AND server = ? AND item = ?"
        row = self._database.execute(query, (scene_id, server, item)).fetchone()
        return ItemMemory.model_validate_json(row[0]) if row else ItemMemory()

    def remember(self, scene_id: int, server: str, item: str, memory: ItemMemory) -> None:
        """Keep what is remembered of an item; remembering nothing removes it."""
        with self._database:
            if memory == ItemMemory():
                query = "DELETE FROM items WHERE scene = ? AND server = ? AND item = ?"
                self._database.execute(query, (scene_id, server, item))
            else:
                row = (scene_id, server, item, memory.model_dump_json(exclude_defaults=True))
                self._database.execute("INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?)", row)

    def items_of(self, scene_id: int, server: str) -> list[str]:
        """The items that something is remembered of for a scene."""
        query = "SELECT item FROM items WHERE scene = ? AND server = ?"
        return [item for (item,) in self._database.execute(query, (scene_id, server))]

    def scenes_that_showed(self, kind: str, entity: int) -> list[int]:
        """Scenes that showed a performer, studio, tag or group when they were last dealt with."""
        query = "SELECT scene FROM shown WHERE kind = ? AND entity = ? ORDER BY scene"
        return [scene for (scene,) in self._database.execute(query, (kind, entity))]

    def scenes_with_kept_edits(self) -> list[int]:
        """Scenes some of whose fields were left as a person edited them in Plex."""
        return [scene for (scene,) in self._database.execute("SELECT scene FROM outcomes WHERE kept != ''")]

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
            self._database.execute("DELETE FROM shown WHERE scene = ?", (scene_id,))
            self._database.execute("DELETE FROM items WHERE scene = ?", (scene_id,))

    def parked(self) -> list[Parked]:
        """All parked scenes, longest first."""
        rows = self._database.execute("SELECT scene, update_type, reason, since FROM parked ORDER BY since, scene")
        return [Parked(scene, UpdateType(kind), reason, since) for scene, kind, reason, since in rows]

    def count_finished(self) -> int:
        """How many scenes Plex was seen to show."""
        return int(self._database.execute("SELECT count(*) FROM outcomes WHERE left_out = ''").fetchone()[0])

    def left_out(self) -> list[tuple[str, int]]:
        """Reason and number of every scene that the user's selection leaves out."""
        query = "SELECT left_out, scene FROM outcomes WHERE left_out != '' ORDER BY scene"
        return self._database.execute(query).fetchall()

    def kept(self) -> list[tuple[str, int]]:
        """Fields and number of every scene whose edits in Plex were kept."""
        query = "SELECT kept, scene FROM outcomes WHERE kept != '' ORDER BY scene"
        return self._database.execute(query).fetchall()

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

    def all_said(self, prefix: str) -> dict[str, str]:
        """All facts whose key begins with a prefix, by the rest of the key."""
        rows = self._database.execute("SELECT key, value FROM state WHERE substr(key, 1, ?) = ?", (len(prefix), prefix))
        return {key[len(prefix) :]: value for key, value in rows}

    def client_identifier(self) -> str:
        """This installation's identity in Plex, made once: a new one would be a new device there."""
        known = self.said("client_identifier")
        if not known:
            known = f"plexsync-{uuid.uuid4()}"
            self.say("client_identifier", known)
        return known
