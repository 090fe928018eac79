"""Takes an item as a real server's JSON shows it (`/library/metadata/108`) into the double's state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.doubles.plex.model import TAG_ELEMENTS, Item, Media, Part, Section, Shelf
from tests.doubles.plex.state import State

# Written by the double itself from its own rows; everything else is kept in `extra`.
_OWN = {
    "ratingKey", "key", "guid", "type", "librarySectionTitle", "librarySectionID", "librarySectionKey",
    "thumb", "art", "duration", "addedAt", "updatedAt", "deletedAt", "titleSort", "Media", "Field",
    *TAG_ELEMENTS.values(),
}  # fmt: skip
_FIELDS = {
    "title", "originalTitle", "studio", "tagline", "summary", "contentRating", "year",
    "originallyAvailableAt", "editionTitle", "rating", "audienceRating", "index",
}  # fmt: skip
_PART_OWN = {"id", "file", "size", "Stream"}


def item_from_recording(state: State, section: Section, entry: Mapping[str, Any]) -> Item:
    """The same item, with its own ids. It is not yet added to the state."""
    item = Item(
        id=state.new_key(int(entry["ratingKey"])),
        section=section.key,
        type=str(entry["type"]),
        guid=str(entry["guid"]),
        fields={name: entry[name] for name in entry if name in _FIELDS},
        added_at=int(entry["addedAt"]),
        updated_at=entry.get("updatedAt"),
        deleted_at=entry.get("deletedAt"),
        duration=entry.get("duration"),
        title_sort=entry.get("titleSort"),
        locks={str(f["name"]) for f in entry.get("Field", []) if f.get("locked")} or None,
        media=[_media(state, media) for media in entry.get("Media", [])],
        extra={
            name: value
            for name, value in entry.items()
            if name not in _OWN and name not in _FIELDS and not isinstance(value, (list, dict))
        },
        elements={name: value for name, value in entry.items() if name not in _OWN and isinstance(value, (list, dict))},
    )
    if "thumb" not in entry or "art" not in entry:
        item.shelves = {
            kind: Shelf(selected=None if name not in entry else f"metadata://{kind}")
            for kind, name in (("posters", "thumb"), ("arts", "art"))
        }
    for kind, element in TAG_ELEMENTS.items():
        for index, row in enumerate(entry.get(element, [])):
            tag = state.tags.get(kind, str(row["tag"]), row.get("id"))
            tagging = state.tags.attach(item, tag, index)
            tagging.text = str(row.get("role", ""))
            tagging.thumb = str(row.get("thumb", ""))
            tagging.key = str(row.get("tagKey", ""))
    return item


def _media(state: State, entry: Mapping[str, Any]) -> Media:
    attrs = {name: value for name, value in entry.items() if name not in ("id", "duration", "Part")}
    return Media(state.new_media_id(int(entry["id"])), [_part(state, part) for part in entry.get("Part", [])], attrs)


def _part(state: State, entry: Mapping[str, Any]) -> Part:
    return Part(
        id=state.new_part_id(int(entry["id"])),
        file=str(entry["file"]),
        size=int(entry["size"]),
        content=f"{entry['id']}|{entry['size']}",
        extra={name: value for name, value in entry.items() if name not in _PART_OWN},
        streams=tuple(entry.get("Stream", ())),
    )
