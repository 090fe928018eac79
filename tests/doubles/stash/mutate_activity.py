"""Plays, O counts, resume times and markers: what moves no scene's `updated_at` and fires no scene hook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.doubles.stash.clock import parse_time
from tests.doubles.stash.library import Library
from tests.doubles.stash.model import SceneMarker
from tests.doubles.stash.registry import Info, Resolvers, request_of, to_int

resolvers = Resolvers()

Input = Mapping[str, Any]


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


@resolvers.field("Mutation", "sceneIncrementO")
def scene_increment_o(_: Any, info: Info, id: str) -> int:
    count: int = scene_add_o(None, info, id)["count"]
    return count


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


@resolvers.field("Mutation", "sceneMarkerCreate")
def scene_marker_create(_: Any, info: Info, input: Input) -> SceneMarker:
    """Fires a hook of its own kind only, and moves no scene's `updated_at`."""
    request = request_of(info)
    library = request.stash.library
    now = library.clock.now()
    with library.lock:
        scene = library.scene(to_int(input["scene_id"]))
        marker = SceneMarker(
            library.new_id("marker", {}),
            input["title"],
            input["seconds"],
            library.tag(to_int(input["primary_tag_id"])),
            now,
            now,
            end_seconds=input.get("end_seconds"),
            tags=[library.tag(to_int(text)) for text in input.get("tag_ids") or ()],
        )
        scene.scene_markers = [*scene.scene_markers, marker]
    request.stash.hooks.fire(request, "SceneMarker.Create.Post", marker.id, dict(input))
    return marker


@resolvers.field("Mutation", "sceneMarkerDestroy")
def scene_marker_destroy(_: Any, info: Info, id: str) -> bool:
    request = request_of(info)
    library = request.stash.library
    number = to_int(id)
    with library.lock:
        for scene in library.scenes.values():
            scene.scene_markers = [marker for marker in scene.scene_markers if marker.id != number]
    request.stash.hooks.fire(request, "SceneMarker.Destroy.Post", number, [id])
    return True
