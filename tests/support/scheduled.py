"""The scheduled pass on a workbench, one idle moment after another."""

from __future__ import annotations

from reconciliation.schedule import ScheduledPass
from tests.support.clock import HOUR
from tests.support.workbench import Workbench
from worker.storage.ownership import Owned
from worker.timing import Timing


class Scheduled:
    """A workbench with the scheduled pass on it."""

    def __init__(self, workbench: Workbench) -> None:
        self.workbench = workbench
        self.owned = Owned(workbench.queue, workbench.record, workbench.index)
        self.chore = ScheduledPass(Timing(), workbench.clock, chance=lambda: 0.5)

    def idle(self) -> bool:
        """One idle moment; says whether Plex was looked at."""
        self.workbench.plex.reset_counts()
        self.chore(self.owned, self.workbench.worker)
        looked = self.workbench.plex.counts().get("sections", 0) > 0
        self.workbench.run()
        return looked

    def settle(self) -> None:
        """Everything right, and seen to be."""
        self.idle()
        self.workbench.clock.now += 25 * HOUR
        assert self.idle()
        self.workbench.clock.now += 27 * HOUR
        assert self.idle()
