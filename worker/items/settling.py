"""What became of writes that the journal still holds open: told by looking at the item, before, after, or neither."""

from __future__ import annotations

from collections.abc import Callable

from worker.items.intents import became
from worker.metadata.aftermath import Aftermath
from worker.metadata.shown import Shown
from worker.storage.journal_entries import Entry, ItemChanges, WriteState
from worker.storage.record import Record


def settle(record: Record, server: str, shown: Shown, chosen: Callable[[str], str | None]) -> None:
    """An item was looked at, before anything else is written to it. ``chosen``: by place, the key of the picture that
    is shown there; None where that is not known."""

    def state(entry: Entry, changes: ItemChanges) -> WriteState | None:
        found = _became(record, entry, changes, shown, chosen)
        # What was answered and is not shown may only be late.
        return None if found is WriteState.NOT_MADE and entry.state is WriteState.ANSWERED else found

    _settle(record, server, shown, state)


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
    for entry in record.open_entries(server, shown.rating_key):
        is_ours_now = entry.state is WriteState.INTENDED  # it may be under way: of that, a look tells nothing yet
        if isinstance(entry.changes, ItemChanges) and not is_ours_now:
            found = state(entry, entry.changes)
            if found is not None and found is not entry.state:
                record.became([entry.id], found)
