"""Reads a library from its JSON form into a State. The format is shown by example in README.md."""

from __future__ import annotations

import hashlib
import itertools
import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.doubles.plex import agent, collecting
from tests.doubles.plex.guids import NO_AGENT, default_guid
from tests.doubles.plex.images import make_shelves
from tests.doubles.plex.model import (
    TYPE_NUMBERS,
    DiskFile,
    Item,
    Location,
    Media,
    Part,
    Section,
)  # fmt: skip
from tests.doubles.plex.paths import base_name, extension, stem
from tests.doubles.plex.personal import take_from_file
from tests.doubles.plex.recorded import item_from_recording
from tests.doubles.plex.state import OWNER, State
from tests.doubles.plex.switches import Switches
from tests.doubles.plex.titles import ARTICLES

VIDEO_SCANNER = "Plex Video Files Scanner"

# Library keys of tag lists -> edit name. Entries are names, or {"tag": …, "role": …, "thumb": …}.
_TAG_KEYS = {
    "genres": "genre", "actors": "actor", "labels": "label", "collections": "collection",
    "directors": "director", "writers": "writer", "producers": "producer", "countries": "country",
    "similar": "similar", "moods": "mood", "styles": "style",
}  # fmt: skip
# Library keys that are stored as they are, under their wire name.
FIELD_KEYS = (
    "title", "originalTitle", "studio", "tagline", "summary", "contentRating", "year",
    "originallyAvailableAt", "editionTitle", "rating", "audienceRating", "index",
)  # fmt: skip
_KNOWN = {
    *FIELD_KEYS, *_TAG_KEYS, "file", "size", "media", "ratingKey", "guid", "guids", "type", "addedAt", "updatedAt",
    "deletedAt", "titleSort", "duration", "locked", "userRating", "viewCount", "posters", "hasThumb",
    "children", "onDisk", "content", "agent", "fileDate",
}  # fmt: skip

DEFAULT_MEDIA: dict[str, Any] = {
    "bitrate": 4000, "width": 1920, "height": 1080, "aspectRatio": 1.78, "audioChannels": 2,
    "audioCodec": "aac", "videoCodec": "h264", "videoResolution": "1080", "container": "mp4",
    "videoFrameRate": "24p", "audioProfile": "lc", "videoProfile": "high",
}  # fmt: skip
_BY_CONTAINER: dict[str, dict[str, Any]] = {}


def build_state(library: Mapping[str, Any], switches: Switches) -> State:
    """A State holding `library`. ValueError names what is wrong with it."""
    server = library.get("server", {})
    name = str(server.get("name", "Plex double"))
    machine = str(server.get("machineIdentifier", hashlib.sha1(name.encode()).hexdigest()))
    state = State(switches, name, machine, tuple(server.get("articles", ARTICLES)))
    state.playback.accounts.update({int(number): str(name) for number, name in server.get("accounts", {}).items()})
    for number, entry in enumerate(library.get("sections", []), start=1):
        add_section(state, entry, int(entry.get("key", number)))
    # What was there before the test began was not added in the very second of its first edit.
    loaded = state.now() - 86_400
    taken = {
        int(item["ratingKey"])
        for entry in library.get("sections", [])
        for item in _walk(entry.get("items", []))
        if item.get("ratingKey") is not None
    }
    free = (key for key in itertools.count(1) if key not in taken)
    numbered = [
        (state.sections[int(entry.get("key", number))], _numbered(item, free, loaded))
        for number, entry in enumerate(library.get("sections", []), start=1)
        for item in entry.get("items", [])
    ]
    state.reserve_keys(int(row["ratingKey"]) for _, item in numbered for row in _walk([item]))
    for section, item in numbered:
        add_entry(state, section, item)
    for number, entry in enumerate(library.get("sections", []), start=1):
        collecting.load(state, state.sections[int(entry.get("key", number))], entry.get("collections", []))
    return state


def add_section(state: State, entry: Mapping[str, Any], key: int) -> Section:
    """An empty section."""
    kind = str(entry.get("type", "movie"))
    now = state.now() - 86_400
    section = Section(
        key=key,
        title=str(entry.get("title", f"Section {key}")),
        type=kind,
        agent=str(entry.get("agent", NO_AGENT)),
        scanner=str(entry.get("scanner", VIDEO_SCANNER)),
        language=str(entry.get("language", "xn")),
        uuid=str(entry.get("uuid") or uuid.uuid5(uuid.NAMESPACE_OID, f"{state.machine_identifier}/{key}")),
        locations=make_locations(key, entry.get("locations", [])),
        created_at=int(entry.get("createdAt", now)),
        updated_at=int(entry.get("updatedAt", now)),
        scanned_at=int(entry.get("scannedAt", now)),
    )
    state.sections[key] = section
    return section


def make_locations(key: int, paths: Iterable[object]) -> list[Location]:
    """Root folders of section `key`, without a slash at the end."""
    return [Location(key * 100 + i, str(path).rstrip("/\\") or str(path)) for i, path in enumerate(paths)]


