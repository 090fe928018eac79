"""What `includeMeta=1` adds: the fields, filters, sorts and operators plexapi reads before it searches.

Names, titles and operators as recorded from a real server's movie section.
"""

from __future__ import annotations

from tests.doubles.plex.model import TYPE_NAMES, TYPE_NUMBERS, Section
from tests.doubles.plex.nodes import Node, Scalar
from tests.doubles.plex.query_fields import FIELDS

FILTERS = (
    ("genre", "string", "Genre"), ("year", "integer", "Year"), ("decade", "integer", "Decade"),
    ("contentRating", "string", "Content Rating"), ("collection", "string", "Collection"),
    ("director", "string", "Director"), ("actor", "string", "Actor"), ("writer", "string", "Writer"),
    ("producer", "string", "Producer"), ("country", "string", "Country"), ("studio", "string", "Studio"),
    ("resolution", "string", "Resolution"), ("hdr", "boolean", "HDR"), ("unwatched", "boolean", "Unplayed"),
    ("inProgress", "boolean", "In Progress"), ("unmatched", "boolean", "Unmatched"),
    ("label", "string", "Labels"), ("duplicate", "boolean", "Duplicates"),
)  # fmt: skip
SORTS = (
    ("titleSort", "asc", "Title"), ("year", "desc", "Year"), ("originallyAvailableAt", "desc", "Release Date"),
    ("rating", "desc", "Critic Rating"), ("audienceRating", "desc", "Audience Rating"),
    ("userRating", "desc", "Rating"), ("contentRating", "desc", "Content Rating"),
    ("duration", "desc", "Duration"), ("viewCount", "desc", "Plays"), ("addedAt", "desc", "Date Added"),
    ("lastViewedAt", "desc", "Date Viewed"), ("mediaHeight", "asc", "Resolution"),
    ("mediaBitrate", "desc", "Bitrate"),
)  # fmt: skip
# A section of the type on the left can be searched for the types on the right.
_LEVELS = {
    "show": ("show", "season", "episode"),
    "artist": ("artist", "album", "track"),
    "photo": ("photoalbum", "photo"),
}
_OPERATORS = {
    "tag": {"=": "is", "!=": "is not"},
    "integer": {"=": "is", "!=": "is not", ">>=": "is greater than", "<<=": "is less than"},
    "string": {
        "=": "contains", "!=": "does not contain", "==": "is", "!==": "is not",
        "<=": "begins with", ">=": "ends with",
    },
    "boolean": {"=": "is true", "!=": "is false"},
    "date": {"<<=": "is before", ">>=": "is after"},
    "resolution": {"=": "is"},
}  # fmt: skip


def meta_node(section: Section, kind: int) -> Node:
    """The Meta element for one type of a section."""
    name = TYPE_NAMES[kind]
    base = f"/library/sections/{section.key}"
    attrs: dict[str, Scalar] = {
        "key": f"{base}/all?type={kind}",
        "type": name,
        "title": f"{name.capitalize()}s",
        "active": True,
    }
    types = [
        Node(
            "Type",
            {**attrs, "active": other == name, "type": other, "key": f"{base}/all?type={number}"},
            [*_filter_nodes(section), *_sort_nodes(section), *_field_nodes(other)],
        )
        for other, number in ((other, TYPE_NUMBERS[other]) for other in _LEVELS.get(name, (name,)))
    ]
    types.append(Node("Type", {"key": f"{base}/folder", "type": "folder", "title": "Folders", "active": False}))
    return Node("Meta", {}, types + _field_types())


def _filter_nodes(section: Section) -> list[Node]:
    base = f"/library/sections/{section.key}"
    return [
        Node("Filter", {"filter": name, "filterType": kind, "key": f"{base}/{name}", "title": title, "type": "filter"})
        for name, kind, title in FILTERS
    ]


def _sort_nodes(section: Section) -> list[Node]:
    rows: list[Node] = []
    for name, direction, title in SORTS:
        attrs: dict[str, Scalar] = {
            "defaultDirection": direction, "descKey": f"{name}:desc", "key": name, "title": title,
        }  # fmt: skip
        if name == "titleSort":
            attrs |= {
                "active": True, "activeDirection": "asc", "default": "asc",
                "firstCharacterKey": f"/library/sections/{section.key}/firstCharacter",
            }  # fmt: skip
        rows.append(Node("Sort", attrs))
    return rows


def _field_nodes(type_name: str) -> list[Node]:
    prefix = "" if type_name == "movie" else f"{type_name}."
    rows: list[Node] = []
    for field in FIELDS:
        if field.listed:
            attrs: dict[str, Scalar] = {"key": prefix + field.name, "title": field.title, "type": field.kind}
            if field.sub_type:
                attrs["subType"] = field.sub_type
            rows.append(Node("Field", attrs))
    return rows


def _field_types() -> list[Node]:
    return [
        Node("FieldType", {"type": kind}, [Node("Operator", {"key": k, "title": t}) for k, t in rows.items()])
        for kind, rows in _OPERATORS.items()
    ]
