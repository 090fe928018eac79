"""Collections of a library: items of their own, made by Plex when the first member gets the tag.

What is written goes through plexapi's ``Collection``, whose tests run against a real server. What is read is read as
raw XML: plexapi lists members as full objects, and finds a collection by listing all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from types import SimpleNamespace
from urllib.parse import quote
from xml.etree.ElementTree import Element

import plexapi.collection

from plex.exceptions import PlexNotFound, translated
from plex.listing import number, read_list
from plex.protocols import Server
from plex.wire import get, put
from validation.names import name_key, tag_key

#: Asks the server to list members without what is not read here; one that cannot sends it all the same.
_KEYS_ONLY = "excludeElements=Media%2CGenre%2CDirector%2CWriter%2CCountry%2CCollection%2CRole&excludeFields=summary"

#: Plex's number for the order "custom" (plexapi's ``sortUpdate``; 0 is by release, 1 by title).
_CUSTOM = 2


@dataclass(frozen=True)
class Collection:
    """One collection; ``has_picture``: somebody gave it one (Plex composes one from its members otherwise)."""

    rating_key: str
    title: str
    members: int
    has_picture: bool


def find_collection(server: Server, section_key: str, title: str) -> Collection | None:
    """A collection of a library by its title. Raises the errors of plex/exceptions.py.

    Plex finds titles that contain the text, or lists all of them where it does not know the filter.
    """
    path = f"/library/sections/{quote(section_key)}/all?type=18&title={quote(title, safe='')}"
    found = [_read(one) for one in read_list(server, path)]
    for key in (tag_key, name_key):
        for collection in found:
            if key(collection.title) == key(title):
                return collection
    return None


def read_collection(server: Server, rating_key: str) -> Collection | None:
    """A collection by its key, None when it is gone. Raises the errors of plex/exceptions.py."""
    try:
        page = get(server, f"/library/collections/{quote(rating_key)}")
    except PlexNotFound:
        return None
    return next((_read(one) for one in page.findall("Directory")), None)


def member_keys(server: Server, rating_key: str) -> list[str]:
    """The keys of a collection's members in its order.

    Raises PlexNotFound when it is gone, and other errors of plex/exceptions.py.
    """
    path = f"/library/collections/{quote(rating_key)}/children?{_KEYS_ONLY}"
    return [one.get("ratingKey", "") for one in read_list(server, path)]


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
        members=number(one.get("childCount", "")),
        has_picture=bool(thumb) and "/composite/" not in thumb,
    )
