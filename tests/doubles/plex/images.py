"""The images of an item: content-addressed uploads, what the agent found, and which one is shown."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tests.doubles.plex.model import Item, Shelf

if TYPE_CHECKING:
    from tests.doubles.plex.state import State

# Path of the list -> attribute of the item and name of the lock.
SHELVES = {"posters": "thumb", "arts": "art", "clearLogos": "clearLogo", "squareArts": "squareArt", "themes": "theme"}
# What a freshly scanned video shows until someone chooses: frames Plex took from the file itself.
FOUND = {"posters": "media://thumb1", "arts": "media://art1"}

_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"BM")
PLACEHOLDER = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


def is_image(data: bytes) -> bool:
    """By its first bytes; an SVG or a text is none for Plex."""
    return data.startswith(_SIGNATURES) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")


def store(state: State, kind: str, data: bytes) -> str:
    """Keep the bytes and return their address: the same bytes always have the same one."""
    key = f"upload://{kind}/{hashlib.sha1(data).hexdigest()}"
    state.images[key] = data
    return key


def keep(state: State, place: str, text: str) -> str:
    """A picture of the library file, whose text stands for its bytes; its address lies below `place`."""
    data = b"\xff\xd8\xff" + text.encode()
    key = f"{place}/{hashlib.sha1(data).hexdigest()}"
    state.images[key] = data
    return key


def shelf(item: Item, kind: str) -> Shelf:
    """The item's images of one kind, made real so that they can be changed."""
    if item.shelves is None:
        item.shelves = {name: Shelf([key], key) for name, key in FOUND.items()}
    return item.shelves.setdefault(kind, Shelf())


def selected(item: Item, kind: str) -> str | None:
    """Key of the image that is shown, or None."""
    if item.shelves is None:
        return FOUND.get(kind)
    found = item.shelves.get(kind)
    return found.selected if found else None


def make_shelves(state: State, entry: Mapping[str, Any]) -> dict[str, Shelf] | None:
    """From a library file: `posters` are strings whose bytes stand for images; `hasThumb` false means none."""
    if "posters" not in entry and entry.get("hasThumb", True):
        return None
    shelves = {"posters": Shelf(), "arts": Shelf()}
    for text in entry.get("posters", ()):
        key = keep(state, "upload://posters", str(text))
        shelves["posters"].keys.append(key)
        shelves["posters"].selected = key
    return shelves


def data_of(state: State, key: str) -> bytes:
    return state.images.get(key, PLACEHOLDER)
