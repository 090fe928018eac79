"""What became of writes that the journal still holds open: told by looking at the item, before, after, or neither."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from worker.items.intents import became
from worker.items.planned import PlannedItem
from worker.metadata.aftermath import Aftermath
from worker.metadata.shown import Shown
from worker.storage.journal_entries import Entry, ItemChanges, WriteState
from worker.storage.record import Record

_Change = TypeVar("_Change")

#: Entries of a scene among which the last write of a field is looked for.
RECENT = 20


def settle(record: Record, server: str, planned: PlannedItem) -> None:
    """An item was looked at, before anything else is written to it."""
    shown, chosen = planned.target.shown, planned.covers.chosen

    def state(entry: Entry, changes: ItemChanges) -> WriteState | None:
        found = _became(record, entry, changes, shown, chosen)
        # What was answered and is not shown may only be late.
        return None if found is WriteState.NOT_MADE and entry.state is WriteState.ANSWERED else found

    _settle(record, server, shown, state)
    if planned.plan.arrived and planned.scene_id is not None:
        _settle_arrived(record, server, planned, planned.scene_id)


def _settle_arrived(record: Record, server: str, planned: PlannedItem, scene_id: int) -> None:
    """A write is seen only now. If a look soon after a request that failed had shown nothing of it, it counts as not
    made: it was made after all."""
    shown = planned.target.shown
    for entry in record.history_of(scene_id, RECENT):
        changes = entry.changes
        if (entry.server, entry.item) != (server, shown.rating_key) or not isinstance(changes, ItemChanges):
            continue
        if {*planned.plan.arrived} & {*changes.texts, *changes.tags}:
            found = _became(record, entry, changes, shown, planned.covers.chosen)
            if entry.state is WriteState.NOT_MADE and found is not None:
                record.became([entry.id], found)
            return  # it is the last one that wrote them


def settle_read_back(record: Record, server: str, shown: Shown, after: Aftermath, is_last: bool) -> None:
    """An item that was written to was read back: it shows what was written, or what Plex made of that, but for what is
    late. Of a picture, only Plex's list tells. ``is_last``: it is not looked at once more."""

    def state(entry: Entry, changes: ItemChanges) -> WriteState | None:
        found = _became(record, entry, changes, shown, after.chosen.get)
        if entry.state is not WriteState.ANSWERED:
            return found
        put_up = {place: one.after for place, one in changes.pictures.items() if one.after != one.before}
        are_listed = put_up.keys() <= after.chosen.keys()
        is_late = after.late or after.memory.unseen_fields & {*changes.texts, *changes.tags}
        if is_late and not (found is WriteState.CONFIRMED and are_listed):
            return WriteState.NOT_CONFIRMED if is_last else None
        if not are_listed:
            return None
        is_there = all(after.chosen[place] == key for place, key in put_up.items())
        return WriteState.CONFIRMED if is_there else WriteState.DIFFERENT

    _settle(record, server, shown, state)


def _became(
    record: Record, entry: Entry, changes: ItemChanges, shown: Shown, chosen: Callable[[str], str | None]
) -> WriteState | None:
    found = became(changes, shown, chosen)
    if found is not WriteState.DIFFERENT:
        return found
    former = [one.changes for one in record.entries_before(entry) if isinstance(one.changes, ItemChanges)]
    return became(changes, shown, chosen, former)


def _settle(
    record: Record, server: str, shown: Shown, state: Callable[[Entry, ItemChanges], WriteState | None]
) -> None:
    later = list[ItemChanges]()
    for entry in reversed(record.open_entries(server, shown.rating_key)):
        is_ours_now = entry.state is WriteState.INTENDED  # it may be under way: of that, a look tells nothing yet
        if isinstance(entry.changes, ItemChanges) and not is_ours_now:
            found = state(entry, entry.changes)
            if found is WriteState.DIFFERENT and state(entry, _without(entry.changes, later)) is not found:
                found = WriteState.SUPERSEDED
            if found in (WriteState.CONFIRMED, WriteState.SUPERSEDED):
                later.append(entry.changes)
            if found is not None and found is not entry.state:
                record.became([entry.id], found)


def _without(changes: ItemChanges, later: Sequence[ItemChanges]) -> ItemChanges:
    """What of some changes no later ones wrote again."""
    again = {name for one in later for name in (*one.texts, *one.tags, *one.pictures)}

    def only(written: Mapping[str, _Change]) -> dict[str, _Change]:
        return {name: one for name, one in written.items() if name not in again}

    return ItemChanges(changes.title, only(changes.texts), only(changes.tags), only(changes.pictures))
