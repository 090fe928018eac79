"""Scenes by state, page by page, with the reasons they have and how often.

Plain classes: ``dataclasses`` and ``typing`` take longer to load than an operation has time.
"""

from __future__ import annotations

import json
import os

from worker.operations.files import Answer, Files, counted, seconds, whole_number
from worker.storage.reading import QUEUE_TABLE, WAITING_OR_IN_FLIGHT

#: Scenes on a page, and the most that are asked for at once.
PAGE, LARGEST_PAGE = 25, 200

#: Different reasons that are counted, and events of the inbox that are looked into.
MOST_REASONS, MOST_EVENTS = 20, 500

#: Events of the inbox among which the page's questions are looked for, the newest, and how one begins.
FEW_EVENTS, QUESTION = 20, b'{"question"'


class State:
    """A list of scenes: the table it is in, what selects it there, the columns of its reason and its time, and how it
    is sorted."""

    def __init__(self, table: str, where: str, reason: str, since: str, order: str = "scene") -> None:
        self.table, self.where, self.reason, self.since, self.order = table, where, reason, since, order

    @property
    def count(self) -> str:
        """The query that counts it."""
        return f"SELECT count(*) FROM {self.table} WHERE {self.where}"  # noqa: S608


#: Every state that the record knows, by the page's name for it.
COUNTS = {
    "parked": State("parked", "1", "reason", "since"),
    "left_out": State("outcomes", "left_out IS NOT NULL", "left_out", "checked", "left_out, scene"),  # by its index
    "kept": State("outcomes", "kept IS NOT NULL", "kept", "checked"),
    "not_shown": State("outcomes", "not_shown IS NOT NULL", "not_shown", "checked"),
    "refused": State("outcomes", "refused IS NOT NULL", "refused", "checked"),
    "held": State("holds", "1", "reason", "since"),
}

#: persist-queue's rows are JSON texts of validation.jobs.Job.
_JOBS = f"FROM {QUEUE_TABLE} WHERE {WAITING_OR_IN_FLIGHT}"
_WHY = "CASE WHEN json_valid(data) THEN coalesce(json_extract(data, '$.reason'), '') ELSE '' END"
_SCENE = "CASE WHEN json_valid(data) THEN json_extract(data, '$.scene_id') END"


def scenes(files: Files, asked: Answer) -> Answer:
    """One page of the scenes in a state: ``state``, optionally ``page`` from 0, ``size``, ``reason`` (exactly that
    one), ``among`` (of these scenes only).

    ``total`` counts what the filter lets through, ``reasons`` all of the state, the most frequent first; ``tag``
    comes back as it was given, so that a page knows an answer that came late.
    """
    return {"tag": asked.get("tag"), **_page(files, asked)}


def _page(files: Files, asked: Answer) -> Answer:
    size = whole_number(asked.get("size"), 1, LARGEST_PAGE, PAGE)
    skip = size * whole_number(asked.get("page"), 0, 10**9, 0)
    reason, among = asked.get("reason"), _numbers(asked.get("among"))
    if asked.get("state") == "waiting":
        return _waiting(files, skip, size, reason, among)
    state, record = COUNTS.get(str(asked.get("state"))), files.record
    if state is None or record is None:
        return {"total": 0, "rows": [], "reasons": []}
    chosen = _filtered(state.where, "scene", state.reason, reason, among)
    (total,) = record.execute(f"SELECT count(*) FROM {state.table} WHERE {chosen.where}", chosen.given).fetchone()  # noqa: S608
    columns = f"scene, {state.reason}, {state.since}"
    rows = record.execute(
        f"SELECT {columns} FROM {state.table} WHERE {chosen.where} ORDER BY {state.order} LIMIT ? OFFSET ?",  # noqa: S608
        (*chosen.given, size, skip),
    )
    reasons = record.execute(
        f"SELECT {state.reason}, count(*) FROM {state.table} WHERE {state.where} GROUP BY 1 "  # noqa: S608
        f"ORDER BY 2 DESC, 1 LIMIT {MOST_REASONS}"
    )
    return {
        "total": total,
        "rows": [{"scene": scene, "reason": why, "since": seconds(since)} for scene, why, since in rows],
        "reasons": [{"reason": why, "count": count} for why, count in reasons],
    }


def waiting_count(files: Files) -> int:
    """Scenes that wait in the queue or in the inbox, an event that is no scene's counted as one; no question waits."""
    jobs, events = counted(files.queue, f"SELECT count(*) {_JOBS}"), files.events()
    return jobs + len(events) - sum(_is_question(files, name) for name in events[-FEW_EVENTS:])


