"""What an item that was written a moment ago says when it is read back. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from validation.names import name_keys, tag_key
from worker.metadata.evidence import Origin, look_at_tags, look_at_text
from worker.metadata.memory import ItemMemory, SeenRating, TagsMemory, TextMemory
from worker.metadata.pictures import Addresses, PicturesAfter, PutUp, ShownPicture, look_at_pictures, to_be_listed
from worker.metadata.plan import RATING
from worker.metadata.shown import PICTURES, Shown
from worker.metadata.sort_titles import SORT_TITLE


@dataclass(frozen=True)
class Wrote:
    """An answered write: what the item showed before it, and what was in it.

    ``fields``: those whose requests were all answered. ``tags``: by name, the lists in it, in full. ``last_parts``: of
    lists that were spread over several edits, the tags in the last one. ``pictures``: by place, what was put up.
    """

    before: Shown
    fields: frozenset[str]
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    last_parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pictures: Mapping[str, PutUp] = field(default_factory=dict)


@dataclass(frozen=True)
class Aftermath:
    """``memory``: what to remember now. ``arrived``: fields that show what was written, or what Plex made of it.
    ``late``: those that show what stood there before, and places of pictures. ``replaced``: lists of which only the
    last of several edits is left. ``chosen``: by place, the picture that Plex's list shows, ours by the key it was
    written with. ``is_whole``: whether the item is seen to be just as it was left.
    """

    memory: ItemMemory
    arrived: frozenset[str]
    late: frozenset[str]
    replaced: frozenset[str]
    chosen: Mapping[str, str]
    is_whole: bool


def places_to_list(wrote: Wrote, shown: Shown, is_last: bool) -> list[str]:
    """The places of an item of which Plex's list is to be read as well. ``is_last``: it is not looked at once more."""
    return to_be_listed(wrote.pictures, _addresses(wrote.before), _addresses(shown), is_last)


def look_after(
    memory: ItemMemory,
    wrote: Wrote,
    shown: Shown,
    at_once: bool,
    is_first: bool,
    listed: Mapping[str, ShownPicture],
) -> Aftermath:
    """Compare what an item shows with what is remembered.

    ``at_once``: the write was answered so lately that nobody edited the item meanwhile. ``is_first``: it was not read
    back yet since the write. ``listed``: by place, what Plex's lists of pictures say, as far as they were read.
    """
    # Stars that are taken to Stash, too, may be the user's at any time, and no server makes others of them.
    soon = {name: at_once and not (name == RATING and memory.rating) for name in memory.texts}
    texts = {name: _text(name, one, wrote, shown, soon[name], is_first) for name, one in memory.texts.items()}
    tags = {name: _tags(name, one, wrote, shown, at_once, is_first) for name, one in memory.tags.items()}
    pictures = _pictures(memory, wrote, shown, listed, at_once)
    left = replace(
        memory,
        texts={name: one for name, one in texts.items() if one is not None},
        tags={name: one for name, one in tags.items() if one is not None},
        pictures=pictures.memories,
        rating=_rating(memory, shown),
    )
    open_now = left.unseen_fields
    late = open_now & wrote.fields
    return Aftermath(
        memory=left,
        arrived=(memory.unseen_fields & wrote.fields) - open_now,
        late=late | pictures.late,
        replaced=frozenset(name for name in late if _is_replaced(name, wrote, shown)),
        chosen=pictures.chosen,
        is_whole=not open_now and pictures.show(wrote.pictures) and _is_as_left(left, wrote, shown),
    )


def still_open(wrote: Wrote, shown: Shown, after: Aftermath) -> Wrote:
    """What of a write is to be looked at once more. What is known of the other pictures was seen by now."""
    left = {place: put for place, put in wrote.pictures.items() if after.chosen.get(place) != put.key}
    addresses = {**shown.pictures, **{PICTURES[place]: _addresses(wrote.before)[place] for place in left}}
    return replace(wrote, before=replace(wrote.before, pictures=addresses), pictures=left)


