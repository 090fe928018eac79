"""The pictures of one Plex item: which there are and which it shows; choosing, uploading, showing none.

An upload stays in the item's list for ever. Bytes that the item holds already are not shown by another upload, only by
choosing them. Some servers are said to answer 500 while the place is locked.
"""

from __future__ import annotations

from urllib.parse import quote

from plex.exceptions import PlexUnreachable
from plex.listing import read_list
from plex.places import Pictures, Place
from plex.protocols import Server
from plex.wire import delete, get_bytes, post, put
from validation.errors import PlexSyncError

#: Pixels that a picture is made small to, which it covers; the most bytes of it.
SMALL, MOST_BYTES = (240, 360), 1_000_000


def read_pictures(server: Server, rating_key: str, place: Place) -> Pictures:
    """The pictures of an item, in one request. Raises the errors of plex/exceptions.py."""
    found = list(read_list(server, f"/library/metadata/{rating_key}/{place.shelf}"))
    chosen = [one.get("ratingKey", "") for one in found if one.get("selected") == "1"]
    return Pictures(frozenset(one.get("ratingKey", "") for one in found), chosen[0] if chosen else "")


def read_small_picture(server: Server, address: str, patience: float) -> bytes:
    """The picture at an item's address, made small by Plex, or as it is where Plex does not do that; empty where there
    is none, or it is too large. ``patience`` as for ``get_bytes``.

    An address elsewhere is left alone: the token would go there. Raises PlexUnreachable.
    """
    if not address.startswith("/") or address.startswith("//"):
        return b""
    width, height = SMALL
    small = f"/photo/:/transcode?width={width}&height={height}&minSize=1&upscale=0&url={quote(address, safe='')}"
    for path in (small, address):
        try:
            found = get_bytes(server, path, MOST_BYTES, patience)
        except PlexUnreachable:
            raise
        except PlexSyncError:
            continue  # an older server, or a picture that it cannot read
        if found:
            return found
    return b""


def choose_picture(server: Server, rating_key: str, place: Place, key: str) -> None:
    """Show a picture of the list; Plex locks the place. Raises the errors of plex/exceptions.py."""
    put(server, f"/library/metadata/{rating_key}/{place.name}?url={quote(key, safe='')}")


def upload_picture(server: Server, rating_key: str, place: Place, picture: bytes) -> None:
    """Add a picture and show it. Raises the errors of plex/exceptions.py."""
    post(server, f"/library/metadata/{rating_key}/{place.shelf}", picture)


def show_no_picture(server: Server, rating_key: str, place: Place) -> None:
    """Show none; all stay in the list. Raises the errors of plex/exceptions.py."""
    delete(server, f"/library/metadata/{rating_key}/{place.field}")
