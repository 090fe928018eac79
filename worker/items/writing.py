"""How far the writes to one item have come, and what came of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from worker.items.planned import PlannedItem
from worker.metadata.edits import Arguments
from worker.metadata.memory import ItemMemory


@dataclass(frozen=True)
class Written:
    """What was done to an item: labels of what was written, of what was kept as edited in Plex, and of what Plex does
    not show as it was written; why it does not take its rating or its cover, for each place."""

    labels: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    not_shown: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


@dataclass(frozen=True)
class Timed:
    """An edit that was answered after so many ``seconds``."""

    edit: Arguments
    seconds: float


@dataclass
class Writing:
    """How far the requests about one item have come.

    ``parts``: of the lists that are sent in parts, the last one. ``left``: edits that were not answered well;
    ``memory``: what is to be remembered but for what was refused; ``refused``: that, by its label, and why.
    """

    planned: PlannedItem
    parts: Mapping[str, tuple[str, ...]]
    left: list[Arguments]
    answered: set[str]
    took: list[Timed] = field(default_factory=list)
    memory: ItemMemory | None = None
    refused: dict[str, str] = field(default_factory=dict)

    def edited(self, edit: Arguments, seconds: float) -> None:
        """An edit was answered."""
        self.left = [one for one in self.left if one is not edit]
        self.answered |= _fields(edit)
        self.took.append(Timed(edit, seconds))

    @property
    def fields(self) -> frozenset[str]:
        """The fields all of whose requests were answered."""
        return frozenset(self.answered - {name for edit in self.left for name in _fields(edit)})


def what_is_too_long(edit: Arguments) -> str:
    """Of an edit that was refused for its length, its one value, in a few words; empty where it has more."""
    values = [(key, str(value)) for key, value in edit.items() if key.endswith(".value")]
    if len(values) != 1:
        return ""
    ((key, value),) = values
    return f"the {key.removesuffix('.value')} of {len(value):,} characters is too long for the way to Plex (HTTP 414)"


def _fields(edit: Arguments) -> set[str]:
    """The fields and lists of tags in an edit."""
    return {key.partition("[")[0].partition(".")[0] for key in edit}
