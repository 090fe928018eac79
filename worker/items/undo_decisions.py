"""What is taken back of former writes, decided three-way: what stood there, what was written, what Plex shows. Pure.

Only what Plex still shows as it was written is taken back; what a person changed since stays, and is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from validation.names import tag_key, tag_keys
from worker.metadata.decisions import TagsDecision, TextDecision
from worker.metadata.evidence import resembles
from worker.metadata.memory import ItemMemory, TagsMemory, TakenTag, TextMemory, Unseen, UnseenTags
from worker.metadata.shown import Shown, ShownTag
from worker.metadata.sort_titles import SORT_TITLE, is_made_of, unmade
from worker.storage.journal_entries import (
    Entry,
    ItemChanges,
    PhotoChange,
    PictureChange,
    TagsChange,
    TextChange,
    WriteState,
    WrittenTag,
)


@dataclass(frozen=True)
class TakenBack:
    """``memory``, ``texts``, ``tags`` and ``photos`` as in a plan; ``stays``: fields that a person changed since."""

    memory: ItemMemory
    texts: Mapping[str, TextDecision] = field(default_factory=dict)
    tags: Mapping[str, TagsDecision] = field(default_factory=dict)
    photos: Mapping[str, str] = field(default_factory=dict)
    stays: tuple[str, ...] = ()


@dataclass(frozen=True)
class Former:
    """What tells whether what stood there before some changes was PlexSync's own: ``earlier`` changes, or that the
    changes were an undo themselves, which takes away nothing else."""

    earlier: ItemChanges
    by_undo: bool = False

    def text_was_ours(self, name: str, before: str) -> bool:
        """Whether the value of a field was."""
        return self.by_undo or (name in self.earlier.texts and self.earlier.texts[name].after == before)

    def as_written(self, name: str, change: TextChange) -> TextChange:
        """The same change, where what stood there is what Plex had made of an earlier write: that is written again."""
        earlier = self.earlier.texts.get(name)
        if earlier is None or not earlier.after or not resembles(change.before, earlier.after):
            return change
        return replace(change, before=earlier.after)

    def picture_was_ours(self, place: str, key: str) -> bool:
        """Whether a picture was."""
        return self.by_undo or (place in self.earlier.pictures and self.earlier.pictures[place].after == key)


def together(entries: Iterable[Entry]) -> ItemChanges:
    """What several writes to one item, oldest first, changed altogether; what did not happen is left out."""
    texts: dict[str, TextChange] = {}
    tags: dict[str, list[TagsChange]] = {}
    pictures: dict[str, PictureChange] = {}
    title = ""
    for entry in entries:
        changes = entry.changes
        if not isinstance(changes, ItemChanges) or entry.state is WriteState.NOT_MADE:
            continue
        title = title or changes.title
        for name, text in changes.texts.items():
            first = texts.get(name, text)
            texts[name] = TextChange(first.before, text.after, first.locked_before, text.locked_after)
        for name, change in changes.tags.items():
            tags.setdefault(name, []).append(change)
        for name, picture in changes.pictures.items():
            begun = pictures.get(name, picture)
            pictures[name] = PictureChange(begun.before, picture.after, begun.locked_before, picture.locked_after)
    return ItemChanges(title, texts, {name: _altogether(some) for name, some in tags.items()}, pictures)


def _altogether(changes: Sequence[TagsChange]) -> TagsChange:
    """Changes of a list, oldest first, as one: what came and went again is neither, and a photo changed from the first
    to the last. Its first and its last change tell of a tag: what Plex shows late is written twice."""
    stood, stands = dict[str, WrittenTag | None](), dict[str, WrittenTag | None]()
    photos = dict[str, PhotoChange]()
    for change in changes:
        for tag in change.removed:
            photo = photos.pop(tag_key(tag.name), None)
            stood.setdefault(_key(tag), replace(tag, photo=photo.before) if photo else tag)
            stands[_key(tag)] = None
        for tag in change.added:
            stood.setdefault(_key(tag), None)
            stands[_key(tag)] = tag
        for photo in change.photos:
            key, there = tag_key(photo.name), stands.get(tag_key(photo.name))
            if there is not None:
                stands[key] = replace(there, photo=photo.after)
            else:
                photos[key] = replace(photo, before=photos.get(key, photo).before)
    both = [(stood[key], tag) for key, tag in stands.items()]
    stayed = [PhotoChange(tag.name, former.photo, tag.photo) for former, tag in both if former and tag]
    return TagsChange(
        added=tuple(tag for former, tag in both if tag and not former),
        removed=tuple(former for former, tag in both if former and not tag),
        photos=tuple(photo for photo in (*photos.values(), *stayed) if photo.before != photo.after),
        locked_before=changes[0].locked_before,
        locked_after=changes[-1].locked_after,
    )


def take_back(changes: ItemChanges, shown: Shown, memory: ItemMemory, former: Former, now: float) -> TakenBack:
    """Decide on one item. ``now``: seconds since 1970."""
    texts, tags, photos, stays = {}, {}, dict[str, str](), list[str]()
    known_texts, known_tags = dict(memory.texts), dict(memory.tags)
    for name, text in changes.texts.items():
        known, text = known_texts.get(name), former.as_written(name, text)
        if name == SORT_TITLE:
            text = _made_anew(text, changes.title)
        if text.before == text.after and text.locked_before == text.locked_after:
            continue
        if _shows(name, text, shown, known):
            stands = shown.text(name)
            was_ours = former.text_was_ours(name, text.before)
            first = TextMemory(written=text.before, before=_original(name, shown), locked=text.locked_after)
            texts[name] = decision = _back(text, stands, (known or first) if was_ours else None, now)
            assert decision.memory is not None
            known_texts[name] = decision.memory
        elif not _is(name, text.before, shown) and not _is(name, changes.texts[name].before, shown):
            stays.append(name)
    if "title" in texts and SORT_TITLE not in texts:
        sort_title = unmade(TextDecision(known_texts.get(SORT_TITLE)), texts["title"], shown, now)
        if sort_title.write is not None:
            texts[SORT_TITLE] = sort_title
            known_texts |= {SORT_TITLE: sort_title.memory} if sort_title.memory else {}
    for name, change in changes.tags.items():
        list_back = _list_back(name, change, shown, known_tags.get(name), now)
        if _is_changed_by_hand(name, change, shown, known_tags.get(name)):
            stays.append(name)
        if list_back is not None:
            tags[name] = list_back
            if list_back.memory is not None:
                known_tags[name] = list_back.memory
            if name == "actor":
                photos = _photos_back(change, shown)
    left = replace(memory, texts=known_texts, tags=known_tags)
    return TakenBack(left, texts, tags, photos, tuple(stays))


def _shows(name: str, change: TextChange, shown: Shown, memory: TextMemory | None) -> bool:
    """Whether a field shows what was written, or what Plex made of that, or does so soon."""
    if _is(name, change.after, shown):
        return True
    if memory is None or memory.written != change.after:
        return False
    is_late = memory.unseen is not None and memory.unseen.is_late(shown.text(name))
    return is_late or memory.shown == shown.text(name)


def _is(name: str, value: str, shown: Shown) -> bool:
    """Whether a field shows a value; no sort title is what Plex makes of the title."""
    made = name == SORT_TITLE and not value and is_made_of(shown.text(name), shown.title)
    return made or shown.shows(name, value)


def _original(name: str, shown: Shown) -> str:
    """What a field shows that nothing was written to: no sort title where it is what Plex makes of the title."""
    return "" if _is(name, "", shown) else shown.text(name)


def _made_anew(sort_title: TextChange, title: str) -> TextChange:
    """What Plex had made of the former ``title`` is made anew, and not written."""
    return replace(sort_title, before="") if is_made_of(sort_title.before, title) else sort_title


def _back(change: TextChange, stands: str, ours: TextMemory | None, now: float) -> TextDecision:
    """What stood there before is written. ``ours``: what is remembered, where that was PlexSync's own, too."""
    first = ours is None or (change.before, change.locked_before) == (ours.before, ours.locked)
    before, locked = (change.before, change.locked_before) if ours is None else (ours.before, ours.locked)
    unseen = Unseen(stood=stands, since=now, gives_back=first)
    memory = TextMemory(written=change.before, before=before, locked=locked, unseen=unseen)
    return TextDecision(memory, write=change.before, lock=change.locked_before)


