"""Plays, O counts and resume times (internal/api/resolver_mutation_scene.go, pkg/sqlite/table.go).

None of them moves a scene's `updated_at` or fires a hook. Plays and O's are rows of a date, kept in UTC to the
second and shown newest first; the same second may be there twice. Stash does not look whether the scene is
there: a row for one that is not breaks a foreign key, and to take one away from it is no error.
"""

from __future__ import annotations

import re
from typing import Any

from tests.doubles.stash.clock import parse_time
from tests.doubles.stash.library import Library
from tests.doubles.stash.registry import Info, Resolvers, request_of, to_int

resolvers = Resolvers()

# pkg/utils/date.go, ParseDateStringAsTime: RFC 3339, a date, or a date and a time in UTC.
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)| \d\d:\d\d:\d\d)?")
_FRACTION = re.compile(r"\.\d+")

_PLAYS, _OS = "play_history", "o_history"
_TABLES = {_PLAYS: "scenes_view_dates", _OS: "scenes_o_dates"}


@resolvers.field("Mutation", "sceneAddPlay")
def scene_add_play(_: Any, info: Info, id: str, times: list[object] | None = None) -> dict[str, Any]:
    return _add(request_of(info).stash.library, to_int(id), _PLAYS, times)


@resolvers.field("Mutation", "sceneAddO")
def scene_add_o(_: Any, info: Info, id: str, times: list[object] | None = None) -> dict[str, Any]:
    return _add(request_of(info).stash.library, to_int(id), _OS, times)


@resolvers.field("Mutation", "sceneDeletePlay")
def scene_delete_play(_: Any, info: Info, id: str, times: list[object] | None = None) -> dict[str, Any]:
    return _delete(request_of(info).stash.library, to_int(id), _PLAYS, times)


@resolvers.field("Mutation", "sceneDeleteO")
def scene_delete_o(_: Any, info: Info, id: str, times: list[object] | None = None) -> dict[str, Any]:
    return _delete(request_of(info).stash.library, to_int(id), _OS, times)


@resolvers.field("Mutation", "sceneResetPlayCount")
def scene_reset_play_count(_: Any, info: Info, id: str) -> int:
    return _reset(request_of(info).stash.library, to_int(id), _PLAYS)


@resolvers.field("Mutation", "sceneResetO")
def scene_reset_o(_: Any, info: Info, id: str) -> int:
    return _reset(request_of(info).stash.library, to_int(id), _OS)


@resolvers.field("Mutation", "sceneSaveActivity")
def scene_save_activity(
    _: Any,
    info: Info,
    id: str,
    resume_time: float | None = None,
    playDuration: float | None = None,  # noqa: N803
) -> bool:
    """Sets the resume point, adds the duration."""
    library = request_of(info).stash.library
    with library.lock:
        scene = library.scene(to_int(id))
        if resume_time is not None:
            scene.resume_time = resume_time
        if playDuration is not None:
            scene.play_duration += playDuration
    return True


@resolvers.field("Mutation", "sceneResetActivity")
def scene_reset_activity(
    _: Any, info: Info, id: str, reset_resume: bool | None = None, reset_duration: bool | None = None
) -> bool:
    library = request_of(info).stash.library
    with library.lock:
        scene = library.scene(to_int(id))
        if reset_resume:
            scene.resume_time = 0.0
        if reset_duration:
            scene.play_duration = 0.0
    return True


def _add(library: Library, scene_id: int, kind: str, times: list[object] | None) -> dict[str, Any]:
    """Without times: now."""
    given = [_moment(one) for one in times or ()] or [int(library.clock.now())]
    with library.lock:
        scene = library.scenes.get(scene_id)
        if scene is None:
            raise ValueError(f"inserting into {_TABLES[kind]}: FOREIGN KEY constraint failed")
        setattr(scene, kind, sorted([*getattr(scene, kind), *given], reverse=True))
        return _history(getattr(scene, kind))


def _delete(library: Library, scene_id: int, kind: str, times: list[object] | None) -> dict[str, Any]:
    """One row for each time that is there; without times (null or an empty list) the newest row."""
    given = [_moment(one) for one in times or ()]
    with library.lock:
        scene = library.scenes.get(scene_id)
        if scene is None:
            return _history([])
        left = list(getattr(scene, kind))
        for moment in given or left[:1]:
            if moment in left:
                left.remove(moment)
        setattr(scene, kind, left)
        return _history(left)


def _reset(library: Library, scene_id: int, kind: str) -> int:
    scene = library.scenes.get(scene_id)
    if scene is not None:
        setattr(scene, kind, [])
    return 0


def _history(rows: list[int]) -> dict[str, Any]:
    return {"count": len(rows), "history": rows}


def _moment(value: object) -> int:
    """A Timestamp of the request (internal/api/timestamp.go). Raises ValueError."""
    if not isinstance(value, str):
        raise ValueError("cannot parse Timestamp: not a string")
    if not _TIMESTAMP.fullmatch(value):
        raise ValueError(f"ParseDateStringAsTime failed: dateString <{value}>")
    return parse_time(_FRACTION.sub("", value))
