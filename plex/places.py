"""Where an item shows pictures, and what is known of those in one place. Pure.

An upload is named by its bytes (``upload://posters/<sha1>``).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """Where an item shows a picture: PlexSync's word for it, Plex's list of its pictures, and the item's attribute,
    which is also the name of its lock."""

    name: str
    shelf: str
    field: str

    def key_of(self, picture: bytes) -> str:
        """How Plex names these bytes once they are uploaded here."""
        return f"upload://{self.shelf}/{hashlib.sha1(picture, usedforsecurity=False).hexdigest()}"


POSTER = Place("poster", "posters", "thumb")
BACKGROUND = Place("art", "arts", "art")

#: Every place by its name.
PLACES = {place.name: place for place in (POSTER, BACKGROUND)}


@dataclass(frozen=True)
class Pictures:
    """The keys of all pictures of a place, and of the one that is shown; empty when none is."""

    keys: frozenset[str]
    chosen: str
