"""What a person calls Plex's fields and lists, by Plex's names of them. Standard library only: the page uses them."""

from __future__ import annotations

LABELS = {
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
}
