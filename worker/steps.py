"""What worker/rounds.py does with the jobs of a batch, and what stands in its way."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Protocol

from worker.items.planned import ItemKey, PlannedScene
from worker.items.sender import UnderWay
from worker.storage.jobqueue import Claimed


class Steps(Protocol):
    """What is done with one job, or with the scenes of one round."""

    def is_open(self) -> bool:
        """Whether Plex may be written to."""

    def look(self, jobs: Sequence[Claimed]) -> None:
        """Fetch what is needed to plan for these jobs."""

    def plan(self, claimed: Claimed) -> PlannedScene | None:
        """What a job takes; None when it was dealt with: there was nothing to do, or it failed."""

    def compare(self, claimed: Claimed, planned: PlannedScene) -> bool:
        """Look at the cover of a scene that was planned, which was on its way; False when the job was dealt with, since
        that failed."""

    def begin(self, scenes: Sequence[PlannedScene]) -> list[PlannedScene]:
        """Note what is about to be written, in one transaction that outlives everything; returns the scenes as they
        are noted."""

    def begun(self, scenes: Iterable[PlannedScene]) -> PlannedScene | None:
        """One for which some of what was noted was written already, together with others."""

    def withdraw(self, scenes: Sequence[PlannedScene]) -> None:
        """Nothing is begun any more of what was noted for these scenes."""

    def start(self, claimed: Claimed, planned: PlannedScene, until: float) -> UnderWay[bool] | None:
        """Hand over what is planned for a job: it is sent behind what was handed over before, unless that fails, or
        takes beyond ``until``. Landing it does what ``carry_out`` does. None: it is to be carried out while nothing is
        under way."""

    def is_behind(self) -> bool:
        """Whether so many items were written and not looked at that this is not left until there is time."""

    def look_back(self, but_for: Collection[ItemKey]) -> bool:
        """Look at items that were written before, but for some that are written to now; says whether any were due."""

    def halt(self) -> None:
        """Begin nothing more of what was handed over."""

    def go_on(self) -> None:
        """Begin again what is handed over from now on; everything before was waited for."""

    def carry_out(self, claimed: Claimed, planned: PlannedScene) -> bool:
        """Write what is planned for a job, and finish it, or deal with its failure; says whether it went well."""

    def put_back(self, claimed: Claimed) -> None:
        """Let a job wait for the next batch."""

    def end(self) -> None:
        """No more is done with any of them."""
