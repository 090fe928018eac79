"""The posters that Plex shows for a scene, as data: the browser has no token to fetch them with."""

from __future__ import annotations

from base64 import b64encode

from plex.exceptions import PlexAmbiguous, PlexNotFound
from plex.pictures import read_small_picture
from worker.answering import Content
from worker.metadata.shown import PICTURES
from worker.processor import SyncWorker
from worker.tasks.questions.comparison import scene_named

#: Items whose posters are sent, and the most seconds that a part of a picture may take.
MOST_ITEMS, PATIENCE = 5, 5.0

#: What a browser is told of a picture that begins so; anything else is sent to none.
_KINDS = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png", b"GIF8": "image/gif", b"RIFF": "image/webp"}


def posters(scene_id: int, worker: SyncWorker) -> Content:
    """``items``: each with its ``title`` and its ``poster``, an address that holds the picture itself, empty where Plex
    shows none. Raises StashUnavailable, the errors of plex/exceptions.py."""
    scene = scene_named(scene_id, worker)
    if scene is None:
        return {"items": []}
    try:
        worker.finder.prepare([scene])
        targets = worker.finder.find(scene)
    except (PlexAmbiguous, PlexNotFound):
        return {"items": []}  # the tab says so without pictures
    server = worker.plex_client.server
    found: list[Content] = []
    for target in targets[:MOST_ITEMS]:
        picture = read_small_picture(server, target.shown.pictures.get(PICTURES["poster"], ""), PATIENCE)
        found.append({"item": target.shown.rating_key, "title": target.shown.title, "poster": _as_address(picture)})
    return {"items": found}


def _as_address(picture: bytes) -> str:
    kind = next((kind for begin, kind in _KINDS.items() if picture.startswith(begin)), "")
    return f"data:{kind};base64,{b64encode(picture).decode('ascii')}" if kind else ""
