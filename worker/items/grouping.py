"""Which changes of lists go to several items in one request. Pure.

On a server where a tag takes 20 seconds, what counts is the number of such writes; one for fifty items takes about as
long as one for one (recorded elsewhere). What is not sent along stays on a server that appends and goes on one that
replaces, so a list is sent in part only to a server that was seen to append.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from plex.items import ItemKind, PlexItem
from validation.names import tag_key, tag_keys
from worker.items.planned import PlannedItem
from worker.items.write_times import Typical
from worker.metadata.decisions import TagsDecision
from worker.metadata.edits import Arguments, list_arguments
from worker.metadata.plan import RATING
from worker.metadata.shown import Shown

#: Items in one request at most.
MOST = 50

#: Of a list of which it is not known whether the server appends, that is tried for the sake of so many items.
FEW = 10

#: Seconds that a write of tags takes where it is worth a request of its own for the rest of an item.
SLOW = 1.0

#: A list in which each tag has a role and a photo of its own.
_ACTORS = "actor"


@dataclass(frozen=True)
class ListChange:
    """What one request does to a list of tags, whichever item it is of. ``sent``: the tags that are sent: all that it
    shall hold if that ``is_whole``, else those that come; ``removed``: those that go; ``lock``: its lock."""

    name: str
    sent: tuple[str, ...]
    removed: tuple[str, ...]
    lock: bool
    is_whole: bool

    @property
    def decision(self) -> TagsDecision:
        """The same as it is written."""
        return TagsDecision(None, full=self.sent, remove=self.removed, lock=self.lock)


@dataclass(frozen=True)
class Step:
    """One request: ``changes`` go to ``items``. ``is_trial``: by that the server is seen to append, or not to."""

    items: tuple[PlannedItem, ...]
    changes: tuple[ListChange, ...]
    is_trial: bool = False

    @property
    def names(self) -> frozenset[str]:
        """The lists."""
        return frozenset(one.name for one in self.changes)

    @property
    def plex_items(self) -> list[PlexItem]:
        """What is written to."""
        return [item for one in self.items if isinstance(item := one.target.item, PlexItem)]

    @property
    def arguments(self) -> Arguments:
        """What the request says."""
        (arguments,) = list_arguments({one.name: one.decision for one in self.changes})
        return arguments

    def unsent(self, item: PlannedItem) -> dict[str, tuple[str, ...]]:
        """By list, the tags that an item shows, and that are neither sent nor removed."""
        return {one.name: unsent(one, item.target.shown) for one in self.changes if not one.is_whole}


class KnownOfLists(Protocol):
    """What the server was seen to do with a list, by Plex's name of it."""

    @property
    def replaces_tags(self) -> bool:
        """Whether every list has to be written whole."""

    def appends(self, name: str) -> bool:
        """Whether it keeps the tags that are not sent along."""

    def edits_together(self, name: str) -> bool:
        """Whether one edit changes it on several items."""


def next_step(
    item: PlannedItem,
    others: Sequence[PlannedItem],
    known: KnownOfLists,
    times: Typical,
    is_alone: Callable[[str], bool],
) -> Step | None:
    """What to write to an item together with others, or to one of them as a trial; None: it is written by itself.

    ``others``: those of which nothing is written yet; ``times``: how long writes take in the item's library;
    ``is_alone``: whether a list is written item by item for now.
    """
    kind, names = kind_of(item), frozenset(item.plan.tags)
    if not may_pay(times) or known.replaces_tags or kind is None or any(is_alone(name) for name in names):
        return None
    alike = [item, *(one for one in others if kind_of(one) == kind)]
    wanted = changes_of(item, known.appends)
    grouped = _best(alike, wanted, known) if wanted else None
    if grouped is not None and not _pays(grouped.items, times):
        grouped = None
    unknown = [name for name in names if not known.appends(name)]
    trial = _trial(item, alike, unknown) if unknown else None
    if trial is None or (times.tags is not None and not _pays(trial.for_whom, times)):
        return _limited(grouped, known)
    return trial.step if len(trial.for_whom) > 2 * len(grouped.items if grouped else ()) else _limited(grouped, known)


