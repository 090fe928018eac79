"""What the background worker does beside sending scenes: it feels Stash's pulse, and compares both libraries."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from reconciliation.pulse import Pulse
from reconciliation.ratings import RatingLook
from reconciliation.schedule import ScheduledPass
from stash.beat import Beat
from worker.processor import SyncWorker
from worker.storage.ownership import Owned
from worker.timing import Timing


class UsualChores:
    """Pulse, scheduled comparison and looks for ratings of one worker process."""

    def __init__(
        self, timing: Timing, clock: Callable[[], float] = time.time, chance: Callable[[], float] = random.random
    ) -> None:
        self._pulse = Pulse(timing, clock)
        self._pass = ScheduledPass(timing, clock, chance)
        self._ratings = RatingLook(clock)

    @property
    def page(self) -> int:
        """Which page of the scenes changed last the next look at Stash reads beside the first; 1 for none."""
        return self._pulse.page

    def hear(self, beat: Beat | None, owned: Owned, worker: SyncWorker) -> None:
        """In each round: what the newest look at Stash told. Raises StashUnavailable."""
        self._pulse(beat, owned, worker)

    def idle(self, owned: Owned, worker: SyncWorker) -> None:
        """When nothing else is to be done. Raises StashUnavailable."""
        self._pass(owned, worker)
        self._ratings(owned, worker)
