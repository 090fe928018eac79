"""What the undo of a run would take back and what it would leave, and why: told before anybody says yes.

Only looks. A run may be of a whole library, and scenes wait meanwhile: after a while the rest is only counted.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from worker.answering import Content
from worker.items.undoing import AT_ONCE, OTHER_FILE, PlannedUndo, Undoing
from worker.storage.journal_entries import Entry, ItemChanges
from worker.tasks.undo_words import kinds_in, label

#: Seconds for which items are looked at, and how many of each kind are named.
PATIENCE, EXAMPLES = 10.0, 5

#: Why an item is left as it is: changed by a person since; other files by now, so that it may be another's; not in Plex
#: any more; showing already what it did; on another server than the one of the settings.
CHANGED, OTHER, GONE, SAME, ELSEWHERE = "changed", "other", "gone", "same", "elsewhere"


def foresee(entries: Sequence[Entry], undoing: Undoing, clock: Callable[[], float] = time.monotonic) -> Content:
    """``items`` of the run, ``looked_at`` of them; ``back``: how many get something back, with ``fields`` counted by
    what a person calls them; ``returned``: how many plays, positions and ratings that came from Plex go from Stash;
    ``left``: why others, or fields of them, stay as they are, how many, and ``examples``.

    Raises the errors of plex/exceptions.py.
    """
    here = undoing.to_take_back(entries)
    planned, looked_at, began = list[PlannedUndo](), list[str](), clock()
    keys = list(here)
    while len(looked_at) < len(keys) and clock() - began <= PATIENCE:
        some = keys[len(looked_at) : len(looked_at) + AT_ONCE]
        planned += undoing.plan([entry for key in some for entry in here[key]])
        looked_at += some
    writes = [one for one in planned if one.item.writes]
    seen = {one.item.target.shown.rating_key for one in planned}
    gone = [here[key][-1] for key in looked_at if key not in seen]
    fields = Counter(label(name) for one in writes for name in one.fields)
    return {
        "items": len(here),
        "looked_at": len(looked_at),
        "back": len(writes),
        "fields": [{"label": name, "count": count} for name, count in fields.most_common()],
        "returned": [{"kind": kind.value, "count": count} for kind, count in Counter(kinds_in(entries)).items()],
        "left": [
            *_left(CHANGED, (_example(one) for one in planned if one.stays and OTHER_FILE not in one.stays)),
            *_left(OTHER, (_example(one) for one in planned if OTHER_FILE in one.stays)),
            *_left(GONE, ({"scene": one.scene, "title": _title(one), "fields": []} for one in gone)),
            *_left(SAME, (_example(one) for one in planned if not one.item.writes and not one.stays)),
            *_left(ELSEWHERE, ({"scene": None, "title": name, "fields": []} for name in _elsewhere(entries, undoing))),
        ],
    }


def _left(why: str, found: Iterable[Content]) -> list[Content]:
    examples = list(found)
    return [{"why": why, "count": len(examples), "examples": examples[:EXAMPLES]}] if examples else []


def _example(one: PlannedUndo) -> Content:
    changed = [label(name) for name in one.stays if name != OTHER_FILE]
    return {"scene": one.item.scene_id, "title": one.item.target.shown.title, "fields": changed}


def _elsewhere(entries: Iterable[Entry], undoing: Undoing) -> Iterable[str]:
    """The titles of items of other servers, each item once."""
    there = [one for one in entries if one.server != undoing.server.machine and isinstance(one.changes, ItemChanges)]
    return {(one.server, one.item): _title(one) for one in there}.values()


def _title(entry: Entry) -> str:
    return entry.changes.title if isinstance(entry.changes, ItemChanges) else ""
