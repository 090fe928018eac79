"""What PlexSync remembers: the tables of plexsync.db behind one name, and what concerns several of them."""

from __future__ import annotations

from validation.scenes import Scene
from worker.storage.capabilities import CapabilityTable
from worker.storage.collections import Collections
from worker.storage.entities import Entities
from worker.storage.facts import Fact, Facts
from worker.storage.holds import Holds
from worker.storage.journal_entries import ReturnKind
from worker.storage.memories import Memories
from worker.storage.outcomes import Outcomes
from worker.storage.parking import Parking
from worker.storage.returned import ReturnedTable
from worker.storage.runs import Runs
from worker.storage.seen_in_plex import SeenInPlex
from worker.storage.taken_up import TakenUp
from worker.storage.to_undo import ToUndo


class Record(
    ReturnedTable,
    SeenInPlex,
    Outcomes,
    Memories,
    Collections,
    CapabilityTable,
    Parking,
    Holds,
    ToUndo,
    Entities,
    TakenUp,
    Runs,
    Facts,
):
    """All that is remembered, with one owner. ``clock`` gives seconds since 1970."""

    @property
    def is_new(self) -> bool:
        """Whether it was just made: no pass was ever scheduled, and no scene was synced."""
        known = "SELECT EXISTS (SELECT 1 FROM memories) OR EXISTS (SELECT 1 FROM outcomes)"
        return not self.fact(Fact.RECONCILE_AT) and not self._database.execute(known).fetchone()[0]

    def end_plays(self) -> None:
        """Plays and positions come back no more: what happens from now on is no news, should they be wanted again."""
        kinds = (ReturnKind.PLAY, ReturnKind.POSITION)
        if any(self.has_baselines(kind) for kind in kinds):
            with self.together():
                for kind in kinds:
                    self.end_returns(kind)
                self.drop_due(kinds)
            for fact in (Fact.EVENTS_HEARD, Fact.EVENTS_SILENT):
                self.set_fact(fact, "")

    def unpark(self, scene_id: int) -> None:
        """Forget that a scene was parked: it has a job again. While nothing is written, that job only looks at it."""
        if not self.is_looking_only:
            super().unpark(scene_id)

    def ignore(self, scene_id: int) -> None:
        """As Parking has it; not while nothing is written."""
        if not self.is_looking_only:
            super().ignore(scene_id)

    def finished(
        self,
        scene: Scene,
        updated_at: str = "",
        *,
        written: str = "",
        left_out: str = "",
        kept: str = "",
        not_shown: str = "",
        refused: str = "",
        holders: str | None = None,
        is_whole: bool = True,
    ) -> None:
        """Note that a scene was dealt with: what was written, or why it was left out, which fields were kept as a
        person edited them, which Plex does not show as they were written, and why it does not take the rating or the
        cover. It is parked no longer.

        ``updated_at``: when Stash had last changed it, empty when it may have changed since. ``holders``: a fingerprint
        of the items that hold its files in Plex. ``is_whole``: whether nothing is left to write. What a scene shows is
        noted of one that is left out, too: a tag that is renamed may let it in."""
        with self._soon():
            self._database.execute("DELETE FROM parked WHERE scene = ?", (scene.id,))
            self._keep_outcome(
                scene,
                updated_at,
                written=written,
                left_out=left_out,
                kept=kept,
                not_shown=not_shown,
                refused=refused,
                holders=holders,
                is_whole=is_whole,
            )
            self._keep_shown(scene)

    def forget_scene(self, scene_id: int) -> None:
        """Close the record of a scene that is gone from Stash. What is remembered of its items stays, with its
        hold: a scene that its files go to takes both over."""
        with self.together():
            self._database.execute("DELETE FROM parked WHERE scene = ?", (scene_id,))
            self._database.execute("DELETE FROM outcomes WHERE scene = ?", (scene_id,))
            self._database.execute("DELETE FROM shown WHERE scene = ?", (scene_id,))
            held = self.held(scene_id)
            if held.any:
                self._leave_hold(scene_id, held)
            self.release(scene_id)
            self._database.execute("UPDATE memories SET scene = NULL WHERE scene = ?", (scene_id,))
