"""What stands in the journal: one entry for each thing that was written. Standard library only: the page reads it.

An entry is noted before its write, as intended. What became of it is told by Plex's answer and by looking at the item.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Cause(Enum):
    """Why something was written."""

    #: A scene, or something it shows, was saved or deleted in Stash.
    HOOK = "hook"
    #: Somebody pressed a task's button.
    TASK = "task"
    #: The scheduled comparison found it.
    COMPARISON = "comparison"
    #: Something that was written before was taken back.
    UNDO = "undo"
    #: What was taken back was written once more: the undo of an undo.
    REDO = "redo"
    #: It was tried whether Plex takes changes at all; nothing changed by it.
    TRIAL = "trial"
    #: Plex had kept the last part of a long list only.
    REPEAT = "repeat"
    #: It was seen in Plex: a play, a position, a rating.
    SEEN = "seen"


class Direction(Enum):
    """Which way a change went."""

    TO_PLEX = "to Plex"
    FROM_PLEX = "from Plex"


class WriteState(Enum):
    """What is known of a write."""

    #: It was about to happen; after a kill, nobody knows.
    INTENDED = "intended"
    #: Plex answered that it was done.
    ANSWERED = "answered"
    #: It was seen.
    CONFIRMED = "confirmed"
    #: A request failed, or what was written is not shown.
    NOT_CONFIRMED = "not confirmed"
    #: It was seen that it did not happen.
    NOT_MADE = "not made"
    #: Something else was seen than stood there before, or was written.
    DIFFERENT = "different"
    #: A later write of the same was seen in its place.
    SUPERSEDED = "superseded"


#: How the content of an entry begins that is about a collection.
COLLECTION_BEGINS = '{"collection":'


@dataclass(frozen=True)
class TextChange:
    """One field: its value and its lock, before and after."""

    before: str
    after: str
    locked_before: bool = False
    locked_after: bool = True


@dataclass(frozen=True)
class WrittenTag:
    """One tag of a list. ``role`` and ``photo`` belong to actors; ``written``: what PlexSync had written, of one that
    Plex made another of."""

    name: str
    role: str = ""
    photo: str = ""
    written: str = ""


@dataclass(frozen=True)
class PhotoChange:
    """The address of an actor's photo, before and after."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class TagsChange:
    """One list of tags: what came, what went, and its lock. ``photos``: of actors that stayed."""

    added: tuple[WrittenTag, ...] = ()
    removed: tuple[WrittenTag, ...] = ()
    photos: tuple[PhotoChange, ...] = ()
    locked_before: bool = False
    locked_after: bool = True


@dataclass(frozen=True)
class PictureChange:
    """A poster or background by Plex's keys, the empty text for none; None where it is not known yet."""

    before: str | None
    after: str | None
    locked_before: bool = False
    locked_after: bool = True


@dataclass(frozen=True)
class ItemChanges:
    """What is written to one item. By Plex's names of fields and lists, and by place."""

    title: str = ""
    texts: Mapping[str, TextChange] = field(default_factory=dict)
    tags: Mapping[str, TagsChange] = field(default_factory=dict)
    pictures: Mapping[str, PictureChange] = field(default_factory=dict)


class CollectionAction(Enum):
    """What was done about a collection, beyond the tag by which an item joins or leaves it."""

    #: Plex made it, for the tag of its first member.
    MADE = "made"
    #: It was given a picture.
    PICTURE = "picture"
    #: It was put into custom order.
    ORDERED = "ordered"
    #: A member was moved to its place.
    MOVED = "moved"
    #: It was empty, and removed.
    REMOVED = "removed"


@dataclass(frozen=True)
class CollectionChange:
    """What was done about a collection. Of a member that was moved: its key, and the keys it stood and stands behind,
    the empty text for the first place."""

    action: CollectionAction
    title: str
    section: str = ""
    member: str = ""
    before: str = ""
    after: str = ""


class ReturnKind(Enum):
    """What comes back from Plex. A position is the point to resume at, and the time that was played."""

    PLAY = "play"
    POSITION = "position"
    RATING = "rating"


#: By Stash's names of a scene's fields; None where there is no value.
Numbers = Mapping[str, float | None]


@dataclass(frozen=True)
class ReturnChange:
    """What reached Stash from Plex, or, ``taken_back``, was taken from it again: ``entry`` is its number in the table
    ``returned``; ``moment`` the second of a play, in seconds since 1970; ``before`` and ``after`` what stood in Stash
    before it came, and then."""

    entry: int
    kind: ReturnKind
    source: str
    moment: int | None
    before: Numbers
    after: Numbers
    taken_back: bool = False


@dataclass(frozen=True)
class Unreadable:
    """The entry is damaged: what was written is not known any more."""


#: What an entry says.
Changes = ItemChanges | CollectionChange | ReturnChange | Unreadable


@dataclass(frozen=True)
class Entry:
    """One write. ``at``: when it was noted, in seconds since 1970. ``item``: the rating key of an item, or of a
    collection; ``scene``: for which scene, None where that is none."""

    id: int
    run: int
    at: float
    cause: Cause
    scene: int | None
    server: str
    item: str
    direction: Direction
    state: WriteState
    changes: Changes
