"""The fields that filters and sorts know, and how each is read from an item."""

from __future__ import annotations

import calendar
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.doubles.plex.model import Item
from tests.doubles.plex.paths import base_name
from tests.doubles.plex.state import State

Value = str | int | float | bool
Values = Value | tuple[Value, ...] | None
Read = Callable[[Item], Values]


@dataclass(frozen=True, slots=True)
class QueryField:
    """`kind` decides the operators. `listed` fields are in the field list that the server hands out."""

    name: str
    title: str
    kind: str
    sub_type: str = ""
    listed: bool = True


# Names, titles and types of a movie section as recorded from a real server; the rest is accepted but not
# listed (plexapi 4.18.3 calls those "available but not exposed").
FIELDS = (
    QueryField("title", "Title", "string"),
    QueryField("studio", "Studio", "string"),
    QueryField("userRating", "Rating", "integer", "rating"),
    QueryField("contentRating", "Content Rating", "tag"),
    QueryField("year", "Year", "integer", "year"),
    QueryField("decade", "Decade", "integer", "decade"),
    QueryField("originallyAvailableAt", "Release Date", "date"),
    QueryField("duration", "Duration", "integer", "duration"),
    QueryField("unmatched", "Unmatched", "boolean"),
    QueryField("duplicate", "Duplicate", "boolean"),
    QueryField("genre", "Genre", "tag"),
    QueryField("collection", "Collection", "tag"),
    QueryField("director", "Director", "tag"),
    QueryField("writer", "Writer", "tag"),
    QueryField("producer", "Producer", "tag"),
    QueryField("actor", "Actor", "tag"),
    QueryField("country", "Country", "tag"),
    QueryField("addedAt", "Date Added", "date"),
    QueryField("viewCount", "Plays", "integer"),
    QueryField("lastViewedAt", "Last Played", "date"),
    QueryField("unwatched", "Unplayed", "boolean"),
    QueryField("resolution", "Resolution", "resolution"),
    QueryField("hdr", "HDR", "boolean", "hdr"),
    QueryField("mediaSize", "File Size", "integer", "fileSize"),
    QueryField("mediaBitrate", "Bitrate", "integer", "bitrate"),
    QueryField("inProgress", "In Progress", "boolean"),
    QueryField("trash", "Trash", "boolean"),
    QueryField("label", "Label", "tag"),
    QueryField("updatedAt", "Date Updated", "date", listed=False),
    QueryField("lastRatedAt", "Last Rated", "date", listed=False),
    QueryField("id", "Rating Key", "integer", listed=False),
    QueryField("guid", "Guid", "guid", listed=False),
    QueryField("index", "Number", "integer", listed=False),
    QueryField("rating", "Critic Rating", "integer", listed=False),
    QueryField("audienceRating", "Audience Rating", "integer", listed=False),
    QueryField("viewOffset", "View Offset", "integer", listed=False),
    QueryField("file", "File", "file", listed=False),
    QueryField("source", "Folder Location", "tag", listed=False),
)
BY_NAME = {field.name: field for field in FIELDS}

_TAGS = frozenset(("genre", "collection", "director", "writer", "producer", "actor", "country", "label"))
_PLAIN = frozenset(("title", "studio", "contentRating", "year", "rating", "audienceRating", "summary", "tagline"))
_SETTINGS = {
    "userRating": "rating", "viewCount": "view_count", "lastViewedAt": "last_viewed_at",
    "lastRatedAt": "last_rated_at", "viewOffset": "view_offset", "inProgress": "view_offset",
}  # fmt: skip


def epoch(date: object) -> float | None:
    """YYYY-MM-DD at midnight UTC; None when it is no date."""
    try:
        return float(calendar.timegm(time.strptime(str(date)[:10], "%Y-%m-%d")))
    except ValueError:
        return None


def value_of(field: QueryField, state: State, account: int) -> Read:
    """A function that reads the field from an item; None stands for "has no such value"."""
    return reader(field.name, state, account)


def reader(name: str, state: State, account: int) -> Read:
    """As `value_of`, for any name that can be sorted by; unknown names read as nothing."""
    if name in _TAGS:
        return lambda item: tuple(tagging.tag.id for tagging in item.tags(name))
    if name in _PLAIN:
        return lambda item: item.fields.get(name)
    if name in _SETTINGS:
        attribute = _SETTINGS[name]

        def from_settings(item: Item) -> Values:
            settings = state.settings.get((account, item.guid))
            value: Values = getattr(settings, attribute) if settings else None
            if name == "inProgress":
                return bool(value)
            return 0 if value is None and name in ("viewCount", "viewOffset") else value

        return from_settings
    if name == "titleSort":
        return lambda item: state.sort_title(item).lower()
    if name == "unwatched":
        return _unwatched(state, account)
    if name == "file":
        return _names(state)
    if name == "source":
        return _source(state)
    return _READ.get(name, _nothing)


def _nothing(item: Item) -> Values:
    return None


def _decade(item: Item) -> Values:
    year = item.fields.get("year")
    return None if year is None else int(year) // 10 * 10


def _sizes(item: Item) -> Values:
    """The unit is bytes here; what a real server counts in is not known."""
    return tuple(part.size for part in item.files() if part.size is not None)


def _of_media(name: str) -> Read:
    return lambda item: tuple(media.attrs[name] for media in item.media if name in media.attrs)


_READ: dict[str, Read] = {
    "id": lambda item: item.id,
    "index": lambda item: item.tag.id if item.tag is not None else item.fields.get("index"),
    "guid": lambda item: item.guid,
    "addedAt": lambda item: item.added_at,
    "updatedAt": lambda item: item.updated_at,
    "duration": lambda item: item.duration,
    "originallyAvailableAt": lambda item: epoch(item.fields.get("originallyAvailableAt")),
    "decade": _decade,
    "mediaSize": _sizes,
    "mediaBitrate": _of_media("bitrate"),
    "mediaHeight": _of_media("height"),
    "resolution": _of_media("videoResolution"),
    "trash": lambda item: item.deleted_at is not None,
    "unmatched": lambda item: item.guid.startswith("local://"),
    "duplicate": lambda item: len(item.media) > 1,
    "hdr": lambda item: False,
}


def _unwatched(state: State, account: int) -> Read:
    plays = reader("viewCount", state, account)
    return lambda item: not plays(item)


def _names(state: State) -> Read:
    """Names of files; of an episode those of its whole season, which is found with it (seen on a real server)."""

    def read(item: Item) -> Values:
        family = [item]
        if item.parent is not None:
            family = [other for other in state.sections[item.section].items.values() if other.parent == item.parent]
        return tuple(base_name(part.file) for other in family for part in other.files())

    return read


def _source(state: State) -> Read:
    def read(item: Item) -> Values:
        locations = state.sections[item.section].locations
        return tuple(place.id for place in locations if any(p.file.startswith(place.path) for p in item.files()))

    return read
