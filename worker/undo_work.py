"""Working off what is noted to be taken back, before any job: it goes on after a kill, and while everything is held."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from collections.abc import Set as AbstractSet

from stash.client import StashClient
from worker.items.undoing import AT_ONCE, NotTakenBack, PlannedUndo, Undoing
from worker.items.undone import UndoSum
from worker.jobs.gate import Gate
from worker.metadata.memory import Held
from worker.returns.rating_changes import take_ratings_back
from worker.returns.sending import Sending
from worker.storage.journal_entries import Cause
from worker.storage.record import Record
from worker.storage.to_undo import ToTakeBack
from worker.storage.undo_wishes import TAKEN_BACK

#: How often an item is tried at which Plex fails.
MOST_TRIES = 3


class UndoWork:
    """Takes back what the record notes. ``undoing`` connects to the server, ``stash`` is the way to Stash; ``done``
    says what became of it."""

    def __init__(
        self, record: Record, gate: Gate, undoing: Callable[[], Undoing], stash: Callable[[], StashClient]
    ) -> None:
        self.done = UndoSum()
        self._record = record
        self._gate = gate
        self._undoing = undoing
        self._stash = stash
        self._plays = Sending(record)
        self._tries: Counter[str] = Counter()

    def step(self) -> int:
        """Take back what is noted for up to fifty items, and what came from Plex; says how many.

        Raises sqlite3.Error, StashUnavailable."""
        worked = [take_ratings_back(self._record, self._stash()), self._plays.undo(self._stash())]
        waits = self._record.count_to_undo()
        self.done.could_not += self._record.dropped
        self._record.dropped = 0
        if waits:
            self._gate.guarded(lambda: worked.append(self._step()))
        return sum(worked)

    def _step(self) -> int:
        undoing = self._undoing()
        machine = undoing.server.machine
        wishes = self._record.next_to_undo(machine, AT_ONCE)
        if not wishes:
            self.done.elsewhere += self._record.leave_elsewhere(machine)
            return 0
        run = wishes[0].run
        cause = self._record.cause_of_run(run)
        in_full = {one.item: one.scene_id for one in wishes if one.entries is None}
        entries = [entry for one in wishes for entry in one.entries or ()]
        planned = undoing.plan(entries) + undoing.plan_all(in_full)
        with self._record.in_run(run):
            failed = undoing.carry_out(planned, cause, lambda one: self._hold(one, run, cause, in_full))
            failed += [NotTakenBack(one.item, one.fault, may_pass=False, unknown=True) for one in planned if one.fault]
        self._finish(machine, wishes, {*undoing.to_take_back(entries), *in_full}, planned, failed)
        return len(wishes)

    def _hold(self, one: PlannedUndo, run: int, cause: Cause, in_full: Collection[str]) -> None:
        """What is given back stays so; what is written again is no longer held."""
        item = one.item
        if item.scene_id is None or one.key in in_full:
            return  # who asked for all of it holds all of it
        if cause is Cause.REDO:
            self._record.release(item.scene_id, one.fields)
        else:
            self._record.hold(item.scene_id, Held(fields=one.fields, reason=TAKEN_BACK), run)

    def _finish(
        self,
        machine: str,
        wishes: Sequence[ToTakeBack],
        asked: AbstractSet[str],
        planned: Sequence[PlannedUndo],
        failed: Sequence[NotTakenBack],
    ) -> None:
        again, left = set[str](), set[str]()
        for one in failed:
            key = one.item.target.shown.rating_key
            self._tries[key] += 1
            if one.may_pass and self._tries[key] < MOST_TRIES:
                again.add(key)
            else:
                left.add(key)
                self._leave(one, wishes[0].run)
        self.done.add([one for one in planned if one.key not in again | left], asked - again - left)
        for wish in wishes:
            if wish.item not in again:
                self._record.undone(machine, wish)

    def _leave(self, one: NotTakenBack, run: int) -> None:
        """It could not be taken back: its scene stays as it is, and held, and that is why."""
        self.done.add_failed(one)
        if one.item.scene_id is not None and self._record.cause_of_run(run) is Cause.UNDO:
            self._record.hold(
                one.item.scene_id, Held(whole=one.unknown, reason=f"could not be taken back: {one.why}"), run
            )
