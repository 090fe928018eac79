"""Scenes that wait for a person, or for a change in Stash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from validation.jobs import Job, UpdateType
from validation.outcomes import Ended
from validation.scenes import Scene
from worker.storage.outcomes import files_key
from worker.storage.rows import moment, shown, word
from worker.storage.tables import Tables


@dataclass(frozen=True)
class Parked:
    """A scene that waits for a person.

    ``kind``: what it is counted as. ``since``: in seconds since 1970. ``stash_updated``: when Stash had last changed
    it then, ``files`` a fingerprint of its files (``outcomes.files_key``), ``holders`` one of the items in Plex that
    held them; None where that is not known, or nothing held them.
    """

    scene_id: int
    update_type: UpdateType
    kind: Ended
    reason: str
    since: float
    stash_updated: str | None
    files: str | None = None
    holders: str | None = None


_COLUMNS = "scene, update_type, kind, reason, since, stash_updated, files, holders"


class Parking(Tables):
    """The table ``parked``."""

    def park(
        self,
        job: Job,
        reason: str,
        kind: Ended,
        scene: Scene | None = None,
        holders: str | None = None,
        owner: int | None = None,
    ) -> None:
        """Put a scene aside until a person acts, or it changes in Stash. ``kind``: what it is counted as; ``scene`` as
        it was read, if it was; ``holders``: a fingerprint of the items in Plex that hold its files; ``owner``: the
        scene to which they belong, if they do."""
        with self._database:
            self._database.execute(
                f"""INSERT OR REPLACE INTO parked ({_COLUMNS}, owner, owner_files)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT files FROM outcomes WHERE scene = ?))""",  # noqa: S608
                (
                    job.scene_id,
                    job.update_type.value,
                    Ended(kind).value,
                    reason,
                    self._clock(),
                    scene.updated_at or None if scene is not None else None,
                    files_key(scene.files) if scene is not None else None,
                    holders,
                    owner,
                    owner,
                ),
            )

    def released_by(self, owner: int) -> list[int]:
        """Scenes that were parked because their item belonged to another scene, which is gone by now, left out, or has
        other files."""
        query = """SELECT parked.scene FROM parked LEFT JOIN outcomes ON outcomes.scene = parked.owner
            WHERE parked.owner = ? AND (outcomes.scene IS NULL OR outcomes.left_out IS NOT NULL
                OR outcomes.files IS NOT parked.owner_files)"""
        return [scene for (scene,) in self._database.execute(query, (owner,))]

    def parked_for(self, owner: int) -> list[int]:
        """Scenes that are parked because their item belongs to another scene."""
        return [scene for (scene,) in self._database.execute("SELECT scene FROM parked WHERE owner = ?", (owner,))]

    def is_shared(self, owner: int) -> bool:
        """Whether another scene is parked because its file is in an item of this scene's."""
        query = "SELECT EXISTS (SELECT 1 FROM parked WHERE owner = ?)"
        return bool(self._database.execute(query, (owner,)).fetchone()[0])

    def unpark(self, scene_id: int) -> None:
        """Forget that a scene was parked: it has a job again."""
        with self._database:
            self._database.execute("DELETE FROM parked WHERE scene = ?", (scene_id,))

    def ignore(self, scene_id: int) -> None:
        """Take a parked scene off the list as left out, until it or its files change in Stash. That something it
        showed is renamed brings it back no more."""
        with self._database:
            self._database.execute(
                """INSERT OR REPLACE INTO outcomes (scene, checked, left_out, stash_updated, files)
                SELECT scene, since, ?, stash_updated, files FROM parked WHERE scene = ?""",
                ("forgotten by you when it was parked", scene_id),
            )
            self._database.execute("DELETE FROM shown WHERE scene = ?", (scene_id,))
            self._database.execute("DELETE FROM parked WHERE scene = ?", (scene_id,))

    def parked(self) -> list[Parked]:
        """All parked scenes, longest first."""
        return self._parked("ORDER BY since, scene")

    def parked_between(self, first: int, last: int) -> dict[int, Parked]:
        """The parked scenes in a range, by number."""
        return {one.scene_id: one for one in self._parked("WHERE scene BETWEEN ? AND ?", first, last)}

    def _parked(self, condition: str, *given: int) -> list[Parked]:
        rows = self._database.execute(f"SELECT {_COLUMNS} FROM parked {condition}", given)  # noqa: S608
        return [_parked(row) for row in rows]


def _parked(row: Sequence[Any]) -> Parked:
    """Where a row is damaged, its scene stays parked all the same, and can be tried again."""
    scene, cause, kind, reason, since, *rest = row
    what = (word(UpdateType, cause, UpdateType.RECONCILE), word(Ended, kind, Ended.PARKED), shown(reason))
    return Parked(scene, *what, moment(since), *rest)
