"""One item: planned, noted with what it shows and what is about to be written, written, and read back later."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from worker.items.artwork import new_covers
from worker.items.capabilities import Capabilities
from worker.items.covers import Covers
from worker.items.covers_ahead import FetchCover
from worker.items.grouped import Begun, GroupedWrites
from worker.items.grouping import SLOW
from worker.items.hanging import open_up
from worker.items.intents import changes_of
from worker.items.item_server import ItemServer
from worker.items.planned import PlannedItem
from worker.items.readback import ReadBack, last_parts
from worker.items.recall import Recalled, recall
from worker.items.sender import Sender, UnderWay
from worker.items.sending import send_all
from worker.items.settling import settle
from worker.items.taking_down import former_pictures
from worker.items.target import Target
from worker.items.write_times import LibraryKey
from worker.items.writing import Writing, Written
from worker.metadata.aftermath import Wrote
from worker.metadata.decisions import Policy
from worker.metadata.edits import edit_arguments
from worker.metadata.held import leaving_held, pictures_not_held
from worker.metadata.item_files import files_of
from worker.metadata.labels import label
from worker.metadata.memory import Held, ItemMemory
from worker.metadata.plan import RATING, Plan, make_plan
from worker.metadata.rebased import rebased
from worker.metadata.shown import Shown
from worker.metadata.wanted import Wanted, nothing_wanted
from worker.storage.journal_entries import WriteState
from worker.storage.record import Record

log = logging.getLogger(__name__)


class ItemWriter:
    """Plans for the items of one server, writes to them, and remembers what it wrote; ``read_back`` looks at it later.

    What is planned is noted in the record by ``note``, which has to outlive everything before it is carried out.
    """

    def __init__(
        self,
        policy: Policy,
        record: Record,
        server: ItemServer,
        read_back: ReadBack,
        grouped: GroupedWrites,
        sender: Sender,
    ) -> None:
        self._policy = policy
        self._record = record
        self._server = server
        self._read_back = read_back
        self._grouped = grouped
        self._sender = sender

    def plan(
        self, target: Target, scene_id: int, wanted: Wanted, fetch_cover: FetchCover, found: Sequence[str] = ()
    ) -> PlannedItem:
        """What it takes to make an item show what is wanted; ``found``: all items the scene is in. Only looks.

        Raises the errors of plex/exceptions.py, where no scene is at fault for them.
        """
        before = self._recall(target, scene_id, found)
        held = self._record.held(scene_id).joined(before.held)
        if held.whole:
            left = Plan(replace(before.content, held=Held()))
            return PlannedItem(target, scene_id, before, left, Covers(), held)
        wanted = leaving_held(wanted, held)
        plan = self._plan(target.shown, wanted, before.content)
        covers = new_covers(target, wanted.pictures, before.content, fetch_cover, self._policy)
        return PlannedItem(target, scene_id, before, plan, covers, held, self._record.hold_changes)

    def plan_to_give_back(self, target: Target, scene_id: int | None, held: Held) -> PlannedItem:
        """What it takes to make an item show what it did before the first write, but for what others changed since, and
        for what is ``held``. ``scene_id``: None of an item that is nobody's any more.

        Only looks. Raises as ``plan``.
        """
        before = self._recall(target, scene_id, ())
        plan = self._plan(target.shown, leaving_held(nothing_wanted(), held), before.content)
        covers = former_pictures(target, pictures_not_held(before.content, held), self._policy.now)
        return PlannedItem(target, scene_id, before, plan, covers, held, self._record.hold_changes)

    def note(self, planned: PlannedItem, is_to_last: bool = False) -> PlannedItem:
        """Keep what Plex shows now, which is about to go and can be read only once, and what is about to be written.

        ``is_to_last``: what it is seen to show is kept as well, where nothing is written."""
        capabilities = self._capabilities()
        for name in planned.plan.arrived:
            capabilities.worked(name)
        for name, since in planned.plan.unshown.items():
            capabilities.missed(name, since)
        if planned.before.unfit:
            self._record.set_aside(planned.before.unfit)
        if planned.before.held.any and planned.scene_id is not None:
            self._record.hold(planned.scene_id, planned.before.held)
        machine, shown = self._server.machine, planned.target.shown
        settle(self._record, machine, planned)
        if planned.writes or is_to_last:
            planned = replace(planned, noted=planned.memory)
            self._remember(planned, planned.memory)
        if not planned.writes:
            return planned
        return replace(planned, entry=self._record.intend(machine, shown.rating_key, changes_of(planned)))

    def withdraw(self, planned: PlannedItem, was_to_last: bool = False) -> None:
        """Nothing was begun of what was noted but what was written together with other items, and nothing will be.
        ``was_to_last``: as in ``note``."""
        self._grouped.leave(planned)
        if self._grouped.begun(planned) is not None:
            self._leave(planned)
            return
        if planned.entry is not None or was_to_last:
            self._take_back(planned)
        if planned.entry is not None:
            self._record.withdraw_entries([planned.entry])

    def _take_back(self, planned: PlannedItem) -> None:
        machine, key = self._server.machine, planned.target.shown.rating_key
        if planned.noted in (None, self._record.memory(machine, key)):
            self._record.take_back(machine, key, planned.before.known)
        else:  # other fields were written meanwhile
            self._remember_since(planned, planned.before.content)

    def _leave(self, planned: PlannedItem) -> None:
        """Some lists were written with those of other items, or may have been; the rest is planned anew."""
        begun, shown = self._grouped.take(planned), planned.target.shown
        wrote = Wrote(shown, begun.answered, begun.plan.lists, begun.parts)
        self._read_back.expect(self._server.machine, planned.target, begun.plan, wrote)
        if planned.entry is not None:
            self._record.became([planned.entry], WriteState.NOT_CONFIRMED)

    def carry_out(self, planned: PlannedItem) -> Written:
        """Write what was planned, with as few writes as that takes, and note what became of it.

        Raises the errors of plex/exceptions.py; what was written by then is remembered, and the rest stays open.
        """
        if not planned.writes:
            return self._settled(planned)
        begun = self._begin(planned)
        planned = replace(planned, plan=begun.plan)
        if planned.covers.closed:
            open_up(planned.covers, planned.target)
            with self._record.together():
                self._remember_since(planned, planned.memory)
                self._amend(planned)
        writing = self._writing(planned, begun)
        is_long = partial(self._takes_long, writing)
        return self._landed(writing, lambda: self._sender.send(lambda: send_all(writing, self._clock), is_long))

    def start(self, planned: PlannedItem, until: float) -> UnderWay[Written] | None:
        """Hand over what is to be written, if that is known by now; None: it has to be carried out by itself.
        ``until``: when it must have begun, in seconds since 1970."""
        if not planned.writes:
            return UnderWay(None, lambda: self._settled(planned))
        if planned.covers.closed or not self._grouped.leaves_alone(planned, self._server):
            return None
        writing = self._writing(planned, self._grouped.take(planned))
        future = self._sender.hand_over(lambda: send_all(writing, self._clock), until)
        return UnderWay(future, lambda: self._landed(writing, future.result))

    def _settled(self, planned: PlannedItem) -> Written:
        """Of an item to which nothing is to be written."""
        planned.covers.settle()
        memory = planned.covers.remembered_in(planned.plan.with_photos())
        self._remember(planned, memory, planned.target.shown.updated_at or None)
        return self._written(planned, {})

    def _plan(self, shown: Shown, wanted: Wanted, before: ItemMemory) -> Plan:
        """What to write, but for what this server was seen not to take."""
        plan = make_plan(shown, wanted, before, self._policy)
        plan = plan.without_refused(before, self._policy.asked_at)
        return plan.without(self._capabilities().not_taken_after(plan.arrived, plan.unshown), before)

    def _begin(self, planned: PlannedItem) -> Begun:
        """What is better written to several items at once is."""
        try:
            self._grouped.write(planned, self._server)
        except Exception:
            self._leave(planned)
            raise
        return self._grouped.take(planned)

    def _writing(self, planned: PlannedItem, begun: Begun) -> Writing:
        shown, replaces_tags = planned.target.shown, self._capabilities().replaces_tags
        locks = planned.covers.locks(shown)
        edits = edit_arguments(begun.left(), shown, split_tags=not replaces_tags, locks=locks)
        parts = {**begun.parts, **({} if replaces_tags else last_parts(edits))}
        return Writing(replace(planned, plan=begun.plan), parts, edits, set(begun.answered))

    def _landed(self, writing: Writing, wait: Callable[[], None]) -> Written:
        """Wait for the answers, and note them."""
        try:
            wait()
        finally:
            self._note_writing(writing)
        return self._written(writing.planned, writing.refused)

    def _takes_long(self, writing: Writing) -> None:
        """What is not answered yet takes long; where that is a list of tags, others are not to wait behind such."""
        if writing.planned.plan.tags:
            place = LibraryKey(self._server.machine, writing.planned.target.shown.section_key)
            self._read_back.times.takes_long(place, SLOW)

    def _written(self, planned: PlannedItem, refused: Mapping[str, str]) -> Written:
        """``refused``: by label, what was not taken. Raises what was kept for the end."""
        plan, covers = planned.plan, planned.covers
        for place, fault in covers.news.items():
            said = "Scene %s goes without its cover as %s until that changes: %s."
            log.warning(said, planned.scene_id, label(place), fault)
        if covers.trouble:
            raise covers.trouble
        faults = {**plan.refused, **refused, **{label(place): fault for place, fault in covers.refused.items()}}
        labels = (*(one for one in plan.labels if one not in refused), *map(label, covers.hung))
        refusals = tuple(f"{what}: {fault}" for what, fault in faults.items())
        return Written(labels, (*plan.kept, *map(label, covers.kept)), plan.not_shown, refusals)

    def _note_writing(self, writing: Writing) -> None:
        planned, covers = writing.planned, writing.planned.covers
        place = LibraryKey(self._server.machine, planned.target.shown.section_key)
        for one in writing.took:
            self._read_back.times.took(place, one.edit, one.seconds)
        plan = replace(planned.plan, memory=writing.memory or planned.plan.memory)
        memory = plan.with_photos() if "actor" in writing.fields else plan.memory
        memory = covers.remembered_in(memory)
        if covers.closed or memory != planned.noted:
            self._remember_since(planned, memory)
        wrote = Wrote(planned.target.shown, writing.fields, plan.lists, writing.parts, covers.put_up)
        if writing.answered or covers.hung or not covers.trouble:  # else Plex took nothing, and shows the same
            self._read_back.expect(self._server.machine, planned.target, plan, wrote)
        self._note_answers(writing)

    def _note_answers(self, writing: Writing) -> None:
        """Whether all of it was answered well. A rating or cover that is refused is no part of what was written."""
        planned, covers, entry = writing.planned, writing.planned.covers, writing.planned.entry
        if entry is None:
            return
        if writing.refused:
            planned = replace(planned, plan=planned.plan.leaving([RATING], planned.before.content))
        if covers.news or writing.refused:
            self._amend(planned)
        unrated = RATING in planned.plan.texts and RATING not in writing.answered
        is_open = bool(writing.left or unrated or covers.waiting or covers.trouble)
        self._record.became([entry], WriteState.NOT_CONFIRMED if is_open else WriteState.ANSWERED)

    def _amend(self, planned: PlannedItem) -> None:
        if planned.entry is not None:
            self._record.amend(planned.entry, changes_of(planned))

    def _clock(self) -> float:
        return self._record.now

    def _capabilities(self) -> Capabilities:
        return Capabilities(self._record, self._server.machine)

    def _recall(self, target: Target, scene_id: int | None, found: Sequence[str]) -> Recalled:
        return recall(self._record, self._server.machine, target.shown, scene_id, found, self._policy.anew)

    def _remember_since(self, planned: PlannedItem, memory: ItemMemory) -> None:
        """What is to be remembered of what was noted."""
        current = self._record.memory(self._server.machine, planned.target.shown.rating_key)
        self._remember(planned, rebased(memory, planned.noted or memory, current))

    def _remember(self, planned: PlannedItem, memory: ItemMemory, seen: int | None = None) -> None:
        shown = planned.target.shown
        key, files = shown.rating_key, files_of(shown)
        self._record.remember(planned.scene_id, self._server.machine, key, memory, seen, files=files)
