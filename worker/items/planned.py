"""What is planned for a scene and its items before anything is written: all that a preview shows, or a write needs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from validation.scenes import Scene
from worker.items.covers import Covers
from worker.items.recall import Recalled
from worker.items.target import Target
from worker.metadata.memory import Held, ItemMemory
from worker.metadata.plan import Plan
from worker.storage.journal_entries import Cause
from worker.storage.returned import PlexNews


@dataclass(frozen=True)
class PlannedItem:
    """``scene_id``: None of an item that is nobody's any more. ``before``: what was remembered of the item. ``entry``:
    its number in the journal, once it is noted there, and ``noted`` what was remembered of it then. What was done by
    then is noted in ``covers`` as it is done; a cover may be on its way from Stash (see PlannedScene.compared).
    ``held``: what of its scene was held when it was planned, after so many ``hold_changes`` (worker/storage/holds.py).
    """

    target: Target
    scene_id: int | None
    before: Recalled
    plan: Plan
    covers: Covers
    held: Held = field(default_factory=Held)
    hold_changes: int = 0
    entry: int | None = None
    noted: ItemMemory | None = None

    @property
    def writes(self) -> bool:
        """Whether anything is to be written."""
        return self.plan.writes or self.covers.writes

    @property
    def without_lists(self) -> PlannedItem:
        """The same without writing lists of tags, of which is remembered what was before."""
        return replace(self, plan=self.plan.leaving(list(self.plan.tags), self.before.content))

    @property
    def memory(self) -> ItemMemory:
        """What is to be remembered from the moment before the write."""
        return self.covers.remembered_in(self.plan.memory)


@dataclass(frozen=True)
class ItemKey:
    """An item by its server's identifier and its rating key there."""

    server: str
    rating_key: str


@dataclass(frozen=True)
class RatingBack:
    """``taken``: a rating given in Plex that goes to Stash; ``passed_over``: one that does not, since Stash's was
    changed, too. ``entry``: the number of the first in the ledger, once it is noted."""

    taken: PlexNews | None = None
    passed_over: PlexNews | None = None
    entry: int | None = None

    @property
    def any(self) -> bool:
        """Whether there is anything to be noted."""
        return self.taken is not None or self.passed_over is not None


@dataclass(frozen=True)
class PlannedScene:
    """A scene with its items.

    ``scene``: None when it is gone from Stash. ``settled_at``: when Stash had last changed it, empty when it may have
    changed since. ``left_out``: why nothing is written, if the selection says so. ``server``: whose items they are,
    ``found``: the rating keys of all that hold its files. ``cause``: why it is looked at; ``held``: what of it is left
    in Plex as it is. ``rating``: what of its rating goes to Stash, with its number in the ledger once it is noted.
    ``lists_left``: lists of tags differ that are not written with this, as they take long.
    """

    scene_id: int
    scene: Scene | None = None
    settled_at: str = ""
    left_out: str = ""
    server: str = ""
    found: tuple[str, ...] = ()
    items: tuple[PlannedItem, ...] = ()
    held: Held = field(default_factory=Held)
    cause: Cause = Cause.HOOK
    rating: RatingBack = field(default_factory=RatingBack)
    lists_left: bool = False

    @property
    def notes(self) -> bool:
        """Whether anything is to be written, or to be noted of its rating."""
        return self.rating.any or any(one.writes for one in self.items)

    @property
    def awaits_cover(self) -> bool:
        """Whether its cover is still to be looked at."""
        return any(item.covers.awaited for item in self.items)

    def compared(self) -> PlannedScene:
        """The same, once its cover was looked at. Raises what no scene is at fault for."""
        for item in self.items:
            item.covers.compare()
        return self

    @property
    def keys(self) -> frozenset[ItemKey]:
        """The items that are dealt with."""
        return frozenset(ItemKey(self.server, one.target.shown.rating_key) for one in self.items)

    @property
    def writes_lists(self) -> bool:
        """Whether a list of tags is to be written."""
        return any(one.plan.tags for one in self.items)

    @property
    def writes_lists_alone(self) -> bool:
        """Whether nothing but lists of tags is to be written."""
        others = any(one.plan.texts or one.covers.writes for one in self.items)
        return self.writes_lists and not others and not self.rating.any

    @property
    def held_bytes(self) -> int:
        """How much the pictures take that are held to be uploaded."""
        return sum(one.covers.held_bytes for one in self.items)
