"""Templates for titles and other texts: ``[{studio} - ]{title}[ ({year})]``.

A part in square brackets disappears when a placeholder in it is empty. Brackets can be nested.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

PLACEHOLDERS = (
    "title",
    "studio",
    "parent_studio",
    "date",
    "year",
    "code",
    "director",
    "performers",
    "rating",
    "details",
)

#: How deep brackets can be nested.
DEEPEST = 10

_SPACES = re.compile(r"[ \t]{2,}")
_TOKEN = re.compile(r"\{([^{}]*)\}|([\[\]{}])|([^\[\]{}]+)")


@dataclass(frozen=True)
class Placeholder:
    """``{name}``."""

    name: str


@dataclass(frozen=True)
class Bracketed:
    """A part in square brackets."""

    parts: tuple[Piece, ...]


Piece = str | Placeholder | Bracketed


class _Value(str):
    """Text that came in for a placeholder."""

    __slots__ = ()


@lru_cache(maxsize=64)
def parse_template(text: str) -> tuple[Piece, ...]:
    """The parts of a template.

    Raises:
        ValueError: a bracket has no partner, or a placeholder is unknown; the text says which.
    """
    tokens = iter([(found.group(1), found.group(2), found.group(3)) for found in _TOKEN.finditer(text)])
    parts = tuple(_parse(tokens, depth=0))
    if not any(_placeholders(parts)):
        raise ValueError(f"a template needs at least one of {_known()}")
    return parts


def render(text: str, values: Mapping[str, str]) -> str:
    """A template filled in; missing values are empty. Raises ValueError.

    Spaces of the template become one where an empty value leaves several; what stands in a value stays as it is.
    """
    shown = ""
    for piece in _render(parse_template(text), values, keep=True) or ():
        spaced = isinstance(piece, _Value) or not shown.endswith((" ", "\t"))
        shown += piece if spaced else piece.lstrip(" \t")
    return shown.strip()


def _parse(tokens: Iterator[tuple[str | None, str | None, str | None]], depth: int) -> Iterator[Piece]:
    for name, mark, literal in tokens:
        if literal is not None:
            yield literal
        elif mark == "[":
            if depth == DEEPEST:
                raise ValueError(f"brackets can be nested {DEEPEST} deep")
            yield Bracketed(tuple(_parse(tokens, depth + 1)))
        elif mark == "]" and depth:
            return
        elif mark is not None:
            raise ValueError(f'the "{mark}" has no partner')
        elif name in PLACEHOLDERS:
            yield Placeholder(str(name))
        else:
            raise ValueError(f"{{{name}}} is unknown; known are {_known()}")
    if depth:
        raise ValueError('the "[" has no partner')


def _known() -> str:
    return ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)


def _placeholders(parts: tuple[Piece, ...]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, Placeholder):
            yield part.name
        elif isinstance(part, Bracketed):
            yield from _placeholders(part.parts)


def _render(parts: tuple[Piece, ...], values: Mapping[str, str], keep: bool) -> list[str] | None:
    """The texts of some parts, or None when a placeholder directly among them is empty and they may go."""
    texts: list[str] = []
    for part in parts:
        if isinstance(part, str):
            texts.append(_SPACES.sub(" ", part))
        elif isinstance(part, Placeholder):
            value = values.get(part.name, "")
            if not value and not keep:
                return None
            texts.append(_Value(value))
        else:
            texts.extend(_render(part.parts, values, keep=False) or ())
    return texts
