"""What the tasks say that take something back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from worker.items.undone import EXAMPLES, Example, UndoSum
from worker.metadata.labels import label, many
from worker.storage.journal_entries import Entry, ReturnChange, ReturnKind
from worker.storage.journal_words import short
from worker.storage.record import Record

HOW = 'Nothing was changed yet. Start it once more with the argument "confirm" set to "yes" to go ahead.'


class RememberedLines(NamedTuple):
    """To how many items something was ever written; what, counted; and a few of them by their scenes."""

    items: int
    counted: list[str]
    examples: dict[str, int | None]


def lines(found: UndoSum) -> Iterator[str]:
    """What is taken back: counts by field first, then examples, what a person changed since apart."""
    yield from _counted(found.fields)
    yield from examples(found)


def examples(found: UndoSum) -> Iterator[str]:
    """A few of the items, what a person changed since apart."""
    for one in found.examples:
        yield f"{_named(one)}: {_labels(one.fields)}"
    if found.changed:
        yield f"Changed by somebody since, and left so, in {many(found.stays, 'item')}:"
        for one in found.changed:
            yield f"{_named(one)}: {_labels(one.fields)}"


def remembered_lines(record: Record, server: str) -> RememberedLines:
    """The same of everything that is remembered of a server's items, without asking it."""
    names: Counter[str] = Counter()
    shown: dict[str, int | None] = {}
    items = 0
    for one in record.all_in_use(server):
        written = [name for name, known in one.content.pictures.items() if known.may_be_ours]
        names.update([*one.content.texts, *one.content.tags, *written])
        if not (one.content.texts or one.content.tags or written):
            continue
        items += 1
        if len(shown) < EXAMPLES:
            shown[one.item] = one.scene_id
    return RememberedLines(items, list(_counted(names)), shown)


def summary(found: UndoSum, run: int | None = None) -> str:
    """The line that sums it up. ``run``: of one that was carried out, its number in the journal."""
    other = (
        f" {many(found.elsewhere, 'item')} of another Plex server than the one of the settings"
        f" {'stays as it is' if found.elsewhere == 1 else 'stay as they are'}."
        if found.elsewhere
        else ""
    )
    gone = (
        f" {many(found.gone, 'item')} {'is' if found.gone == 1 else 'are'} not in Plex any more." if found.gone else ""
    )
    if not found.back and not found.stays and not found.could_not:
        return f"There is nothing to take back.{gone}{other}"
    said = "got" if run is not None else "would get"
    keep = "keeps" if found.stays == 1 else "keep"
    left = f"; {many(found.stays, 'item')} {keep} something that was changed since" if found.stays else ""
    could_not = f" {many(found.could_not, 'item')} could not be changed." if found.could_not else ""
    how = f" {taken_back_itself(run)}" if run is not None else ""
    back = f"{many(found.back, 'item')} {said} back what {it_or_they(found.back)} showed before{left}."
    return f"{back}{could_not}{gone}{other}{how}"


def it_or_they(count: int) -> str:
    """What so many items are called the second time."""
    return "it" if count == 1 else "they"


def taken_back_itself(run: int) -> str:
    """How an undo is undone, as a sentence; ``run``: its number in the journal."""
    return f"To take this back itself, start Undo Last Run with the argument run={run}."


def kinds_in(entries: Iterable[Entry]) -> list[ReturnKind]:
    """What came back from Plex in some entries of the journal, a kind for each."""
    changes = (one.changes for one in entries)
    return [one.kind for one in changes if isinstance(one, ReturnChange) and not one.taken_back]


def of_returns(kinds: Iterable[ReturnKind], *, done: bool) -> str:
    """What is taken from Stash of what came from Plex, as a sentence; empty for nothing."""
    found = Counter(kinds)
    if not found:
        return ""
    parts = [many(found[kind], kind.value) for kind in ReturnKind if found[kind]]
    is_one = found.total() == 1
    what = " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
    return f"{what} from Plex {('was' if is_one else 'were') if done else 'would be'} taken from Stash."


def _counted(names: Counter[str]) -> Iterator[str]:
    for name, count in names.most_common():
        yield f"{label(name)} of {many(count, 'item')}"


def _named(one: Example) -> str:
    whose = "No scene" if one.scene_id is None else f"Scene {one.scene_id}"
    return f'{whose}, "{short(one.title)}"'


def _labels(names: Iterable[str]) -> str:
    return ", ".join(map(label, names))
