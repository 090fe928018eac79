"""From what is planned for an item to what the journal says of it, and what it turned out to be. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import takewhile
from typing import TypeVar

from validation.names import tag_key, tag_keys
from worker.items.covers import Covers
from worker.items.planned import PlannedItem
from worker.metadata.decisions import TagsDecision
from worker.metadata.memory import TagsMemory
from worker.metadata.plan import RATING, Plan
from worker.metadata.shown import Shown, ShownTag
from worker.storage.journal_entries import (
    ItemChanges,
    PhotoChange,
    PictureChange,
    TagsChange,
    TextChange,
    WriteState,
    WrittenTag,
)

_Value = TypeVar("_Value")


def changes_of(planned: PlannedItem) -> ItemChanges:
    """What is about to be written to an item."""
    shown = planned.target.shown
    return ItemChanges(
        title=shown.title,
        texts=_texts(planned.plan, shown),
        tags={
            name: _tags(name, one, planned.plan, shown, planned.before.content.tags.get(name))
            for name, one in planned.plan.tags.items()
        },
        pictures=_pictures(planned.covers, shown),
    )


def lists_of(plan: Plan, shown: Shown) -> ItemChanges:
    """The lists of tags of a plan alone."""
    return ItemChanges(shown.title, tags={name: _tags(name, one, plan, shown) for name, one in plan.tags.items()})


def lock_of_title(shown: Shown) -> ItemChanges:
    """The lock of the title, written as it is."""
    locked = "title" in shown.locks
    return ItemChanges(shown.title, {"title": TextChange(shown.title, shown.title, locked, locked)})


def became(
    changes: ItemChanges, shown: Shown, chosen: Callable[[str], str | None], former: Sequence[ItemChanges] = ()
) -> WriteState | None:
    """What became of a write, by what the item shows; None when that tells nothing.

    ``chosen``: by place, the key of the picture that is shown there; None where that is not known. ``former``: what was
    written to the item before, oldest first. What was not seen of that when this was noted may be shown only now, and
    is not this one's.
    """
    told = [
        *_texts_seen(changes, shown, former),
        *_tags_seen(changes, shown, former),
        *_pictures_seen(changes, chosen, former),
    ]
    if not told:
        return None
    if all(one is WriteState.CONFIRMED for one in told):
        return WriteState.CONFIRMED
    return WriteState.NOT_MADE if all(one is WriteState.NOT_MADE for one in told) else WriteState.DIFFERENT


def _texts_seen(changes: ItemChanges, shown: Shown, former: Sequence[ItemChanges]) -> Iterable[WriteState]:
    for name, one in changes.texts.items():
        if name in shown.untold:
            continue
        written = [other.texts[name].after for other in former if name in other.texts]
        if shown.shows(name, one.after):
            yield WriteState.CONFIRMED
        elif shown.text(name) == one.before or any(shown.shows(name, value) for value in _late(written, one.before)):
            yield WriteState.NOT_MADE
        else:
            yield WriteState.DIFFERENT


def _tags_seen(changes: ItemChanges, shown: Shown, former: Sequence[ItemChanges]) -> Iterable[WriteState]:
    for name, one in changes.tags.items():
        there, added, removed = tag_keys(shown.tag_names(name)), _names(one.added), _names(one.removed)
        came, went = set[str](), set[str]()
        for other in (other.tags[name] for other in former if name in other.tags):
            came = came - _names(other.removed) | _names(other.added)
            went = went - _names(other.added) | _names(other.removed)
        if added <= there and not removed & there:
            yield WriteState.CONFIRMED
        else:
            is_as_before = removed - went <= there and not (added - came) & there
            yield WriteState.NOT_MADE if is_as_before else WriteState.DIFFERENT


def _pictures_seen(
    changes: ItemChanges, chosen: Callable[[str], str | None], former: Sequence[ItemChanges]
) -> Iterable[WriteState]:
    for place, one in changes.pictures.items():
        key = chosen(place)
        if key is not None and one.after is not None:
            written = [other.pictures[place].after for other in former if place in other.pictures]
            known = dict.fromkeys((one.before, *_late(written, one.before)), WriteState.NOT_MADE)
            yield {**known, one.after: WriteState.CONFIRMED}.get(key, WriteState.DIFFERENT)


def _late(written: Sequence[_Value], stood: _Value) -> Iterable[_Value]:
    """Of what was written to a place, oldest first, what came after that which ``stood`` there later."""
    return takewhile(lambda value: value != stood, reversed(written))


def _names(tags: Iterable[WrittenTag]) -> set[str]:
    return tag_keys(tag.name for tag in tags)


def _texts(plan: Plan, shown: Shown) -> dict[str, TextChange]:
    changes = {}
    for name, one in plan.texts.items():
        locked = name in shown.locks
        lock_after = locked if name == RATING else one.lock
        changes[name] = TextChange(shown.text(name), one.write or "", locked, lock_after)
    return changes


def _tags(name: str, decision: TagsDecision, plan: Plan, shown: Shown, known: TagsMemory | None = None) -> TagsChange:
    written = {tag_key(tag): tag for tag in known.ours} if known else {}
    spelled = {shown: written.get(key, "") for key, shown in known.respelled.items()} if known else {}
    there = {tag_key(tag.name): tag for tag in shown.tags.get(name, ())}
    returned = {tag_key(tag.name): tag for tag in decision.returned}
    photos = {tag_key(actor): photo for actor, photo in plan.photos.items()} if name == "actor" else {}
    gone = tag_keys(decision.remove)
    added = [returned.get(tag_key(tag), ShownTag(tag)) for tag in decision.full or () if tag_key(tag) not in there]
    stayed = [tag for key, tag in there.items() if key in photos and key not in gone]
    return TagsChange(
        added=tuple(WrittenTag(tag.name, tag.role, photos.get(tag_key(tag.name), tag.photo)) for tag in added),
        removed=tuple(
            WrittenTag(tag.name, tag.role, tag.photo, spelled.get(key, "")) for key, tag in there.items() if key in gone
        ),
        photos=tuple(PhotoChange(tag.name, tag.photo, photos[tag_key(tag.name)]) for tag in stayed),
        locked_before=name in shown.locks,
        locked_after=decision.lock,
    )


def _pictures(covers: Covers, shown: Shown) -> dict[str, PictureChange]:
    changes = {one.place.name: PictureChange(None, None, True, True) for one in covers.closed}
    hung = [one for one in covers.hangings if one.place.name not in covers.refused]
    changes |= {one.place.name: PictureChange(one.former.chosen, one.key, one.lock, True) for one in hung}
    for back in covers.returns:
        locked = back.place.field in shown.locks
        after = back.stood if back.key is None else back.key
        changes[back.place.name] = PictureChange(back.stood, after, locked, back.lock)
    return changes
