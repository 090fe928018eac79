"""One item: planned, noted with what it shows and what is about to be written, written, and read back later."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from plex.exceptions import PlexPermanentError, PlexTooLong
from worker.items.artwork import FetchCover, new_covers
from worker.items.capabilities import Capabilities
from worker.items.covers import Covers
from worker.items.grouped import GroupedWrites
from worker.items.hanging import hang, open_up
from worker.items.intents import changes_of
from worker.items.item_server import ItemServer
from worker.items.planned import PlannedItem
from worker.items.rating import rate
from worker.items.readback import ReadBack, last_parts
from worker.items.recall import Recalled, recall
from worker.items.settling import settle
from worker.items.taking_down import former_pictures, take_down
from worker.items.target import Target
from worker.items.write_times import LibraryKey
from worker.metadata.aftermath import Wrote
from worker.metadata.decisions import Policy
from worker.metadata.edits import Arguments, edit_arguments
from worker.metadata.held import leaving_held, pictures_not_held
from worker.metadata.item_files import files_of
from worker.metadata.memory import Held, ItemMemory
from worker.metadata.plan import LABELS, RATING, Plan, make_plan
from worker.metadata.shown import Shown
from worker.metadata.wanted import Wanted, nothing_wanted
from worker.storage.journal_entries import WriteState
from worker.storage.record import Record

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Written:
    """What was done to an item: labels of what was written, of what was kept as edited in Plex, and of what Plex does
    not show as it was written; why it does not take its rating or its cover, for each place."""

    labels: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    not_shown: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


@dataclass
class _Progress:
    """How far the requests about one item have come. ``left``: edits that were not answered well; ``memory``: what is
    to be remembered but for what was refused; ``refused``: that, by its label, and why."""

    left: list[Arguments]
    answered: set[str] = field(default_factory=set)
    memory: ItemMemory | None = None
    refused: dict[str, str] = field(default_factory=dict)

    def edited(self, edit: Arguments) -> None:
        """An edit was answered."""
        self.left = [one for one in self.left if one is not edit]
        self.answered |= _fields(edit)

    @property
    def fields(self) -> frozenset[str]:
        """The fields all of whose requests were answered."""
        return frozenset(self.answered - {name for edit in self.left for name in _fields(edit)})


class ItemWriter:
    """Plans for the items of one server, writes to them, and remembers what it wrote; ``read_back`` looks at it later.

    What is planned is noted in the record by ``note``, which has to outlive everything before it is carried out.
    """

    def __init__(
        self, policy: Policy, record: Record, server: ItemServer, read_back: ReadBack, grouped: GroupedWrites
    ) -> None:
        self._policy = policy
        self._record = record
        self._server = server
        self._read_back = read_back
        self._grouped = grouped

    def plan(
        self, target: Target, scene_id: int, wanted: Wanted, fetch_cover: FetchCover, found: Sequence[str] = ()
    ) -> PlannedItem:
        """What it takes to make an item show what is wanted; ``found``: all items the scene is in. Only looks.

        Raises the errors of plex/exceptions.py, where no scene is at fault for them.
        """
        before = self._recall(target, scene_id, found)
        held = self._record.held(scene_id).joined(before.held)
        if held.whole:
            return PlannedItem(
                target, scene_id, before, Plan(before.content.model_copy(update={"held": Held()})), Covers()
            )
        wanted = leaving_held(wanted, held)
        plan = self._plan(target.shown, wanted, before.content)
        covers = new_covers(target, wanted.pictures, before.content, fetch_cover, self._policy)
        return PlannedItem(target, scene_id, before, plan, covers)

    def plan_to_give_back(self, target: Target, scene_id: int | None, held: Held) -> PlannedItem:
        """What it takes to make an item show what it did before the first write, but for what others changed since, and
        for what is ``held``. ``scene_id``: None of an item that is nobody's any more.

        Only looks. Raises as ``plan``.
        """
        before = self._recall(target, scene_id, ())
        plan = self._plan(target.shown, leaving_held(nothing_wanted(), held), before.content)
        covers = former_pictures(target, pictures_not_held(before.content, held), self._policy.now)
        return PlannedItem(target, scene_id, before, plan, covers)

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
        settle(self._record, machine, shown, planned.covers.chosen)
        if planned.writes or is_to_last:
            planned = replace(planned, noted=planned.memory)
            self._remember(planned, planned.memory)
        if not planned.writes:
            return planned
        return replace(planned, entry=self._record.intend(machine, shown.rating_key, changes_of(planned)))

    def withdraw(self, planned: PlannedItem, was_to_last: bool = False) -> None:
        """Nothing was begun of what was noted but what was written together with other items, and nothing will be.
        ``was_to_last``: as in ``note``."""
        if self._grouped.begun(planned) is not None:
            self._leave(planned)
            return
        if planned.entry is not None or was_to_last:
            self._record.take_back(self._server.machine, planned.target.shown.rating_key, planned.before.known)
        if planned.entry is not None:
            self._record.withdraw_entries([planned.entry])

    def _leave(self, planned: PlannedItem) -> None:
        """Some lists were written with those of other items, or may have been; the rest is planned anew."""
        begun, shown = self._grouped.take(planned), planned.target.shown
        wrote = Wrote(shown, begun.answered, begun.plan.tags, begun.parts)
        self._read_back.expect(self._server.machine, planned.target, begun.plan, wrote)
        if planned.entry is not None:
            self._record.became([planned.entry], WriteState.NOT_CONFIRMED)

    def carry_out(self, planned: PlannedItem) -> Written:
        """Write what was planned, with as few writes as that takes.

        Raises the errors of plex/exceptions.py; what was written by then is remembered, and the rest stays open.
        """
        plan, covers, progress = planned.plan, planned.covers, _Progress([])
        if planned.writes:
            progress = self._carry_out(planned)
        else:
            covers.settle()
            memory = covers.remembered_in(plan.with_photos())
            self._remember(planned, memory, planned.target.shown.updated_at or None)
        for place, fault in covers.news.items():
            log.warning("Scene %s goes without its cover as %s until that changes: %s.", planned.scene_id, place, fault)
        if covers.trouble:
            raise covers.trouble
        faults = {**plan.refused, **progress.refused, **covers.refused}
        refused = tuple(f"{what}: {fault}" for what, fault in faults.items())
        written = tuple(label for label in plan.labels if label not in progress.refused)
        return Written((*written, *covers.hung), (*plan.kept, *covers.kept), plan.not_shown, refused)

    def _plan(self, shown: Shown, wanted: Wanted, before: ItemMemory) -> Plan:
        """What to write, but for what this server was seen not to take."""
        plan = make_plan(shown, wanted, before, self._policy)
        plan = plan.without_refused(before, self._policy.asked_at)
        return plan.without(self._capabilities().not_taken_after(plan.arrived, plan.unshown), before)

    def _carry_out(self, planned: PlannedItem) -> _Progress:
        target, covers = planned.target, planned.covers
        try:
            self._grouped.write(planned, self._server)
        except Exception:
            self._leave(planned)
            raise
        begun = self._grouped.take(planned)
        planned = replace(planned, plan=begun.plan)
        if covers.closed:
            open_up(covers, target)
            with self._record.together():
                self._remember(planned, planned.memory)
                self._amend(planned)
        replaces_tags = self._capabilities().replaces_tags
        locks = covers.locks(target.shown)
        edits = edit_arguments(begun.left(), target.shown, split_tags=not replaces_tags, locks=locks)
        progress = _Progress(edits, set(begun.answered))
        try:
            self._send(planned, progress)
        finally:
            plan = replace(planned.plan, memory=progress.memory or planned.plan.memory)
            memory = plan.with_photos() if "actor" in progress.fields else plan.memory
            memory = covers.remembered_in(memory)
            if covers.closed or memory != planned.noted:
                self._remember(planned, memory)
            parts = {**begun.parts, **({} if replaces_tags else last_parts(edits))}
            wrote = Wrote(target.shown, progress.fields, plan.tags, parts, covers.put_up)
            if progress.answered or covers.hung or not covers.trouble:  # else Plex took nothing, and shows the same
                self._read_back.expect(self._server.machine, target, plan, wrote)
            self._note_answers(planned, progress)
        return progress

    def _note_answers(self, planned: PlannedItem, progress: _Progress) -> None:
        """Whether all of it was answered well. A rating or cover that is refused is no part of what was written."""
        covers, entry = planned.covers, planned.entry
        if entry is None:
            return
        if progress.refused:
            planned = replace(planned, plan=planned.plan.leaving([RATING], planned.before.content))
        if covers.news or progress.refused:
            self._amend(planned)
        unrated = RATING in planned.plan.texts and RATING not in progress.answered
        is_open = bool(progress.left or unrated or covers.waiting or covers.trouble)
        self._record.became([entry], WriteState.NOT_CONFIRMED if is_open else WriteState.ANSWERED)

    def _amend(self, planned: PlannedItem) -> None:
        if planned.entry is not None:
            self._record.amend(planned.entry, changes_of(planned))

    def _send(self, planned: PlannedItem, progress: _Progress) -> None:
        target, plan, covers = planned.target, planned.plan, planned.covers
        too_long = self._edit(target, progress)
        if RATING in plan.texts:
            self._rate(planned, progress)
        hang(covers, target, self._record.now)
        take_down(covers, target, self._record.now)
        covers.settle()
        if too_long:
            raise PlexPermanentError(f"{too_long}; everything else was written")

    def _rate(self, planned: PlannedItem, progress: _Progress) -> None:
        plan, covers = planned.plan, planned.covers
        rated = rate(planned.target, plan.texts[RATING].write or "", plan.memory.refused.get(RATING), self._record.now)
        covers.trouble = covers.trouble or rated.trouble
        if rated.refused is None:
            if rated.trouble is None:
                progress.answered.add(RATING)
            return
        progress.memory = plan.refusing(RATING, rated.refused, planned.before.content)
        if rated.refused.final:
            progress.refused[LABELS[RATING]] = rated.refused.fault
            log.warning(
                "Scene %d goes without its rating until that changes: %s.", planned.scene_id, rated.refused.fault
            )

    def _edit(self, target: Target, progress: _Progress) -> str:
        """Make all edits, also those after a single value that is refused for its length.

        Returns which value that was, in a few words; empty when none was.
        """
        too_long = ""
        place = LibraryKey(self._server.machine, target.shown.section_key)
        for arguments in progress.left:
            began = self._record.now
            try:
                target.item.edit(**arguments)
                self._read_back.times.took(place, arguments, self._record.now - began)
                progress.edited(arguments)
            except PlexTooLong:
                values = [(key, str(value)) for key, value in arguments.items() if key.endswith(".value")]
                if len(values) != 1:
                    raise
                ((key, value),) = values
                name = key.removesuffix(".value")
                too_long = f"the {name} of {len(value):,} characters is too long for the way to Plex (HTTP 414)"
        return too_long

    def _capabilities(self) -> Capabilities:
        return Capabilities(self._record, self._server.machine)

    def _recall(self, target: Target, scene_id: int | None, found: Sequence[str]) -> Recalled:
        return recall(self._record, self._server.machine, target.shown, scene_id, found)

    def _remember(self, planned: PlannedItem, memory: ItemMemory, seen: int | None = None) -> None:
        shown = planned.target.shown
        key, files = shown.rating_key, files_of(shown)
        self._record.remember(planned.scene_id, self._server.machine, key, memory, seen, files=files)


def _fields(edit: Arguments) -> set[str]:
    """The fields and lists of tags in an edit."""
    return {key.partition("[")[0].partition(".")[0] for key in edit}
