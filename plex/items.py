"""One Plex item as its details show it, and the one way to edit it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from plexapi.utils import joinArgs

from plex.exceptions import PlexNotFound, PlexPermanentError, translated
from plex.listing import number
from plex.pictures import choose_picture, read_pictures, show_no_picture, upload_picture
from plex.places import Pictures, Place
from plex.protocols import Server
from plex.wire import get_each, put

#: Items fetched in one details request.
BATCH = 50

#: What details hold beyond what is compared; ``skipRefresh``: no refresh of the metadata is started.
_DETAILS = "?skipRefresh=1&excludeElements=Similar%2CRating%2CGuid%2CChapter%2CMarker%2CExtras%2CReview%2CStream"

#: Plex's number for the type of an item (plexapi.utils.SEARCHTYPES). Some servers call personal media clips.
_TYPE_NUMBERS = {"movie": 1, "clip": 12, "collection": 18}

#: The highest rating (plexapi's ``RatingMixin.rate`` takes 0 to 10).
_MOST_STARS = 10.0

#: Plex's ``proxyType`` of a version that it made itself ("Optimized version").
_COPY = "42"

#: Fields with one value, and lists of tags with the name of their elements.
_TEXTS = (
    "title",
    "titleSort",
    "studio",
    "summary",
    "tagline",
    "contentRating",
    "originallyAvailableAt",
    "thumb",
    "art",
)
_TAGS = {"genres": "Genre", "labels": "Label", "roles": "Role", "directors": "Director", "collections": "Collection"}


@dataclass(frozen=True, slots=True)
class Part:
    """One file: the path as Plex spells it, the size in bytes."""

    file: str
    size: int | None


@dataclass(frozen=True, slots=True)
class Media:
    """One version of an item."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class ItemTag:
    """One tag of an item. ``role`` and ``thumb`` belong to actors: the part played, the photo's address."""

    tag: str
    role: str = ""
    thumb: str = ""


@dataclass(frozen=True, slots=True)
class Stars:
    """The rating of the token's account: 0 to 10 as it is compared, empty for none; ``rated_at``: when it was given or
    taken, in Plex's seconds, 0 where Plex does not say."""

    rating: str = ""
    rated_at: int = 0


@dataclass(frozen=True, slots=True)
class FieldLock:
    """Whether Plex's own refreshes must leave a field alone."""

    name: str
    locked: bool


@dataclass(frozen=True)
class ItemKind:
    """The library of an item, by its key, and the item's type."""

    section_key: str
    type: str


class PlexItem:
    """A movie with everything PlexSync compares, read from one ``Video`` of a details answer.

    The attributes are called as plexapi's ``Movie`` calls them, so that worker/metadata/shown.py reads either; empty
    or None means that Plex shows nothing there.
    """

    def __init__(self, server: Server, video: Element, section_key: str) -> None:
        self._server = server
        self.section_key = video.get("librarySectionID") or section_key
        self._type = video.get("type", "movie")
        self.ratingKey = video.get("ratingKey", "")
        for name in _TEXTS:
            setattr(self, name, video.get(name, ""))
        self.updatedAt = stamp_of(video)
        self.in_trash = is_in_trash(video)
        rating = _rating_of(video)
        self.userRating = rating or None
        self.lastRatedAt = number(video.get("lastRatedAt", ""))
        self.stars = stars_of(video)
        #: The fields of which it does not tell what stands there.
        self.untold = ("userRating",) if rating is None else ()
        self.guid = video.get("guid", "")
        self.fields = [FieldLock(one.get("name", ""), one.get("locked") == "1") for one in video.findall("Field")]
        for attribute, element in _TAGS.items():
            found = video.findall(element)
            tags = [ItemTag(one.get("tag", ""), one.get("role", ""), one.get("thumb", "")) for one in found]
            setattr(self, attribute, tags)
        self.media = read_media(video)

    @property
    def kind(self) -> ItemKind:
        """What it has in common with items that can be edited in the same request."""
        return ItemKind(self.section_key, self._type)

    def edit(self, **changes: str | int) -> None:
        """Write fields in one PUT: ``edit(**{"title.value": "A", "title.locked": 1})``.

        Raises the errors of plex/exceptions.py.
        """
        self._check()
        arguments = {**changes, "id": self.ratingKey, "type": _TYPE_NUMBERS[self._type]}
        put(self._server, f"/library/sections/{self.section_key}/all{joinArgs(arguments)}", edit=True)

    def rate(self, rating: float | None) -> None:
        """Set the stars of the token's account, 0 to 10, or take them away.

        Raises the errors of plex/exceptions.py.
        """
        self._check()
        arguments = {"key": self.ratingKey, "identifier": "com.plexapp.plugins.library", "rating": rating or -1}
        put(self._server, f"/:/rate{joinArgs(arguments)}")

    def pictures(self, place: Place) -> Pictures:
        """Which pictures there are, and which one is shown. Raises the errors of plex/exceptions.py."""
        return read_pictures(self._server, self.ratingKey, place)

    def choose(self, place: Place, key: str) -> None:
        """Show a picture that is there, or none when ``key`` is empty. Raises the errors of plex/exceptions.py."""
        self._check()
        if key:
            choose_picture(self._server, self.ratingKey, place, key)
        else:
            show_no_picture(self._server, self.ratingKey, place)

    def upload(self, place: Place, picture: bytes) -> None:
        """Add a picture and show it. Plex keeps every upload for ever. Raises the errors of plex/exceptions.py."""
        self._check()
        upload_picture(self._server, self.ratingKey, place, picture)

    def _check(self) -> None:
        if not number(self.ratingKey) or not number(self.section_key) or self._type not in _TYPE_NUMBERS:
            # Without an id, Plex edits every item of the library.
            raise PlexPermanentError(f"Item {self.ratingKey!r} of type {self._type!r} cannot be edited safely.")


