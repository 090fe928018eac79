"""Mutations of scenes (internal/api/resolver_mutation_scene.go).

Each change is made under the library's lock and is there to stay before its hooks run. Then the answer is
read from the scenes as they are, so what the hooks changed shows in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.doubles.stash import plugin_input
from tests.doubles.stash.model import Scene
from tests.doubles.stash.registry import Info, Resolvers, request_of, to_int
from tests.doubles.stash.scene_changes import bulk_changes, changes, commit

resolvers = Resolvers()

Input = Mapping[str, Any]


@resolvers.field("Mutation", "sceneUpdate")
def scene_update(_: Any, info: Info, input: Input) -> Scene:
    request = request_of(info)
    library = request.stash.library
    with library.lock:
        scene = library.scene(to_int(input["id"]))
        commit(scene, changes(library, scene, input))
        library.touch(scene)
    request.stash.hooks.fire(request, "Scene.Update.Post", scene.id, plugin_input.scene_update(input), input.keys())
    return scene


@resolvers.field("Mutation", "scenesUpdate")
def scenes_update(_: Any, info: Info, input: list[Input]) -> list[Scene]:
    """Each hook gets the whole list, with the fields of its own scene."""
    request = request_of(info)
    library = request.stash.library
    with library.lock:
        scenes = [library.scene(to_int(entry["id"])) for entry in input]
        planned = [changes(library, scene, entry) for scene, entry in zip(scenes, input, strict=True)]
        for scene, wanted in zip(scenes, planned, strict=True):
            commit(scene, wanted)
            library.touch(scene)
    everything = [plugin_input.scene_update(entry) for entry in input]
    for scene, entry in zip(scenes, input, strict=True):
        if request.cancellation.cancelled:
            break
        request.stash.hooks.fire(request, "Scene.Update.Post", scene.id, everything, entry.keys())
    return scenes


@resolvers.field("Mutation", "bulkSceneUpdate")
def bulk_scene_update(_: Any, info: Info, input: Input) -> list[Scene] | None:
    """One hook after the other; when the client goes away, those not yet started never are."""
    request = request_of(info)
    library = request.stash.library
    with library.lock:
        scenes = [library.scene(to_int(text)) for text in input.get("ids") or ()]
        planned = [bulk_changes(library, scene, input) for scene in scenes]
        for scene, wanted in zip(scenes, planned, strict=True):
            commit(scene, wanted)
            library.touch(scene)
    for scene in scenes:
        if request.cancellation.cancelled:
            break
        request.stash.hooks.fire(
            request, "Scene.Update.Post", scene.id, plugin_input.bulk_scene_update(input), input.keys()
        )
    return scenes or None


@resolvers.field("Mutation", "sceneCreate")
def scene_create(_: Any, info: Info, input: Input) -> Scene:
    """The hook of a new scene gets no input, however it came to be."""
    request = request_of(info)
    library = request.stash.library
    now = library.clock.now()
    with library.lock:
        files = [library.files[to_int(text)] for text in input.get("file_ids") or ()]
        for file in files:
            if library.scene_of_file(file) is not None:
                raise ValueError("file is already assigned to a scene")
        if not files and not (input.get("title") or "").strip():
            raise ValueError("title must be set if scene has no files")
        scene = Scene(library.new_id("scene", library.scenes), now, now, files=files)
        commit(scene, changes(library, scene, input))
        library.add_scene(scene)
    request.stash.hooks.fire(request, "Scene.Create.Post", scene.id)
    return scene


@resolvers.field("Mutation", "sceneDestroy")
def scene_destroy(_: Any, info: Info, input: Input) -> bool:
    _destroy(info, [to_int(input["id"])], input, many=False)
    return True


@resolvers.field("Mutation", "scenesDestroy")
def scenes_destroy(_: Any, info: Info, input: Input) -> bool:
    _destroy(info, [to_int(text) for text in input["ids"]], input, many=True)
    return True


def _destroy(info: Info, ids: list[int], given: Input, many: bool) -> None:
    request = request_of(info)
    library = request.stash.library
    with library.lock:
        scenes = [library.scene(number) for number in ids]
        if len(set(ids)) < len(ids):
            raise LookupError(f"scene with id {next(n for n in ids if ids.count(n) > 1)} not found")
        for scene in scenes:
            library.remove_scene(scene)
            for file in scene.files:
                # A file that stays on disk is new to the next scan: the scene comes back under another id.
                if given.get("delete_file"):
                    request.stash.disk.remove(file.path)
                else:
                    request.stash.disk.put(file.path, file.size, file.duration, file.oshash)
    for scene in scenes:
        first = scene.files[0] if scene.files else None
        oshash, md5 = (first.oshash, first.md5) if first is not None else ("", "")
        hook_input = plugin_input.destroyed_scene(given, oshash, md5, scene.path, many)
        request.stash.hooks.fire(request, "Scene.Destroy.Post", scene.id, hook_input)


@resolvers.field("Mutation", "sceneMerge")
def scene_merge(_: Any, info: Info, input: Input) -> Scene:
    """Fires no hook: neither for the scene that takes the files nor for those that are gone."""
    library = request_of(info).stash.library
    with library.lock:
        target = library.scene(to_int(input["destination"]))
        sources = [library.scene(to_int(text)) for text in input["source"]]
        if target in sources:
            raise ValueError("cannot merge where source == destination")
        wanted = changes(library, target, input.get("values") or {})
        for source in sources:
            target.files = [*target.files, *source.files]
            if input.get("play_history"):
                target.play_history = sorted([*target.play_history, *source.play_history], reverse=True)
            if input.get("o_history"):
                target.o_history = sorted([*target.o_history, *source.o_history], reverse=True)
            library.remove_scene(source, keep_files=True)
        commit(target, {name: value for name, value in wanted.items() if name != "files"})
        library.touch(target)
    return target


@resolvers.field("Mutation", "sceneAssignFile")
def scene_assign_file(_: Any, info: Info, input: Input) -> bool:
    """Fires no hook and moves no `updated_at`."""
    library = request_of(info).stash.library
    with library.lock:
        scene = library.scene(to_int(input["scene_id"]))
        file = library.files.get(to_int(input["file_id"]))
        if file is None:
            raise LookupError(f"file with id {input['file_id']} not found")
        holder = library.scene_of_file(file)
        if holder is not None:
            if holder.files[0] is file:
                raise ValueError("cannot reassign primary file")
            holder.files = [other for other in holder.files if other is not file]
        scene.files = [*scene.files, file]
    return True
