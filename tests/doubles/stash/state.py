"""The whole state as plain data, for `/__double__/state`."""

from __future__ import annotations

from typing import Any

from tests.doubles.stash.clock import rfc3339
from tests.doubles.stash.core import Stash
from tests.doubles.stash.model import Group, Performer, Scene, Studio, Tag


def dump(stash: Stash) -> dict[str, Any]:
    """Large for large libraries: everything is in it."""
    library = stash.library
    with library.lock:
        return {
            "now": rfc3339(stash.clock.now()),
            "scenes": [_scene(scene) for scene in library.scenes_in_order()],
            "performers": [_entity(performer) for performer in library.performers.values()],
            "studios": [_entity(studio) for studio in library.studios.values()],
            "tags": [_entity(tag) for tag in library.tags.values()],
            "groups": [_entity(group) for group in library.groups.values()],
            "jobs": [job.as_dict() for job in stash.jobs.queue()],
            "plugins": [manifest.id for manifest in stash.plugins.loaded],
            "disabled_plugins": sorted(stash.plugins.disabled),
            "plugin_settings": stash.plugins.settings,
            "waiting_files": [file.path for file in stash.disk.waiting()],
            "faults": stash.faults.listed(),
        }


def _scene(scene: Scene) -> dict[str, Any]:
    return {
        "id": scene.id,
        "title": scene.title,
        "code": scene.code,
        "details": scene.details,
        "director": scene.director,
        "urls": scene.urls,
        "date": scene.date,
        "rating100": scene.rating100,
        "organized": scene.organized,
        "studio": scene.studio.name if scene.studio is not None else None,
        "performers": [performer.name for performer in scene.performers],
        "tags": [tag.name for tag in scene.tags],
        "groups": [{"group": entry.group.name, "scene_index": entry.scene_index} for entry in scene.groups],
        "stash_ids": [{"endpoint": entry.endpoint, "stash_id": entry.stash_id} for entry in scene.stash_ids],
        "files": [{"id": file.id, "path": file.path, "size": file.size} for file in scene.files],
        "cover": scene.cover.etag.strip('"') if scene.cover is not None else None,
        "play_count": scene.play_count,
        "o_counter": scene.o_counter,
        "created_at": rfc3339(scene.created_at),
        "updated_at": rfc3339(scene.updated_at),
    }


def _entity(entity: Performer | Studio | Tag | Group) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": entity.id, "name": entity.name, "updated_at": rfc3339(entity.updated_at)}
    if isinstance(entity, Performer):
        shown.update(gender=entity.gender, favorite=entity.favorite)
    if isinstance(entity, Studio):
        shown["parent"] = entity.parent_studio.name if entity.parent_studio is not None else None
    return shown
