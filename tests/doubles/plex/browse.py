"""The server's file system as it can be browsed (`/services/browse`)."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import quote

from tests.doubles.plex.messages import Answer, Request, failure
from tests.doubles.plex.nodes import Node, container
from tests.doubles.plex.paths import base_name, separator
from tests.doubles.plex.state import State


def services(state: State, request: Request, encoded: str) -> Answer:
    """`GET /services/browse[/BASE64]`: what the double's disk holds below a path."""
    path = _decoded(encoded)
    if encoded and not path:
        return failure(404)
    folders: dict[str, str] = {}
    files: list[str] = []
    if not path:
        folders = {place.path: place.path for s in state.sections.values() for place in s.locations}
    else:
        slash = separator(path)
        prefix = path.rstrip(slash) + slash
        for file in state.disk:
            if file.startswith(prefix):
                head, more, _ = file[len(prefix) :].partition(slash)
                if more:
                    folders[prefix + head] = head
                else:
                    files.append(file)
    rows = [
        Node("Path", {"key": f"/services/browse/{_encoded(full)}", "path": full, "title": name, "home": False})
        for full, name in sorted(folders.items())
    ]
    if request.flag("includeFiles"):
        rows += [Node("File", {"key": f, "path": f, "title": base_name(f)}) for f in sorted(files)]
    return Answer(node=container({}, rows))


def _encoded(path: str) -> str:
    return quote(base64.b64encode(path.encode()).decode(), safe="")


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
