"""What PlexSync remembers of one Plex item: what it wrote there, and what stood there before.

Without it, nothing could be removed or given back without harming what a person did by hand in Plex. It is kept as JSON
without what has its default: a field that is added needs one, since older memories lack it.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True)


class TextMemory(_Model):
    """One field: the value last written, and value and lock before the first write."""

    written: str
    before: str = ""
    locked: bool = False


class TagsMemory(_Model):
    """One list of tags: those that PlexSync put there, and the lock before the first write.

    ``twins``: keys of those that somebody else's tag differed from in case only, when ours were added;
    ``photos``: addresses last written as photos of actors, by name.
    """

    ours: tuple[str, ...] = ()
    twins: tuple[str, ...] = ()
    locked: bool = False
    photos: dict[str, str] = {}


class PictureMemory(_Model):
    """A poster or background: the ETag of Stash's picture, and the hash of what was uploaded."""

    etag: str = ""
    sha256: str = ""


class ItemMemory(_Model):
    """One item. ``pending``: a write was about to begin, so whether it happened is not known."""

    texts: dict[str, TextMemory] = {}
    tags: dict[str, TagsMemory] = {}
    pictures: dict[str, PictureMemory] = {}
    pending: bool = False
