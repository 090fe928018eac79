"""What a task is told beside its mode: Stash hands over texts, and the caller of its API whatever JSON can hold."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from validation.errors import PermanentError
from validation.jobs import LARGEST_ID

#: The argument that names scenes.
NAMED = "scene_ids"

#: Characters that a sentence repeats of what is no number.
_SHOWN = 40

_WORDS = {"": False, "false": False, "0": False, "no": False, "true": True, "1": True, "yes": True}


def named_scenes(arguments: Mapping[str, Any]) -> list[int] | None:
    """The scenes that ``scene_ids`` names; None without that argument. Raises as ``scene_numbers``."""
    return scene_numbers(arguments[NAMED]) if NAMED in arguments else None


def scene_numbers(given: object) -> list[int]:
    """Scene numbers as a task gets them: one, several in a text with commas, or a list of both; empty is none.

    Raises PermanentError: it holds something else; the text says what.
    """
    pieces = given if isinstance(given, list) else [given]
    return [number for piece in pieces if piece is not None for number in _numbers(piece)]


def number_of(arguments: Mapping[str, Any], name: str) -> int | None:
    """An argument that is a number above 0; None without it. Raises PermanentError: it is something else."""
    given = arguments.get(name)
    if given in (None, ""):
        return None
    try:
        (found,) = scene_numbers(given)
    except (PermanentError, ValueError):
        raise PermanentError(f'The argument "{name}" is a number above 0.') from None
    return found


def is_on(arguments: Mapping[str, Any], name: str) -> bool:
    """Whether an argument that is on or off is on. Raises PermanentError: it is something else."""
    given = arguments.get(name)
    word = "" if given is None else str(given).strip().lower()
    if word not in _WORDS:
        raise PermanentError(f'"{word[:_SHOWN]}" is not understood; {name} is true or false.')
    return _WORDS[word]


def _numbers(piece: object) -> list[int]:
    if isinstance(piece, bool) or not isinstance(piece, (str, int)):
        raise _no_number(piece)
    return [_number(text) for text in re.split("[,;]", str(piece)) if text.strip()]


def _number(text: str) -> int:
    text = text.strip()
    # Not isdigit(): that also takes "²". Longer ones are none of SQLite's.
    number = int(text) if re.fullmatch("[0-9]{1,19}", text) else 0
    if not 0 < number <= LARGEST_ID:
        raise _no_number(text)
    return number


def _no_number(piece: object) -> PermanentError:
    shown = piece if isinstance(piece, str) else json.dumps(piece, default=str)
    shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
    return PermanentError(f'"{shown}" is no scene number; {NAMED} is one, or several with commas.')
