"""Collections of a library: items of their own, made by Plex when the first member gets the tag.

What is written goes through plexapi's ``Collection``, whose tests run against a real server. What is read is read as
raw XML: plexapi lists members as full objects, and finds a collection by listing all of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from types import SimpleNamespace
from urllib.parse import quote
from xml.etree.ElementTree import Element

import plexapi.collection

from plex.exceptions import PlexListMoved, PlexNotFound, translated
from plex.items import Part, read_media
from plex.listing import read_list
from plex.protocols import Server
from plex.wire import get, put
from validation.names import name_key, tag_key

#: Asks the server to list members without what is not read here; one that cannot sends it all the same.
_FILES_ONLY = "excludeElements=Genre%2CDirector%2CWriter%2CCountry%2CCollection%2CRole&excludeFields=summary"
_KEYS_ONLY = _FILES_ONLY.replace("=Genre", "=Media%2CGenre")

#: Plex's number for the order "custom" (plexapi's ``sortUpdate``; 0 is by release, 1 by title).
_CUSTOM = 2


@dataclass(frozen=True)
class Collection:
    """One collection; ``has_picture``: somebody gave it one (Plex composes one from its members otherwise).

    ``in_custom_order``: its members stay as they are moved. ``is_smart``: a search that somebody saved. Its members
    carry no tag, and it takes and loses none by one.
    """

    rating_key: str
    title: str
    has_picture: bool
    is_smart: bool
    in_custom_order: bool = False

    def is_called(self, title: str) -> bool:
        """Whether that is its title, however Plex spells it."""
        return name_key(self.title) == name_key(title)


def find_collections(server: Server, section_key: str, title: str) -> list[Collection]:
    """The collections of a library that a tag of that title can have made, those spelled alike first.

    There may be several: a client that makes one does not look for another. Smart ones are left out.

    Plex finds titles that contain the text, or lists all of them where it does not know the filter. Raises
    PlexListMoved when the list is not proved whole, and other errors of plex/exceptions.py.
    """
    path = f"/library/sections/{quote(section_key)}/all?type=18&title={quote(title, safe='')}"
    found = [_read(one) for one in _whole(server, path)]
    fitting = [one for one in found if one.is_called(title) and not one.is_smart]
    return sorted(fitting, key=lambda one: tag_key(one.title) != tag_key(title))


def read_collection(server: Server, rating_key: str) -> Collection | None:
    """A collection by its key, None when it is gone. Raises the errors of plex/exceptions.py."""
    try:
        page = get(server, f"/library/collections/{quote(rating_key)}")
    except PlexNotFound:
        return None
    return next((_read(one) for one in page.findall("Directory")), None)


def member_keys(server: Server, rating_key: str) -> list[str]:
    """The keys of a collection's members in its order.

    Raises PlexNotFound when it is gone, PlexListMoved when the list is not proved whole, and other errors of
    plex/exceptions.py.
    """
    path = f"/library/collections/{quote(rating_key)}/children?{_KEYS_ONLY}"
    return [one.get("ratingKey", "") for one in _whole(server, path)]


def members_with_files(server: Server, rating_key: str) -> dict[str, tuple[Part, ...]]:
    """The files of a collection's members by their keys; nobody, when the collection is gone.

    Raises PlexListMoved when the list is not proved whole, and other errors of plex/exceptions.py.
    """
    path = f"/library/collections/{quote(rating_key)}/children?{_FILES_ONLY}"
    try:
        listed = {one.get("ratingKey", ""): read_media(one) for one in _whole(server, path)}
    except PlexNotFound:
        return {}
    return {key: tuple(part for media in versions for part in media.parts) for key, versions in listed.items()}


def _whole(server: Server, path: str) -> list[Element]:
    """A list from which follows who is not in it; one that changed while it was read is read once more."""
    try:
        return _each_once(read_list(server, path, whole=True))
    except PlexListMoved:
        return _each_once(read_list(server, path, whole=True))


def _each_once(listed: Iterable[Element]) -> list[Element]:
    """A list with nothing in it twice: what came twice took the place of another one. Raises PlexListMoved."""
    elements = list(listed)
    if len({one.get("ratingKey") for one in elements}) != len(elements):
        raise PlexListMoved("A list of Plex's has something in it twice.")
    return elements


def use_custom_order(server: Server, rating_key: str) -> None:
    """Let a collection keep its members as they are moved. Raises the errors of plex/exceptions.py.

    Not by plexapi's ``sortUpdate``: it asks for the list of preferences first, which is one request more.
    """
    put(server, f"/library/collections/{quote(rating_key)}/prefs?collectionSort={_CUSTOM}")


def move_member(server: Server, rating_key: str, item: str, after: str | None) -> None:
    """Put a member behind another one, or in front of all. Raises the errors of plex/exceptions.py."""
    with translated():
        _unread(server, rating_key).moveItem(_keyed(item), after=_keyed(after) if after else None)


def upload_picture(server: Server, collection: Collection, picture: bytes) -> None:
    """Give a collection a picture. Raises the errors of plex/exceptions.py."""
    with translated():
        _unread(server, collection.rating_key).uploadPoster(filepath=BytesIO(picture))


def remove_collection(server: Server, collection: Collection) -> None:
    """Remove a collection; its members stay. Raises the errors of plex/exceptions.py."""
    with translated():
        _unread(server, collection.rating_key).delete()


def _unread(server: Server, rating_key: str) -> plexapi.collection.Collection:
    """plexapi's collection of that key, without the request that reading it costs.

    It has to have a title: plexapi looks at it at once, and reads the whole collection for an attribute it lacks.
    """
    key = quote(rating_key)
    known = {"ratingKey": key, "key": f"/library/collections/{key}", "title": key}
    return plexapi.collection.Collection(server, Element("Directory", known))


def _keyed(rating_key: str) -> SimpleNamespace:
    """Stands in for an item: plexapi's move reads nothing but its key."""
    return SimpleNamespace(ratingKey=quote(rating_key))


def _read(one: Element) -> Collection:
    thumb = one.get("thumb", "")
    return Collection(
        rating_key=one.get("ratingKey", ""),
        title=one.get("title", ""),
        has_picture=bool(thumb) and "/composite/" not in thumb,
        is_smart=one.get("smart") == "1",
        in_custom_order=one.get("collectionSort") == str(_CUSTOM),
    )
