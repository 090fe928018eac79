"""Taking back what was written to one item: planned by its entries in the journal, carried out like any other plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from plex.exceptions import PlexFailed
from plex.places import PLACES, Pictures
from worker.items.covers import Closed, Covers, Return
from worker.items.planned import PlannedItem
from worker.items.recall import recall
from worker.items.target import Target
from worker.items.undo_decisions import take_back, together
from worker.metadata.memory import ItemMemory, UnseenPicture
from worker.metadata.plan import Plan
from worker.storage.journal_entries import Entry, ItemChanges, PictureChange
from worker.storage.record import Record


@dataclass(frozen=True)
class PlannedUndo:
    """``stays``: fields and places that a person changed since, and that are left so."""

    item: PlannedItem
    stays: tuple[str, ...]


def plan_undo(
    record: Record, server: str, target: Target, scene_id: int, entries: Sequence[Entry], earlier: Sequence[Entry]
) -> PlannedUndo:
    """What it takes to take back ``entries``, oldest first, of an item; ``earlier``: those before them.

    Only looks; costs a request for each place with a picture. Raises the errors of plex/exceptions.py where no scene
    is at fault for them; the rest is noted as trouble.
    """
    before = recall(record, server, target.shown, scene_id, ())
    changes, known = together(entries), together(earlier)
    back = take_back(changes, target.shown, before.content, known, record.now)
    covers, stays = Covers(), list(back.stays)
    with covers.noting_trouble():
        for name, change in changes.pictures.items():
            _Place(target, name, change, known, before.content, covers, stays).look()
    plan = Plan(back.memory, dict(back.texts), dict(back.tags), dict(back.photos))
    return PlannedUndo(PlannedItem(target, scene_id, before, plan, covers), tuple(stays))


@dataclass(frozen=True)
class _Place:
    """The poster or the background of an item."""

    target: Target
    name: str
    change: PictureChange
    earlier: ItemChanges
    memory: ItemMemory
    covers: Covers
    stays: list[str]

    def look(self) -> None:
        place = PLACES[self.name]
        if self.change.before is None or self.change.after is None:
            return
        try:
            self.decide(self.target.item.pictures(place))
        except PlexFailed:
            if place.field not in self.target.shown.locks:
                raise
            self.covers.closed.append(Closed(place, self.decide))

    def decide(self, found: Pictures) -> None:
        known, before = self.memory.pictures.get(self.name), self.change.before or ""
        ours = {self.change.after}
        if known is not None and known.written == self.change.after:
            ours.add(known.shown)
        if found.chosen not in ours:
            if found.chosen != before:
                self.stays.append(self.name)
            return
        key = before if before in found.keys else ""
        self.covers.returns.append(Return(PLACES[self.name], key, found.chosen, self.change.locked_before))
        was_ours = self.name in self.earlier.pictures and self.earlier.pictures[self.name].after == key
        if known is None or not was_ours:
            self.covers.leaving |= {self.name}
        else:
            unseen = UnseenPicture(stood=found.chosen, held=True)
            update = {"written": key, "shown": None, "unseen": unseen, "chosen": None}
            self.covers.memories[self.name] = known.model_copy(update=update)
