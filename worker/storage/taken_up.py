"""How far the pulse has come: which changes of scenes were taken up; and scenes that may be gone without a hook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from worker.storage.tables import Tables


class TakenUp(Tables):
    """The tables ``taken_up`` and ``former_owners``."""

    def taken_up(self) -> dict[int, str]:
        """The scenes changed last, by number, with the times of change, in Stash's words, that were taken up."""
        rows = self._database.execute("SELECT scene, updated FROM taken_up")
        return {scene: updated for scene, updated in rows if isinstance(updated, str)}

    def take_up(self, changed: Mapping[int, str], outdated: Iterable[int] = ()) -> None:
        """Note changes as taken up; those of ``outdated`` scenes are so old that they need not be known any more."""
        with self._database:
            self._database.executemany("DELETE FROM taken_up WHERE scene = ?", [(scene,) for scene in outdated])
            self._database.executemany("INSERT OR REPLACE INTO taken_up VALUES (?, ?)", changed.items())

    def former_owners(self) -> list[int]:
        """Scenes whose item was taken over by another scene that has their file now."""
        return [scene for (scene,) in self._database.execute("SELECT scene FROM former_owners ORDER BY scene")]

    def asked_for(self, scene_ids: Iterable[int]) -> None:
        """It was found out whether they are still there."""
        with self._database:
            self._database.executemany("DELETE FROM former_owners WHERE scene = ?", [(one,) for one in scene_ids])
