"""What a section's agent knows of an item, and the refresh that writes it over all that is not locked.

A refresh rewrites every unlocked field, tag list and picture (Plex's documentation), so what somebody wrote
without a lock is gone after it. Labels and collections are people's, and the section's "none" agents know nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.doubles.plex.images import FOUND, SHELVES, keep, shelf
from tests.doubles.plex.model import TYPE_NUMBERS, Item, Known, KnownTag, Section
from tests.doubles.plex.paths import stem
from tests.doubles.plex.state import State

_FIELDS = (
    "title", "originalTitle", "studio", "tagline", "summary", "contentRating", "year", "originallyAvailableAt",
    "rating", "audienceRating",
)  # fmt: skip
# Key of the library file -> edit name.
_TAGS = {
    "genres": "genre", "actors": "actor", "directors": "director", "writers": "writer", "producers": "producer",
    "countries": "country", "similar": "similar", "moods": "mood", "styles": "style",
}  # fmt: skip
_PICTURES = {"poster": "posters", "art": "arts"}
KEYS = frozenset((*_FIELDS, *_TAGS, *_PICTURES))
_STEPS = (2, 3, 4, 5)


def works_in(section: Section) -> bool:
    """Whether the section has an agent that looks anything up."""
    return not section.agent.endswith(".none")


def learn(state: State, item: Item, told: Mapping[str, Any]) -> None:
    """The agent knows what the item shows when it is made, and what `told` says otherwise (`null`: nothing)."""
    if not works_in(state.sections[item.section]):
        return
    fields = {name: item.fields[name] for name in _FIELDS if name in item.fields}
    tags = {kind: [KnownTag(t.tag.text, t.text, t.thumb) for t in item.tags(kind)] for kind in _TAGS.values()}
    item.known = Known(fields, tags)
    for name in _FIELDS:
        if name in told:
            fields.pop(name, None)
            if told[name] is not None:
                fields[name] = told[name]
    for key, kind in _TAGS.items():
        if key in told:
            tags[kind] = [known_tag(entry) for entry in told[key] or ()]
    for key, kind in _PICTURES.items():
        if told.get(key) is not None:
            item.known.pictures[kind] = keep(state, f"metadata://{kind}", str(told[key]))


def known_tag(entry: Any) -> KnownTag:
    """A name, or `{"tag": …, "role": …, "thumb": …}`."""
    if isinstance(entry, Mapping):
        return KnownTag(str(entry["tag"]), str(entry.get("role", "")), str(entry.get("thumb", "")))
    return KnownTag(str(entry))


def refresh(state: State, item: Item) -> None:
    """Write what the agent knows over what is not locked, and tell those who listen."""
    section = state.sections[item.section]
    kind = TYPE_NUMBERS[item.type]
    if works_in(section) and item.type != "collection":
        _rewrite(state, item, item.known or Known())
        state.show_change(item)
        state.count_change(item)
        for step in _STEPS:
            state.events.timeline(section.key, item.id, kind, item.title, step)
    else:
        state.events.timeline(section.key, item.id, kind, item.title, 1)


def _rewrite(state: State, item: Item, known: Known) -> None:
    locks = item.locks or set()
    for name in _FIELDS:
        if name not in locks:
            item.fields.pop(name, None)
            if name in known.fields:
                item.fields[name] = known.fields[name]
            state.field_moved(item, name)
    if "title" not in item.fields and item.media:
        item.fields["title"] = stem(item.media[0].parts[0].file)
    if "titleSort" not in locks:
        item.title_sort = None
    state.field_moved(item, "titleSort")
    for kind in _TAGS.values():
        if kind not in locks:
            _write_tags(state, item, kind, known.tags.get(kind, []))
    for kind in _PICTURES.values():
        if SHELVES[kind] not in locks:
            _choose(item, kind, known.pictures.get(kind, FOUND[kind]))


def _write_tags(state: State, item: Item, kind: str, tags: list[KnownTag]) -> None:
    for tagging in list(item.tags(kind)):
        state.tags.detach(item, tagging.tag)
    for index, entry in enumerate(tags):
        tagging = state.tags.attach(item, state.tags.get(kind, entry.text), index)
        tagging.text, tagging.thumb = entry.role, entry.thumb


def _choose(item: Item, kind: str, key: str) -> None:
    row = shelf(item, kind)
    if key not in row.keys:
        row.keys.insert(0, key)
    row.selected = key
