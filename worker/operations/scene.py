"""One scene: what became of it, what waits, which items of Plex hold its files, what PlexSync remembers of them."""

from __future__ import annotations

import json
import sqlite3
from contextlib import suppress

from worker.metadata.labels import label
from worker.operations.files import Answer, Files, whole_number
from worker.operations.lists import waiting_of


def scene(files: Files, asked: Answer) -> Answer:
    """The scene ``id``: ``waiting``, ``parked``, ``outcome``, ``held`` (each null where there is none), ``items``;
    ``all_held``: why nothing is written of any scene; ``only_look``: whether everything is only looked at."""
    number = whole_number(asked.get("id"), 0, 2**63 - 1, 0)
    record = files.record
    answer: Answer = {"id": number, "waiting": waiting_of(files, number), "parked": None, "outcome": None, "items": []}
    if record is None:
        return answer
    answer["parked"] = _row(record, "SELECT kind, reason, since FROM parked WHERE scene = ?", number)
    answer["outcome"] = _row(
        record,
        """SELECT checked, left_out, kept, not_shown, refused, written, written_at
        FROM outcomes WHERE scene = ?""",
        number,
    )
    facts = dict(record.execute("SELECT name, value FROM facts WHERE name IN ('all_held', 'only_look')"))
    answer["all_held"], answer["only_look"] = facts.get("all_held", ""), "only_look" in facts
    answer["held"] = _row(record, "SELECT * FROM holds WHERE scene = ?", number)
    items = record.execute(
        """SELECT id, server, item, seen, changed, content FROM memories
        WHERE scene = ? AND state = 'in use' ORDER BY id""",
        (number,),
    ).fetchall()
    answer["items"] = [_item(record, *item) for item in items]
    return answer


def _row(record: sqlite3.Connection, query: str, number: int) -> Answer | None:
    """The first row of a query, by its columns' names."""
    found = record.execute(query, (number,))
    row = found.fetchone()
    return dict(zip((column[0] for column in found.description), row, strict=True)) if row is not None else None


def _item(
    record: sqlite3.Connection,
    memory: int,
    server: str,
    item: str,
    seen: int | None,
    changed: float | None,
    content: str,
) -> Answer:
    """An item of Plex's. ``server`` is the machine identifier, ``item`` the rating key; ``fields`` what PlexSync wrote
    and what stood there before."""
    files = record.execute("SELECT path_key, size FROM memory_files WHERE memory = ? ORDER BY 1", (memory,))
    return {
        "server": server,
        "item": item,
        "seen": seen,
        "changed": changed,
        "files": [{"path": path, "size": size} for path, size in files],
        "fields": _fields(content),
    }


def _fields(content: str) -> list[Answer]:
    """What was written to each field, from worker/metadata/memory.py's text."""
    found: list[Answer] = []
    with suppress(ValueError, AttributeError, TypeError):
        memory = json.loads(content)
        for name, text in memory.get("texts", {}).items():
            found.append({**_named(name), "written": text.get("written", ""), "before": text.get("before", "")})
        for name, tags in memory.get("tags", {}).items():
            taken = [one.get("name", "") for one in tags.get("taken", [])]
            found.append({**_named(name), "written": list(tags.get("ours", [])), "before": taken})
        for name, picture in memory.get("pictures", {}).items():
            if picture.get("written"):
                found.append({**_named(name), "written": True, "before": bool(picture.get("before"))})
    return found


def _named(name: str) -> Answer:
    return {"name": name, "label": label(name)}
