"""Taking back what was written: planned item by item by the journal, carried out like any other plan."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby, islice

from plex.exceptions import PlexNotReady, PlexUnreachable
from plex.places import PLACES, Pictures
from validation.errors import ConfigurationError, DamagedRow, PlexSyncError, TransientError
from worker.items.covers import Covers, Return, as_listed
from worker.items.item_server import ItemServer, Keeper
from worker.items.planned import PlannedItem
from worker.items.recall import Recalled, recall
from worker.items.target import Target
from worker.items.undo_decisions import Former, take_back, together
from worker.items.writer import ItemWriter
from worker.metadata.memory import Held, ItemMemory, PictureMemory
from worker.metadata.pictures import PictureOrigin, look_at_picture, to_give_back
from worker.metadata.plan import Plan
from worker.storage.journal_entries import Cause, Entry, ItemChanges, PictureChange, Unreadable
from worker.storage.record import Record

#: What is said to stay of an item of which nothing proves that it still is the one that was written to.
OTHER_FILE = "everything: it holds other files by now"

#: Why an item is left as it is of whose entries in the journal one is damaged.
UNREADABLE = "what PlexSync noted of it is damaged (plexsync.db, table journal), so it is left as it is in Plex"

#: Items in one transaction, and in one request for details.
AT_ONCE = 50


@dataclass(frozen=True)
class PlannedUndo:
    """``stays``: fields and places that a person changed since, and that are left so. ``fault``: why nothing of the
    item can be taken back, though it should be."""

    item: PlannedItem
    stays: tuple[str, ...]
    fault: str = ""

    @property
    def key(self) -> str:
        """The rating key of the item."""
        return self.item.target.shown.rating_key

    @property
    def fields(self) -> tuple[str, ...]:
        """What gets back what it showed: Plex's names of fields and lists, and places of pictures."""
        covers = self.item.covers
        places = {one.place.name for one in covers.returns} | {one.place.name for one in covers.closed}
        return (*self.item.plan.texts, *self.item.plan.tags, *sorted(places))


@dataclass(frozen=True)
class NotTakenBack:
    """An item of which not all could be taken back: why, and whether that may pass by itself. ``unknown``: nobody knows
    what was to be taken back."""

    item: PlannedItem
    why: str
    may_pass: bool
    unknown: bool = False


def plan_undo(
    record: Record, server: str, target: Target, entries: Sequence[Entry], earlier: Sequence[Entry]
) -> PlannedUndo:
    """What it takes to take back ``entries``, oldest first, of an item; ``earlier``: those before them.

    What an undo took away was PlexSync's own, and is so again.

    Only looks; costs a request for each place with a picture. Raises the errors of plex/exceptions.py where no scene
    is at fault for them; the rest is noted as trouble.
    """
    before = recall(record, server, target.shown, entries[-1].scene, ())
    scene_id = before.known.scene_id if before.known is not None else entries[-1].scene
    if before.known is None:  # that number is another file's by now, or nothing proves that it is not
        return PlannedUndo(PlannedItem(target, scene_id, before, Plan(before.content), Covers()), (OTHER_FILE,))
    changes = together(entries)
    former = Former(together(earlier), entries[0].cause is Cause.UNDO)
    back = take_back(changes, target.shown, before.content, former, record.now)
    covers, stays = Covers(), list(back.stays)
    with covers.noting_trouble():
        for name, change in changes.pictures.items():
            _Place(target, name, change, former, before.content, covers, stays).look()
    plan = Plan(back.memory, dict(back.texts), dict(back.tags), dict(back.photos))
    return PlannedUndo(PlannedItem(target, scene_id, before, plan, covers), tuple(stays))


@dataclass(frozen=True)
class _Place:
    """The poster or the background of an item."""

    target: Target
    name: str
    change: PictureChange
    former: Former
    memory: ItemMemory
    covers: Covers
    stays: list[str]

    def look(self) -> None:
        if self.change.before is not None and self.change.after is not None:
            self.covers.when_listed(self.target, PLACES[self.name], self.decide)

    def decide(self, found: Pictures) -> None:
        known, before = self._known(found), self.change.before or ""
        ours = {self.change.after}
        if known is not None and known.written == self.change.after:
            ours.add(known.shown)
        if found.chosen not in ours:
            if found.chosen != before:
                self.stays.append(self.name)
            return
        key = before if before in found.keys else ""
        place, was_ours = PLACES[self.name], self.former.picture_was_ours(self.name, key)
        self.covers.returns.append(Return(place, key, found.chosen, self.change.locked_before))
        if known is None and was_ours:
            known = PictureMemory(before=found.chosen, locked=self.change.locked_after)
        if known is not None:
            self.covers.keep(place, to_give_back(known, key, was_ours))

    def _known(self, found: Pictures) -> PictureMemory | None:
        """What is remembered of the place; None where all of it was given back by now."""
        known = self.memory.pictures.get(self.name)
        if known is None or known.back is None:
            return known
        shown = as_listed(found, PLACES[self.name], self.target.shown)
        looked = look_at_picture(known, shown, known.back.answered)
        return None if looked.origin is PictureOrigin.UNTOUCHED else looked.memory


