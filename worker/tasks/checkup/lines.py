"""One line of the checklist: what was looked at, how it stands, and what to do about it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

_KINDS = {logging.INFO: "right", logging.WARNING: "hint", logging.ERROR: "wrong"}
_MARKS = {logging.INFO: "✓", logging.WARNING: "!", logging.ERROR: "✗"}


@dataclass(frozen=True)
class Line:
    """``level`` is one of logging's; ``remedy`` says what to do about a cross; ``path_map``: the one it proposes."""

    level: int
    text: str
    remedy: str = ""
    mark: str = ""
    path_map: str = ""

    @property
    def kind(self) -> str:
        """What it is, in one word for the page."""
        return "note" if self.mark else _KINDS[self.level]

    def __str__(self) -> str:
        return " ".join(part for part in (self.mark or _MARKS[self.level], self.text, self.remedy) if part)


def right(text: str) -> Line:
    """A tick."""
    return Line(logging.INFO, text)


def wrong(text: str, remedy: str) -> Line:
    """A cross: PlexSync cannot do its work until somebody does what ``remedy`` says."""
    return Line(logging.ERROR, text, remedy)


def hint(text: str) -> Line:
    """Worth a look, and yet nothing that stops PlexSync."""
    return Line(logging.WARNING, text)


def note(text: str) -> Line:
    """Good to know, or to copy."""
    return Line(logging.INFO, text, mark="→")


def proposed(path_map: str) -> Line:
    """A path map to copy, or to take over."""
    return Line(logging.INFO, path_map, mark="→", path_map=path_map)


def scenes(count: int) -> str:
    """A number of scenes in words."""
    return f"{count:,} scene{'' if count == 1 else 's'}"


def what_next(lines: Sequence[Line], found: str) -> str:
    """The task's one line: the first cross's remedy, or that all is well and how many scenes are ``found``.

    It does not say where other lines stand: Stash's page shows the newest on top, its log file at the end.
    """
    crosses = [line for line in lines if line.level == logging.ERROR]
    hints = sum(1 for line in lines if line.level == logging.WARNING)
    if crosses:
        others = len(crosses) - 1
        more = f" {others:,} more line{' has' if others == 1 else 's have'} a cross." if others else ""
        return f"Next: {crosses[0].remedy} Then run Check Setup again.{more}"
    if hints:
        return f"Nothing is in the way: {found}. See the {'hint' if hints == 1 else f'{hints:,} hints'} marked with !."
    return f"Everything is right: {found}."
