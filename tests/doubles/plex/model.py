"""The rows of the double's database. They mirror the tables of a real one (schema of PMS 1.43.2).

Values that Plex shows as they are stand in `fields` under their wire names; everything that has a life of
its own (tags, media, artwork, locks) is structured.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.doubles.plex.nodes import Scalar

TYPE_NUMBERS = {
    "movie": 1, "show": 2, "season": 3, "episode": 4, "artist": 8, "album": 9, "track": 10,
    "photo": 13, "photoalbum": 14, "collection": 18,
}  # fmt: skip
TYPE_NAMES = {number: name for name, number in TYPE_NUMBERS.items()}

# Edit name -> element, in the order details show them (recorded).
TAG_ELEMENTS = {
    "genre": "Genre", "director": "Director", "writer": "Writer", "producer": "Producer",
    "country": "Country", "collection": "Collection", "actor": "Role", "similar": "Similar",
    "mood": "Mood", "style": "Style", "label": "Label",
}  # fmt: skip


@dataclass(slots=True)
class Tag:
    """A row of `tags`: one per type and text in the whole server, compared NOCASE; `thumb` is shared by all."""

    id: int
    type: str
    text: str
    thumb: str = ""
    uses: int = 0


@dataclass(slots=True)
class Tagging:
    """A row of `taggings`: this item carries that tag, at this place, with this role and picture. `key` is the
    `tagKey` of a recorded one."""

    tag: Tag
    index: int
    text: str = ""
    thumb: str = ""
    key: str | None = None


@dataclass(slots=True)
class Part:
    """One file. `extra` and `streams` hold what a recorded item says beyond what the double knows itself. `size`: None
    when Plex does not tell it."""

    id: int
    file: str
    size: int | None
    content: str
    deleted_at: int | None = None
    extra: dict[str, Any] | None = None
    streams: tuple[dict[str, Scalar], ...] = ()


@dataclass(slots=True)
class Media:
    """One version of an item, in one or more parts. `attrs` are technical facts and may be shared."""

    id: int
    parts: list[Part]
    attrs: dict[str, Any]


@dataclass(slots=True)
class Shelf:
    """The images of one kind (posters, arts, …) of one item: every upload, and the one that is shown."""

    keys: list[str] = field(default_factory=list)
    selected: str | None = None


@dataclass(slots=True)
class Settings:
    """A row of `metadata_item_settings`, kept by account and guid, not by item."""

    rating: float | None = None
    last_rated_at: int | None = None
    view_count: int = 0
    last_viewed_at: int | None = None
    view_offset: int = 0


@dataclass(slots=True)
class Session:
    """Somebody plays an item. `offset` is in milliseconds; `played` is set once the threshold was passed."""

    key: str
    item: int
    account: int
    state: str
    offset: int = 0
    played: bool = False


@dataclass(frozen=True, slots=True)
class Play:
    """A row of `metadata_item_views`, which knows a guid and a section, and no item. `title` is kept, too."""

    id: int
    guid: str
    section: int
    account: int
    viewed_at: int
    title: str
    type: str


@dataclass(slots=True)
class Playback:
    """Who plays what now, and what was played. `accounts` maps ids to names; 1 is the owner (plexapi/server.py)."""

    accounts: dict[int, str]
    sessions: dict[str, Session] = field(default_factory=dict)
    history: list[Play] = field(default_factory=list)
    started: int = 0


@dataclass(frozen=True, slots=True)
class KnownTag:
    """A tag as the agent would write it."""

    text: str
    role: str = ""
    thumb: str = ""


@dataclass(slots=True)
class Known:
    """What the agent knows of an item: fields by wire name, tags by edit name, pictures by the path of their list."""

    fields: dict[str, Scalar] = field(default_factory=dict)
    tags: dict[str, list[KnownTag]] = field(default_factory=dict)
    pictures: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Item:
    """A row of `metadata_items`. Keys are never used twice. `shelves` is None until artwork was touched.

    `order` is a collection's: the rating keys of its members as somebody arranged them. So are `tag`, which its
    members carry, and `content`, the search of a smart one.
    """

    id: int
    section: int
    type: str
    guid: str
    fields: dict[str, Scalar]
    added_at: int
    updated_at: int | None = None
    deleted_at: int | None = None
    changed_at: int = 0
    duration: int | None = None
    title_sort: str | None = None
    locks: set[str] | None = None
    media: list[Media] = field(default_factory=list)
    taggings: dict[str, list[Tagging]] | None = None
    shelves: dict[str, Shelf] | None = None
    parent: int | None = None
    posted: bool = False
    order: list[int] = field(default_factory=list)
    tag: Tag | None = None
    content: str = ""
    extra: dict[str, Scalar] | None = None
    elements: dict[str, object] | None = None
    known: Known | None = None

    @property
    def title(self) -> str:
        return str(self.fields.get("title", ""))

    def tags(self, kind: str) -> list[Tagging]:
        """Taggings of one type, in order."""
        return self.taggings.get(kind, []) if self.taggings else []

    def files(self) -> list[Part]:
        """Every part of every version."""
        return [part for media in self.media for part in media.parts]


@dataclass(frozen=True, slots=True)
class Location:
    """A root folder of a section."""

    id: int
    path: str


@dataclass(slots=True)
class Section:
    """A row of `library_sections`. `content_changed_at` is a counter, not a time."""

    key: int
    title: str
    type: str
    agent: str
    scanner: str
    language: str
    uuid: str
    locations: list[Location]
    created_at: int
    updated_at: int
    scanned_at: int
    content_changed_at: int = 0
    refreshing: bool = False
    thumb: str = ""
    art: str = ""
    items: dict[int, Item] = field(default_factory=dict)
    collections: dict[int, Item] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DiskFile:
    """A file that exists, whether Plex has seen it or not. `content` is what Plex would hash."""

    size: int
    content: str
    fields: dict[str, object] = field(default_factory=dict)
