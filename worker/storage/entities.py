"""Performers, studios, tags and groups: when each was last changed, and which scenes showed it."""

from __future__ import annotations

from collections.abc import Mapping

from validation.scenes import Entity, Scene
from worker.storage.tables import Tables


class Entities(Tables):
    """The tables ``entities`` and ``shown``."""

    def entities(self) -> dict[Entity, str]:
        """When each was last changed by Stash's clock, as of the last reconciliation; empty where it is in doubt."""
        rows = self._database.execute("SELECT kind, entity, coalesce(updated, '') FROM entities")
        return {Entity(kind, entity): updated for kind, entity, updated in rows}

    def keep_entities(self, entities: Mapping[Entity, str]) -> None:
        """Replace them with what Stash says now."""
        with self._database:
            self._database.execute("DELETE FROM entities")
            rows = [(one.kind, one.id, updated or None) for one, updated in entities.items()]
            self._database.executemany("INSERT INTO entities VALUES (?, ?, ?)", rows)

    def scenes_that_showed(self, kind: str, entity: int) -> list[int]:
        """Scenes that showed a performer, studio, tag or group when they were last dealt with."""
        query = "SELECT scene FROM shown WHERE kind = ? AND entity = ? ORDER BY scene"
        return [scene for (scene,) in self._database.execute(query, (kind, entity)) if isinstance(scene, int)]

    def _keep_shown(self, scene: Scene) -> None:
        self._database.execute("DELETE FROM shown WHERE scene = ?", (scene.id,))
        rows = [(scene.id, one.kind, one.id) for one in scene.shown_entities()]
        self._database.executemany("INSERT INTO shown VALUES (?, ?, ?)", rows)
        # One that no pass has met may be renamed before the next: in doubt, its scenes are read once more by that.
        self._database.executemany("INSERT OR IGNORE INTO entities VALUES (?, ?, NULL)", [row[1:] for row in rows])
