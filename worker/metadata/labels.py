"""Words for a person: what fields, lists and pictures are called, and how many of something. Standard library only."""

from __future__ import annotations

_LABELS = {
    "title": "title",
    "titleSort": "sort title",
    "studio": "studio",
    "summary": "summary",
    "tagline": "tagline",
    "originallyAvailableAt": "date",
    "contentRating": "content rating",
    "userRating": "rating",
    "rating100": "rating in Stash, from Plex",
    "genre": "tags",
    "label": "labels",
    "actor": "performers",
    "director": "director",
    "collection": "collections",
    "poster": "poster",
    "art": "background",
}


def label(name: str) -> str:
    """What a person calls a field, a list or the place of a picture; what has no name of its own stands for itself."""
    return _LABELS.get(name, name)


def has_label(name: object) -> bool:
    """Whether it is the name of a field, a list or the place of a picture."""
    return name in _LABELS


def many(count: int, one: str) -> str:
    """So many of something: ``1 scene``, ``1,200 scenes``."""
    return f"{count:,} {one}{'' if count == 1 else 's'}"
