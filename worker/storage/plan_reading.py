"""Reading what was planned and not carried out: a file of JSON lines, one scene each. Standard library only.

The task Preview writes one whole file (worker/storage/plan_files.py) with a summary as its first line. While nothing is
written ("Only look"), the newest scenes are kept in another, without a summary. A line that cannot be read, since its
process was killed, is passed over.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

#: What JSON can hold.
Document = dict[str, object]

#: The key of the summary in the first line.
SUMMARY = "preview"

#: Bytes that are looked through at once for lines that fit.
MOST_BYTES = 4 * 1024 * 1024


class PlanPage:
    """Some lines; ``next``: from which byte the next page is read, None when there is none."""

    def __init__(self, summary: Document | None, rows: list[Document], next_byte: int | None) -> None:
        self.summary, self.rows, self.next = summary, rows, next_byte


def read_plans(path: str, start: int, size: int, ended: str = "", field: str = "") -> PlanPage:
    """Up to ``size`` lines from a byte on, 0 for the first; only those that ended so, or with a change of a field.

    Where few fit, a page may have fewer lines than asked for and others follow it. ``summary`` is None where the file
    has none. Raises OSError: there is no such file, or it cannot be read.
    """
    rows: list[Document] = []
    with open(path, "rb") as file:
        first = _parsed(file.readline())
        summary = first.get(SUMMARY) if first is not None else None
        begins = file.tell() if isinstance(summary, dict) else 0
        at = end = max(start, begins)
        file.seek(at)
        for raw in file:
            if len(rows) >= size or end - at >= MOST_BYTES:
                return PlanPage(_document(summary), rows, end)
            end += len(raw)
            row = _parsed(raw)
            if row is not None and (not ended or row.get("ended") == ended) and (not field or field in fields_of(row)):
                rows.append(row)
    return PlanPage(_document(summary), rows, None)


def newest_plans(path: str) -> list[Document]:
    """All lines of a small file, newest first; none when there is none."""
    try:
        with open(path, "rb") as file:
            return [row for row in map(_parsed, reversed(file.read().splitlines())) if row is not None]
    except FileNotFoundError:
        return []


def fields_of(row: Document) -> set[str]:
    """Plex's names of the fields, lists and places that would be written for a scene."""
    found: set[str] = set()
    items = row.get("items")
    for item in items if isinstance(items, list) else ():
        for kind in ("texts", "tags", "pictures"):
            found.update(item.get("changes", {}).get(kind, {}))
    return found


def counted(rows: Iterator[Document] | list[Document], ended: str) -> int:
    """How many scenes ended so, each counted once."""
    return len({row.get("scene") for row in rows if row.get("ended") == ended})


def _parsed(raw: bytes) -> Document | None:
    try:
        return _document(json.loads(raw))
    except ValueError:
        return None


def _document(found: object) -> Document | None:
    return found if isinstance(found, dict) else None
