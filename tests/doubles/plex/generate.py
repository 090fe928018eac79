"""Plex's side of `--generate N`: the files of the shared scenes, as a fresh scan shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.doubles.common.generated import PLEX_ROOT, GeneratedScene, generated_scene
from tests.doubles.plex.guids import NO_AGENT, default_guid
from tests.doubles.plex.library_file import VIDEO_SCANNER, add_section, default_content, media_attrs
from tests.doubles.plex.model import DiskFile, Item, Media, Part, Section
from tests.doubles.plex.nodes import Scalar
from tests.doubles.plex.personal import take_from_file
from tests.doubles.plex.state import State

SECTION: Mapping[str, Any] = {
    "title": "Stash",
    "type": "movie",
    "agent": NO_AGENT,
    "scanner": VIDEO_SCANNER,
    "language": "xn",
    "locations": [PLEX_ROOT],
}
_FIRST_SCAN = 1_700_000_000


def fill(state: State, count: int, synced: bool) -> None:
    """Scenes 1 to `count` as items with rating keys 1 to `count` in section 1.

    Fresh, an item shows its file's name and nothing else; `synced`, also title, studio, summary and date.
    """
    section = add_section(state, SECTION, 1)
    for number in range(1, count + 1):
        item = _item(state, section, generated_scene(number), synced)
        state.add_item(item)
        part = item.media[0].parts[0]
        state.disk[part.file] = DiskFile(part.size or 0, part.content)


def _item(state: State, section: Section, scene: GeneratedScene, synced: bool) -> Item:
    path = scene.path(PLEX_ROOT)
    part = Part(state.new_part_id(), path, scene.size, default_content(path, scene.size))
    fields: dict[str, Scalar] = {"title": scene.stem}
    if synced:
        fields = {
            "title": scene.title,
            "studio": scene.studio,
            "summary": scene.details,
            "year": int(scene.date[:4]),
            "originallyAvailableAt": scene.date,
        }
    key = state.new_key(scene.number)
    item = Item(
        id=key,
        section=section.key,
        type="movie",
        guid=default_guid(section, "movie", key),
        fields=fields,
        added_at=_FIRST_SCAN + scene.number,
        updated_at=_FIRST_SCAN + scene.number,
        duration=scene.duration * 1000,
        media=[Media(state.new_media_id(), [part], media_attrs(path))],
    )
    take_from_file(state, item, None)
    return item
