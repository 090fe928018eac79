"""What was planned and not carried out: by the task Preview, or while nothing is written."""

from __future__ import annotations

from worker.operations.files import Answer, Files, whole_number
from worker.operations.lists import LARGEST_PAGE, PAGE
from worker.storage.plan_reading import newest_plans, read_plans


def preview(files: Files, asked: Answer) -> Answer:
    """One page of what the task Preview found last: ``summary`` (null where there is none), ``rows``, ``next``.

    ``from``: the ``next`` of the page before, which is null on the last; ``size``; ``ended``: only scenes that ended
    so; ``field``: only those in which that field would be written. ``only_look``: instead what was looked at last while
    nothing is written, newest first, with ``from`` counting lines.
    """
    size = whole_number(asked.get("size"), 1, LARGEST_PAGE, PAGE)
    start = whole_number(asked.get("from"), 0, 2**63 - 1, 0)
    if asked.get("only_look") is True:
        rows = newest_plans(files.data.looked_at)
        following = start + size if start + size < len(rows) else None
        return {"summary": None, "rows": rows[start : start + size], "next": following}
    ended, field = (text if isinstance(text, str) else "" for text in (asked.get("ended"), asked.get("field")))
    try:
        page = read_plans(files.data.preview, start, size, ended, field)
    except FileNotFoundError:
        return {"summary": None, "rows": [], "next": None}
    return {"summary": page.summary, "rows": page.rows, "next": page.next}
