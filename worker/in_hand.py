"""Scenes in hand, by how far they have come: planned, noted, handed over; and the items that they concern."""

from __future__ import annotations

from collections import deque
from collections.abc import Set
from dataclasses import dataclass, field

from worker.items.planned import ItemKey, PlannedScene
from worker.items.sender import UnderWay
from worker.storage.jobqueue import Claimed


@dataclass(frozen=True)
class Ready:
    """A scene that is planned for a job."""

    claimed: Claimed
    scene: PlannedScene


@dataclass(frozen=True)
class Noted:
    """One that is noted, and is to be carried out. ``at``: when it was noted, in seconds since 1970."""

    claimed: Claimed
    scene: PlannedScene
    at: float


@dataclass(frozen=True)
class Sent:
    """One that was handed over, and is not landed."""

    one: Noted
    under_way: UnderWay[bool]


@dataclass
class Plans:
    """Scenes that are planned together. ``began``: since when, in seconds since 1970; ``keys``: the items they write
    to; ``held``: bytes of their pictures. ``waiting``: those whose covers are on their way."""

    began: float
    ready: deque[Ready] = field(default_factory=deque)
    waiting: deque[Ready] = field(default_factory=deque)
    keys: set[ItemKey] = field(default_factory=set)
    held: int = 0


@dataclass(frozen=True)
class InHand:
    """Items that are about to be written to: ``lists``: those of which nothing but lists of tags is."""

    whole: Set[ItemKey] = frozenset()
    lists: Set[ItemKey] = frozenset()
