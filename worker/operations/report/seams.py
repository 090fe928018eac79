"""What PlexSync itself says beside and between quotes: a masked report shows it as it is.

A title may hold quotes and be made of any words, so nothing between the first quote of a line and its last one is shown
for its words alone. But a piece of one of our own sentences that stands there to the letter, from one value to the
next, tells nothing of anybody.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

#: A string with quotes in it, as the source has it: other files are not parsed.
_QUOTED = re.compile(r"'[^'\n]*\"[^'\n]*'")

#: Where a value stands in a text that is filled in later.
_HOLE = "\0"
_HOLES = re.compile(r"%[-+.\d]*[sdrf]|\{\w*\}")

#: A piece with one quote has to be of so many words to be one of ours, and one with more of so many.
_LEAST_BESIDE, _LEAST_BETWEEN = 3, 1

#: What is told apart of a piece with more quotes: so many words before the first.
_BEFORE = re.compile(r"(?:\w+ ){1,2}$")

#: What stands in no sentence, but in patterns, queries and JSON.
_NO_SENTENCE = re.compile(r"[\\\[\]{}^$<`\n]")

#: At the ends of a piece, what a sentence may lose or get.
_ENDS = " .,;:\n"


def seams_of(sources: Iterable[str]) -> frozenset[str]:
    """The pieces of all sentences in some files of Python."""
    return frozenset(seam for source in sources for piece in _pieces(source) if (seam := _seam(piece)))


def pattern_of(seams: Iterable[str]) -> re.Pattern[str] | None:
    """What finds them in a text, the longest first, as whole words; None where there are none."""
    longest = sorted(seams, key=lambda one: (-len(one), one))
    return re.compile("|".join(map(_as_pattern, longest))) if longest else None


def _as_pattern(seam: str) -> str:
    begins, ends = (r"\b" if re.match(r"\w", sign) else "" for sign in (seam[0], seam[-1]))
    return f"{begins}{re.escape(seam)}{ends}"


def is_closing(seam: str) -> bool:
    """Whether the first quote of one ends a value, and does not begin something of ours."""
    return seam.startswith('"')


def _pieces(source: str) -> Iterator[str]:
    """What stands between two values, with a hole where it begins or ends with one."""
    if not _QUOTED.search(source):
        return
    tree = ast.parse(source)
    parts = {id(one) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for one in node.values}
    for node in ast.walk(tree):
        text = "" if id(node) in parts else _text(node)
        if '"' in text:
            first, *others = text.split(_HOLE)
            yield first
            yield from (_HOLE + one for one in others)


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(one) or _HOLE for one in node.values)
    return _HOLES.sub(_HOLE, node.value) if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _seam(piece: str) -> str:
    """The part of a piece by which it is known; empty where it has no quote, or says too little."""
    is_after_value, text = piece.startswith(_HOLE), piece.removeprefix(_HOLE)
    quotes = text.count('"')
    if not quotes or _NO_SENTENCE.search(text):
        return ""
    before, _, _ = text.partition('"')
    if (is_after_value or quotes % 2) and not before:
        seam = text.rstrip(_ENDS)
    elif quotes == 1:
        seam = text.lstrip(_ENDS)
    else:
        found = _BEFORE.search(before)
        if found is None:
            return ""  # nothing before it tells that this quote is ours
        seam = text[found.start() :].rstrip(_ENDS)
    least = _LEAST_BESIDE if quotes == 1 else _LEAST_BETWEEN
    return seam if len(re.findall(r"\w+", "".join(seam.split('"')))) >= least else ""
