"""`PUT /library/sections/{id}/all`: fields, locks and tags of one item, of several, or of a whole section.

The forms come from plexapi 4.18.3 and Plex's OpenAPI description; that nothing but an `id` keeps an edit
from reaching every item is how plexapi's `lockAllField` works.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote

from tests.doubles.plex import changes, collecting, filters
from tests.doubles.plex.images import SHELVES
from tests.doubles.plex.messages import Answer, HTTPFailure, Request, failure, ok
from tests.doubles.plex.model import TAG_ELEMENTS, TYPE_NAMES, Item, Section, Tag
from tests.doubles.plex.nodes import Scalar
from tests.doubles.plex.ordering import default_kind
from tests.doubles.plex.state import State
from tests.doubles.plex.tagging import nocase

_TEXTS = frozenset(
    ("title", "originalTitle", "studio", "tagline", "summary", "contentRating", "editionTitle", "subtype")
)
_NUMBERS = frozenset(("rating", "audienceRating", "userRating"))
_WHOLE = frozenset(("year", "index", "parentIndex", "addedAt", "collectionMode", "collectionSort"))
_OTHER = frozenset(("titleSort", "originallyAvailableAt"))
EDITABLE = _TEXTS | _NUMBERS | _WHOLE | _OTHER
_LOCKABLE = EDITABLE | frozenset(TAG_ELEMENTS) | frozenset(SHELVES.values())

_FIELD = re.compile(r"(?P<name>[a-zA-Z]+)\.(?P<what>value|locked)")
_TAG = re.compile(
    r"(?P<type>[a-z]+)\[(?P<index>\d*)\]\.(?P<table>tag|tagging)(?:\.(?P<column>tag|text|thumb|art|theme)(?P<minus>-?))?"
)


@dataclass(slots=True)
class TagEdit:
    """What a request wants of the tags of one type. `added` is in the order of the index."""

    added: list[tuple[int, str]] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    texts: dict[int, str] = field(default_factory=dict)
    thumbs: dict[int, str] = field(default_factory=dict)
    tag_thumbs: dict[int, str] = field(default_factory=dict)
    clear: bool = False


@dataclass(slots=True)
class Edit:
    """A parsed query. `values` holds texts as sent; an empty one clears the field."""

    values: dict[str, str] = field(default_factory=dict)
    locks: dict[str, bool] = field(default_factory=dict)
    tags: dict[str, TagEdit] = field(default_factory=dict)

    @property
    def only_tags(self) -> bool:
        """Nothing but tags and the locks that plexapi sends along with them."""
        return bool(self.tags) and not self.values and all(name in self.tags for name in self.locks)

    @property
    def nothing(self) -> bool:
        return not (self.values or self.locks or self.tags)


def parse(request: Request, bare: bool = True) -> Edit:
    """What the query asks for. Keys that mean nothing to Plex are ignored; `bare` names are fields, else filters."""
    edit = Edit()
    for name, value in request.params:
        found = _FIELD.fullmatch(name)
        if found and found["what"] == "locked" and found["name"] in _LOCKABLE:
            edit.locks[found["name"]] = value not in ("", "0")
        elif found and found["what"] == "value" and found["name"] in EDITABLE:
            edit.values[found["name"]] = value
        elif bare and name in EDITABLE:
            # Without ".value" a field is set and locked at once (plexapi's tests of Collection.edit).
            edit.values[name] = value
            edit.locks.setdefault(name, True)
        else:
            _parse_tag(edit, name, value)
    return edit


def edit_section(state: State, request: Request, section: Section) -> Answer:
    """The PUT on a section. It reaches the items that its filters choose; with none, all of the type."""
    text = request.get("type")
    kind = int(text) if text.isdigit() else default_kind(section)
    ids = _ids(request.get("id"))
    if request.has("id") and ids is None:
        return failure(400)
    clause = _chosen(state, request)
    if ids is None:
        wanted = TYPE_NAMES.get(kind, "")
        items = [item for item in section.items.values() if item.type == wanted]
        if clause is None:
            state.edits_without_id += 1
            state.items_hit_without_id += len(items)
    else:
        anywhere = state.switches.foreign_id == "edit"
        pool = state.items if anywhere else section.items
        items = [pool[key] for key in ids if key in pool]
        if not items:
            return failure(404)
    chosen = [item for item in items if clause is None or clause.test(item)]
    return apply_to(state, request, chosen, bare=ids is not None)


def _chosen(state: State, request: Request) -> filters.Clause | None:
    """Filters other than `id`. Beside an `id`, the bare name of a field is an edit of it and no filter."""
    by_id = request.has("id")
    params = tuple((name, value) for name, value in request.params if name != "id" and not (by_id and name in EDITABLE))
    return filters.parse(params, filters.Context(state, request.account, state.clock()))


def apply_to(state: State, request: Request, items: list[Item], bare: bool = True) -> Answer:
    """Check, then apply now or, with a visibility delay, a little later: the answer is the same."""
    edit = parse(request, bare)
    if "editionTitle" in edit.values and not state.switches.plex_pass:
        return failure(403)
    for item in items:
        title = edit.values.get("title", "")
        if item.type == "collection" and title and collecting.title_taken(state, item, title):
            raise HTTPFailure(failure(409))
    account = request.account

    def apply() -> None:
        for item in items:
            _apply(state, account, item, edit)

    state.later(state.switches.visibility_delay, apply)
    return ok()


def _ids(text: str) -> list[int] | None:
    parts = [part for part in text.split(",") if part]
    return [int(part) for part in parts] if parts and all(part.isdigit() for part in parts) else None


def _parse_tag(edit: Edit, name: str, value: str) -> None:
    found = _TAG.fullmatch(name)
    if not found or found["type"] not in TAG_ELEMENTS:
        return
    change = edit.tags.setdefault(found["type"], TagEdit())
    column = found["column"]
    index = int(found["index"]) if found["index"] else len(change.added)
    if column is None:
        change.clear = True
    elif found["table"] == "tag" and column == "tag" and found["minus"]:
        # The list is quoted once more inside the query, so a comma inside a name survives the split.
        change.removed += [unquote(part) for part in value.split(",")]
    elif found["table"] == "tag" and column == "tag":
        change.added.append((index, value))
    elif found["table"] == "tag" and column == "thumb":
        change.tag_thumbs[index] = value
    elif found["table"] == "tagging" and column == "text":
        change.texts[index] = value
    elif found["table"] == "tagging" and column == "thumb":
        change.thumbs[index] = value


def _apply(state: State, account: int, item: Item, edit: Edit) -> None:
    if item.id not in state.items or edit.nothing:
        return
    for name, value in edit.values.items():
        _set_field(state, account, item, name, value)
    _set_locks(item, edit.locks)
    if "title" in edit.values and "titleSort" not in edit.values:
        _make_sort_title(state, item)
    for kind, change in edit.tags.items():
        _edit_tags(state, item, kind, change)
    state.applied_writes += 1
    if not edit.only_tags or state.switches.tag_edit_bumps_updated_at:
        state.show_change(item)
    state.count_change(item, content=not edit.only_tags or state.switches.tag_edit_moves_content)
    state.events.timeline(item.section, item.id, 1, item.title, 5)


def _make_sort_title(state: State, item: Item) -> None:
    """An unlocked one is made of the new title, whoever had set it."""
    if state.switches.sort_titles == "made" and "titleSort" not in (item.locks or ()):
        item.title_sort = None
        state.field_moved(item, "titleSort")


def _set_locks(item: Item, locks: dict[str, bool]) -> None:
    held = set(item.locks or ())
    for name, locked in locks.items():
        if locked:
            held.add(name)
        else:
            held.discard(name)
    item.locks = held or None


def _set_field(state: State, account: int, item: Item, name: str, given: str) -> None:
    text = changes.text(state.switches, given) if name in _TEXTS or name == "titleSort" else given
    if name == "userRating":
        settings = state.settings_of(account, item)
        settings.rating = _number(text)
        settings.last_rated_at = None if settings.rating is None else state.now()
    elif name == "titleSort":
        item.title_sort = text or None
    elif name == "addedAt":
        item.added_at = int(text) if text.isdigit() else item.added_at
    elif name == "originallyAvailableAt":
        _set_date(state, item, text)
    elif name in _WHOLE:
        _store(item, name, int(text) if text.lstrip("-").isdigit() else None)
    elif name in _NUMBERS:
        _store(item, name, _number(text))
    else:
        if name == "title" and item.type == "collection" and text:
            collecting.rename(state, item, text)
        _store(item, name, text if text or name == "title" else None)
    state.field_moved(item, name)
    if name == "title":
        state.field_moved(item, "titleSort")


def _set_date(state: State, item: Item, text: str) -> None:
    """Kept as a date: what is none clears it. The year follows unless it is locked (a switch stops that)."""
    match = re.match(r"(\d{4})-(\d{2})-(\d{2})", text)
    date = changes.date(state.switches, match[0]) if match else None
    _store(item, "originallyAvailableAt", date)
    if state.switches.year_follows_date and "year" not in (item.locks or ()):
        _store(item, "year", int(date[:4]) if date else None)
        state.field_moved(item, "year")


def _store(item: Item, name: str, value: Scalar | None) -> None:
    if value is None:
        item.fields.pop(name, None)
    else:
        item.fields[name] = value


def _number(text: str) -> float | None:
    """Ratings are 0 to 10 with one decimal; anything else clears."""
    try:
        value = float(text)
    except ValueError:
        return None
    return round(min(value, 10.0), 1) if value >= 0 else None


def _edit_tags(state: State, item: Item, kind: str, change: TagEdit) -> None:
    """Additions first: plexapi sends the whole old list and the removals in one request."""
    wanted: list[Tag] = []
    for index, text in sorted(change.added, key=lambda row: row[0]):
        if not text:
            continue
        kept = _spelled(state, kind, text)
        if not kept:
            continue
        tag = state.tags.get(kind, kept)
        wanted.append(tag)
        tagging = state.tags.attach(item, tag, index)
        if kind == "collection":
            collecting.join(state, item, tag)
        if index in change.texts:
            tagging.text = change.texts[index]
        if index in change.thumbs:
            tagging.thumb = change.thumbs[index]
        if change.tag_thumbs.get(index):
            tag.thumb = change.tag_thumbs[index]
    replace = state.switches.tags == "replace"
    leaving: list[Tag] = []
    if change.clear or (replace and change.removed == [""]) or (replace and change.added):
        leaving = [tagging.tag for tagging in item.tags(kind) if tagging.tag not in wanted]
    for text in change.removed:
        leaving += [tagging.tag for tagging in item.tags(kind) if nocase(tagging.tag.text) == nocase(text)]
    for tag in leaving:
        if state.tags.detach(item, tag) and kind == "collection":
            collecting.leave(state, item, tag)


def _spelled(state: State, kind: str, text: str) -> str:
    """Labels and collections get a capital first letter, even behind a dot (Kometa #201), if switched on."""
    text = changes.tag(state.switches, text)
    if not state.switches.capitalise_labels or kind not in ("label", "collection"):
        return text
    for i, letter in enumerate(text):
        if letter.isalpha():
            return text[:i] + letter.upper() + text[i + 1 :]
    return text
