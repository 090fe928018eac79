"""Taking back what was written: planned item by item by the journal, carried out like any other plan."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from plex.exceptions import PlexFailed, PlexNotReady, PlexUnreachable
from plex.places import PLACES, Pictures
from validation.errors import ConfigurationError, PlexSyncError
from worker.items.covers import Closed, Covers, Return
from worker.items.item_server import ItemServer, Keeper
from worker.items.planned import PlannedItem
from worker.items.recall import recall
from worker.items.target import Target
from worker.items.undo_decisions import take_back, together
from worker.items.writer import ItemWriter
from worker.metadata.memory import Held, ItemMemory, UnseenPicture
from worker.metadata.plan import Plan
from worker.storage.journal_entries import Cause, Entry, ItemChanges, PictureChange
from worker.storage.record import Record

#: What is said to stay of an item of which nothing proves that it still is the one that was written to.
OTHER_FILE = "everything: it holds other files by now"

#: Why a scene is held.
TAKEN_BACK = "what was written to it was taken back"

#: Items in one transaction, and in one request for details.
AT_ONCE = 50


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
    if before.known is None:  # that number is another file's by now, or nothing proves that it is not
        return PlannedUndo(PlannedItem(target, scene_id, before, Plan(before.content), Covers()), (OTHER_FILE,))
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


class Holding(Enum):
    """What becomes of what was taken back."""

    #: The fields are held.
    FIELDS = "fields"
    #: The whole scene is held.
    WHOLE = "whole"
    #: It was an undo: its fields are let go.
    RELEASE = "release"


@dataclass(frozen=True)
class Undoing:
    """Takes back what was written to the items of one server."""

    record: Record
    server: ItemServer
    writer: ItemWriter
    keeper: Keeper
    holding: Holding = Holding.FIELDS

    def plan(self, entries: Iterable[Entry]) -> list[PlannedUndo]:
        """What it takes to take these entries back, item by item. Only looks; costs a request for each fifty items,
        and one for each picture. Raises the errors of plex/exceptions.py."""
        by_item: dict[str, list[Entry]] = {}
        for entry in sorted(entries, key=lambda one: one.id):
            if entry.server == self.server.machine and entry.scene and isinstance(entry.changes, ItemChanges):
                by_item.setdefault(entry.item, []).append(entry)
        planned, keys = list[PlannedUndo](), list(by_item)
        for start in range(0, len(keys), AT_ONCE):
            for target in self.server.targets(keys[start : start + AT_ONCE]):
                planned.append(self._plan(target, by_item[target.shown.rating_key]))
        return planned

    def _plan(self, target: Target, entries: Sequence[Entry]) -> PlannedUndo:
        earlier = self.record.entries_before(entries[0])
        return plan_undo(self.record, self.server.machine, target, entries[-1].scene or 0, entries, earlier)

    def carry_out(self, planned: Sequence[PlannedUndo]) -> list[str]:
        """Write what was planned, fifty items in one transaction; returns what failed, in sentences.

        Raises what stops all of it: PlexUnreachable, PlexNotReady, ConfigurationError, sqlite3.Error. Of what was not
        begun then, nothing was noted.
        """
        left, failed = [one.item for one in planned if one.item.writes], list[str]()
        while left:
            with self.record.together():
                noted = deque(self._note(item) for item in left[:AT_ONCE])
            left = left[AT_ONCE:]
            try:
                while noted:
                    self._carry_out(noted.popleft(), failed)
            except Exception:
                for item in noted:
                    self.writer.withdraw(item)
                raise
        return failed

    def _note(self, item: PlannedItem) -> PlannedItem:
        """What was taken back is not written again until a person lets it go; an undo that is taken back lets it go."""
        with self.record.because(Cause.UNDO, item.scene_id):
            noted = self.writer.note(item)
        fields = tuple(sorted({*item.plan.texts, *item.plan.tags, *item.covers.waiting}))
        if self.holding is Holding.RELEASE:
            self.record.release(item.scene_id, None if self.record.held(item.scene_id).whole else fields)
        else:
            whole = self.holding is Holding.WHOLE
            self.record.hold(item.scene_id, Held(whole=whole, fields=fields, reason=TAKEN_BACK), self.record.run)
        return noted

    def _carry_out(self, item: PlannedItem, failed: list[str]) -> None:
        with self.record.because(Cause.UNDO, item.scene_id):
            try:
                self.writer.carry_out(item)
                self.keeper.leave(item.target.shown)
            except (PlexUnreachable, PlexNotReady, ConfigurationError):
                raise
            except PlexSyncError as error:
                failed.append(f"scene {item.scene_id}: {error}")
