"""What would become of a scene: from what is planned for it to what a person is told. Nothing is written by it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from validation.names import tag_key
from validation.outcomes import Ended
from worker.items.intents import changes_of
from worker.items.item_server import ItemServer
from worker.items.planned import PlannedItem, PlannedScene
from worker.metadata.edited import edited_since, is_anothers
from worker.metadata.labels import label
from worker.metadata.memory import Held
from worker.storage.journal_documents import written_down
from worker.storage.journal_entries import ItemChanges, TextChange
from worker.storage.plan_reading import Document
from worker.storage.returned import PlexNews

#: Characters of a text that a report holds.
LONGEST = 500

#: Whether a library has a collection, by the library's key and the collection's title.
HasCollection = Callable[[str, str], bool]


@dataclass(frozen=True)
class ForeseenItem:
    """One item. ``changes``: as the journal would have them. ``edited``: Plex's names of fields where that goes over a
    person's edit; ``kept``: labels of those that are left so. ``made``, ``joined``, ``left``: collections, by title.
    ``covers``: places whose picture is still to be compared."""

    item: str
    changes: ItemChanges
    edited: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    not_shown: tuple[str, ...] = ()
    made: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    covers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Foreseen:
    """One scene. ``title``: Stash's, or the file's name. ``why``: the reason for what became of it, if any."""

    scene_id: int
    ended: Ended
    title: str = ""
    why: str = ""
    items: tuple[ForeseenItem, ...] = ()

    @property
    def is_told(self) -> bool:
        """Whether there is more to tell than that all is right."""
        return self.ended is not Ended.UNCHANGED or any(one.kept or one.not_shown for one in self.items)

    @property
    def kept(self) -> bool:
        """Whether edits made in Plex are kept."""
        return any(one.kept for one in self.items)


class KnownCollections:
    """Whether a library has a collection, or would have it by now. Costs one request for each title."""

    def __init__(self, server: Callable[[], ItemServer]) -> None:
        self._server = server
        self._known: set[tuple[str, str]] = set()

    def __call__(self, section: str, title: str) -> bool:
        """Raises the errors of plex/exceptions.py."""
        key = (section, tag_key(title))
        if key in self._known:
            return True
        has = self._server().has_collection(section, title)
        self._known.add(key)
        return has


class Onlooker(Protocol):
    """Who is told what would be done. ``covers``: whether covers are to be compared, which reads each from Stash."""

    covers: bool

    def saw(self, foreseen: Foreseen) -> None:
        """A scene was looked at. Raises OSError."""


def foresee(planned: PlannedScene, places: Sequence[str], has_collection: HasCollection) -> Foreseen:
    """What would become of a scene. ``places``: where its cover would go that was not compared.

    Raises what ``has_collection`` raises.
    """
    title = planned.scene.title or planned.scene.stem if planned.scene is not None else ""
    if planned.left_out:
        return Foreseen(planned.scene_id, Ended.LEFT_OUT, title, planned.left_out)
    items = tuple(_item(one, places, has_collection, planned.rating.taken) for one in planned.items)
    held = planned.held
    if planned.scene is None:
        ended = Ended.GONE
    elif planned.rating.taken or any(one.writes for one in planned.items):
        ended = Ended.TO_UPDATE
    elif any(one.not_shown for one in items):
        ended = Ended.NOT_SHOWN
    else:
        ended = Ended.HELD if held.any else Ended.UNCHANGED
    return Foreseen(planned.scene_id, ended, title, _why_held(held) if held.any else "", items)


def _why_held(held: Held) -> str:
    fields = "" if held.whole else f": {', '.join(map(label, held.fields))}"
    return f"{held.reason or 'held'}{fields}"


def _item(
    planned: PlannedItem, places: Sequence[str], has_collection: HasCollection, rating: PlexNews | None
) -> ForeseenItem:
    shown, plan, covers = planned.target.shown, planned.plan, planned.covers
    changes = changes_of(planned)
    if rating is not None and rating.item == shown.rating_key:
        before, after = (_number(rating.wanted.get(name)) for name in ("from", "rating100"))
        changes = replace(changes, texts={**changes.texts, "rating100": TextChange(before, after)})
    changes = replace(changes, pictures={key: one for key, one in changes.pictures.items() if one.after is not None})
    joining = [tag.name for tag in changes.tags["collection"].added] if "collection" in changes.tags else []
    there = {title: has_collection(shown.section_key, title) for title in joining}
    closed = [one.place.name for one in covers.closed]
    overwritten = [one.place.name for one in covers.hangings if is_anothers(one.former)]
    return ForeseenItem(
        shown.rating_key,
        changes,
        edited=(*edited_since(plan, shown, planned.before.content), *overwritten),
        kept=(*plan.kept, *map(label, covers.kept)),
        not_shown=plan.not_shown,
        made=tuple(title for title, known in there.items() if not known),
        joined=tuple(title for title, known in there.items() if known),
        left=tuple(tag.name for tag in changes.tags["collection"].removed) if "collection" in changes.tags else (),
        covers=(*places, *closed),
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def document_of(foreseen: Foreseen) -> Document:
    """One line of a report: what JSON can hold, without what is empty."""
    return _without_empty(
        {
            "scene": foreseen.scene_id,
            "title": foreseen.title,
            "ended": foreseen.ended.value,
            "why": foreseen.why,
            "items": [_item_document(one) for one in foreseen.items],
        }
    )


def _item_document(item: ForeseenItem) -> Document:
    names = ("edited", "kept", "not_shown", "made", "joined", "left", "covers")
    lists: Document = {name: list(getattr(item, name)) for name in names}
    changes = replace(item.changes, texts={name: _shortened(one) for name, one in item.changes.texts.items()})
    return _without_empty({"item": item.item, "changes": json.loads(written_down(changes)), **lists})


def _shortened(change: TextChange) -> TextChange:
    return replace(change, before=_short(change.before), after=_short(change.after))


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _without_empty(document: Mapping[str, object]) -> Document:
    return {key: value for key, value in document.items() if value not in ("", [], {})}
