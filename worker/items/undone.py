"""What is taken back of how many items, summed up: a run can be of 100,000, and none of them is held for that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from worker.items.undoing import NotTakenBack, PlannedUndo

#: Examples that are kept of each kind.
EXAMPLES = 10


@dataclass(frozen=True)
class Example:
    """An item, by its scene (None: nobody's) and its title, and fields of it, by Plex's names."""

    scene_id: int | None
    title: str
    fields: tuple[str, ...]


@dataclass
class UndoSum:
    """``items`` that were looked at; of them, those that get something ``back``, and those of which something
    ``stays`` that a person changed since; so many others are ``elsewhere``, on another server, and are left alone, and
    so many are ``gone`` from Plex.
    ``fields``: how often each gets back what it showed. ``examples`` and ``changed``: a few of both kinds.
    ``could_not``: of so many items not all could be taken back, as the few that ``failed``."""

    items: int = 0
    back: int = 0
    stays: int = 0
    elsewhere: int = 0
    gone: int = 0
    fields: Counter[str] = field(default_factory=Counter)
    examples: list[Example] = field(default_factory=list)
    changed: list[Example] = field(default_factory=list)
    could_not: int = 0
    failed: list[NotTakenBack] = field(default_factory=list)

    def add(self, planned: Sequence[PlannedUndo], asked: Iterable[str] = ()) -> None:
        """These are taken back, or are to be; ``asked``: the keys of the items that Plex was asked for."""
        self.gone += len({*asked} - {one.key for one in planned})
        for one in planned:
            if one.fault:
                self.add_failed(NotTakenBack(one.item, one.fault, may_pass=False))
                continue
            self.items += 1
            self.fields.update(one.fields)
            if one.item.writes:
                self.back += 1
                _keep(self.examples, one, one.fields)
            if one.stays:
                self.stays += 1
                _keep(self.changed, one, one.stays)

    def add_failed(self, one: NotTakenBack) -> None:
        """This one could not be."""
        self.could_not += 1
        if len(self.failed) < EXAMPLES:
            self.failed.append(one)


def _keep(examples: list[Example], one: PlannedUndo, fields: tuple[str, ...]) -> None:
    if len(examples) < EXAMPLES:
        examples.append(Example(one.item.scene_id, one.item.target.shown.title, fields))
