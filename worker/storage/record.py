"""What PlexSync remembers: outcomes, parked scenes, finished tasks, single facts."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

from validation.jobs import Job, UpdateType
from validation.scenes import Scene
from worker.metadata.memory import ItemMemory

#: The key under which it is kept when the next scheduled comparison is due, in seconds since 1970.
RECONCILE_AT = "reconcile_at"

#: ``seen`` of an item that a scene's files have left.
LEFT = -1

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


def files_key(files: Iterable[tuple[str, int | None]]) -> str:
    """A short text that changes when a scene's files move, are renamed, added or taken away."""
    text = "\n".join(f"{path}\t{size}" for path, size in files)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


class Record:
    """The tables of plexsync.db that are not the index. ``clock`` gives seconds since 1970."""

    def __init__(self, database: sqlite3.Connection, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock
        self._gathering = False

    @property
    def is_new(self) -> bool:
        """Whether no worker ever came to rest on it, and no scene was dealt with."""
        known = "SELECT EXISTS (SELECT 1 FROM items) OR EXISTS (SELECT 1 FROM outcomes)"
        return not self.said(RECONCILE_AT) and not self._database.execute(known).fetchone()[0]

    @contextmanager
    def gathered(self, written: Callable[[], None]) -> Iterator[None]:
        """Write what scenes turned out to be in one go at the end, instead of one by one; then call ``written``.

        After an sqlite3.Error it is not called: what was gathered went with the transaction that failed."""
        self._gathering = kept = True
        try:
            yield
        except sqlite3.Error:
            kept = False
            raise
        finally:
            self._gathering = False
            if kept:
                self._database.commit()
                written()

    def _soon(self) -> AbstractContextManager[object]:
        """A transaction that can wait: when it is lost, a scene is only compared once more."""
        return nullcontext() if self._gathering else self._database

    def finished(
        self, scene: Scene, updated_at: str = "", *, written: str = "", left_out: str = "", kept: str = ""
    ) -> None:
        """Note that a scene was dealt with: what was written, or why it was left out, and which fields were kept
        as a person edited them. It is parked no longer.

        ``updated_at``: when Stash had last changed it, empty when it may have changed since."""
        now = self._clock()
        with self._soon():
            self._database.execute("DELETE FROM parked WHERE scene = ?", (scene.id,))
            self._database.execute(
                """INSERT INTO outcomes VALUES (:scene, :now, NULL, '', :left_out, :kept, :updated_at, :files)
                ON CONFLICT (scene) DO UPDATE SET checked = :now, left_out = :left_out, kept = :kept,
                    stash_updated = :updated_at, files = :files""",
                {
                    "scene": scene.id,
                    "now": now,
                    "left_out": left_out,
                    "kept": kept,
                    "updated_at": updated_at,
                    "files": files_key((file.path, file.size) for file in scene.files),
                },
            )
            if written:
                self._database.execute(
                    "UPDATE outcomes SET updated = ?, detail = ? WHERE scene = ?", (now, written, scene.id)
                )
            if not left_out:
                self._database.execute("DELETE FROM shown WHERE scene = ?", (scene.id,))
                rows = [(scene.id, kind, entity) for kind, entity in scene.shown_entities()]
                self._database.executemany("INSERT INTO shown VALUES (?, ?, ?)", rows)

    def memory(self, scene_id: int, server: str, item: str) -> ItemMemory | None:
        """What is remembered of an item, if anything."""
        # Another scene's row is taken over where there is none: after a merge, the item is another scene's.
        query = "SELECT memory FROM items WHERE server = ? AND item = ? ORDER BY scene != ?, scene DESC LIMIT 1"
        row = self._database.execute(query, (server, item, scene_id)).fetchone()
        return ItemMemory.model_validate_json(row[0]) if row else None

    def former_memory(self, scene_id: int, server: str) -> ItemMemory:
        """What is remembered of an item that a scene's files have left, or had on another server."""
        query = "SELECT memory FROM items WHERE scene = ? AND (seen = ? OR server != ?) ORDER BY server != ? LIMIT 1"
        row = self._database.execute(query, (scene_id, LEFT, server, server)).fetchone()
        return ItemMemory.model_validate_json(row[0]) if row else ItemMemory()

    def remember(
        self, scene_id: int, server: str, item: str, memory: ItemMemory, seen: int = 0, *, durable: bool = False
    ) -> None:
        """Keep what is remembered of an item, and when Plex had last changed it as it was compared (0: a write
        of ours came after). ``durable``: it outlives everything once this returns."""
        row = (scene_id, server, item, memory.model_dump_json(exclude_defaults=True), seen)
        with self._database if durable else self._soon():
            self._database.execute("INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?, ?)", row)

    def items_of(self, scene_id: int, server: str) -> list[str]:
        """The items that something is remembered of for a scene, and for no other."""
        query = """SELECT item FROM items AS mine WHERE scene = ? AND server = ? AND NOT EXISTS (
            SELECT 1 FROM items
            WHERE item = mine.item AND server = mine.server AND scene > 0 AND scene != mine.scene)"""
        return [item for (item,) in self._database.execute(query, (scene_id, server))]

    def left_items(self, scene_id: int, server: str, found: Sequence[str]) -> None:
        """A scene's files are in these items now: others that held them before are no gap any more.

        What is remembered of them stays, since an item in Plex's trash may come back.
        """
        marks = ", ".join("?" * len(found))
        query = f"UPDATE items SET seen = {LEFT} WHERE scene = ? AND server = ? AND item NOT IN ({marks})"  # noqa: S608
        with self._soon():
            self._database.execute(query, (scene_id, server, *found))

    def members(self, collection: str) -> dict[str, int | None]:
        """The items PlexSync put into a collection, with the place it gave them there, if any."""
        query = "SELECT item, place FROM members WHERE collection = ?"
        return dict(self._database.execute(query, (collection,)))

    def memberships(self, item: str) -> dict[str, int | None]:
        """The collections PlexSync put an item into, with the item's place there."""
        return dict(self._database.execute("SELECT collection, place FROM members WHERE item = ?", (item,)))

    def put_into(self, collection: str, item: str, place: int | None) -> None:
        """Note that an item was put into a collection, and at which place."""
        with self._database:
            self._database.execute("INSERT OR REPLACE INTO members VALUES (?, ?, ?)", (collection, item, place))

    def took_out(self, collection: str, item: str) -> None:
        """Note that an item is no longer in a collection."""
        with self._database:
            query = "DELETE FROM members WHERE collection = ? AND item = ?"
            self._database.execute(query, (collection, item))

    def known_between(self, first: int, last: int) -> dict[int, tuple[str, str, str]]:
        """Of the scenes in a range that were dealt with: ``stash_updated``, ``files`` and ``left_out``."""
        query = "SELECT scene, stash_updated, files, left_out FROM outcomes WHERE scene BETWEEN ? AND ?"
        return {row[0]: row[1:] for row in self._database.execute(query, (first, last))}

    def items_between(self, first: int, last: int, server: str) -> list[tuple[int, str, int]]:
        """Scene, item and ``seen`` of everything remembered of the scenes in a range."""
        query = "SELECT scene, item, seen FROM items WHERE server = ? AND scene BETWEEN ? AND ? AND seen != ?"
        return self._database.execute(query, (server, first, last, LEFT)).fetchall()

    def parked_between(self, first: int, last: int) -> dict[int, tuple[str, str]]:
        """Of the parked scenes in a range: ``kind`` and ``stash_updated``."""
        query = "SELECT scene, kind, stash_updated FROM parked WHERE scene BETWEEN ? AND ?"
        return {row[0]: row[1:] for row in self._database.execute(query, (first, last))}

    def see_written(self, server: str, updated_at: Callable[[str], int | None]) -> None:
        """After a refresh of the index, which says when Plex last changed an item: what we wrote is no drift."""
        query = "SELECT DISTINCT item FROM items WHERE seen = 0 AND server = ?"
        written = [item for (item,) in self._database.execute(query, (server,))]
        with self._database:
            self._database.executemany(
                "UPDATE items SET seen = ? WHERE item = ? AND server = ? AND seen = 0",
                ((updated_at(item) or 0, item, server) for item in written),
            )

    def entities(self) -> dict[tuple[str, int], str]:
        """When each performer, studio, tag and group was last changed, as of the last reconciliation."""
        rows = self._database.execute("SELECT kind, entity, updated FROM entities")
        return {(kind, entity): updated for kind, entity, updated in rows}

    def keep_entities(self, entities: Mapping[tuple[str, int], str]) -> None:
        """Replace them with what Stash says now."""
        with self._database:
            self._database.execute("DELETE FROM entities")
            rows = [(kind, entity, updated) for (kind, entity), updated in entities.items()]
            self._database.executemany("INSERT INTO entities VALUES (?, ?, ?)", rows)

    def scenes_that_showed(self, kind: str, entity: int) -> list[int]:
        """Scenes that showed a performer, studio, tag or group when they were last dealt with."""
        query = "SELECT scene FROM shown WHERE kind = ? AND entity = ? ORDER BY scene"
        return [scene for (scene,) in self._database.execute(query, (kind, entity))]

    def scenes_with_kept_edits(self) -> list[int]:
        """Scenes some of whose fields were left as a person edited them in Plex."""
        return [scene for (scene,) in self._database.execute("SELECT scene FROM outcomes WHERE kept != ''")]

    def park(self, job: Job, reason: str, kind: str, updated_at: str = "") -> None:
        """Put a scene aside until a person acts, or it changes in Stash. ``kind`` is one of tally.WORDS."""
        with self._database:
            self._database.execute(
                "INSERT OR REPLACE INTO parked VALUES (?, ?, ?, ?, ?, ?)",
                (job.scene_id, job.update_type.value, kind, reason, self._clock(), updated_at),
            )

    def ignore(self, scene_id: int) -> None:
        """Take a parked scene off the list as left out, until it changes in Stash."""
        with self._database:
            self._database.execute(
                """INSERT OR REPLACE INTO outcomes
                SELECT scene, since, NULL, '', 'forgotten by you when it was parked', '', stash_updated, ''
                FROM parked WHERE scene = ?""",
                (scene_id,),
            )
            self._database.execute("DELETE FROM parked WHERE scene = ?", (scene_id,))

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
            # Kept under a number that no scene has: a scene it was merged into takes it over.
            self._database.execute("UPDATE OR REPLACE items SET scene = -scene WHERE scene = ?", (scene_id,))

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
        query = "SELECT key, value FROM state WHERE key >= ? AND key < ?"
        rows = self._database.execute(query, (prefix, prefix + "\U0010ffff"))
        return {key[len(prefix) :]: value for key, value in rows}
