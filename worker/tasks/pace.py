"""Telling Stash how far a long task is."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from stash.protocol import Progress

log = logging.getLogger(__name__)

#: Seconds between two log lines that say how far a long task is.
SAY_EVERY = 15.0


class Pace:
    """Shows how far long work is, and says now and then how long the rest will take. ``verb``: what was done to
    the scenes, before a space."""

    def __init__(self, progress: Progress, verb: str = "", clock: Callable[[], float] = time.monotonic) -> None:
        self._progress = progress
        self._verb = verb
        self._clock = clock
        self._started = self._said = clock()

    def show(self, done: int, total: int) -> None:
        """So many scenes of so many are done."""
        self._progress.show(done, total)
        now = self._clock()
        if 0 < done < total and now - self._said >= SAY_EVERY:
            self._said = now
            rest = _span((now - self._started) / done * (total - done))
            log.info("%s of %s scenes%s, %s left.", f"{done:,}", f"{total:,}", self._verb, rest)


class Backlog:
    """Jobs that are worked off while others may come: what is done never becomes less, the whole may become more."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._done = self._total = 0

    def left(self, left: int) -> None:
        """So many are left, those that came meanwhile among them."""
        self._done = max(self._done, self._total - left)
        self._total = self._done + left
        self._pace.show(self._done, self._total)

    def one_done(self) -> None:
        """One more is done."""
        self._done = min(self._done + 1, self._total)
        self._pace.show(self._done, self._total)


def _span(seconds: float) -> str:
    return f"about {seconds / 60:.0f} minutes" if seconds >= 90 else f"about {max(1, round(seconds))} seconds"
