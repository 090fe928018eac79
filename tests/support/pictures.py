"""What tests of covers, posters and backgrounds look at."""

from __future__ import annotations

import hashlib

from tests.support.pairs import Pair
from tests.support.workbench import Workbench

LOCK = "PUT thumb.locked=1"
#: A picture of the right kind and of any size: Plex and Stash look at its beginning.
JPEG = b"\xff\xd8\xff\xe0 picture"


def post(picture: bytes, shelf: str = "posters") -> str:
    """How the upload of a picture is spelled in ``Pair.writes``."""
    return f"POST {shelf} {len(picture)} bytes"


def key(picture: bytes, shelf: str = "posters") -> str:
    """How Plex names a picture that was uploaded."""
    return f"upload://{shelf}/{hashlib.sha1(picture).hexdigest()}"


def chosen(pair: Pair, field: str = "thumb") -> str:
    """The key of the picture that an item shows, empty for none."""
    return str(pair.shown()["selected"].get(field, ""))


def upload_by_hand(pair: Pair, picture: bytes, shelf: str = "posters") -> None:
    """A person uploads a picture in Plex, which shows it then."""
    url = f"{pair.workbench.plex.url}/library/metadata/{pair.key}/{shelf}"
    assert pair.workbench.person.post(url, data=picture).status_code == 200


def choose_by_hand(pair: Pair, address: str, one: str = "poster") -> None:
    """A person chooses one of an item's pictures in Plex."""
    url = f"{pair.workbench.plex.url}/library/metadata/{pair.key}/{one}"
    assert pair.workbench.person.put(url, params={"url": address}).status_code == 200


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
