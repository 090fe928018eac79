"""The pictures of one Plex item: which there are and which it shows; choosing, uploading, showing none.

An upload stays in the item's list for ever. Bytes that the item holds already are not shown by another upload, only by
choosing them. Some servers are said to answer 500 while the place is locked.
"""

from __future__ import annotations

from urllib.parse import quote

from plex.listing import read_list
from plex.places import Pictures, Place
from plex.protocols import Server
from plex.wire import delete, post, put


def read_pictures(server: Server, rating_key: str, place: Place) -> Pictures:
    """The pictures of an item, in one request. Raises the errors of plex/exceptions.py."""
    found = list(read_list(server, f"/library/metadata/{rating_key}/{place.shelf}"))
    chosen = [one.get("ratingKey", "") for one in found if one.get("selected") == "1"]
    return Pictures(frozenset(one.get("ratingKey", "") for one in found), chosen[0] if chosen else "")


def choose_picture(server: Server, rating_key: str, place: Place, key: str) -> None:
    """Show a picture of the list; Plex locks the place. Raises the errors of plex/exceptions.py."""
    put(server, f"/library/metadata/{rating_key}/{place.name}?url={quote(key, safe='')}")


def upload_picture(server: Server, rating_key: str, place: Place, picture: bytes) -> None:
    """Add a picture and show it. Raises the errors of plex/exceptions.py."""
    post(server, f"/library/metadata/{rating_key}/{place.shelf}", picture)


def show_no_picture(server: Server, rating_key: str, place: Place) -> None:
    """Show none; all stay in the list. Raises the errors of plex/exceptions.py."""
    delete(server, f"/library/metadata/{rating_key}/{place.field}")
