"""Mutations around files, and the jobs that go through the library: scan, clean, covers, Auto Tag."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.doubles.stash import library_jobs
from tests.doubles.stash.registry import Info, Resolvers, request_of, to_int

resolvers = Resolvers()

Input = Mapping[str, Any]


@resolvers.field("Mutation", "moveFiles")
def move_files(_: Any, info: Info, input: Input) -> bool:
    """Fires no hook and moves no scene's `updated_at`."""
    stash = request_of(info).stash
    library = stash.library
    folder, name = input.get("destination_folder"), input.get("destination_basename")
    if name and len(input["ids"]) != 1:
        raise ValueError("cannot specify destination basename when moving multiple files")
    if not folder:
        raise ValueError("must specify destination folder or destination folder id")
    with library.lock:
        for text in input["ids"]:
            file = library.files.get(to_int(text))
            if file is None:
                raise LookupError(f"file with id {text} not found")
            target = f"{folder.rstrip('/')}/{name or file.basename}"
            stash.disk.moved_by_stash(file.path, target)
            file.path, file.updated_at = target, library.clock.now()
    return True


@resolvers.field("Mutation", "deleteFiles")
def delete_files(_: Any, info: Info, ids: list[str]) -> bool:
    """A scene's primary file cannot go; the others leave without a hook."""
    library = request_of(info).stash.library
    with library.lock:
        for text in ids:
            file = library.files.get(to_int(text))
            if file is None:
                raise LookupError(f"file with id {text} not found")
            scene = library.scene_of_file(file)
            if scene is not None and scene.files[0] is file:
                raise ValueError(f"cannot delete primary file {file.path}")
            if scene is not None:
                scene.files = [other for other in scene.files if other is not file]
            del library.files[file.id]
    return True


@resolvers.field("Mutation", "metadataScan")
def metadata_scan(_: Any, info: Info, input: Input) -> str:
    request = request_of(info)
    job = request.stash.jobs.add("Scanning...", request.session, library_jobs.scan(request.stash, input))
    return str(job.id)


@resolvers.field("Mutation", "metadataClean")
def metadata_clean(_: Any, info: Info, input: Input) -> str:
    request = request_of(info)
    job = request.stash.jobs.add("Cleaning...", request.session, library_jobs.clean(request.stash, input))
    return str(job.id)


@resolvers.field("Mutation", "metadataGenerate")
def metadata_generate(_: Any, info: Info, input: Input) -> str:
    request = request_of(info)
    work = library_jobs.generate_covers(request.stash, input)
    return str(request.stash.jobs.add("Generating...", request.session, work).id)


@resolvers.field("Mutation", "metadataAutoTag")
def metadata_auto_tag(_: Any, info: Info, input: Input) -> str:
    request = request_of(info)
    job = request.stash.jobs.add("Auto-tagging...", request.session, library_jobs.auto_tag(request.stash, input))
    return str(job.id)


@resolvers.field("Mutation", "sceneGenerateScreenshot")
def scene_generate_screenshot(_: Any, info: Info, id: str, at: float | None = None) -> str:
    """Queued; the answer is the word "todo", not the job's id (internal/api/resolver_mutation_scene.go)."""
    request = request_of(info)
    work = library_jobs.screenshot(request.stash, to_int(id), at)
    request.stash.jobs.add(f"Generating screenshot for scene id {id}", request.session, work)
    return "todo"
