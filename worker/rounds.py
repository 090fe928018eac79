"""Working off a batch of jobs in rounds: plan scenes, note all that in one transaction, carry it out.

One commit that outlives a power cut costs as much as some edits; so it is made once for all scenes of a round. What is
noted and not begun soon is withdrawn and planned anew: a person may have edited the item meanwhile.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from worker.items.planned import ItemKey, PlannedScene
from worker.storage.jobqueue import Claimed

#: Seconds after which what was planned and not begun is planned anew.
STALE = 30.0

#: Seconds that planning may take before the first scene is written.
LONGEST = 10.0

#: Bytes of pictures that are held to be uploaded, about.
MOST_BYTES = 16 * 1024 * 1024


class Steps(Protocol):
    """What is done with one job, or with the scenes of one round."""

    def is_open(self) -> bool:
        """Whether Plex may be written to."""

    def look(self, jobs: Sequence[Claimed]) -> None:
        """Fetch what is needed to plan for these jobs."""

    def plan(self, claimed: Claimed) -> PlannedScene | None:
        """What a job takes; None when it was dealt with: there was nothing to do, or it failed."""

    def begin(self, scenes: Sequence[PlannedScene]) -> list[PlannedScene]:
        """Note what is about to be written, in one transaction that outlives everything; returns the scenes as they
        are noted."""

    def begun(self, scenes: Iterable[PlannedScene]) -> PlannedScene | None:
        """One for which some of what was noted was written already, together with others."""

    def withdraw(self, scenes: Sequence[PlannedScene]) -> None:
        """Nothing is begun any more of what was noted for these scenes."""

    def carry_out(self, claimed: Claimed, planned: PlannedScene) -> bool:
        """Write what is planned for a job, and finish it, or deal with its failure; says whether it went well."""

    def put_back(self, claimed: Claimed) -> None:
        """Let a job wait for the next batch."""


@dataclass(frozen=True)
class _Ready:
    claimed: Claimed
    scene: PlannedScene


class Rounds:
    """Works off ``jobs``, from which each goes when it was dealt with; those that are left wait as they were.

    ``clock`` gives seconds since 1970. ``interrupted`` is asked between two jobs; once it says yes, nothing more is
    begun. ``one_done`` is called for each job that was dealt with.
    """

    def __init__(
        self,
        steps: Steps,
        jobs: deque[Claimed],
        clock: Callable[[], float],
        interrupted: Callable[[], bool],
        one_done: Callable[[], object],
    ) -> None:
        self._steps = steps
        self._jobs = jobs
        self._clock = clock
        self._interrupted = interrupted
        self._one_done = one_done
        self._looked_at: float | None = None

    def run(self) -> None:
        """Until no job is left, or Plex cannot be written to, or somebody interrupts.

        Raises what ``Steps`` raise: StashUnavailable, sqlite3.Error. What was noted and not begun is withdrawn then,
        unless the record itself fails.
        """
        while self._jobs and self._steps.is_open() and not self._interrupted():
            if self._looked_at is None or self._age(self._looked_at) > STALE:
                self._looked_at = self._clock()
                self._steps.look(list(self._jobs))
            self._round()

    def _round(self) -> None:
        ready = deque[_Ready]()
        try:
            self._plan(ready)
            begun_at = self._clock()
            noted = self._steps.begin([one.scene for one in ready])
            ready = deque(_Ready(one.claimed, scene) for one, scene in zip(ready, noted, strict=True))
            try:
                self._carry_out(ready, begun_at)
            except sqlite3.Error:
                raise  # nothing can be noted; it is found by looking at the items
            except Exception:
                self._steps.withdraw([one.scene for one in ready])
                raise
            self._steps.withdraw([one.scene for one in ready])
        finally:
            self._jobs.extendleft(one.claimed for one in reversed(ready))

    def _plan(self, ready: deque[_Ready]) -> None:
        began, keys, held = self._clock(), set[ItemKey](), 0
        while self._jobs and self._age(began) <= LONGEST and held <= MOST_BYTES:
            if self._interrupted() or not self._steps.is_open():
                return
            claimed = self._jobs.popleft()
            try:
                planned = self._steps.plan(claimed)
            except BaseException:
                self._jobs.appendleft(claimed)
                raise
            if not isinstance(planned, PlannedScene):
                self._one_done()
            elif keys & planned.keys:  # it was planned by what the item shows before the other scene is written
                self._steps.put_back(claimed)
            else:
                keys |= planned.keys
                held += planned.held_bytes
                ready.append(_Ready(claimed, planned))

    def _carry_out(self, ready: deque[_Ready], begun_at: float) -> None:
        """Those that are ready, also after planning another one showed that Plex is down: perhaps it is back."""
        was_open = self._steps.is_open()
        while ready and not self._interrupted():
            if was_open and not self._steps.is_open():
                return
            one = self._next(ready, begun_at)
            if one is None:
                return
            ready.remove(one)
            went_well = self._steps.carry_out(one.claimed, one.scene)
            self._one_done()
            if not was_open and not went_well:
                return

    def _next(self, ready: deque[_Ready], begun_at: float) -> _Ready | None:
        """What is begun is finished first, however long that took."""
        begun = self._steps.begun(one.scene for one in ready)
        if begun is not None:
            return next(one for one in ready if one.scene is begun)
        return ready[0] if self._age(begun_at) <= STALE else None

    def _age(self, since: float) -> float:
        return abs(self._clock() - since)
