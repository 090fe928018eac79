"""What the undo of a run would take back and what it would leave, and why: told before anybody says yes.

Only looks. A run may be of a whole library, and scenes wait meanwhile: after a while the rest is only counted.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, islice

from worker.answering import Content
from worker.items.undoing import AT_ONCE, OTHER_FILE, PlannedUndo, Undoing
from worker.metadata.labels import label
from worker.storage.journal_entries import Entry, ItemChanges, ReturnKind
from worker.tasks.undo_words import kinds_in

#: Seconds for which items are looked at, and how many of each kind are named.
PATIENCE, EXAMPLES = 10.0, 5

#: Why an item is left as it is: changed by a person since; other files by now, so that it may be another's; not in Plex
#: any more; showing already what it did; on another server than the one of the settings; what was noted is damaged.
CHANGED, OTHER, GONE, SAME, ELSEWHERE, DAMAGED = "changed", "other", "gone", "same", "elsewhere", "damaged"


def foresee(entries: Iterable[Entry], undoing: Undoing, clock: Callable[[], float] = time.monotonic) -> Content:
    """``items`` of the run, ``looked_at`` of them; ``back``: how many get something back, with ``fields`` counted by
    what a person calls them; ``returned``: how many plays, positions and ratings that came from Plex go from Stash;
    ``left``: why others, or fields of them, stay as they are, how many, and ``examples``.

    ``entries``: those of each item together, oldest first. Raises the errors of plex/exceptions.py.
    """
    found, began = _Foreseen(undoing), clock()
    items = found.counted(entries)
    while clock() - began <= PATIENCE and (some := list(islice(items, AT_ONCE))):
        found.look(some)
    for _ in items:  # it took too long: the rest is only counted
        pass
    return found.content()


class _Left:
    """How many items are left as they are for one reason, and a few of them."""

    def __init__(self) -> None:
        self.count = 0
        self.examples: list[Content] = []

    def add(self, example: Content) -> None:
        """One more."""
        self.count += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(example)


class _Foreseen:
    """Counts, and forgets what was counted: a run can be of 100,000 items."""

    def __init__(self, undoing: Undoing) -> None:
        self._undoing = undoing
        self._items = self._looked_at = self._back = 0
        self._fields, self._returned = Counter[str](), Counter[ReturnKind]()
        self._left = {why: _Left() for why in (CHANGED, OTHER, GONE, SAME, ELSEWHERE, DAMAGED)}

    def counted(self, entries: Iterable[Entry]) -> Iterator[Sequence[Entry]]:
        """What is to be taken back of each item of this server; the rest is counted here."""
        for (server, _), group in groupby(entries, key=lambda one: (one.server, one.item)):
            of_item = list(group)
            self._returned.update(kinds_in(of_item))
            titles = [one.changes.title for one in of_item if isinstance(one.changes, ItemChanges)]
            if titles and server != self._undoing.server.machine:
                self._left[ELSEWHERE].add(_named(None, titles[0]))
            for back in self._undoing.to_take_back(of_item).values():
                self._items += 1
                yield back

    def look(self, some: Sequence[Sequence[Entry]]) -> None:
        """See what a few items show. Raises the errors of plex/exceptions.py."""
        planned = self._undoing.plan([entry for of_item in some for entry in of_item])
        self._looked_at += len(some)
        for one in planned:
            self._add(one)
        seen = {one.key for one in planned}
        for last in (of_item[-1] for of_item in some if of_item[-1].item not in seen):
            self._left[GONE].add(_named(last.scene, _title(last)))

    def _add(self, one: PlannedUndo) -> None:
        if one.item.writes:
            self._back += 1
            self._fields.update(label(name) for name in one.fields)
        if one.fault:
            self._left[DAMAGED].add(_example(one))
        elif OTHER_FILE in one.stays:
            self._left[OTHER].add(_example(one))
        elif one.stays:
            self._left[CHANGED].add(_example(one))
        elif not one.item.writes:
            self._left[SAME].add(_example(one))

    def content(self) -> Content:
        """What the page is told."""
        return {
            "items": self._items,
            "looked_at": self._looked_at,
            "back": self._back,
            "fields": [{"label": name, "count": count} for name, count in self._fields.most_common()],
            "returned": [{"kind": kind.value, "count": count} for kind, count in self._returned.items()],
            "left": [
                {"why": why, "count": left.count, "examples": left.examples}
                for why, left in self._left.items()
                if left.count
            ],
        }


def _example(one: PlannedUndo) -> Content:
    changed = [label(name) for name in one.stays if name != OTHER_FILE]
    return {"scene": one.item.scene_id, "title": one.item.target.shown.title, "fields": changed}


def _named(scene: int | None, title: str) -> Content:
    return {"scene": scene, "title": title, "fields": []}


def _title(entry: Entry) -> str:
    return entry.changes.title if isinstance(entry.changes, ItemChanges) else ""