def _is_question(files: Files, name: str) -> bool:
    """Whether an event is the page's own question."""
    try:
        with open(os.path.join(files.data.inbox, name), "rb") as file:
            return file.read(len(QUESTION)) == QUESTION
    except OSError:
        return False


def _waiting(files: Files, skip: int, size: int, reason: object, among: list[int] | None) -> Answer:
    """What the inbox holds comes first: it is newest, and nobody has looked at it yet."""
    new = [{"scene": one.scene, **_new(one.since)} for one in _events(files)]
    if among is not None:
        new = [one for one in new if one["scene"] in among]
    if isinstance(reason, str) and reason:
        new = []
    queue = files.queue
    if queue is None:
        return {"total": len(new), "rows": new[skip : skip + size], "reasons": []}
    chosen = _filtered(WAITING_OR_IN_FLIGHT, _SCENE, _WHY, reason, among)
    (total,) = queue.execute(f"SELECT count(*) FROM {QUEUE_TABLE} WHERE {chosen.where}", chosen.given).fetchone()  # noqa: S608
    rows = list(new[skip : skip + size])
    if len(rows) < size:
        found = queue.execute(
            f"SELECT data FROM {QUEUE_TABLE} WHERE {chosen.where} ORDER BY _id LIMIT ? OFFSET ?",  # noqa: S608
            (*chosen.given, size - len(rows), max(0, skip - len(new))),
        )
        rows += [row for (data,) in found for row in _job(data)]
    reasons = queue.execute(f"SELECT {_WHY}, count(*) {_JOBS} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {MOST_REASONS}")
    return {
        "total": total + len(new),
        "rows": rows,
        "reasons": [{"reason": why, "count": count} for why, count in reasons],
    }


def waiting_of(files: Files, scene: int) -> Answer | None:
    """What is known of a scene that waits."""
    queue = files.queue
    if queue is not None:
        found = queue.execute(f"SELECT data {_JOBS} AND {_SCENE} = ?", (scene,)).fetchone()
        for row in _job(found[0]) if found else ():
            return row
    return next((_new(one.since) for one in _events(files) if one.scene == scene), None)


def _new(at: float) -> Answer:
    return {"reason": "", "since": at, "due": at}


def _job(data: object) -> list[Answer]:
    """One row of the queue, if it can be read."""
    try:
        job = json.loads(data) if isinstance(data, str | bytes) else {}
        return [
            {
                "scene": int(job["scene_id"]),
                "reason": str(job.get("reason", "")),
                "since": job.get("missing_since"),
                "due": job.get("due", 0.0),
                "attempts": job.get("attempts", 0),
            }
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []


class NewScene:
    """A scene whose event nobody has taken up yet, and since when, in seconds since 1970."""

    def __init__(self, scene: int, since: float) -> None:
        self.scene, self.since = scene, since


def _events(files: Files) -> list[NewScene]:
    """Scenes of hooks that nobody has taken up yet."""
    found: dict[int, float] = {}
    for name in files.events()[:MOST_EVENTS]:
        try:
            with open(os.path.join(files.data.inbox, name), "rb") as file:
                hook = json.loads(file.read(100_000)).get("hook")
            if isinstance(hook, dict) and str(hook.get("type")).startswith("Scene."):
                found.setdefault(int(hook["id"]), int(name[:20]) / 1e9)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue  # taken up meanwhile, or no event
    return [NewScene(*one) for one in sorted(found.items())]


class Filter:
    """What lets a scene through: a condition, and the values for its question marks."""

    def __init__(self, where: str, given: tuple[object, ...]) -> None:
        self.where, self.given = where, given


def _filtered(where: str, scene: str, why: str, reason: object, among: list[int] | None) -> Filter:
    """The scenes of a state with one reason, of some scenes only; ``scene`` and ``why`` are the columns' names."""
    given: list[object] = []
    if isinstance(reason, str) and reason:
        where, given = f"{where} AND {why} = ?", [reason]
    if among is not None:
        where, given = f"{where} AND {scene} IN ({', '.join('?' * len(among))})", [*given, *among]
    return Filter(where, tuple(given))


def _numbers(value: object) -> list[int] | None:
    """Numbers of scenes; None for all of them."""
    if not isinstance(value, list):
        return None
    return [number for number in value[:1000] if type(number) is int and 0 < number < 2**63]
