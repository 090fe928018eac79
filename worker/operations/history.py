"""What was written to Plex, by run and by scene, from the journal: what stood there, what stands there now."""

from __future__ import annotations

from worker.metadata.labels import label
from worker.operations.files import Answer, Files, whole_number
from worker.storage.journal_entries import Entry, ItemChanges, ReturnChange, Unreadable
from worker.storage.journal_reading import entries_of_run, entries_of_scene, latest_entries, latest_runs
from worker.storage.journal_words import changes_text

#: Runs, and entries, that are shown at first, and at most.
RUNS, ENTRIES, MOST = 20, 50, 500

#: Characters of a value that are sent.
LONGEST = 4000


def history(files: Files, asked: Answer) -> Answer:
    """``runs``, newest first, and ``entries`` of one ``run``, of one ``scene``, or the newest of all; ``size`` of them
    at most. ``tag`` comes back as it was given."""
    record = files.record
    if record is None:
        return {"tag": asked.get("tag"), "runs": [], "entries": []}
    size = whole_number(asked.get("size"), 1, MOST, ENTRIES)
    run, scene = whole_number(asked.get("run"), 0, 2**63 - 1, 0), whole_number(asked.get("scene"), 0, 2**63 - 1, 0)
    if run:
        entries = entries_of_run(record, run, size)
    else:
        entries = entries_of_scene(record, scene, size) if scene else latest_entries(record, size)
    runs = [] if scene else latest_runs(record, RUNS)
    return {
        "tag": asked.get("tag"),
        "runs": [
            {"id": one.id, "cause": one.cause.value, "name": one.name, "at": one.started, "entries": one.entries}
            for one in runs
        ],
        "entries": [_entry(one) for one in entries],
    }


def _entry(entry: Entry) -> Answer:
    """``fields`` for an item's changes; ``text`` for what was done about a collection, or reached Stash."""
    changes = entry.changes
    return {
        "id": entry.id,
        "run": entry.run,
        "at": entry.at,
        "cause": entry.cause.value,
        "scene": entry.scene,
        "item": entry.item,
        "state": entry.state.value,
        "title": "" if isinstance(changes, ReturnChange | Unreadable) else changes.title,
        "text": "" if isinstance(changes, ItemChanges) else changes_text(changes),
        "fields": _fields(changes) if isinstance(changes, ItemChanges) else [],
    }


def _fields(changes: ItemChanges) -> list[Answer]:
    fields: list[Answer] = [
        {"label": label(name), "before": one.before[:LONGEST], "after": one.after[:LONGEST]}
        for name, one in changes.texts.items()
    ]
    for name, tags in changes.tags.items():
        added, removed = [tag.name for tag in tags.added], [tag.name for tag in tags.removed]
        fields.append({"label": label(name), "added": added, "removed": removed})
    fields += [{"label": label(place)} for place in changes.pictures]
    return fields
