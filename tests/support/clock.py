"""The time, in the test's hand."""

from __future__ import annotations

import time

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


class Clock:
    """Stands until ``now`` (seconds since 1970) is moved; is passed where the product takes a clock."""

    def __init__(self, now: float = 2_000_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class RunningClock(Clock):
    """Shows the real time, as the clocks of the doubles do, and goes on by itself; ``now`` moves it on from there."""

    def __init__(self) -> None:
        self._ahead = 0.0

    @property
    def now(self) -> float:
        """Seconds since 1970."""
        return time.time() + self._ahead

    @now.setter
    def now(self, now: float) -> None:
        self._ahead = now - time.time()