def _list_back(
    name: str, change: TagsChange, shown: Shown, memory: TagsMemory | None, now: float
) -> TagsDecision | None:
    tags = shown.tags.get(name, ())
    there = {tag_key(tag.name): tag.name for tag in tags}
    gone = {key for one in change.added if (key := _shown_key(one, memory)) in there}
    went = (one for one in change.removed if tag_key(one.name) not in there)
    back = [ShownTag(one.written or one.name, one.role, one.photo) for one in went]
    if not gone and not back and not _photos_back(change, shown):
        return None
    remove = tuple(there[key] for key in there if key in gone)
    full = (*(tag.name for tag in tags if tag_key(tag.name) not in gone), *(tag.name for tag in back))
    known = memory or TagsMemory(locked=change.locked_after)  # all was given back by these changes
    mine = {*tag_keys(known.ours), *known.respelled.values()}
    taken = [tag for tag in tags if tag_key(tag.name) in gone and tag_key(tag.name) not in mine]
    others = tag_keys(one.name for one in known.taken)
    added = tag_keys(one.name for one in change.added)
    ours = [tag for tag in known.ours if tag_key(tag) not in added]
    ours += [tag.name for tag in back if tag_key(tag.name) not in others]
    coming = tuple(tag_key(tag.name) for tag in back)
    unseen = UnseenTags(added=coming, removed=remove, stood=tuple(there), since=now)
    left = replace(
        known,
        ours=tuple(ours),
        taken=(*known.taken, *(TakenTag(name=one.name, role=one.role, photo=one.photo) for one in taken)),
        unseen=unseen if back or remove else None,
    )
    return TagsDecision(left, full=full, remove=remove, returned=tuple(back), lock=change.locked_before)


def _is_changed_by_hand(name: str, change: TagsChange, shown: Shown, memory: TagsMemory | None) -> bool:
    """Whether something that came is gone by now, or something that went is back."""
    there = tag_keys(shown.tag_names(name))
    added, removed = ({_shown_key(one, memory) for one in tags} for tags in (change.added, change.removed))
    is_back = not added & there and removed <= there  # all of it was taken back before
    return not is_back and (not added <= there or bool(removed & there))


def _photos_back(change: TagsChange, shown: Shown) -> dict[str, str]:
    """Photos that still show what was written. Plex takes no empty address: one that had none keeps its photo."""
    there = {tag_key(tag.name): tag.photo for tag in shown.tags.get("actor", ())}
    ours = (one for one in change.photos if one.before and there.get(tag_key(one.name)) == one.after)
    return {one.name: one.before for one in ours}


def _shown_key(tag: WrittenTag, memory: TagsMemory | None) -> str:
    """The key of a tag as this server shows it."""
    key = tag_key(tag.name)
    return memory.respelled.get(key, key) if memory else key


def _key(tag: WrittenTag) -> str:
    """The key of a tag as PlexSync wrote it."""
    return tag_key(tag.written or tag.name)
