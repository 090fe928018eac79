"""One scene beside what Plex shows of it just now: which items, by what proof, and which fields differ.

Nothing is written to Plex, and nothing of the scene is noted.
"""

from __future__ import annotations

from plex.exceptions import PlexAmbiguous, PlexNotFound
from plex.index import LibraryIndex
from plex.listing import read_sections
from plex.matcher import match_file, parts_of
from stash.scenes import read_scenes
from validation.config import PlexSyncConfig
from validation.errors import PlexSyncError
from validation.paths import PathMap, file_name_key, path_key
from validation.scenes import Scene, SceneFile
from worker.answering import Content
from worker.items.recall import recall
from worker.jobs.selection import details_needed, left_out
from worker.metadata.decisions import Policy
from worker.metadata.labels import label
from worker.metadata.memory import ItemMemory
from worker.metadata.plan import Plan, make_plan
from worker.metadata.shown import Shown, ShownFile
from worker.metadata.wanted import TAG_FIELDS, TEXT_FIELDS, Wanted, wanted_of
from worker.processor import SyncWorker
from worker.storage.ownership import Owned


def compare(scene_id: int, worker: SyncWorker, owned: Owned) -> Content:
    """``items`` with their ``proofs`` and the ``fields`` that differ; or ``left_out``, or ``error`` and ``candidates``.

    Raises StashUnavailable, the errors of plex/exceptions.py.
    """
    scene = scene_named(scene_id, worker)
    if scene is None:
        return {"error": "Stash has no such scene any more."}
    out: Content = {"left_out": left_out(scene, worker.config)}
    try:
        worker.finder.prepare([scene])  # what was read before a write is no answer
        targets = worker.finder.find(scene)
    except PlexAmbiguous as error:
        return {**out, "error": str(error), "candidates": _candidates(scene, worker.config.path_map, owned.index)}
    except PlexNotFound as error:
        return {**out, "error": str(error)}
    server = worker.plex_client.server
    titles = {section.key: section.title for section in read_sections(server)}
    machine = str(server.machineIdentifier)
    keys = [target.shown.rating_key for target in targets]
    memories = [recall(owned.record, machine, target.shown, scene_id, keys).content for target in targets]
    return {
        **out,
        "items": [
            {
                "item": target.shown.rating_key,
                "server": machine,
                "title": target.shown.title,
                "library": titles.get(target.shown.section_key, ""),
                "proofs": [one for file in scene.files for one in _proofs(file, target.shown, worker.config.path_map)],
                "fields": _fields(target.shown, scene, memory, worker.config, owned.record.now),
            }
            for target, memory in zip(targets, memories, strict=True)
        ],
    }


def scene_named(scene_id: int, worker: SyncWorker) -> Scene | None:
    """A scene in full; None where Stash has none of that number. Raises StashUnavailable, PermanentError."""
    scene = read_scenes(worker.stash, [scene_id], details_needed(worker.config)).get(scene_id)
    if isinstance(scene, PlexSyncError):
        raise scene
    return scene if isinstance(scene, Scene) else None


def _candidates(scene: Scene, path_map: PathMap, index: LibraryIndex) -> list[str]:
    """The files of the items that nothing tells apart, as Plex spells them."""
    matches = [match_file(index.libraries(), file.path, path_map, file.size) for file in scene.files]
    parts = [part for match in matches for item in match.candidates for part in parts_of(item) or ()]
    return list(dict.fromkeys(part.file for part in parts))


def _fields(shown: Shown, scene: Scene, memory: ItemMemory, config: PlexSyncConfig, now: float) -> list[Content]:
    wanted = wanted_of(scene, config)
    policy = Policy(keep_edits=config.keep_plex_edits, mirror=config.mirror_exactly, now=now)
    return fields_that_differ(shown, wanted, make_plan(shown, wanted, memory, policy))


def _proofs(file: SceneFile, shown: Shown, path_map: PathMap) -> list[Content]:
    """Which of an item's files is one of the scene's, and why."""
    mapped = path_map.to_plex(file.path)
    found = [one for one in shown.files if path_key(one.path) == path_key(mapped)]
    by = "path" if found else "name"
    found = found or [one for one in shown.files if _same_name(one, file)]
    return [{"by": by, "stash": file.path, "mapped": mapped, "plex": one.path, "size": one.size} for one in found]


def _same_name(one: ShownFile, file: SceneFile) -> bool:
    return file_name_key(one.path) == file_name_key(file.path) and one.size == file.size


def fields_that_differ(shown: Shown, wanted: Wanted, plan: Plan) -> list[Content]:
    """Each field that would be written, or is left as a person edited it: what Plex shows, what it would show."""
    fields: list[Content] = []
    for text in TEXT_FIELDS:
        name = label(text.name)
        kept = name in plan.kept
        if text.name in plan.texts or kept:
            new = plan.texts[text.name].write if text.name in plan.texts else wanted.texts[text.name]
            fields.append({"label": name, "plex": shown.text(text.name), "stash": new or "", "kept": kept})
    for tag in TAG_FIELDS:
        name = label(tag.name)
        kept = name in plan.kept
        if tag.name in plan.tags or kept:
            full = plan.tags[tag.name].full if tag.name in plan.tags else wanted.tags[tag.name]
            present = shown.tag_names(tag.name)
            fields.append({"label": name, "plex": present, "stash": list(full or ()), "kept": kept})
    return fields
