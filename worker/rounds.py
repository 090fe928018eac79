"""Working off a batch of jobs in rounds: plan scenes, note all that in one transaction, carry it out.

One commit that outlives a power cut costs as much as some edits; so it is made once for all scenes of a round, while
the last ones of the round before are on their way to Plex. What is noted and not begun soon is withdrawn and planned
anew: a person may have edited the item meanwhile.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager

from worker.in_hand import InHand, Noted, Plans, Ready, Sent
from worker.items.planned import ItemKey, PlannedScene
from worker.steps import Steps
from worker.storage.jobqueue import Claimed

#: Seconds after which what was planned and not begun is planned anew.
STALE = 30.0

#: Seconds that planning may take before the first scene is written.
LONGEST = 10.0

#: Scenes that are handed over ahead: while they are sent, there is time for more than to note what became of one.
AHEAD = 8

#: Seconds for which an answer may wait for some that follow. Noting what became of a write is in the way of the thread
#: that sends the next one: it is done for several in a row, while one of them is on its way.
TOGETHER = 0.05

#: Scenes that are planned, but for their covers, before the first of them has its cover looked at.
COVERS_AHEAD = 8

#: Scenes that are noted and not dealt with at most: those of one round, and those on their way of the one before.
MOST = 50

#: Bytes of pictures that are held to be uploaded, about.
MOST_BYTES = 16 * 1024 * 1024


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
        #: Items that were written to since they were looked at, or are about to be; and those of what is noted.
        self._touched = set[ItemKey]()
        self._begun = set[ItemKey]()
        #: What was noted and is to be carried out, what is on its way, and what is carried out by itself now.
        self._noted = deque[Noted]()
        self._sent = deque[Sent]()
        self._alone: tuple[Noted, ...] = ()
        self._plans = Plans(clock())
        self._following = Plans(clock())

    def run(self) -> None:
        """Until no job is left, or Plex cannot be written to, or somebody interrupts, or half a minute has passed:
        where Plex takes long, others want their turn.

        Raises what ``Steps`` raise: StashUnavailable, sqlite3.Error. What was noted and not begun is withdrawn then,
        unless the record itself fails.
        """
        began, may_be_left = self._clock(), True
        try:
            while may_be_left:
                with self._settled():
                    may_be_left = self._work_off(began)
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
        compared = [one.scene for one in (*self._plans.ready, *self._following.ready)]
        compared += [one.scene for one in (*self._noted, *self._alone)]
        waiting = [one.scene for one in (*self._plans.waiting, *self._following.waiting)]
        lists = {key for scene in compared if scene.writes_lists_alone for key in scene.keys}
        return InHand({key for scene in (*compared, *waiting) for key in scene.keys} - lists, lists)

    def _work_off(self, began: float) -> bool:
        """Round by round; says whether it ended early, since something is noted that was not begun."""
        while self._age(began) <= STALE and self._may_go_on() and not self._is_called_away() and self._plan_round():
            self._round()
            if self._noted:
                return True
        while self._sent and not self._interrupted():
            self._land()
        return False

    @contextmanager
    def _settled(self) -> Iterator[None]:
        """Afterwards nothing is under way, and what was noted and not begun is withdrawn, and waits as it was."""
        try:
            try:
                yield
            finally:
                self._call_back()
        except sqlite3.Error:
            raise  # nothing can be noted; it is found by looking at the items
        except Exception:
            self._withdraw()
            raise
        else:
            self._withdraw()
        finally:
            self._jobs.extendleft(one.claimed for one in reversed(self._noted))
            self._noted.clear()
            self._begun.clear()

    def _may_go_on(self) -> bool:
        return self._steps.is_open() and not self._interrupted()

    def _is_called_away(self) -> bool:
        return self._has_been_given_more and self._has_news()

    def _plan_round(self) -> bool:
        """Plan what is carried out next, as far as that was not done ahead; says whether there is anything."""
        self._put_back(self._plans)
        self._plans, self._following = self._following, Plans(self._clock())
        self._has_asked_for_more = False
        if self._age(self._plans.began) > LONGEST:
            self._put_back(self._plans)
        while self._plan_one(self._plans):
            pass
        self._leave_waiting()
        return bool(self._plans.ready or self._jobs)

    def _plan_one(self, plans: Plans) -> bool:
        """Plan for one more job, if there is one, and it should be, or look at the cover of one that was planned."""
        most = MOST - AHEAD if self._sent else MOST
        is_full = self._age(plans.began) > LONGEST or len(plans.ready) + len(plans.waiting) >= most
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
            (plans.waiting if planned.awaits_cover else plans.ready).append(Ready(claimed, planned))
        return True

    def _compare_one(self, plans: Plans) -> bool:
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
            self._looked_at, self._touched = self._clock(), {*self._plans.keys, *self._begun, *self._taken.whole}
            self._steps.look(list(self._jobs))

    def _put_back(self, plans: Plans) -> None:
        for scenes in (plans.waiting, plans.ready):
            self._jobs.extendleft(one.claimed for one in reversed(scenes))
            scenes.clear()
        plans.keys.clear()
        plans.held, plans.began = 0, self._clock()

    def _round(self) -> None:
        """Note what is planned, and carry it out, but for the last ones, which are on their way then."""
        plans, now = self._plans, self._clock()
        self._has_asked_for_more = False
        self._touched |= plans.keys
        self._begun |= plans.keys
        noted = self._steps.begin([one.scene for one in plans.ready])
        self._noted.extend(Noted(one.claimed, scene, now) for one, scene in zip(plans.ready, noted, strict=True))
        plans.ready.clear()
        self._carry_out()

    def _withdraw(self) -> None:
        self._steps.withdraw([one.scene for one in self._noted])

    def _carry_out(self) -> None:
        """What is noted, also after planning another one showed that Plex is down: perhaps it is back."""
        was_open = self._steps.is_open()
        while self._noted and not self._interrupted() and (not was_open or self._steps.is_open()):
            if self._steps.is_behind() and not self._has_news():
                self._look_back()
            one = self._next()
            may_hand_over = one is not None and was_open and len(self._sent) < AHEAD
            if one is not None and may_hand_over and self._hand_over(one):
                continue
            if self._sent:
                self._land()
            elif one is None or not (self._carry_out_alone(one) or was_open):
                return

    def _hand_over(self, one: Noted) -> bool:
        """False: it is to be carried out by itself."""
        under_way = self._steps.start(one.claimed, one.scene, one.at + STALE)
        if under_way is None:
            return False
        self._noted.remove(one)
        self._sent.append(Sent(one, under_way))
        return True

    def _land(self) -> None:
        """Wait for the first that was handed over, and plan what follows meanwhile; where that one failed, or came too
        late, the others were not begun."""
        while not self._sent[0].under_way.is_done:
            if not self._look_back() and not self._plan_one(self._following):
                self._sent[len(self._sent) // 2].under_way.wait(TOGETHER)
                break
        if not self._sent[0].under_way.was_begun or not self._land_one(self._sent.popleft()):
            self._call_back()

    def _look_back(self) -> bool:
        return self._steps.look_back(self._begun | self._following.keys | self._taken.whole | self._taken.lists)

    def _land_one(self, sent: Sent) -> bool:
        went_well = sent.under_way.land()
        self._begun -= sent.one.scene.keys
        self._one_done()
        return went_well

    def _carry_out_alone(self, one: Noted) -> bool:
        self._noted.remove(one)
        self._alone = (one,)
        went_well = self._steps.carry_out(one.claimed, one.scene)
        self._alone = ()
        self._begun -= one.scene.keys
        self._one_done()
        return went_well

    def _call_back(self) -> None:
        """What was handed over and is not begun is only noted again; the rest is waited for, and each is landed,
        whatever another one does."""
        self._steps.halt()
        begun = [one for one in self._sent if one.under_way.was_begun]
        self._steps.go_on()
        self._noted.extendleft(one.one for one in reversed(self._sent) if one not in begun)
        self._sent.clear()
        with ExitStack() as landing:
            for one in reversed(begun):
                landing.callback(self._land_one, one)

    def _next(self) -> Noted | None:
        """What is begun is finished first, however long that took."""
        begun = self._steps.begun(one.scene for one in self._noted)
        if begun is not None:
            return next(one for one in self._noted if one.scene is begun)
        return self._noted[0] if self._age(self._noted[0].at) <= STALE else None

    def _age(self, since: float) -> float:
        return abs(self._clock() - since)
