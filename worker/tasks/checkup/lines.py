"""One line of the checklist: what was looked at, how it stands, and what to do about it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from worker.metadata.labels import many

_KINDS = {logging.INFO: "right", logging.WARNING: "hint", logging.ERROR: "wrong"}
_MARKS = {logging.INFO: "✓", logging.WARNING: "!", logging.ERROR: "✗"}


@dataclass(frozen=True)
class Line:
    """``level`` is one of logging's; ``remedy`` says what to do about a cross, which mostly ``blocks`` everything;
    ``path_map``: the one it proposes."""

    level: int
    text: str
    remedy: str = ""
    mark: str = ""
    path_map: str = ""
    blocks: bool = True

    @property
    def kind(self) -> str:
        """What it is, in one word for the page."""
        return "note" if self.mark else _KINDS[self.level]

    def __str__(self) -> str:
        return " ".join(part for part in (self.mark or _MARKS[self.level], self.text, self.remedy) if part)


def right(text: str) -> Line:
    """A tick."""
    return Line(logging.INFO, text)


def wrong(text: str, remedy: str, *, blocks: bool = True) -> Line:
    """A cross: PlexSync cannot do its work, or some of it where that ``blocks`` not all, until somebody does what
    ``remedy`` says."""
    return Line(logging.ERROR, text, remedy, blocks=blocks)


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
    return many(count, "scene")


@dataclass(frozen=True)
class Outlook:
    """What a user can expect. ``found``: how many scenes are found, in a few words, empty where that was not looked at.
    ``to_send``: how many scenes "Sync All Scenes" would send, None where that is not known or of no use now;
    ``is_estimate``: about so many. ``instead``: what to do first, as a sentence."""

    found: str = ""
    to_send: int | None = None
    is_estimate: bool = False
    instead: str = ""


def what_next(lines: Sequence[Line], outlook: Outlook) -> str:
    """The task's one line: the remedy of the cross that blocks most, or that all is well and what to do now.

    It does not say where other lines stand: Stash's page shows the newest on top, its log file at the end.
    """
    crosses = sorted((line for line in lines if line.level == logging.ERROR), key=lambda line: not line.blocks)
    hints = sum(1 for line in lines if line.level == logging.WARNING)
    if crosses:
        others = len(crosses) - 1
        more = f" {others:,} more line{' has' if others == 1 else 's have'} a cross." if others else ""
        return f"Next: {crosses[0].remedy} Then run Check Setup again.{more}"
    if hints:
        marked = "hint" if hints == 1 else f"{hints:,} hints"
        return f"Nothing is in the way: {outlook.found}. See the {marked} marked with !.{_now(outlook)}"
    return f"Everything is right: {outlook.found}.{_now(outlook)}"


def _now(outlook: Outlook) -> str:
    if outlook.instead:
        return f" Next: {outlook.instead}"
    if outlook.to_send is None:
        return ""
    if not outlook.to_send:
        return " Next: save a scene and look at it in Plex; every other one was sent before."
    about = "about " if outlook.is_estimate else ""
    return (
        f' Next: save a scene and look at it in Plex, or press "Sync All Scenes", which sends {about}'
        f"{scenes(outlook.to_send)}."
    )