def in_fifties(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Entries of which those of each item come together: those of fifty items at a time, no more are held."""
    of_items = (list(group) for _, group in groupby(entries, key=lambda one: (one.server, one.item)))
    while some := list(islice(of_items, AT_ONCE)):
        yield list(chain.from_iterable(some))


@dataclass(frozen=True)
class Undoing:
    """Takes back what was written to the items of one server."""

    record: Record
    server: ItemServer
    writer: ItemWriter
    keeper: Keeper

    def plan(self, entries: Iterable[Entry]) -> list[PlannedUndo]:
        """What it takes to take these entries back, item by item. Only looks; costs a request for each fifty items,
        and one for each picture. Raises the errors of plex/exceptions.py."""
        by_item = self.to_take_back(entries)
        planned, keys = list[PlannedUndo](), list(by_item)
        for start in range(0, len(keys), AT_ONCE):
            for target in self.server.targets(keys[start : start + AT_ONCE]):
                planned.append(self._plan(target, by_item[target.shown.rating_key]))
        return planned

    def to_take_back(self, entries: Iterable[Entry]) -> dict[str, list[Entry]]:
        """What of these was written to items of this server, oldest first, by their keys."""
        by_item: dict[str, list[Entry]] = {}
        for entry in sorted(entries, key=lambda one: one.id):
            is_item = isinstance(entry.changes, ItemChanges | Unreadable)
            is_whole = is_item and entry.cause not in (Cause.TRIAL, Cause.REPEAT)
            if entry.server == self.server.machine and is_whole:
                by_item.setdefault(entry.item, []).append(entry)
        return by_item

    def _plan(self, target: Target, entries: Sequence[Entry]) -> PlannedUndo:
        earlier = self.record.entries_before(entries[0])
        if any(isinstance(one.changes, Unreadable) for one in (*entries, *earlier)):
            return _not_to_be(target, entries[-1].scene, UNREADABLE)
        try:
            return plan_undo(self.record, self.server.machine, target, entries, earlier)
        except DamagedRow as error:
            return _not_to_be(target, entries[-1].scene, str(error))

    def plan_all(self, items: Mapping[str, int | None]) -> list[PlannedUndo]:
        """What it takes to take back all that was ever written to some items; by them, their scenes (None: nobody's).

        Only looks; costs as ``plan``.
        """
        planned = list[PlannedUndo]()
        for target in self.server.targets(list(items)):
            planned.append(self._plan_all(target, items[target.shown.rating_key]))
        return planned

    def _plan_all(self, target: Target, scene_id: int | None) -> PlannedUndo:
        try:
            item = self.writer.plan_to_give_back(target, scene_id, Held())
        except DamagedRow as error:
            return _not_to_be(target, scene_id, str(error))
        return PlannedUndo(item, _stays(item))

    def carry_out(
        self,
        planned: Sequence[PlannedUndo],
        cause: Cause = Cause.UNDO,
        noted: Callable[[PlannedUndo], object] = lambda _: None,
    ) -> list[NotTakenBack]:
        """Write what was planned, fifty items in one transaction; returns what failed. ``noted`` is called for each
        item inside that transaction, to note more.

        Raises what stops all of it: PlexUnreachable, PlexNotReady, ConfigurationError, sqlite3.Error. Of what was not
        begun then, nothing was noted.
        """
        left, failed = [one for one in planned if one.item.writes], list[NotTakenBack]()
        while left:
            with self.record.together():
                begun = deque(self._note(one, cause, noted) for one in left[:AT_ONCE])
            left = left[AT_ONCE:]
            try:
                while begun:
                    failed.extend(self._carry_out(begun.popleft(), cause))
            except Exception:
                for item in begun:
                    self.writer.withdraw(item)
                raise
        return failed

    def _note(self, one: PlannedUndo, cause: Cause, noted: Callable[[PlannedUndo], object]) -> PlannedItem:
        noted(one)
        with self.record.because(cause, one.item.scene_id):
            return self.writer.note(one.item)

    def _carry_out(self, item: PlannedItem, cause: Cause) -> Iterator[NotTakenBack]:
        with self.record.because(cause, item.scene_id):
            try:
                self.writer.carry_out(item)
                self.keeper.follow_undo(item.target.shown)
            except (PlexUnreachable, PlexNotReady, ConfigurationError):
                raise
            except PlexSyncError as error:
                yield NotTakenBack(item, str(error), isinstance(error, TransientError))


def _not_to_be(target: Target, scene_id: int | None, fault: str) -> PlannedUndo:
    """Of an item of which that is not known which is to be taken back, nothing is."""
    return PlannedUndo(PlannedItem(target, scene_id, Recalled(), Plan(ItemMemory()), Covers()), (), fault)


def _stays(item: PlannedItem) -> tuple[str, ...]:
    """What a person changed since, of an item to which all is given back."""
    shown, left, plan = item.target.shown, item.plan.memory.texts, item.plan.texts
    return tuple(
        name
        for name, known in item.before.content.texts.items()
        if name not in left and name not in plan and not shown.shows(name, known.before)
    )
