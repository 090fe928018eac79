"""How far the writes to one item have come, and what came of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from worker.items.planned import PlannedItem
from worker.metadata.edits import Arguments
from worker.metadata.labels import label
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

    def is_locked(self, name: str) -> bool:
        """The lock of a field or list, as the last write that was answered left it."""
        written = self.planned.plan.texts.get(name) or self.planned.plan.tags.get(name)
        if written is not None and name in self.answered:
            return written.lock
        return name in self.planned.target.shown.locks


@dataclass(frozen=True)
class LongValue:
    """The value of a field, or the longest name in a list, with its characters."""

    field: str
    length: int
    is_name: bool

    def __str__(self) -> str:
        if self.is_name:
            return f"a name of {self.length:,} characters in the field {label(self.field)}"
        return f"the {label(self.field)} of {self.length:,} characters"


def long_value(edit: Arguments) -> LongValue | None:
    """What is long in an edit of one field or list; None of an edit of more."""
    values = {key: str(value) for key, value in edit.items() if not key.endswith(".locked")}
    fields = _fields(values)
    if len(fields) != 1:
        return None
    (name,) = fields
    length = max(len(unquote(value) if key.endswith("-") else value) for key, value in values.items())
    return LongValue(name, length, is_name=f"{name}.value" not in values)


def _fields(edit: Mapping[str, object]) -> set[str]:
    """The fields and lists of tags in an edit."""
    return {key.partition("[")[0].partition(".")[0] for key in edit}
