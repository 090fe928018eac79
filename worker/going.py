"""One go of the worker: a batch of jobs, those behind it, and others beside it while one write takes long.

Recorded in a large library: a list of tags took 22 s, while Plex answered other requests. So what is saved meanwhile is
written over a connection of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from validation.errors import PlexSyncError, StashUnavailable
from worker.in_hand import InHand
from worker.items.sender import Sender
from worker.jobs.batches import Batch, Batches
from worker.jobs.claims import Jobs
from worker.jobs.hand import Finished, Hand, Readings
from worker.rounds import Rounds
from worker.steps import Steps
from worker.storage.jobqueue import Claimed
from worker.storage.record import Record


def _no() -> bool:
    return False


def _yes() -> bool:
    return True


@dataclass(frozen=True)
class Calls:
    """What the worker's owner is asked on the way.

    ``interrupted``: between two jobs, whether the rest is put back. ``one_done`` is called for each job that is done,
    and waits no more. ``may_go_on``: whether there is time for further batches at once; none begins while it
    ``has_news``. ``has_hold``, asked from any thread: whether somebody wants something left as it is; nothing is begun
    before that is taken in. ``take_in`` is called while a write takes long, and may bring new jobs; None: nothing is
    done beside it.
    """

    interrupted: Callable[[], bool] = _no
    one_done: Callable[[], object] = _no
    may_go_on: Callable[[], bool] = _no
    has_news: Callable[[], bool] = _no
    has_hold: Callable[[], bool] = _no
    take_in: Callable[[], object] | None = None


@dataclass(frozen=True)
class Resources:
    """What a go works with. ``steps``: those for jobs that are written by a sender, and that are added to what is
    finished. ``next_batch`` gives the next one, where True with jobs of which only lists are left. ``clock``: seconds
    since 1970; ``stash_reads`` is called once Stash could read scenes."""

    queue: Jobs
    record: Record
    batches: Batches
    readings: Readings
    steps: Callable[[Sender, Finished], Steps]
    next_batch: Callable[[bool], Batch | None]
    clock: Callable[[], float]
    stash_reads: Callable[[], object]


class Go:
    """Works off ``first`` and what is behind it through ``sender``, and what is beside it through another."""

    def __init__(self, resources: Resources, calls: Calls, first: Batch, sender: Sender, beside: Sender) -> None:
        self._resources = resources
        self._calls = calls
        self._sender = sender
        self._beside = beside
        self._waiting: list[Claimed] = []
        self._tried: set[int] = set()
        self._is_stash_away = False
        self._is_called_off = False
        self._trouble: Exception | None = None
        self._hand = Hand(first, resources.readings, self._behind)

    def run(self) -> Hand:
        """Until nothing of it is left, or Plex cannot be written to, or somebody interrupts; returns what is left.

        Raises StashUnavailable, sqlite3.Error, and what ``take_in`` does; everything waits again then.
        """
        try:
            self._work_off(self._hand, self._sender)
            if self._trouble is not None:
                self._resources.batches.put_back(self._hand.jobs)
                raise self._trouble
            return self._hand
        finally:
            self._sender.meanwhile, self._sender.may_begin, self._beside.may_begin = _no, _yes, _yes
            for claimed in self._waiting:
                self._resources.queue.put_back(claimed)

    def _work_off(self, hand: Hand, sender: Sender, taken: InHand | None = None) -> None:
        resources, calls, done = self._resources, self._calls, Finished(self._resources.queue.done)
        is_first = hand is self._hand
        try:
            if hand.read().scenes:
                resources.stash_reads()
            rounds = Rounds(
                resources.steps(sender, done),
                hand.jobs,
                resources.clock,
                self._is_interrupted,
                self._telling_of(done) if is_first else _no,
                hand.more,
                calls.has_news,
                taken,
            )
            sender.may_begin = self._may_begin
            if is_first and calls.take_in is not None:
                sender.meanwhile = lambda: self._work_beside(rounds)
            with resources.record.gathered(done.written):
                rounds.run()
        except BaseException:
            resources.batches.put_back(hand.jobs)
            raise
        finally:
            resources.readings.clear()

    def _telling_of(self, done: Finished) -> Callable[[], None]:
        """Tells of jobs that were done since the last call: one that was dealt with may wait again."""
        told = 0

        def tell() -> None:
            nonlocal told
            while told < done.count:
                told += 1
                self._calls.one_done()

        return tell

    def _behind(self) -> Batch | None:
        batches, calls = self._resources.batches, self._calls
        is_time = batches.is_read and calls.may_go_on() and not calls.has_news()
        return self._resources.next_batch(True) if is_time else None

    def _work_beside(self, rounds: Rounds) -> None:
        """Jobs that are to write the same as those that ``rounds`` has in hand wait for that."""
        if self._is_stash_away or self._is_interrupted():
            return
        with self._resources.record.apart(), self._resources.readings.apart():
            self._take_in()
            batch = None if self._trouble else self._resources.next_batch(False)
            if batch is None:
                return
            hand = Hand(batch, self._resources.readings, lambda: None)
            self._leave_what_was_tried(hand)
            try:
                self._work_off(hand, self._beside, rounds.taken)
            except StashUnavailable:
                self._is_stash_away = True  # who owns the worker hears of it at the next batch
            else:
                self._waiting.extend(hand.jobs)
            rounds.look_anew()

    def _take_in(self) -> None:
        try:
            if self._calls.take_in is not None:
                self._calls.take_in()
        except (OSError, PlexSyncError) as error:  # neither Plex nor the scene that is being written is at fault for it
            self._trouble = error

    def _may_begin(self) -> bool:
        self._is_called_off = self._is_called_off or self._calls.has_hold()
        return not self._is_called_off

    def _is_interrupted(self) -> bool:
        return self._is_called_off or self._trouble is not None or self._calls.interrupted()

    def _leave_what_was_tried(self, hand: Hand) -> None:
        """A job that was put back beside this go waits for its end."""
        for claimed in [one for one in hand.jobs if one.row in self._tried]:
            hand.jobs.remove(claimed)
            self._waiting.append(claimed)
        self._tried |= {one.row for one in hand.jobs}
