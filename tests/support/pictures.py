"""What tests of covers, posters and backgrounds look at."""

from __future__ import annotations

from tests.support.pairs import Pair
from tests.support.workbench import Workbench

LOCK = "PUT thumb.locked=1"
#: A picture of the right kind and of any size: Plex and Stash look at its beginning.
JPEG = b"\xff\xd8\xff\xe0 picture"


def post(picture: bytes, shelf: str = "posters") -> str:
    """How the upload of a picture is spelled in ``Pair.writes``."""
    return f"POST {shelf} {len(picture)} bytes"


def covered(workbench: Workbench, picture: bytes, **in_plex: object) -> Pair:
    """A pair whose scene has a cover."""
    pair = workbench.pair(**in_plex)
    pair.in_stash(cover=picture)
    return pair


def asked_for(workbench: Workbench) -> list[int]:
    """How Stash answered when it was asked for pictures in the last sync."""
    return [request["status"] for request in workbench.stash.requests if request["kind"] == "image"]


def uploads(pair: Pair) -> list[str]:
    """The posters of an item that somebody uploaded."""
    return [address for address in pair.shown()["posters"] if address.startswith("upload:")]
