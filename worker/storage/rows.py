"""What is stored may be damaged in single rows, in a file that SQLite finds in order: such a row harms only itself.

Whoever reads rows looks whether each value is what its column says, before anything is made of it. Standard library
only: the page reads rows, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from types import UnionType
from typing import TypeVar

_Word = TypeVar("_Word", bound=Enum)


def is_sound(row: Sequence[object], *types: type | UnionType) -> bool:
    """Whether each value of a row is of its type."""
    return len(row) == len(types) and all(map(isinstance, row, types))


def checked(row: Sequence[object], *types: type | UnionType) -> None:
    """Raises ValueError: a value of a row is not of its type."""
    if not is_sound(row, *types):
        raise ValueError("a value is not of the type that its column has")


def word(kind: type[_Word], value: object, otherwise: _Word) -> _Word:
    """What a column says that holds one of a few words; ``otherwise`` where it is none of them."""
    try:
        return kind(value)
    except ValueError:
        return otherwise


def shown(value: object) -> str:
    """A text for a person, whatever stands there."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def moment(value: object) -> float:
    """A time in seconds since 1970; 0 where it is none."""
    return value if isinstance(value, float) else 0.0
