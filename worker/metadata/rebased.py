"""Two writes of one item that overlap: what is remembered of one does not undo what is of the other. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from worker.metadata.memory import ItemMemory

_Value = TypeVar("_Value")


def rebased(mine: ItemMemory, noted: ItemMemory, current: ItemMemory | None) -> ItemMemory:
    """``current`` with what became of a write since that was ``noted``: ``mine`` is what is to be remembered by that
    write alone."""
    if current is None or current == noted:
        return mine
    return ItemMemory(
        texts=_joined(mine.texts, noted.texts, current.texts),
        tags=_joined(mine.tags, noted.tags, current.tags),
        pictures=_joined(mine.pictures, noted.pictures, current.pictures),
        refused=_joined(mine.refused, noted.refused, current.refused),
        held=mine.held if mine.held != noted.held else current.held,
        rating=mine.rating if mine.rating != noted.rating else current.rating,
    )


def _joined(
    mine: Mapping[str, _Value], noted: Mapping[str, _Value], current: Mapping[str, _Value]
) -> dict[str, _Value]:
    changed = {name for name in {*mine, *noted} if mine.get(name) != noted.get(name)}
    kept = {name: one for name, one in current.items() if name not in changed}
    return {**kept, **{name: mine[name] for name in changed if name in mine}}