def add_entry(state: State, section: Section, entry: Mapping[str, Any], parent: Item | None = None) -> Item:
    """One item of the library file, or one recorded from a real server (it has `Media` or `librarySection…`)."""
    if "Media" in entry or str(entry.get("key", "")).startswith("/library/metadata/"):
        item = item_from_recording(state, section, entry)
        state.add_item(item)
        agent.learn(state, item, {})
        for part in item.files():
            state.disk[part.file] = DiskFile(part.size or 0, part.content)
        return item
    told = entry.get("agent", {})
    unknown = (set(entry) - _KNOWN) | (set(told) - agent.KEYS)
    if unknown:
        raise ValueError(f"unknown keys in an item of section {section.title}: {', '.join(sorted(unknown))}")
    item = _item(state, section, entry)
    item.parent = parent.id if parent else None
    for key, kind in _TAG_KEYS.items():
        set_tags(state, item, kind, entry.get(key, ()))
    take_from_file(state, item, entry.get("fileDate"))
    agent.learn(state, item, told)
    state.add_item(item)
    if entry.get("onDisk", True) and item.deleted_at is None:
        for part in item.files():
            if part.deleted_at is None:
                state.disk[part.file] = DiskFile(part.size or 0, part.content)
    if "userRating" in entry or "viewCount" in entry:
        settings = state.settings_of(OWNER, item)
        settings.rating = None if entry.get("userRating") is None else float(entry["userRating"])
        settings.view_count = int(entry.get("viewCount", 0))
    for child in entry.get("children", ()):
        add_entry(state, section, child, item)
    return item


def set_tags(state: State, item: Item, kind: str, entries: Iterable[Any]) -> None:
    """Tags in the order given. A collection that is new also becomes an item of the section."""
    for index, entry in enumerate(entries):
        known = agent.known_tag(entry)
        tag = state.tags.get(kind, known.text)
        tagging = state.tags.attach(item, tag, index)
        tagging.text, tagging.thumb = known.role, known.thumb
        if kind == "collection":
            collecting.ensure_collection(state, state.sections[item.section], item.type, tag)


def media_attrs(file: str) -> dict[str, Any]:
    """Technical facts of a file; one shared dict per container, since 100,000 items say the same."""
    container = extension(file)
    if container not in _BY_CONTAINER:
        _BY_CONTAINER[container] = {**DEFAULT_MEDIA, "container": container}
    return _BY_CONTAINER[container]


def default_content(path: str, size: int) -> str:
    """What stands for a file's hash: a file with the same name and size is the same file."""
    return f"{base_name(path)}|{size}"


def _item(state: State, section: Section, entry: Mapping[str, Any]) -> Item:
    kind = str(entry.get("type", section.type))
    if kind not in TYPE_NUMBERS:
        raise ValueError(f"unknown item type {kind!r}")
    wanted = entry.get("ratingKey")
    key = state.new_key(None if wanted is None else int(wanted))
    media = [_media(state, version) for version in _versions(entry)]
    first = media[0].parts[0].file if media else ""
    values = {name: entry[name] for name in FIELD_KEYS if entry.get(name) is not None}
    values.setdefault("title", stem(first) if first else f"Item {key}")
    added = int(entry.get("addedAt", state.now()))
    updated = entry.get("updatedAt", added)
    locks = {"actor" if name == "role" else str(name) for name in entry.get("locked", ())}
    return Item(
        id=key,
        section=section.key,
        type=kind,
        guid=str(entry.get("guid") or default_guid(section, kind, key)),
        fields=values,
        added_at=added,
        updated_at=None if updated is None else int(updated),
        deleted_at=None if entry.get("deletedAt") is None else int(entry["deletedAt"]),
        duration=int(entry.get("duration", 1_800_000)) if media else None,
        title_sort=entry.get("titleSort"),
        locks=locks or None,
        media=media,
        shelves=make_shelves(state, entry),
        elements={"Guid": [{"id": str(guid)} for guid in entry["guids"]]} if entry.get("guids") else None,
    )


def _versions(entry: Mapping[str, Any]) -> list[list[Mapping[str, Any]]]:
    if "media" in entry:
        return [list(parts) for parts in entry["media"]]
    one = {name: entry[name] for name in ("file", "size", "content", "optimised") if name in entry}
    return [[one]] if entry.get("file") else []


def _media(state: State, parts: list[Mapping[str, Any]]) -> Media:
    rows = [_part(state, part) for part in parts]
    attrs = media_attrs(rows[0].file)
    if parts[0].get("optimised"):
        attrs = {**attrs, "proxyType": 42, "target": "Optimized for TV", "title": "Optimized for TV"}
    return Media(state.new_media_id(), rows, attrs)


def _part(state: State, part: Mapping[str, Any]) -> Part:
    file, size = str(part["file"]), part.get("size", 1_000_000)
    return Part(
        id=state.new_part_id(),
        file=file,
        size=None if size is None else int(size),
        content=str(part.get("content") or default_content(file, size or 0)),
        deleted_at=part.get("deletedAt"),
    )


def _numbered(entry: Mapping[str, Any], free: Iterator[int], added_at: int) -> dict[str, Any]:
    """The entry and its children with rating keys: those that have none get the lowest free ones, in order."""
    key = entry.get("ratingKey")
    numbered = {"addedAt": added_at, **entry, "ratingKey": next(free) if key is None else key}
    if "children" in entry:
        numbered["children"] = [_numbered(child, free, added_at) for child in entry["children"]]
    return numbered


def _walk(entries: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    for entry in entries:
        yield entry
        yield from _walk(entry.get("children", ()))
