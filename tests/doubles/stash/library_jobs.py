"""The jobs that Stash itself runs on its library: scan, clean, covers, Auto Tag."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tests.doubles.stash.core import Stash
from tests.doubles.stash.disk import DiskFile
from tests.doubles.stash.jobs import Job
from tests.doubles.stash.model import Scene, VideoFile
from tests.doubles.stash.pictures import generated_picture
from tests.doubles.stash.plugin_input import destroyed_scene

Work = Callable[[Job], None]
Input = Mapping[str, Any]


def scan(stash: Stash, given: Input) -> Work:
    """pkg/scene/scan.go and pkg/file/scan.go: a new file is a new scene, unless its hash is known.

    The hook of a new scene runs before its cover exists: covers are tasks that the same job works off beside the
    scan (internal/manager/task_scan.go), here once all files are taken in. A renamed file fires an update without
    moving `updated_at`; a further file of a known scene moves it.
    """
    paths, covers = given.get("paths"), bool(given.get("scanGenerateCovers"))

    def work(job: Job) -> None:
        waiting = [file for file in stash.disk.waiting() if _below(file.path, paths)]
        taken_in: list[Scene] = []
        for index, file in enumerate(waiting):
            if job.cancellation.cancelled:
                return
            taken_in += _take_in(stash, job, file)
            stash.jobs.report(job, (index + 1) / len(waiting))
        if given.get("rescan"):
            seen = {file.path for file in waiting}
            for scene in _scenes(stash):
                if any(_below(file.path, paths) and file.path not in seen for file in scene.files):
                    stash.hooks.fire(job, "Scene.Update.Post", scene.id)
        for scene in taken_in if covers else ():
            if scene.cover is None and stash.covers.passed(job.cancellation):
                _make_cover(stash, scene, "scan")

    return work


def _take_in(stash: Stash, job: Job, found: DiskFile) -> list[Scene]:
    """The scene that has the file now, if any."""
    library, now = stash.library, stash.clock.now()
    with library.lock:
        stash.disk.taken_in(found.path)
        at_path = next((file for file in library.files.values() if file.path == found.path), None)
        twin = next((file for file in library.files.values() if file.oshash == found.oshash), None)
        known = at_path or twin
        scene = library.scene_of_file(known) if known is not None else None
        trigger = "Scene.Update.Post"
        if known is not None and at_path is not None:
            known.size, known.duration, known.oshash = found.size, found.duration, found.oshash
            known.mod_time = known.updated_at = now
        elif known is not None and not stash.disk.has(known.path):
            known.path, known.updated_at = found.path, now
        else:
            number = library.new_id("file", library.files)
            file = VideoFile(number, found.path, found.size, found.duration, now, now, now, oshash=found.oshash)
            if scene is not None:
                library.files[file.id] = file
                scene.files = [*scene.files, file]
                library.touch(scene)
            else:
                scene = Scene(library.new_id("scene", library.scenes), now, now, files=[file])
                library.add_scene(scene)
                trigger = "Scene.Create.Post"
    if scene is None:
        return []
    stash.hooks.fire(job, trigger, scene.id)
    return [scene]


def clean(stash: Stash, given: Input) -> Work:
    """internal/manager/task_clean.go: scenes whose last file is gone go too, with a hook of their own kind."""

    def work(job: Job) -> None:
        for scene in _scenes(stash):
            gone = [f for f in scene.files if not stash.disk.has(f.path) and _below(f.path, given.get("paths"))]
            if not gone or given["dryRun"] or job.cancellation.cancelled:
                continue
            with stash.library.lock:
                if len(gone) < len(scene.files):
                    scene.files = [file for file in scene.files if file not in gone]
                    for file in gone:
                        del stash.library.files[file.id]
                    continue
                stash.library.remove_scene(scene)
            first = gone[0]
            hook_input = destroyed_scene({"id": ""}, first.oshash, first.md5, first.path, many=False)
            stash.hooks.fire(job, "Scene.Destroy.Post", scene.id, hook_input)

    return work


def generate_covers(stash: Stash, given: Input) -> Work:
    """Covers of scenes that have none, or of all with `overwrite`. No hook; `updated_at` moves."""
    wanted = {int(text) for text in given.get("sceneIDs") or ()}

    def work(job: Job) -> None:
        for scene in _scenes(stash):
            if not given.get("covers"):
                return
            missing = scene.cover is None or given.get("overwrite")
            if missing and (not wanted or scene.id in wanted) and stash.covers.passed(job.cancellation):
                _make_cover(stash, scene, f"job {job.id}")

    return work


def screenshot(stash: Stash, scene_id: int, at: float | None) -> Work:
    """A frame of the film becomes the cover: other bytes for another moment. No hook; `updated_at` moves."""

    def work(_: Job) -> None:
        scene = stash.library.scenes.get(scene_id)
        if scene is not None:
            _make_cover(stash, scene, "default" if at is None else f"{at:g}")

    return work


def auto_tag(stash: Stash, given: Input) -> Work:
    """internal/autotag: names found in paths of scenes that are not organized. No hook; `updated_at` moves."""

    def work(job: Job) -> None:
        library = stash.library
        with library.lock:
            performers = _chosen(library.performers, given.get("performers"))
            studios = _chosen(library.studios, given.get("studios"))
            tags = _chosen(library.tags, given.get("tags"))
        for scene in _scenes(stash):
            if job.cancellation.cancelled:
                return
            if scene.organized or not _below(scene.path, given.get("paths")):
                continue
            path = scene.path.rpartition(".")[0]
            with library.lock:
                new_performers = [p for p in _named_in(performers, path) if p not in scene.performers]
                new_tags = [tag for tag in _named_in(tags, path) if tag not in scene.tags]
                studio = next(iter(_named_in(studios, path)), None) if scene.studio is None else None
                if not (new_performers or new_tags or studio):
                    continue
                scene.performers = [*scene.performers, *new_performers]
                scene.tags = [*scene.tags, *new_tags]
                scene.studio = studio or scene.studio
                library.touch(scene)

    return work


def _make_cover(stash: Stash, scene: Scene, moment: str) -> None:
    with stash.library.lock:
        scene.cover = generated_picture(f"cover of scene {scene.id} ({moment})")
        stash.library.touch(scene)


def _scenes(stash: Stash) -> list[Scene]:
    with stash.library.lock:
        return list(stash.library.scenes_in_order())


def _below(path: str, folders: list[str] | None) -> bool:
    if not folders:
        return True
    return any(path == folder or path.startswith(folder.rstrip("/") + "/") for folder in folders)


def _chosen(table: Mapping[int, Any], wanted: list[str] | None) -> list[Any]:
    """`*` is all of them; else ids."""
    if not wanted:
        return []
    return list(table.values()) if "*" in wanted else [table[int(text)] for text in wanted if int(text) in table]


def _named_in(entities: Iterable[Any], path: str) -> list[Any]:
    """Whole words, in any case; a space in the name may be a dot, dash or underscore in the path."""
    found = []
    for entity in entities:
        words = r"[.\-_ ]*".join(re.escape(word) for word in entity.name.split())
        if re.search(rf"(?<![^\W_]){words}(?![^\W_])", path, re.IGNORECASE):
            found.append(entity)
    return found