def may_pay(times: Typical) -> bool:
    """Whether writes of tags take long, or none was measured yet."""
    return times.tags is None or times.tags >= SLOW


def kind_of(item: PlannedItem) -> ItemKind | None:
    """What items have in common that can be edited in the same request; None of one that cannot."""
    one = item.target.item
    return one.kind if isinstance(one, PlexItem) else None


def changes_of(item: PlannedItem, appends: Callable[[str], bool]) -> tuple[ListChange, ...]:
    """What is done to the lists of an item, if all of it can be done to other items, too: else it needs a slow write of
    its own, and gains nothing."""
    changes = tuple(_change(name, item, appends(name)) for name in sorted(item.plan.tags))
    found = tuple(one for one in changes if one is not None)
    fits = len(found) == len(changes) and len(list_arguments({one.name: one.decision for one in found})) == 1
    return found if fits else ()


def unsent(change: ListChange, shown: Shown) -> tuple[str, ...]:
    """The tags that an item shows in a list, and that are neither sent nor removed."""
    named = tag_keys((*change.sent, *change.removed))
    return tuple(tag for tag in shown.tag_names(change.name) if tag_key(tag) not in named)


def _change(name: str, item: PlannedItem, in_part: bool) -> ListChange | None:
    decision, before = item.plan.tags[name], item.before.content.tags.get(name)
    there = tag_keys(item.target.shown.tag_names(name))
    if name == _ACTORS or decision.full is None or (before is not None and before.unseen is not None):
        return None  # of what is late, it is not known what is there
    added = tuple(tag for tag in decision.full if tag_key(tag) not in there)
    if not added and not decision.remove:
        return None
    sent = added if in_part else decision.full
    return ListChange(name, sent, decision.remove, decision.lock, is_whole=not in_part)


def _best(alike: Sequence[PlannedItem], wanted: tuple[ListChange, ...], known: KnownOfLists) -> Step | None:
    """All lists of an item in one request, or one of them, whichever needs fewer requests for each item."""
    offers = {one.target.shown.rating_key: changes_of(one, known.appends) for one in alike}
    same = [one for one in alike if offers[one.target.shown.rating_key] == wanted]
    apart = {change: [one for one in alike if change in offers[one.target.shown.rating_key]] for change in wanted}
    is_cheaper = 1 / len(same) <= sum(1 / len(items) for items in apart.values())
    needs_its_own = any(len(items) < 2 for items in apart.values())  # a write for it alone, all the same
    if len(wanted) == 1 or is_cheaper or needs_its_own:
        return Step(tuple(same), wanted) if len(same) > 1 else None
    change = min(wanted, key=lambda one: len(apart[one]))
    return Step(tuple(apart[change]), (change,))


@dataclass(frozen=True)
class _Trial:
    step: Step
    for_whom: tuple[PlannedItem, ...]


def _trial(item: PlannedItem, alike: Sequence[PlannedItem], unknown: Sequence[str]) -> _Trial | None:
    """Sending one item its new tags alone, if many could be written together after that, and it would show."""
    wanted = changes_of(item, lambda _: True)
    same = tuple(one for one in alike if changes_of(one, lambda _: True) == wanted) if wanted else ()
    if len(same) < FEW:
        return None
    for one in same:
        step = Step((one,), wanted, is_trial=True)
        left = step.unsent(one)
        if all(left[name] for name in unknown) and all(change.sent for change in wanted):
            return _Trial(step, same)
    return None


def _limited(step: Step | None, known: KnownOfLists) -> Step | None:
    """At most as many items as the server was seen to edit at once, or two to see it."""
    if step is None:
        return None
    most = MOST if all(known.edits_together(name) for name in step.names) else 2
    return Step(step.items[:most], step.changes)


def _pays(items: Sequence[PlannedItem], times: Typical) -> bool:
    """Whether writing to them at once takes less time than one by one, each with all that is to be written."""
    if times.tags is None or times.tags < SLOW:
        return False
    mixed = sum(1 for one in items if set(one.plan.texts) - {RATING} or one.covers.locks(one.target.shown))
    once = max(times.tags, times.together or 0.0)
    return once + mixed * (times.fields or 0.0) < len(items) * times.tags
