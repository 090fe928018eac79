"""Collections of a library: items of their own, made by Plex when the first member gets the tag."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from plex.decisions import tag_key
from plex.exceptions import translated
from plex.listing import PAGE, query


@dataclass(frozen=True)
class Collection:
    """One collection; ``has_picture``: somebody gave it one (Plex composes one from its members otherwise)."""

    rating_key: str
    title: str
    members: int
    has_picture: bool


def read_collections(server: Any, section_key: str) -> dict[str, Collection]:
    """All collections of a library by the key of their title. Raises the errors of plex/exceptions.py."""
    found: dict[str, Collection] = {}
    start = 0
    while True:
        headers = {"X-Plex-Container-Start": str(start), "X-Plex-Container-Size": str(PAGE)}
        page = query(server, f"/library/sections/{quote(section_key)}/collections", headers)
        for one in page.findall("Directory"):
            title, thumb = one.get("title", ""), one.get("thumb", "")
            found[tag_key(title)] = Collection(
                rating_key=one.get("ratingKey", ""),
                title=title,
                members=int(one.get("childCount") or 0),
                has_picture=bool(thumb) and "/composite/" not in thumb,
            )
        start += len(page)
        if not len(page) or start >= int(page.get("totalSize") or page.get("size") or 0):
            return found


def upload_picture(server: Any, collection: Collection, picture: bytes) -> None:
    """Give a collection a picture. Raises the errors of plex/exceptions.py."""
    with translated():
        server.query(
            f"/library/metadata/{quote(collection.rating_key)}/posters", method=server._session.post, data=picture
        )


def remove_collection(server: Any, collection: Collection) -> None:
    """Remove a collection; its members stay. Raises the errors of plex/exceptions.py."""
    with translated():
        server.query(f"/library/collections/{quote(collection.rating_key)}", method=server._session.delete)
