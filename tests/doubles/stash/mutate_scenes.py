"""Mutations of scenes (internal/api/resolver_mutation_scene.go).

Each change is made under the library's lock and is there to stay before its hooks run. Then the answer is
read from the scenes as they are, so what the hooks changed shows in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import plugin_input
from .library import Library
from .model import Scene, SceneGroup, StashID
from .pictures import decode_image_input
from .registry import Info, Resolvers, request_of, to_int

resolvers = Resolvers()

Input = Mapping[str, Any]

_TEXTS = ("title", "code", "details", "director")
_PLAIN = ("date", "rating100")


@resolvers.field("Mutation", "sceneUpdate")
def scene_update(_: Any, info: Info, input: Input) -> Scene:
    request = request_of(info)
    library = request.stash.library
    with library.lock:
        scene = library.scene(to_int(input["id"]))
        apply(library, scene, input)
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
        for scene, entry in zip(scenes, input, strict=True):
            apply(library, scene, entry)
            library.touch(scene)
    everything = [plugin_input.scene_update(entry) for entry in input]
    for scene, entry in zip(scenes, input, strict=True):
        if request.cancellation.cancelled:
            break
        request.stash.hooks.fire(request, "Scene.Update.Post", scene.id, everything, entry.keys())
    return scenes


@resolvers.field("Mutation", "bulkSceneUpdate")
def bulk_scene_update(_: Any, info: Info, input: Input) -> list[Scene]:
    """One hook after the other; when the client goes away, those not yet started never are."""
    request = request_of(info)
    library = request.stash.library
    with library.lock:
        scenes = [library.scene(to_int(text)) for text in input.get("ids") or ()]
        for scene in scenes:
            apply_bulk(library, scene, input)
            library.touch(scene)
    for scene in scenes:
        if request.cancellation.cancelled:
            break
        request.stash.hooks.fire(
            request, "Scene.Update.Post", scene.id, plugin_input.bulk_scene_update(input), input.keys()
        )
    return scenes


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
        scene = Scene(library.new_id("scene", library.scenes), now, now, files=files)
        apply(library, scene, input)
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
        for scene in scenes:
            library.remove_scene(scene)
    for scene in scenes:
        file = scene.files[0] if scene.files else None
        oshash, md5 = (file.oshash, file.md5) if file is not None else ("", "")
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
        for source in sources:
            target.files = [*target.files, *source.files]
            target.scene_markers = [*target.scene_markers, *source.scene_markers]
            if input.get("play_history"):
                target.play_history = [*target.play_history, *source.play_history]
            if input.get("o_history"):
                target.o_history = [*target.o_history, *source.o_history]
            library.remove_scene(source, keep_files=True)
        apply(library, target, input.get("values") or {})
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


# -- applying an input -----------------------------------------------------------------------------------------


def apply(library: Library, scene: Scene, given: Input) -> None:
    """SceneUpdateInput or SceneCreateInput: what is given is set, null empties, what is absent stays."""
    for name in _TEXTS:
        if name in given:
            setattr(scene, name, given[name] or "")
    for name in _PLAIN:
        if name in given:
            setattr(scene, name, given[name] or None)
    if given.get("organized") is not None:
        scene.organized = given["organized"]
    if "url" in given:
        scene.urls = [given["url"]] if given["url"] else []
    if given.get("urls") is not None:
        scene.urls = list(given["urls"])
    if "studio_id" in given:
        scene.studio = library.studio(to_int(given["studio_id"])) if given["studio_id"] else None
    if given.get("performer_ids") is not None:
        scene.performers = [library.performer(to_int(text)) for text in given["performer_ids"]]
    if given.get("tag_ids") is not None:
        scene.tags = [library.tag(to_int(text)) for text in given["tag_ids"]]
    if given.get("groups") is not None:
        scene.groups = [
            SceneGroup(library.group(to_int(entry["group_id"])), entry.get("scene_index")) for entry in given["groups"]
        ]
    if given.get("stash_ids") is not None:
        scene.stash_ids = [
            StashID(entry["endpoint"], entry["stash_id"], library.clock.now()) for entry in given["stash_ids"]
        ]
    if given.get("cover_image"):
        scene.cover = decode_image_input(given["cover_image"])
    for name in ("resume_time", "play_duration"):
        if given.get(name) is not None:
            setattr(scene, name, given[name])
    if given.get("primary_file_id"):
        _make_primary(scene, to_int(given["primary_file_id"]))


def _make_primary(scene: Scene, file_id: int) -> None:
    chosen = next((file for file in scene.files if file.id == file_id), None)
    if chosen is None:
        raise ValueError(f"file with id {file_id} not associated with scene {scene.id}")
    scene.files = [chosen, *(file for file in scene.files if file is not chosen)]


def apply_bulk(library: Library, scene: Scene, given: Input) -> None:
    """BulkSceneUpdateInput: plain fields as above; lists are set, added to, or taken from."""
    lists = ("urls", "performer_ids", "tag_ids", "group_ids", "gallery_ids", "movie_ids")
    apply(library, scene, {name: value for name, value in given.items() if name not in lists})
    if given.get("urls"):
        scene.urls = _combined(scene.urls, given["urls"].get("values") or [], given["urls"]["mode"])
    if given.get("performer_ids"):
        performers = [library.performer(number) for number in _ids(given["performer_ids"])]
        scene.performers = _combined(scene.performers, performers, given["performer_ids"]["mode"])
    if given.get("tag_ids"):
        tags = [library.tag(number) for number in _ids(given["tag_ids"])]
        scene.tags = _combined(scene.tags, tags, given["tag_ids"]["mode"])
    if given.get("group_ids"):
        known = {entry.group: entry for entry in scene.groups}
        groups = [library.group(number) for number in _ids(given["group_ids"])]
        chosen = _combined(list(known), groups, given["group_ids"]["mode"])
        scene.groups = [known.get(group, SceneGroup(group, None)) for group in chosen]


def _ids(bulk: Input) -> list[int]:
    return [to_int(text) for text in bulk.get("ids") or ()]


def _combined(present: list[Any], given: list[Any], mode: str) -> list[Any]:
    if mode == "SET":
        return given
    if mode == "ADD":
        return [*present, *(item for item in given if item not in present)]
    return [item for item in present if item not in given]