def edit_together(items: Sequence[PlexItem], changes: Mapping[str, str | int]) -> None:
    """Write the same to several items of one section in one PUT.

    Recorded by others to take about as long as writing it to one of them. Raises the errors of plex/exceptions.py.
    """
    for item in items:
        item._check()
    if len({item.kind for item in items}) != 1:
        raise PlexPermanentError("Items of several libraries or types cannot be edited in one request.")
    keys = ",".join(item.ratingKey for item in items)
    arguments = {**changes, "id": keys, "type": _TYPE_NUMBERS[items[0]._type]}
    put(items[0]._server, f"/library/sections/{items[0].section_key}/all{joinArgs(arguments)}", edit=True)


def read_media(video: Element) -> tuple[Media, ...]:
    """Every version of a listed or detailed item, with every part that has a file, in Plex's order.

    What is in Plex's trash is left out, the item itself or a part of it: its file is gone, or its drive is away. So are
    copies that Plex made itself, smaller ones for other devices: they are nobody's file.
    """
    if is_in_trash(video):
        return ()
    versions = [media for media in video.findall("Media") if not is_in_trash(media) and media.get("proxyType") != _COPY]
    parts = (
        [part for part in media.findall("Part") if part.get("file") and not is_in_trash(part)] for media in versions
    )
    return tuple(Media(tuple(Part(part.get("file", ""), _size(part)) for part in kept)) for kept in parts if kept)


def is_in_trash(element: Element) -> bool:
    """Whether an item, a version or a part is in Plex's trash, or its file is not there."""
    return element.get("deletedAt", "0") not in ("", "0") or element.get("exists") == "0"


def stamp_of(video: Element) -> int:
    """When Plex added or last edited an item, by its own clock; an item just scanned has no ``updatedAt``."""
    stamps = (video.get("updatedAt", ""), video.get("addedAt", ""))
    return max(number(stamp) for stamp in stamps)


def stars_of(video: Element) -> Stars | None:
    """The rating of a listed or detailed item; None where it cannot be read, which is not the same as none."""
    given = _rating_of(video)
    if given is None:
        return None
    return Stars(f"{given:g}" if given > 0 else "", number(video.get("lastRatedAt", "")))


def _rating_of(video: Element) -> float | None:
    """0 for none; None for what is no rating: no number, or one that no account can give."""
    try:
        given = float(video.get("userRating") or 0)
    except ValueError:
        return None
    return max(given, 0.0) if -1 <= given <= _MOST_STARS else None


def _size(part: Element) -> int | None:
    size = part.get("size", "")
    return number(size) or None


def fetch_items(
    server: Server, rating_keys: Sequence[str], section_of: Callable[[str], str | None] = lambda _: None
) -> dict[str, PlexItem]:
    """Details by rating key, fifty a request; an item that is gone, or a key that is none, is missing from the answer.

    ``section_of``: the library of an item, which some answers do not tell.

    Raises the errors of plex/exceptions.py.
    """
    found: dict[str, PlexItem] = {}
    keys = [key for key in rating_keys if number(key)]  # what is none would fail those it is asked for with
    for start in range(0, len(keys), BATCH):
        part = keys[start : start + BATCH]
        try:
            container = get_each(server, f"/library/metadata/{','.join(part)}{_DETAILS}")
        except PlexNotFound:
            continue  # Plex answers 404 when all of them are gone
        section_key = container.attributes.get("librarySectionID", "")
        for video in container.elements:
            if video.tag != "Video":
                continue
            with translated():
                item = PlexItem(server, video, section_key or section_of(video.get("ratingKey", "")) or "")
            found[item.ratingKey] = item
    return found
