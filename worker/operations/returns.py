"""What came back from Plex to Stash: plays, positions and ratings, newest first, and whether Plex is heard."""

from __future__ import annotations

import json
import sqlite3

from worker.operations.files import Answer, Files, seconds, whole_number

#: Entries that are shown at first, and at most.
USUAL, MOST = 50, 500

#: Its kinds (worker/storage/journal_entries.py), and the states of what is on its way (worker/storage/returned.py).
KINDS, UNDER_WAY = ("play", "position", "rating"), ("due", "intended", "to take back", "taking back")

#: Facts about the stream of events (worker/storage/facts.py).
_SINCE, _SILENT = "events_heard", "events_silent"


def returns(files: Files, asked: Answer) -> Answer:
    """``entries`` of one ``kind``, of one ``scene``, or all; ``size`` of them at most. ``counts``: what Stash shows of
    it, by kind; ``under_way``: what it does not show yet. ``heard``: since when Plex's events are (null: not now), and
    why not. ``tag`` comes back as it was given."""
    answer: Answer = {"tag": asked.get("tag"), "counts": dict.fromkeys(KINDS, 0), "under_way": 0, "entries": []}
    record = files.record
    if record is None:
        return {**answer, "heard": {"since": None, "silent": ""}}
    facts = dict(record.execute("SELECT name, value FROM facts WHERE name IN (?, ?)", (_SINCE, _SILENT)))
    return {
        **answer,
        **counted_returns(record),
        "heard": {"since": seconds(facts.get(_SINCE)), "silent": facts.get(_SILENT, "")},
        "entries": _entries(record, asked),
    }


def counted_returns(record: sqlite3.Connection) -> Answer:
    """How much of each kind Stash shows, and how much is under way."""
    query = "SELECT kind, count(*) FROM returned WHERE state = 'done' GROUP BY kind"
    marks = ", ".join("?" * len(UNDER_WAY))
    waiting = record.execute(f"SELECT count(*) FROM returned WHERE state IN ({marks})", UNDER_WAY)  # noqa: S608
    counts = {kind: count for kind, count in record.execute(query) if kind in KINDS}
    return {"counts": {**dict.fromkeys(KINDS, 0), **counts}, "under_way": waiting.fetchone()[0]}


def _entries(record: sqlite3.Connection, asked: Answer) -> list[Answer]:
    size, scene = whole_number(asked.get("size"), 1, MOST, USUAL), whole_number(asked.get("scene"), 0, 2**63 - 1, 0)
    conditions, given = ["same_as IS NULL"], list[object]()
    if scene:
        conditions, given = [*conditions, "scene = ?"], [*given, scene]
    if asked.get("kind") in KINDS:
        conditions, given = [*conditions, "kind = ?"], [*given, asked.get("kind")]
    query = f"SELECT * FROM returned WHERE {' AND '.join(conditions)} ORDER BY id DESC LIMIT ?"  # noqa: S608
    found = record.execute(query, (*given, size))
    names = [column[0] for column in found.description]
    return [one for row in found if (one := _entry(dict(zip(names, row, strict=True)))) is not None]


def _entry(row: Answer) -> Answer | None:
    """None of one that is damaged."""
    try:
        wanted, before, after = json.loads(row["content"] if isinstance(row["content"], str) else "")
    except (ValueError, TypeError, RecursionError):
        return None
    shown = ("id", "at", "kind", "scene", "item", "source", "seen_by", "moment", "state")
    return {**{name: row.get(name) for name in shown}, "wanted": wanted, "before": before, "after": after}