def _text(
    name: str, memory: TextMemory, wrote: Wrote, shown: Shown, at_once: bool, is_first: bool
) -> TextMemory | None:
    unseen = memory.unseen
    if unseen is None or name in shown.untold:
        return memory
    answered = name in wrote.fields
    present = memory.written if shown.shows(name, memory.written) else shown.text(name)
    seen = look_at_text(memory, present, at_once and answered)
    if seen.origin is not Origin.BEFORE:
        return None if unseen.gives_back else seen.memory
    if answered and is_first:
        return replace(memory, unseen=replace(unseen, vain=unseen.vain + 1))
    return memory


def _rating(memory: ItemMemory, shown: Shown) -> SeenRating | None:
    """What both sides show of a rating, once what was written there is seen."""
    known, wrote = memory.rating, memory.texts.get(RATING)
    if known is None or wrote is None or wrote.unseen is None or shown.text(RATING) != wrote.written:
        return known
    return replace(known, plex=wrote.written, rated_at=shown.rated_at)


def _tags(
    name: str, memory: TagsMemory, wrote: Wrote, shown: Shown, at_once: bool, is_first: bool
) -> TagsMemory | None:
    if memory.unseen is None:
        return memory
    answered, there = name in wrote.fields, shown.tag_names(name)
    seen = look_at_tags(memory, there, at_once and answered)
    if seen.unseen is not None and answered and is_first:
        unseen = replace(seen.unseen, vain=seen.unseen.vain + 1)
        seen = replace(seen, unseen=unseen)
    return seen if seen.ours or seen.taken or seen.unseen else None


def _pictures(
    memory: ItemMemory, wrote: Wrote, shown: Shown, listed: Mapping[str, ShownPicture], at_once: bool
) -> PicturesAfter:
    if not at_once:
        return PicturesAfter(memory.pictures, {}, frozenset())
    return look_at_pictures(memory.pictures, wrote.pictures, _addresses(wrote.before), _addresses(shown), listed)


def _addresses(shown: Shown) -> Addresses:
    return {place: shown.pictures.get(name, "") for place, name in PICTURES.items()}


def _is_replaced(name: str, wrote: Wrote, shown: Shown) -> bool:
    """Whether the last of several edits is there, and something of the former ones is not: edits are seen in order,
    so the server is not merely late."""
    last = name_keys(wrote.last_parts.get(name, ()))
    there = name_keys(shown.tag_names(name))
    return bool(last) and last <= there and not name_keys(wrote.tags.get(name, ())) <= there


def _is_as_left(memory: ItemMemory, wrote: Wrote, shown: Shown) -> bool:
    """Whether everything was written by us or stood there before, so that nobody else wrote anything meanwhile."""
    texts = {*wrote.before.texts, *shown.texts}
    # An edit of the title makes the sort title anew.
    untouched = texts - wrote.fields - ({SORT_TITLE} if "title" in wrote.fields else set())
    same = all(shown.text(name) == wrote.before.text(name) for name in untouched)
    ours = all(_is_ours(name, memory, shown) for name in wrote.fields & texts)
    lists = all(_is_list_as_left(name, memory, wrote, shown) for name in {*wrote.before.tags, *shown.tags})
    return same and ours and lists


def _is_ours(name: str, memory: ItemMemory, shown: Shown) -> bool:
    known = memory.texts.get(name)
    return known is None or shown.shows(name, known.written) or shown.text(name) == known.shown


def _is_list_as_left(name: str, memory: ItemMemory, wrote: Wrote, shown: Shown) -> bool:
    there, before = shown.tag_names(name), wrote.before.tag_names(name)
    if name not in wrote.fields:
        return there == before
    known = memory.tags.get(name)
    respelled: Mapping[str, str] = known.respelled if known else {}
    left = name_keys(respelled.get(tag_key(tag), tag) for tag in wrote.tags.get(name, ()))
    return left == name_keys(there)
