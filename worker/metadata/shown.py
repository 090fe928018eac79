"""What a Plex item shows, read once into one frozen model, on which everything is decided. Pure.

The model is made of anything that has the attributes of plexapi's ``Movie``: that itself, or an item with its details.
What an attribute cannot be (a stand-in that is neither text nor number nor date) counts as nothing shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from worker.metadata.wanted import TAG_FIELDS, TEXT_FIELDS, TagField, rating_text

#: By place, the attribute that holds the address of the chosen picture.
PICTURES = {"poster": "thumb", "art": "art"}

#: What Plex leaves out at the beginning when it sorts.
_ARTICLE = re.compile(r"^(the|a|an)\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ShownTag:
    """One tag of a list. ``role`` and ``photo`` belong to actors: the part played, the photo's address."""

    name: str
    role: str = ""
    photo: str = ""


@dataclass(frozen=True, slots=True)
class ShownFile:
    """One file of an item: the path as Plex spells it, the size in bytes where Plex knows it."""

    path: str
    size: int | None


@dataclass(frozen=True, slots=True)
class Shown:
    """What one item shows. ``texts`` and ``tags``: by Plex's name of the field in an edit, empty where it has none.

    ``locks``: the fields that Plex's own refreshes leave alone. ``pictures``: the address of the chosen picture by
    attribute, see PICTURES. ``updated_at``: seconds since 1970 by Plex's clock, 0 when unknown; ``rated_at``: the same
    of the account's rating. ``guid``: what Plex took the item for. ``files``: those of every part of every version, in
    Plex's order. ``untold``: the fields of which it does not tell what stands there, from which nothing follows.
    """

    rating_key: str = ""
    section_key: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, tuple[ShownTag, ...]] = field(default_factory=dict)
    locks: frozenset[str] = frozenset()
    pictures: Mapping[str, str] = field(default_factory=dict)
    updated_at: int = 0
    rated_at: int = 0
    guid: str = ""
    files: tuple[ShownFile, ...] = ()
    untold: frozenset[str] = frozenset()

    @property
    def title(self) -> str:
        """The item's title."""
        return self.text("title")

    def text(self, name: str) -> str:
        """The value of a field, empty when the item shows none."""
        return self.texts.get(name, "")

    def tag_names(self, name: str) -> list[str]:
        """The tags of a list, in its order."""
        return [tag.name for tag in self.tags.get(name, ())]

    def shows(self, name: str, value: str, title: str = "") -> bool:
        """Whether the item shows a value in a field; ``title`` is the title it is about to get.

        Plex shows no sort title where it is the title, or what Plex makes of it without its article.
        """
        if self.text(name) == value:
            return True
        if name != "titleSort" or self.text(name):
            return False
        natural = title or self.title
        return bool(natural) and value in (natural, _ARTICLE.sub("", natural))


def shown_of(item: object) -> Shown:
    """What an item shows; asks nothing of Plex, unless the item is one of plexapi's that reloads itself."""
    return Shown(
        rating_key=_key(item, "ratingKey"),
        section_key=_key(item, "section_key") or _key(item, "librarySectionID"),
        texts={one.name: _text(item, one.name) for one in TEXT_FIELDS},
        tags={one.name: tuple(_tags(item, one)) for one in TAG_FIELDS},
        locks=frozenset(
            _text(one, "name") for one in _elements(item, "fields") if getattr(one, "locked", False) is True
        ),
        pictures={name: _text(item, name) for name in PICTURES.values()},
        updated_at=_stamp(item, "updatedAt"),
        rated_at=_stamp(item, "lastRatedAt"),
        guid=_text(item, "guid"),
        files=tuple(_files(item)),
        untold=frozenset(name for name in _elements(item, "untold") if isinstance(name, str)),
    )


def _text(thing: object, attribute: str) -> str:
    """A value as it is compared; plexapi turns dates and ratings into objects."""
    value = getattr(thing, attribute, "")
    if isinstance(value, date):
        return value.strftime("%Y-%m-%d")
    if isinstance(value, float):
        return rating_text(value)
    return value if isinstance(value, str) else ""


def _key(thing: object, attribute: str) -> str:
    """A number of Plex's: plexapi turns rating keys into int."""
    value = getattr(thing, attribute, "")
    return str(value) if isinstance(value, (int, str)) else ""


def _stamp(thing: object, attribute: str) -> int:
    value = getattr(thing, attribute, 0)
    if isinstance(value, datetime):
        return int(value.timestamp())
    return value if isinstance(value, int) else 0


def _elements(thing: object, attribute: str) -> Iterator[object]:
    value = getattr(thing, attribute, ())
    return iter(value if isinstance(value, Iterable) else ())


def _tags(item: object, field: TagField) -> Iterator[ShownTag]:
    for one in _elements(item, field.attribute):
        if field.name == "actor":
            yield ShownTag(_text(one, "tag"), _text(one, "role"), _text(one, "thumb"))
        else:
            yield ShownTag(_text(one, "tag"))


def _files(item: object) -> Iterator[ShownFile]:
    for media in _elements(item, "media"):
        for part in _elements(media, "parts"):
            size = getattr(part, "size", None)
            yield ShownFile(_text(part, "file"), size if isinstance(size, int) else None)
