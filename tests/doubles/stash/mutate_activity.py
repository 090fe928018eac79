"""Plays, O counts, resume times: what moves no scene's `updated_at` and fires no scene hook."""

from __future__ import annotations

from typing import Any

from tests.doubles.stash.clock import parse_time
from tests.doubles.stash.library import Library
from tests.doubles.stash.registry import Info, Resolvers, request_of, to_int

resolvers = Resolvers()


@resolvers.field("Mutation", "sceneAddPlay")
def scene_add_play(_: Any, info: Info, id: str, times: list[str] | None = None) -> dict[str, Any]:
    library = request_of(info).stash.library
    with library.lock:
        scene = library.scene(to_int(id))
        scene.play_history = [*_moments(library, times), *scene.play_history]
        return {"count": len(scene.play_history), "history": scene.play_history}


@resolvers.field("Mutation", "sceneResetPlayCount")
def scene_reset_play_count(_: Any, info: Info, id: str) -> int:
    library = request_of(info).stash.library
    library.scene(to_int(id)).play_history = []
    return 0


@resolvers.field("Mutation", "sceneAddO")
def scene_add_o(_: Any, info: Info, id: str, times: list[str] | None = None) -> dict[str, Any]:
    library = request_of(info).stash.library
    with library.lock:
        scene = library.scene(to_int(id))
        scene.o_history = [*_moments(library, times), *scene.o_history]
        return {"count": len(scene.o_history), "history": scene.o_history}


@resolvers.field("Mutation", "sceneResetO")
def scene_reset_o(_: Any, info: Info, id: str) -> int:
    request_of(info).stash.library.scene(to_int(id)).o_history = []
    return 0


@resolvers.field("Mutation", "sceneSaveActivity")
def scene_save_activity(
    _: Any,
    info: Info,
    id: str,
    resume_time: float | None = None,
    playDuration: float | None = None,  # noqa: N803
) -> bool:
    library = request_of(info).stash.library
    with library.lock:
        scene = library.scene(to_int(id))
        if resume_time is not None:
            scene.resume_time = resume_time
        if playDuration is not None:
            scene.play_duration += playDuration
    return True


def _moments(library: Library, times: list[str] | None) -> list[int]:
    return [parse_time(text) for text in times] if times else [library.clock.now()]
