"""Reading back what was written: fifty items a request, and never before a scene that waits. A picture that was put up
costs one more: nothing but Plex's list of the item's pictures tells whether it is shown.

A server may show an edit seconds after it answered, and may show something else than was written. So an item is looked
at when nothing is left to write, and, while it shows what stood there before, twice more. What was not seen by then is
looked at by the next comparison. Whatever is lost here with the process is only looked at later.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from plex.exceptions import PlexNotReady, PlexUnreachable
from plex.places import PLACES
from plex.protocols import EditableItem
from validation.errors import ConfigurationError, DamagedRow, PlexSyncError
from worker.items.capabilities import Capabilities
from worker.items.covers import as_listed
from worker.items.intents import lists_of
from worker.items.item_server import ItemServer
from worker.items.planned import ItemKey
from worker.items.settling import settle_read_back
from worker.items.target import Target
from worker.items.write_times import WriteTimes
from worker.metadata.aftermath import Aftermath, Wrote, look_after, places_to_list, still_open
from worker.metadata.edits import edit_arguments
from worker.metadata.item_files import files_of, share_a_file
from worker.metadata.memory import ItemMemory
from worker.metadata.pictures import ShownPicture
from worker.metadata.plan import Plan
from worker.metadata.shown import Shown
from worker.storage.journal_entries import Cause
from worker.storage.record import Record

log = logging.getLogger(__name__)

#: Items read back in one request.
BATCH = 50

#: Seconds between an answered write and the looks at it; the first as soon as nothing waits to be written.
LOOKS = (0.0, 2.0, 30.0)

#: Within so many seconds of a write, nobody is expected to have edited the item by hand.
AT_ONCE = 60.0

#: In place of a plan of which nothing is ever written once more.
_DONE = Plan(ItemMemory())

#: Of so many that wait, a request is made also while Plex could be written to: each takes some KiB.
MANY = 2 * BATCH

#: Items that wait to be read back at most; what is more is looked at by the next comparison.
MOST = 500


@dataclass(frozen=True)
class _Item:
    """An item that waits to be read back. ``looks``: how often that was done since it was written, at ``at``; ``plan``:
    what of it may have to be written once more."""

    item: EditableItem
    plan: Plan
    wrote: Wrote
    at: float
    looks: int = 0

    @property
    def due(self) -> float:
        return self.at + LOOKS[self.looks]

    @property
    def is_last(self) -> bool:
        return self.looks + 1 >= len(LOOKS)


class ReadBack:
    """Items that were written lately and are still to be looked at. ``clock`` gives seconds since 1970; ``times``: how
    long writes took."""

    def __init__(self, record: Record, clock: Callable[[], float]) -> None:
        self._record = record
        self._clock = clock
        self.times = WriteTimes()
        self._items: dict[ItemKey, _Item] = {}

    def __len__(self) -> int:
        return len(self._items)

    def forget(self) -> None:
        """Other settings, perhaps another server."""
        self._items.clear()
        self.times.forget()

    def expect(self, server: str, target: Target, plan: Plan, wrote: Wrote) -> None:
        """An item was written to, and is to be looked at."""
        key = ItemKey(server, target.shown.rating_key)
        former = self._items.pop(key, None)
        if former is not None:
            pictures = {**former.wrote.pictures, **wrote.pictures}
            still = former.wrote.fields - {*plan.texts, *plan.tags}  # else another value of it was answered
            wrote = replace(wrote, fields=wrote.fields | still, pictures=pictures)
        if server and len(self._items) < MOST:
            # Nothing but a list that was spread over several edits is written once more.
            self._items[key] = _Item(target.item, plan if wrote.last_parts else _DONE, wrote, self._clock())

    def due(self, is_idle: bool, but_for: Collection[ItemKey] = ()) -> list[ItemKey]:
        """The items to look at now, but for some: as many as make whole requests, or all when nothing else waits."""
        if not is_idle and len(self._items) < BATCH:
            return []
        now = self._clock()
        due = [key for key, one in self._items.items() if (one.due <= now or now < one.at) and key not in but_for]
        return due if is_idle else due[: len(due) // BATCH * BATCH]

    def look(self, server: ItemServer, due: Sequence[ItemKey], interrupted: Callable[[], bool] = lambda: False) -> None:
        """Look at some items that are due: a request for each fifty, and one for each picture put up.

        ``interrupted`` is asked before each of the latter; once it says yes, no more are made. Raises the errors of
        plex/exceptions.py.
        """
        for start in range(0, len(due), BATCH):
            batch = due[start : start + BATCH]
            part = [key.rating_key for key in batch if key.server == server.machine]
            found = server.look(part) if part else {}
            listed = {key: self._list(key, found.get(key.rating_key), interrupted) for key in batch}
            with self._record.gathered(lambda: None):
                for key in batch:
                    with suppress(DamagedRow):  # the next job of its scene meets it, too, and says so
                        self._look_at(server.machine, key, found.get(key.rating_key), listed[key])

    def _list(self, key: ItemKey, shown: Shown | None, interrupted: Callable[[], bool]) -> dict[str, ShownPicture]:
        """What Plex's lists say of the places where a picture was put up, as far as they tell anything."""
        one, found = self._items[key], dict[str, ShownPicture]()
        if shown is None or not self._is_at_once(one):
            return found
        for name in places_to_list(one.wrote, shown, one.is_last):
            if interrupted():
                break
            place = PLACES[name]
            try:
                pictures = one.item.pictures(place)
            except (PlexUnreachable, PlexNotReady, ConfigurationError):
                del self._items[key]  # it may be this one that does not answer
                raise
            except PlexSyncError:
                continue  # some servers fail while the place is locked
            found[name] = as_listed(pictures, place, shown)
        return found

    def _is_at_once(self, one: _Item) -> bool:
        return 0 <= self._clock() - one.at <= AT_ONCE

    def _look_at(self, machine: str, key: ItemKey, shown: Shown | None, listed: Mapping[str, ShownPicture]) -> None:
        one = self._items.pop(key)
        memory = self._record.memory(key.server, key.rating_key)
        if shown is None or memory is None or not share_a_file(files_of(shown), files_of(one.wrote.before)):
            return
        after = look_after(memory, one.wrote, shown, self._is_at_once(one), one.looks == 0, listed)
        seen = shown.updated_at if after.is_whole and shown.updated_at else None
        self._record.saw(key.server, key.rating_key, after.memory, seen)
        settle_read_back(self._record, machine, shown, after, one.is_last)
        capabilities = Capabilities(self._record, machine)
        for name in after.arrived:
            capabilities.worked(name)
            if name in one.wrote.last_parts and name not in after.replaced and _is_in_part(name, one.wrote):
                capabilities.note_appends(name)
        if after.replaced:
            self._write_whole(capabilities, key, one, after)
        elif after.late and not one.is_last:
            self._items[key] = replace(one, wrote=still_open(one.wrote, shown, after), looks=one.looks + 1)

    def _write_whole(self, capabilities: Capabilities, key: ItemKey, one: _Item, after: Aftermath) -> None:
        """A list was spread over several edits, and the last of them replaced the former ones."""
        capabilities.note_replaces_tags()
        lists = {name: decision for name, decision in one.plan.tags.items() if name in after.replaced}
        plan = replace(one.plan, texts={}, tags=lists)
        shown = one.wrote.before
        with (
            self._record.because(Cause.REPEAT, None),
            self._record.journaled(key.server, key.rating_key, lists_of(plan, shown)),
        ):
            for arguments in edit_arguments(plan, shown, split_tags=False):
                one.item.edit(**arguments)
        wrote = replace(one.wrote, last_parts={})
        self._items[key] = replace(one, wrote=wrote, at=self._clock(), looks=0)


def _is_in_part(name: str, wrote: Wrote) -> bool:
    """Whether the last edit of a list did not hold all of it."""
    return len(wrote.last_parts[name]) < len(wrote.tags[name])


def last_parts(edits: Sequence[dict[str, str | int]]) -> dict[str, tuple[str, ...]]:
    """Of the lists of tags that were written in more than one edit, the tags in the last one."""
    parts: dict[str, list[tuple[str, ...]]] = {}
    for edit in edits:
        here: dict[str, list[str]] = {}
        for key, value in edit.items():
            if key.endswith("].tag.tag"):
                here.setdefault(key.partition("[")[0], []).append(str(value))
        for name, tags in here.items():
            parts.setdefault(name, []).append(tuple(tags))
    return {name: found[-1] for name, found in parts.items() if len(found) > 1}
