"""How an item looks: cut short in lists, whole in details.

Which attributes appear where was taken from one item recorded in both forms from a real server.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.doubles.plex.collecting import members
from tests.doubles.plex.images import SHELVES, selected
from tests.doubles.plex.messages import Request
from tests.doubles.plex.model import Item, Media, Part
from tests.doubles.plex.nodes import Node, Scalar, from_json, prune
from tests.doubles.plex.paths import as_listed, extension
from tests.doubles.plex.personal import facts, is_personal
from tests.doubles.plex.state import State
from tests.doubles.plex.tag_views import add_tags

_ELEMENTS = {
    "movie": "Video", "episode": "Video", "track": "Track", "photo": "Photo",
}  # fmt: skip
_ORDER_BEFORE_DATES = (
    "studio", "type", "title", "titleSort", "originalTitle", "editionTitle", "contentRating", "summary",
    "rating", "audienceRating", "userRating", "viewCount", "lastViewedAt", "lastRatedAt", "viewOffset", "year",
    "tagline",
)  # fmt: skip
# Elements that lists have too.
_PICTURES = frozenset(("Image", "UltraBlurColors"))
_PICTURE_KINDS = (("thumb", "coverPoster"), ("art", "background"))
_CORNERS = {"topLeft": "3a2b1c", "topRight": "1c2b3a", "bottomRight": "2b1c3a", "bottomLeft": "1c3a2b"}


@dataclass(frozen=True, slots=True)
class Look:
    """What the client asked to see."""

    full: bool = False
    guids: bool = False
    check_files: bool = False
    excluded_elements: frozenset[str] = frozenset()
    excluded_fields: frozenset[str] = frozenset()
    only_elements: frozenset[str] | None = None
    only_fields: frozenset[str] | None = None


def look_of(request: Request, full: bool, ignore_excludes: bool) -> Look:
    """Reads the include, exclude and version parameters.

    With X-Plex-Pms-Api-Version 1.0.0 or later includeFields and includeElements mean "only these"; without
    it they add optional ones (Plex's OpenAPI description).
    """
    modern = request.plex("X-Plex-Pms-Api-Version").split(".")[0] not in ("", "0")
    return Look(
        full=full,
        guids=full or request.flag("includeGuids"),
        check_files=request.flag("checkFiles"),
        excluded_elements=frozenset() if ignore_excludes else _names(request, "excludeElements"),
        excluded_fields=frozenset() if ignore_excludes else _names(request, "excludeFields"),
        only_elements=_names(request, "includeElements") if modern and request.has("includeElements") else None,
        only_fields=_names(request, "includeFields") if modern and request.has("includeFields") else None,
    )


def item_node(state: State, item: Item, account: int, look: Look) -> Node:
    """The element of an item."""
    section = state.sections[item.section]
    attrs: dict[str, Scalar] = {
        "ratingKey": str(item.id),
        "key": f"/library/metadata/{item.id}",
        "guid": item.guid,
    }
    values = dict(item.fields)
    if is_personal(state, item):
        values |= facts(item)
    values["type"] = item.type
    sort_title = state.sort_title(item)
    if sort_title != item.title:
        values["titleSort"] = sort_title
    _add_settings(state, item, account, values)
    for name in _ORDER_BEFORE_DATES:
        if name in values:
            attrs[name] = values.pop(name)
            if name == "title" and look.full:
                attrs["librarySectionTitle"] = section.title
                attrs["librarySectionID"] = section.key
                attrs["librarySectionKey"] = f"/library/sections/{section.key}"
    _add_parents(state, item, attrs)
    _add_artwork(item, attrs)
    if item.duration is not None:
        attrs["duration"] = item.duration
    attrs.update({name: value for name, value in values.items() if value is not None})
    attrs["addedAt"] = item.added_at
    if item.updated_at is not None:
        attrs["updatedAt"] = item.updated_at
    if item.deleted_at is not None:
        attrs["deletedAt"] = item.deleted_at
    if item.extra:
        attrs.update(item.extra)
    if item.type == "collection":
        _add_collection(state, item, account, attrs)
    node = Node(_ELEMENTS.get(item.type, "Directory"), attrs, json_key="Metadata")
    excluded = look.excluded_elements
    if "Media" not in excluded:
        node.children = [_media_node(state, item, media, look) for media in _versions(state, item)]
    if item.taggings:
        add_tags(state, item, node, full=look.full)
    _add_recorded_elements(item, look, node)
    if look.full and item.locks:
        node.children += [Node("Field", {"locked": True, "name": name}) for name in sorted(item.locks)]
    return _narrow(node, look)


def _narrow(node: Node, look: Look) -> Node:
    if look.excluded_elements or look.excluded_fields:
        prune(
            node,
            lambda name: name not in look.excluded_fields,
            lambda tag: tag not in look.excluded_elements,
        )
    if look.only_elements is not None or look.only_fields is not None:
        fields, elements = look.only_fields, look.only_elements
        prune(
            node,
            lambda name: fields is None or name in fields,
            lambda tag: elements is None or tag in elements,
        )
    return node


def _names(request: Request, parameter: str) -> frozenset[str]:
    return frozenset(name for name in request.get(parameter).split(",") if name)


def _add_settings(state: State, item: Item, account: int, values: dict[str, Scalar]) -> None:
    settings = state.settings.get((account, item.guid))
    if settings is None:
        return
    if settings.rating is not None:
        values["userRating"] = settings.rating
    if settings.last_rated_at is not None:
        values["lastRatedAt"] = settings.last_rated_at
    if settings.view_count:
        values["viewCount"] = settings.view_count
    if settings.last_viewed_at is not None:
        values["lastViewedAt"] = settings.last_viewed_at
    if settings.view_offset:
        values["viewOffset"] = settings.view_offset


def _add_parents(state: State, item: Item, attrs: dict[str, Scalar]) -> None:
    if item.type in ("show", "season", "artist", "album", "photoalbum"):
        attrs["key"] = f"/library/metadata/{item.id}/children"
        attrs["childCount"] = sum(1 for other in state.items.values() if other.parent == item.id)
    prefix, parent = "parent", item.parent
    while parent is not None and prefix:
        row = state.items.get(parent)
        if row is None:
            return
        attrs[f"{prefix}RatingKey"] = str(row.id)
        attrs[f"{prefix}Key"] = f"/library/metadata/{row.id}"
        attrs[f"{prefix}Title"] = row.title
        if prefix == "parent" and "index" in row.fields:
            attrs["parentIndex"] = row.fields["index"]
        prefix, parent = ("grandparent" if prefix == "parent" else ""), row.parent


def _add_artwork(item: Item, attrs: dict[str, Scalar]) -> None:
    """The address ends in the time of the last change, in every recorded item equal to updatedAt."""
    stamp = item.updated_at if item.updated_at is not None else item.added_at
    for kind in ("posters", "arts"):
        if selected(item, kind) is not None:
            attrs[SHELVES[kind]] = f"/library/metadata/{item.id}/{SHELVES[kind]}/{stamp}"


def _add_collection(state: State, item: Item, account: int, attrs: dict[str, Scalar]) -> None:
    rows = members(state, item, account)
    years = [int(row.fields["year"]) for row in rows if "year" in row.fields]
    attrs["key"] = f"/library/collections/{item.id}/children"
    attrs["subtype"] = str(item.fields.get("subtype", "movie"))
    attrs["summary"] = str(item.fields.get("summary", ""))
    if item.tag is not None:
        attrs["index"] = item.tag.id
    if item.content:
        attrs["smart"], attrs["content"] = True, item.content
    attrs["ratingCount"] = len(rows)
    # Without a poster of its own it shows its members, in an image the server makes (plexapi's tests).
    attrs.setdefault("thumb", f"/library/collections/{item.id}/composite/{item.updated_at}")
    attrs["childCount"] = len(rows)
    if years:
        attrs["minYear"], attrs["maxYear"] = min(years), max(years)


def _versions(state: State, item: Item) -> list[Media]:
    """Optimised versions behind the others, as in every answer seen, or in front by a switch."""
    if len(item.media) == 1:
        return item.media
    first = state.switches.optimised_version == "first"
    return sorted(item.media, key=lambda media: ("proxyType" in media.attrs) != first)


def _media_node(state: State, item: Item, media: Media, look: Look) -> Node:
    attrs: dict[str, object] = {"id": media.id}
    if item.duration is not None:
        attrs["duration"] = item.duration
    node = from_json("Media", attrs | media.attrs)
    node.children += [_part_node(state, item, part, look) for part in media.parts]
    return node


def _part_node(state: State, item: Item, part: Part, look: Look) -> Node:
    extra = part.extra or {}
    container = extension(part.file)
    attrs: dict[str, object] = {
        "id": part.id,
        "key": extra.get("key", f"/library/parts/{part.id}/{item.added_at}/file.{container}"),
    }
    if item.duration is not None:
        attrs["duration"] = item.duration
    attrs["file"] = as_listed(part.file, state.switches.nfd_paths)
    if part.size is not None:
        attrs["size"] = part.size
    attrs.update(extra)
    attrs.setdefault("container", container)
    if part.deleted_at is not None:
        attrs["deletedAt"] = part.deleted_at
    if look.check_files and look.full:
        attrs["accessible"] = attrs["exists"] = part.file in state.disk
    node = from_json("Part", attrs)
    if look.full:
        node.children += [from_json("Stream", stream) for stream in part.streams or _streams(part)]
    return node


def _streams(part: Part) -> tuple[dict[str, Scalar], ...]:
    """A video and an audio stream, as any file the double was not told more about."""
    return (
        {"id": 2 * part.id - 1, "streamType": 1, "default": True, "codec": "h264", "index": 0,
         "height": 1080, "width": 1920, "displayTitle": "1080p (H.264)"},
        {"id": 2 * part.id, "streamType": 2, "selected": True, "default": True, "codec": "aac", "index": 1,
         "channels": 2, "displayTitle": "Unknown (AAC Stereo)"},
    )  # fmt: skip


def _add_recorded_elements(item: Item, look: Look, node: Node) -> None:
    for name, rows in (item.elements or {}).items():
        if look.full or (name == "Guid" and look.guids) or name in _PICTURES:
            node.children += from_json("", {name: rows}).children
    if item.extra is None:
        _add_pictures(node)


def _add_pictures(node: Node) -> None:
    """The pictures once more with their kinds, and the colours of the poster's corners (recorded in lists too)."""
    title = node.attrs["title"]
    shown = {kind: node.attrs[name] for name, kind in _PICTURE_KINDS if name in node.attrs}
    node.children += [Node("Image", {"alt": title, "type": kind, "url": url}) for kind, url in shown.items()]
    if shown and "/composite/" not in str(node.attrs.get("thumb", "")):
        node.children.append(Node("UltraBlurColors", dict(_CORNERS), single=True))
