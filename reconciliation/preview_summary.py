"""What a preview found, in sum: counts first, then examples with before and after. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from validation.outcomes import Ended
from worker.items.foreseen import Foreseen, ForeseenItem
from worker.metadata.labels import label, many
from worker.storage.journal_entries import ItemChanges
from worker.storage.journal_words import changes_text
from worker.storage.outcomes import SceneReason
from worker.storage.plan_reading import Document
from worker.tasks.reasons import EXAMPLES, Reasons

#: Reasons that are kept in the file's summary.
MOST_REASONS = 20

#: What becomes of collections, by ForeseenItem's names.
_COLLECTIONS = ("made", "joined", "left")


class Summary:
    """Counts and examples. ``at``: seconds since 1970; ``scenes``: those that were asked for, None for all;
    ``covers``: whether covers were compared."""

    def __init__(self, at: float, scenes: Sequence[int] | None, covers: bool) -> None:
        self.covers = covers
        self._at = at
        self._asked = scenes
        self._ended = Counter[Ended]()
        self._reasons = Reasons()
        self._fields = Counter[str]()
        self._tags: dict[str, Counter[str]] = defaultdict(Counter)
        self._collections = Counter[str]()
        self._examples: dict[str, list[str]] = defaultdict(list)
        self._edited, self._kept, self._uncompared = 0, 0, 0
        self._edits: list[str] = []
        self._keeps: list[str] = []

    def add(self, foreseen: Foreseen) -> None:
        """One scene more."""
        self._ended[foreseen.ended] += 1
        if foreseen.why:
            self._reasons.add(SceneReason(_reason(foreseen), foreseen.scene_id))
        self._edited += any(one.edited for one in foreseen.items)
        self._kept += foreseen.kept
        self._uncompared += any(one.covers for one in foreseen.items)
        for name in {name for one in foreseen.items for name in _names(one.changes)}:
            self._fields[name] += 1
        for one in foreseen.items:
            self._add_item(foreseen, one)

    def _add_item(self, foreseen: Foreseen, item: ForeseenItem) -> None:
        for name in _names(item.changes):
            _note(self._examples[name], foreseen, changes_text(_only(item.changes, [name])))
        for name, change in item.changes.tags.items():
            self._tags[name].update(added=len(change.added), removed=len(change.removed))
        if item.edited:
            _note(self._edits, foreseen, changes_text(_only(item.changes, item.edited)))
        if item.kept:
            _note(self._keeps, foreseen, ", ".join(item.kept))
        for kind in _COLLECTIONS:
            self._collections[kind] += len(getattr(item, kind))

    def document(self) -> Document:
        """The first line of the file."""
        reasons = self._reasons.counts.most_common(MOST_REASONS)
        return {
            "at": round(self._at),
            "scenes": None if self._asked is None else list(self._asked),
            "covers": self.covers,
            "ended": {ended.value: count for ended, count in self._ended.items()},
            "fields": [
                {"name": name, "label": label(name), "scenes": count, **self._tags.get(name, {})}
                for name, count in self._fields.most_common()
            ],
            "reasons": [{"reason": reason, "count": count} for reason, count in reasons],
            "collections": dict(self._collections),
            "covers_to_compare": self._uncompared,
            "edited": self._edited,
            "kept": self._kept,
        }

    def lines(self) -> Iterator[str]:
        """The same for a task's log, with examples."""
        yield from self._counts()
        for name, count in self._fields.most_common():
            yield f"{label(name).capitalize()}, {_of(EXAMPLES, count)}:"
            yield from self._examples[name]
        if self._edited:
            yield f"Edited in Plex since, and would be overwritten, in {many(self._edited, 'scene')}:"
            yield from self._edits
        if self._kept:
            yield f"Edited in Plex since, and would be kept, in {many(self._kept, 'scene')}:"
            yield from self._keeps

    def _counts(self) -> Iterator[str]:
        for name, count in self._fields.most_common():
            tags = self._tags.get(name)
            more = f" ({tags['added']:,} added, {tags['removed']:,} removed)" if tags else ""
            yield f"{label(name).capitalize()} would be written in {many(count, 'scene')}{more}."
        yield from self._reasons.lines()
        made, joined, left = (self._collections[kind] for kind in _COLLECTIONS)
        if made or joined or left:
            moved = f"{joined:,} times an item would join one, {left:,} times leave one"
            yield f"Collections: {made:,} would be made, {moved}."
        if self._uncompared:
            remedy = "" if self.covers else ' The argument "covers" has them compared.'
            yield f"Covers to be compared: those of {many(self._uncompared, 'scene')}.{remedy}"


def _reason(foreseen: Foreseen) -> str:
    return f"{foreseen.ended.words}: {foreseen.why}"


def _names(changes: ItemChanges) -> list[str]:
    return [*changes.texts, *changes.tags, *changes.pictures]


def _only(changes: ItemChanges, names: Sequence[str]) -> ItemChanges:
    return ItemChanges(
        changes.title,
        {name: one for name, one in changes.texts.items() if name in names},
        {name: one for name, one in changes.tags.items() if name in names},
        {name: one for name, one in changes.pictures.items() if name in names},
    )


def _note(examples: list[str], foreseen: Foreseen, text: str) -> None:
    if len(examples) < EXAMPLES:
        title = f' "{foreseen.title}"' if foreseen.title else ""
        examples.append(f"  scene {foreseen.scene_id}{title}: {text}")


def _of(most: int, count: int) -> str:
    return f"{most} of {many(count, 'scene')}" if count > most else many(count, "scene")
