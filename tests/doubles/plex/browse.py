"""Folders: of a section (`/folder`), and of the server's file system (`/services/browse`)."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import quote

from tests.doubles.plex.messages import Answer, Request, failure
from tests.doubles.plex.model import Section
from tests.doubles.plex.nodes import Node, container
from tests.doubles.plex.paths import base_name, separator
from tests.doubles.plex.state import State
from tests.doubles.plex.views import item_node, look_of


def section_folder(state: State, request: Request, section: Section) -> Answer:
    """One level: folders with an opaque `parent`, and the items that lie right here."""
    parent = _decoded(request.get("parent"))
    places = [parent] if parent else [place.path for place in section.locations]
    look = look_of(request, full=False, ignore_excludes=False)
    folders: dict[str, str] = {}
    rows: list[Node] = []
    for item in section.items.values():
        for part in item.files()[:1]:
            place = next((p for p in places if part.file.startswith(p + separator(p))), None)
            if place is None:
                continue
            rest = part.file[len(place) + 1 :]
            head, slash, _ = rest.partition(separator(place))
            if slash:
                folders[place + separator(place) + head] = head
            else:
                rows.append(item_node(state, item, request.account, look))
    base = f"/library/sections/{section.key}/folder?parent="
    nodes = [
        Node("Directory", {"key": base + _encoded(path), "title": name}, json_key="Metadata")
        for path, name in sorted(folders.items())
    ]
    attrs: dict[str, str | int | float | bool] = {
        "librarySectionID": section.key,
        "title1": section.title,
        "title2": "By Folder",
    }
    return Answer(node=container(attrs, nodes + rows))


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
