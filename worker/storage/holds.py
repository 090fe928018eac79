"""Scenes, or single fields of them, that stay in Plex as they are until a person lets them go."""

from __future__ import annotations

from collections.abc import Iterable

from worker.metadata.labels import has_label
from worker.metadata.memory import Held
from worker.storage.outcomes import SceneReason
from worker.storage.rows import shown
from worker.storage.tables import Tables


class Holds(Tables):
    """The tables ``holds`` and ``held_fields``.

    ``hold_changes``: how often something was held since this record was opened.
    """

    hold_changes = 0

    def hold(self, scene_id: int, held: Held, run: int | None = None) -> None:
        """Hold a scene, or fields of it, besides what is held of it already, for the newest reason. ``run``: the undo
        that does so, by its number in the journal."""
        self.hold_changes += 1
        with self._soon():
            self._database.execute(
                """INSERT INTO holds (scene, whole, reason, since, run) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (scene) DO UPDATE SET whole = max(whole, excluded.whole), reason = excluded.reason,
                run = excluded.run""",
                (scene_id, held.whole, held.reason, self._clock(), run),
            )
            rows = [(scene_id, name) for name in held.fields]
            self._database.executemany("INSERT OR IGNORE INTO held_fields VALUES (?, ?)", rows)

    def held(self, scene_id: int) -> Held:
        """What is held of a scene."""
        query = "SELECT whole, reason FROM holds WHERE scene = ?"
        row = self._database.execute(query, (scene_id,)).fetchone()
        if row is None:
            return Held()
        query = "SELECT field FROM held_fields WHERE scene = ? ORDER BY field"
        names = tuple(name for (name,) in self._database.execute(query, (scene_id,)))
        if not all(map(has_label, names)):  # nobody knows what else was meant
            return Held(whole=True, reason=shown(row[1]))
        return Held(whole=bool(row[0]), fields=names, reason=shown(row[1]))

    def holds_more(self, scene_id: int, held: Held, hold_changes: int) -> bool:
        """Whether more of a scene is held than was ``held`` when there were so many ``hold_changes``. Looks it up only
        where something was held since."""
        return hold_changes != self.hold_changes and self.held(scene_id).goes_beyond(held)

    def release(self, scene_id: int, fields: Iterable[str] | None = None) -> None:
        """Let a scene go, or only some fields of one that is not held as a whole."""
        with self._soon():
            if fields is None:
                self._database.execute("DELETE FROM holds WHERE scene = ?", (scene_id,))
                self._database.execute("DELETE FROM held_fields WHERE scene = ?", (scene_id,))
                return
            rows = [(scene_id, name) for name in fields]
            self._database.executemany("DELETE FROM held_fields WHERE scene = ? AND field = ?", rows)
            empty = "NOT EXISTS (SELECT 1 FROM held_fields WHERE scene = holds.scene)"
            self._database.execute(f"DELETE FROM holds WHERE scene = ? AND NOT whole AND {empty}", (scene_id,))  # noqa: S608

    def held_scenes(self) -> list[SceneReason]:
        """Every scene of which something is held, and why."""
        query = "SELECT reason, scene FROM holds ORDER BY scene"
        return [SceneReason(shown(reason), scene) for reason, scene in self._database.execute(query)]

    def held_between(self, first: int, last: int) -> dict[int, Held]:
        """The scenes in a range of which something is held."""
        query = "SELECT scene FROM holds WHERE scene BETWEEN ? AND ?"
        return {scene: self.held(scene) for (scene,) in self._database.execute(query, (first, last)).fetchall()}

    def held_by(self, run: int) -> list[int]:
        """The scenes that an undo holds as a whole."""
        query = "SELECT scene FROM holds WHERE run = ? AND whole"
        return [scene for (scene,) in self._database.execute(query, (run,))]
