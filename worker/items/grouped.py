"""Writing changes of lists to several items at once, for those whose turn it is and for those that come after it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from plex.exceptions import PlexNotReady, PlexUnreachable
from plex.items import edit_together
from validation.errors import PlexSyncError
from validation.names import name_keys
from worker.items.capabilities import Capabilities
from worker.items.grouping import SLOW, Step, may_pay, next_step
from worker.items.item_server import ItemServer
from worker.items.planned import PlannedItem
from worker.items.sender import Sender
from worker.items.write_times import LibraryKey, WriteTimes
from worker.metadata.item_files import files_of
from worker.metadata.plan import Plan
from worker.metadata.rebased import rebased
from worker.metadata.shown import Shown
from worker.storage.record import Record

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Begun:
    """An item of which lists were written, or may have been. ``plan``: with what is to be remembered of that.
    ``answered``: the lists whose write was answered; ``parts``: of those that were sent in part, what was sent."""

    plan: Plan
    answered: frozenset[str] = frozenset()
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def left(self) -> Plan:
        """What is still to be written."""
        return replace(self.plan, tags={name: one for name, one in self.plan.tags.items() if name not in self.answered})


class _Seen(Enum):
    """What items show after a request."""

    DONE = "done"
    #: Not yet what was written.
    LATE = "late"
    #: What was written, and not what was there before.
    REPLACED = "replaced"


class GroupedWrites:
    """The items of one round, all of them noted in the record and in the journal; for the life of a batch."""

    def __init__(self, record: Record, times: WriteTimes, sender: Sender) -> None:
        self._record = record
        self._times = times
        self._sender = sender
        self._waiting: dict[int, PlannedItem] = {}
        self._begun: dict[int, Begun] = {}

    def expect(self, items: Iterable[PlannedItem]) -> None:
        """Items that were noted, and are about to be written one after the other."""
        self._waiting = {one.entry: one for one in items if one.entry is not None and one.plan.tags}
        self._begun = {}

    @property
    def any_begun(self) -> bool:
        """Whether something was written to an item whose turn is still to come."""
        return bool(self._begun)

    def begun(self, item: PlannedItem) -> Begun | None:
        """What was written to an item by now; None: nothing."""
        return self._begun.get(item.entry) if item.entry is not None else None

    def take(self, item: PlannedItem) -> Begun:
        """The same of an item that is dealt with."""
        return self._begun.pop(item.entry or 0, Begun(item.plan))

    def is_held_by_now(self, item: PlannedItem) -> bool:
        """Whether more of its scene is held than when it was planned."""
        return item.scene_id is not None and self._record.holds_more(item.scene_id, item.held, item.hold_changes)

    def leave(self, item: PlannedItem) -> None:
        """An item that is planned anew: with what is noted of it nothing is written any more."""
        self._waiting.pop(item.entry or 0, None)

    def leaves_alone(self, item: PlannedItem, server: ItemServer) -> bool:
        """Whether nothing of an item is written together with others, which it is no more then."""
        if self.begun(item) is not None or (item.entry in self._waiting and self._may_pay(item, server)):
            return False
        self.leave(item)
        return True

    def write(self, item: PlannedItem, server: ItemServer) -> None:
        """Write the lists of an item whose turn it is, as far as that is better done for several at once.

        Raises PlexUnreachable, PlexNotReady: it may have been written. Other failures leave it to the item's own edits.
        """
        if self._waiting.pop(item.entry or 0, None) is None:
            return
        place = LibraryKey(server.machine, item.target.shown.section_key)
        if not self._may_pay(item, server):
            return  # before anything is asked for each of the others
        capabilities = Capabilities(self._record, server.machine)
        while left := self._left_of(item):
            self._waiting = {key: one for key, one in self._waiting.items() if not self.is_held_by_now(one)}
            others = [one for one in map(self._left_of, self._waiting.values()) if one is not None]
            step = next_step(
                left,
                others,
                capabilities,
                self._times.typical(place),
                lambda name: self._times.is_alone(server.machine, name, self._record.now),
            )
            if step is None:
                return
            self._carry_out(step, server, place, capabilities)

    def _may_pay(self, item: PlannedItem, server: ItemServer) -> bool:
        return may_pay(self._times.typical(LibraryKey(server.machine, item.target.shown.section_key)))

    def _left_of(self, item: PlannedItem) -> PlannedItem | None:
        """An item with the lists that are still to be written; None when there are none."""
        begun = self.begun(item)
        plan = begun.left() if begun is not None else item.plan
        return replace(item, plan=plan) if plan.tags else None

    def _carry_out(self, step: Step, server: ItemServer, place: LibraryKey, capabilities: Capabilities) -> None:
        self._note(step, server)
        began = self._record.now
        try:
            self._sender.send(
                lambda: edit_together(step.plex_items, step.arguments), lambda: self._times.takes_long(place, SLOW)
            )
        except (PlexUnreachable, PlexNotReady):
            self._alone(step, server)
            raise
        except PlexSyncError as error:
            log.warning("The %s of %d items could not be written at once: %s", _names(step), len(step.items), error)
            self._alone(step, server)
            return
        seconds = self._record.now - began
        if len(step.items) > 1:
            self._times.took_together(place, seconds)
        else:
            self._times.took(place, step.arguments, seconds)
        is_known = all(capabilities.edits_together(name) for name in step.names)
        if seconds < SLOW if step.is_trial else is_known:  # a quick one is read back as any other
            self._answered(step)
        else:
            self._look(step, server, capabilities)

    def _look(self, step: Step, server: ItemServer, capabilities: Capabilities) -> None:
        """See what became of the first request of its kind before a larger one follows."""
        try:
            shown = server.look([one.target.shown.rating_key for one in step.items])
        except PlexSyncError:
            shown = {}
        seen = _seen(step, shown)
        if seen is _Seen.REPLACED:
            capabilities.note_replaces_tags()
            return  # each item gets its whole list
        self._answered(step)
        if seen is _Seen.LATE:
            self._alone(step, server)
            return
        for name in step.names:
            if step.is_trial:
                capabilities.note_appends(name)
            else:
                capabilities.note_edits_together(name)

    def _note(self, step: Step, server: ItemServer) -> None:
        """What is not sent along is remembered before it could be lost: on a server that replaces after all."""
        with self._record.together():
            for item in step.items:
                assert item.entry is not None
                begun = self._begun.get(item.entry) or Begun(item.plan)
                plan = _remembering(begun.plan, step.unsent(item))
                self._begun[item.entry] = replace(begun, plan=plan)
                shown, memory = item.target.shown, item.covers.remembered_in(plan.memory)
                current = self._record.memory(server.machine, shown.rating_key)
                memory = rebased(memory, item.noted or memory, current)
                self._record.remember(
                    item.scene_id, server.machine, shown.rating_key, memory, None, files=files_of(shown)
                )

    def _answered(self, step: Step) -> None:
        parts = {one.name: one.sent for one in step.changes if not one.is_whole}
        for item in step.items:
            assert item.entry is not None
            begun = self._begun[item.entry]
            now = replace(begun, answered=begun.answered | step.names, parts={**begun.parts, **parts})
            self._begun[item.entry] = now

    def _alone(self, step: Step, server: ItemServer) -> None:
        for name in step.names:
            self._times.write_alone(server.machine, name, self._record.now)


def _remembering(plan: Plan, unsent: Mapping[str, tuple[str, ...]]) -> Plan:
    """A plan after which is remembered which tags were not sent along."""
    tags = dict(plan.memory.tags)
    for name, left in unsent.items():
        known = tags.get(name)
        if known is not None and known.unseen is not None:
            tags[name] = replace(known, unseen=replace(known.unseen, unsent=left))
    return replace(plan, memory=replace(plan.memory, tags=tags))


def _seen(step: Step, found: Mapping[str, Shown]) -> _Seen:
    seen = _Seen.DONE
    for item in step.items:
        shown = found.get(item.target.shown.rating_key)
        if shown is None:
            return _Seen.LATE
        unsent = step.unsent(item)
        for change in step.changes:
            there = name_keys(shown.tag_names(change.name))
            if not name_keys(change.sent) <= there or name_keys(change.removed) & there:
                seen = _Seen.LATE
            elif not name_keys(unsent.get(change.name, ())) <= there:
                return _Seen.REPLACED
    return seen


def _names(step: Step) -> str:
    return " and ".join(sorted(step.names))
