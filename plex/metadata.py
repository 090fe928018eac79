"""What Plex should show of a scene, and what differs: pure functions, one entry per field.

An empty value in Stash wants nothing, so an empty scene never blanks an item.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from validation.scenes import Scene


@dataclass(frozen=True)
class Field:
    """One field: its name in an edit, where an item shows it, and what a scene wants there."""

    name: str
    label: str
    wanted: Callable[[Scene], str]


FIELDS = (
    Field("title", "title", lambda scene: scene.title),
    Field("studio", "studio", lambda scene: scene.studio),
    Field("summary", "summary", lambda scene: scene.summary),
    Field("originallyAvailableAt", "date", lambda scene: scene.release_date),
    Field("tagline", "tagline", lambda scene: scene.tagline),
)


@dataclass(frozen=True)
class Change:
    """One field that differs."""

    field: Field
    value: str


def changes(item: Any, scene: Scene) -> tuple[Change, ...]:
    """What to write so that an item shows a scene. ``item`` is a PlexItem, or plexapi's Movie."""
    differing = []
    for field in FIELDS:
        wanted = _comparable(field.wanted(scene))
        if wanted and wanted != _comparable(getattr(item, field.name, "")):
            differing.append(Change(field, str(wanted)))
    return tuple(differing)


def edit_arguments(differing: tuple[Change, ...]) -> dict[str, str | int]:
    """The arguments of the one edit. Each field is locked: unlocked ones fall back at Plex's next refresh."""
    arguments: dict[str, str | int] = {}
    for change in differing:
        arguments[f"{change.field.name}.value"] = change.value
        arguments[f"{change.field.name}.locked"] = 1
    return arguments


def _comparable(value: object) -> object:
    if isinstance(value, date):  # plexapi turns dates into datetime
        return value.strftime("%Y-%m-%d")
    # Plex does not keep outer white space, and its XML has one kind of line end.
    return value.strip().replace("\r\n", "\n").replace("\r", "\n") if isinstance(value, str) else value
