"""Working off a batch of jobs in rounds: plan scenes, note all that in one transaction, carry it out.

One commit that outlives a power cut costs as much as some edits; so it is made once for all scenes of a round. What is
noted and not begun soon is withdrawn and planned anew: a person may have edited the item meanwhile.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from worker.items.planned import ItemKey, PlannedScene
from worker.items.sender import UnderWay
from worker.steps import InHand, Steps
from worker.storage.jobqueue import Claimed

#: Seconds after which what was planned and not begun is planned anew.
STALE = 30.0

#: Seconds that planning may take before the first scene is written.
LONGEST = 10.0

#: Scenes that are handed over ahead: while they are sent, there is time for more than to note what became of one.
AHEAD = 8

#: Scenes that are planned, but for their covers, before the first of them has its cover looked at.
COVERS_AHEAD = 8

#: Scenes in one round at most.
MOST = 50

#: Bytes of pictures that are held to be uploaded, about.
MOST_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True)
class _Ready:
    claimed: Claimed
    scene: PlannedScene


@dataclass(frozen=True)
class _Sent:
    one: _Ready
    under_way: UnderWay[bool]


@dataclass
class _Plans:
    """Scenes that are planned together. ``began``: since when, in seconds since 1970; ``keys``: the items they write
    to; ``held``: bytes of their pictures. ``waiting``: those whose covers are on their way."""

    began: float
    ready: deque[_Ready] = field(default_factory=deque)
    waiting: deque[_Ready] = field(default_factory=deque)
    keys: set[ItemKey] = field(default_factory=set)
    held: int = 0


class Rounds:
    """Works off ``jobs``, from which each goes when it was dealt with; those that are left wait as they were.

    ``clock`` gives seconds since 1970. ``interrupted`` is asked between two jobs; once it says yes, nothing more is
    begun. ``one_done`` is called for each job that was dealt with. ``more`` gives further jobs, if there are any at
    once; their round does not begin while it ``has_news``. ``taken``: what others are about to write to.
    """

    def __init__(
        self,
        steps: Steps,
        jobs: deque[Claimed],
        clock: Callable[[], float],
        interrupted: Callable[[], bool],
        one_done: Callable[[], object],
        more: Callable[[], Iterable[Claimed]] = tuple,
        has_news: Callable[[], bool] = lambda: False,
        taken: InHand | None = None,
    ) -> None:
        self._steps = steps
        self._jobs = jobs
        self._clock = clock
        self._interrupted = interrupted
        self._one_done = one_done
        self._more = more
        self._has_news = has_news
        self._has_been_given_more = False
        self._looked_at: float | None = None
        self._has_asked_for_more = False
        self._taken = taken or InHand()
        #: Items that were written to since they were looked at, or are about to be.
        self._touched: set[ItemKey] = set()
        #: What is carried out by itself now.
        self._alone: tuple[_Ready, ...] = ()
        self._plans = _Plans(clock())
        self._following = _Plans(clock())

    def run(self) -> None:
        """Until no job is left, or Plex cannot be written to, or somebody interrupts, or half a minute has passed:
        where Plex takes long, others want their turn.

        Raises what ``Steps`` raise: StashUnavailable, sqlite3.Error. What was noted and not begun is withdrawn then,
        unless the record itself fails.
        """
        began = self._clock()
        try:
            while self._age(began) <= STALE and self._may_go_on() and not self._is_called_away() and self._plan_round():
                self._round()
        finally:
            self._put_back(self._following)
            self._put_back(self._plans)
            self._steps.end()

    def look_anew(self) -> None:
        """Others wrote to some items meanwhile: what was fetched of those that are still to be planned is outdated."""
        self._looked_at = None

    @property
    def taken(self) -> InHand:
        """The items of all scenes that are planned, and not dealt with."""
        compared = [*self._plans.ready, *self._following.ready, *self._alone]
        waiting = [*self._plans.waiting, *self._following.waiting]
        lists = {key for one in compared if one.scene.writes_lists_alone for key in one.scene.keys}
        return InHand({key for one in (*compared, *waiting) for key in one.scene.keys} - lists, lists)

    def _may_go_on(self) -> bool:
        return self._steps.is_open() and not self._interrupted()

    def _is_called_away(self) -> bool:
        return self._has_been_given_more and self._has_news()

    def _plan_round(self) -> bool:
        """Plan what is carried out next, as far as that was not done ahead; says whether there is anything."""
        self._put_back(self._plans)
        self._plans, self._following = self._following, _Plans(self._clock())
        self._has_asked_for_more = False
        if self._age(self._plans.began) > LONGEST:
            self._put_back(self._plans)
        while self._plan_one(self._plans):
            pass
        self._leave_waiting()
        return bool(self._plans.ready or self._jobs)

    def _plan_one(self, plans: _Plans) -> bool:
        """Plan for one more job, if there is one, and it should be, or look at the cover of one that was planned."""
        is_full = self._age(plans.began) > LONGEST or len(plans.ready) + len(plans.waiting) >= MOST
        if plans.held > MOST_BYTES or self._interrupted():
            return False
        if is_full or len(plans.waiting) >= COVERS_AHEAD or not self._may_go_on() or not self._has_jobs():
            return self._compare_one(plans)
        self._look()
        if not self._may_go_on():
            return self._compare_one(plans)
        claimed = self._jobs.popleft()
        try:
            planned = self._steps.plan(claimed)
        except BaseException:
            self._jobs.appendleft(claimed)
            raise
        if not isinstance(planned, PlannedScene):
            self._one_done()
        elif planned.keys & (plans.keys | self._touched | (self._taken.lists if planned.writes_lists else set())):
            self._steps.put_back(claimed)  # it was planned by what the item shows before the other scene is written
        else:
            plans.keys |= planned.keys
            (plans.waiting if planned.awaits_cover else plans.ready).append(_Ready(claimed, planned))
        return True

    def _compare_one(self, plans: _Plans) -> bool:
        """Look at the next cover, if there is one; once Plex turned out to be down, only until that fails."""
        if not plans.waiting:
            return False
        was_open, one = self._steps.is_open(), plans.waiting[0]
        went_well = self._steps.compare(one.claimed, one.scene)
        plans.waiting.popleft()
        if went_well:
            plans.held += one.scene.held_bytes
            plans.ready.append(one)
        else:
            self._one_done()
        return went_well or was_open

    def _leave_waiting(self) -> None:
        """Covers for which there is no more room, or that are not to be looked at now, are looked at for the next
        round."""
        plans, following = self._plans, self._following
        following.waiting, plans.waiting = plans.waiting, following.waiting
        keys = {key for one in following.waiting for key in one.scene.keys}
        plans.keys, following.keys = plans.keys - keys, keys

    def _has_jobs(self) -> bool:
        if not self._jobs and not self._has_asked_for_more:
            self._has_asked_for_more = True
            self._jobs.extend(self._more())
            self._has_been_given_more |= bool(self._jobs)
            self._looked_at = None
        return bool(self._jobs)

    def _look(self) -> None:
        if self._looked_at is None or self._age(self._looked_at) > STALE:
            self._looked_at, self._touched = self._clock(), {*self._plans.keys, *self._taken.whole}
            self._steps.look(list(self._jobs))

    def _put_back(self, plans: _Plans) -> None:
        for scenes in (plans.waiting, plans.ready):
            self._jobs.extendleft(one.claimed for one in reversed(scenes))
            scenes.clear()
        plans.keys.clear()
        plans.held, plans.began = 0, self._clock()

    def _round(self) -> None:
        plans, begun_at = self._plans, self._clock()
        self._has_asked_for_more = False
        self._touched |= plans.keys
        noted = self._steps.begin([one.scene for one in plans.ready])
        plans.ready = deque(_Ready(one.claimed, scene) for one, scene in zip(plans.ready, noted, strict=True))
        try:
            self._carry_out(plans.ready, begun_at)
        except sqlite3.Error:
            raise  # nothing can be noted; it is found by looking at the items
        except Exception:
            self._steps.withdraw([one.scene for one in plans.ready])
            raise
        self._steps.withdraw([one.scene for one in plans.ready])

    def _carry_out(self, ready: deque[_Ready], begun_at: float) -> None:
        """Those that are ready, also after planning another one showed that Plex is down: perhaps it is back."""
        was_open, sent = self._steps.is_open(), deque[_Sent]()
        try:
            while (ready or sent) and not self._interrupted() and (not was_open or self._steps.is_open()):
                one = self._next(ready, begun_at) if ready else None
                may_hand_over = one is not None and was_open and len(sent) < AHEAD
                if one is not None and may_hand_over and self._hand_over(one, ready, sent, begun_at + STALE):
                    continue
                if sent:
                    self._land(sent, ready)
                elif one is None or not (self._carry_out_alone(one, ready) or was_open):
                    return
        finally:
            self._call_back(sent, ready)

    def _hand_over(self, one: _Ready, ready: deque[_Ready], sent: deque[_Sent], until: float) -> bool:
        """False: it is to be carried out by itself."""
        under_way = self._steps.start(one.claimed, one.scene, until)
        if under_way is None:
            return False
        ready.remove(one)
        sent.append(_Sent(one, under_way))
        return True

    def _land(self, sent: deque[_Sent], ready: deque[_Ready]) -> None:
        """Wait for the first that was handed over, and plan what follows meanwhile; where that one failed, or came too
        late, the others were not begun."""
        while not sent[0].under_way.is_done:
            if not self._steps.look_back(self._touched) and not self._plan_one(self._following):
                break
        if sent[0].under_way.was_begun:
            went_well = sent.popleft().under_way.land()
            self._one_done()
            if went_well:
                return
        self._call_back(sent, ready)

    def _carry_out_alone(self, one: _Ready, ready: deque[_Ready]) -> bool:
        ready.remove(one)
        self._alone = (one,)
        went_well = self._steps.carry_out(one.claimed, one.scene)
        self._alone = ()
        self._one_done()
        return went_well

    def _call_back(self, sent: deque[_Sent], ready: deque[_Ready]) -> None:
        """What was handed over and is not begun is only ready again; the rest is waited for."""
        self._steps.halt()
        begun = [one for one in sent if one.under_way.was_begun]
        self._steps.go_on()
        ready.extendleft(one.one for one in reversed(sent) if one not in begun)
        sent.clear()
        for one in begun:
            one.under_way.land()
            self._one_done()

    def _next(self, ready: deque[_Ready], begun_at: float) -> _Ready | None:
        """What is begun is finished first, however long that took."""
        begun = self._steps.begun(one.scene for one in ready)
        if begun is not None:
            return next(one for one in ready if one.scene is begun)
        return ready[0] if self._age(begun_at) <= STALE else None

    def _age(self, since: float) -> float:
        return abs(self._clock() - since)
