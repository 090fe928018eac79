"""What an item shows proves about what was written to it. Pure; every rule about late and changed values lives here.

A server may show a write seconds later, and may show something else: a date a day early, a text cut or with its lines
folded, a tag renamed. So a value counts as PlexSync's if Plex shows what was written or what it showed after it. An
item that shows what stood there before the write proves nothing yet.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum

from validation.names import name_key, tag_key, tag_keys
from worker.metadata.memory import TagsMemory, TextMemory, Unseen, UnseenTags

_HOUR, _DAY = 3600.0, 86400.0

#: A write that is not shown for so long, in seconds, is not merely late.
LATEST = 6 * _HOUR

#: What was written in vain is tried again after so many seconds.
EXPIRY = 7 * _DAY

#: Answered writes of one value, each read back and not shown, after which it is not written again for a while.
MOST_VAIN = 2

#: So many values of a field that were written and not seen are kept in mind beside the last one.
MOST_EARLIER = 5

#: Characters that a text shares with a longer one before it counts as cut, and not as written by a person.
_LONG = 50


class Origin(Enum):
    """Whose value a field shows."""

    #: What PlexSync wrote, or what Plex made of it.
    OURS = "ours"
    #: What stood there before the last write, or was written and not seen by then: that is not shown yet, or never
    #: written.
    BEFORE = "before"
    #: Somebody else's.
    OTHERS = "others"


@dataclass(frozen=True)
class LookedAt:
    """What is to be remembered of a field once it was looked at, and whose value it shows."""

    memory: TextMemory
    origin: Origin


def look_at_text(memory: TextMemory, shown: str, at_once: bool = False) -> LookedAt:
    """Look at one field. ``at_once``: an answered write of it was a moment ago, so nobody edited it meanwhile."""
    unseen = memory.unseen
    if shown == memory.written and not (unseen and unseen.is_unsettled(shown)):
        return LookedAt(replace(memory, shown=None, unseen=None), Origin.OURS)
    if unseen is None:
        ours = memory.shown is not None and shown == memory.shown
        return LookedAt(memory, Origin.OURS if ours else Origin.OTHERS)
    if unseen.is_late(shown):
        return LookedAt(memory, Origin.BEFORE)
    if at_once or resembles(shown, memory.written):
        return LookedAt(replace(memory, shown=shown, unseen=None), Origin.OURS)
    return LookedAt(replace(memory, shown=None, unseen=None), Origin.OTHERS)


def not_seen(memory: TextMemory | None, value: str) -> tuple[str, ...]:
    """What was written to a field and not seen since, and may come before ``value`` does, which is about to be."""
    if memory is None or memory.unseen is None:
        return ()
    sent = dict.fromkeys((*memory.unseen.earlier, memory.written))
    return tuple(one for one in sent if one != value)[-MOST_EARLIER:]


def look_at_tags(memory: TagsMemory, shown: Sequence[str], at_once: bool = False) -> TagsMemory:
    """Look at one list of tags: what is there by now, what is gone by now.

    Tags that are neither written nor were there before the write may be what Plex made of those that are missing,
    where one is like the other. ``at_once``: all that is unseen was in an answered write of a moment ago; then it is
    also enough that there is one of each.
    """
    unseen = memory.unseen
    if unseen is None:
        return memory
    keys = [tag_key(tag) for tag in shown]
    ours = tag_keys(memory.ours)
    known = {*ours, *unseen.added, *unseen.stood, *memory.respelled.values()}
    # What stood there when it was given back may only not be gone yet, until an answered write left it at that.
    doubtful = set() if at_once or unseen.vain else {tag_key(tag.name) for tag in memory.taken} & {*unseen.stood}
    missing = [key for key in unseen.added if key in doubtful or not is_there(key, memory, shown, at_once)]
    strange = [key for key in keys if key not in known]
    pairs = _pairs([key for key in missing if key not in doubtful], strange, at_once)
    missing = [key for key in missing if key not in pairs]
    # What was added and removed at once is seen at once, and so is what went with it on a server that replaces.
    # One that was not shown when it was removed may come, as long as no look followed an answer.
    hidden = set() if unseen.vain else tag_keys(unseen.removed) - set(unseen.stood)
    staying = unseen.removed if missing else tuple(tag for tag in unseen.removed if tag_key(tag) in {*keys, *hidden})
    unsent = unseen.unsent if missing else tuple(tag for tag in unseen.unsent if tag_key(tag) not in keys)
    is_open = missing or staying or unsent
    left = replace(unseen, added=tuple(missing), removed=staying, unsent=unsent) if is_open else None
    returned = set(unseen.added) - set(missing) - ours
    return replace(
        memory,
        unseen=left,
        respelled={**memory.respelled, **pairs},
        taken=tuple(tag for tag in memory.taken if tag_key(tag.name) not in returned),
    )


def is_there(key: str, memory: TagsMemory, shown: Iterable[str], at_once: bool = False) -> bool:
    """Whether a list shows a tag of ours, in whatever spelling this server gave it."""
    # What was there before ours and is like it proves nothing, until an answered write left it at that.
    exact = key in memory.twins and memory.unseen is not None and key in memory.unseen.added and not at_once
    named = name_key(key)
    return any(
        tag_key(tag) in (key, memory.respelled.get(key)) or (not exact and name_key(tag) == named) for tag in shown
    )


def _pairs(missing: Sequence[str], strange: Sequence[str], at_once: bool) -> dict[str, str]:
    """By key as written, the key as shown, of tags that a server renamed."""
    found: dict[str, str] = {}
    for key in missing:
        like = [other for other in strange if other not in found.values() and resembles(other, key)]
        if like:
            found[key] = like[0]
    rest = [key for key in missing if key not in found]
    others = [key for key in strange if key not in found.values()]
    if at_once and len(rest) == len(others) == 1:
        found[rest[0]] = others[0]
    return found


def is_given_up(unseen: Unseen | UnseenTags, now: float, asked_at: float = 0.0) -> bool:
    """Whether what was written in vain is left for a while. ``asked_at``: when a person last asked for everything."""
    age = now - unseen.since
    return unseen.vain >= MOST_VAIN and LATEST <= age < EXPIRY and unseen.since > asked_at


def unshown_since(unseen: Unseen | UnseenTags | None, now: float) -> float | None:
    """Since when an item does not show an answered write, if that tells against the server; each value does once."""
    if unseen is None or unseen.told or not unseen.vain or now - unseen.since < LATEST:
        return None
    return unseen.since


def is_told(unseen: Unseen | UnseenTags | None, since: float, now: float) -> bool:
    """Whether a value that is written again, first at ``since``, was counted against the server by now."""
    if unseen is None or unseen.since != since:
        return False
    return unseen.told or unshown_since(unseen, now) is not None


def tried(unseen: Unseen | UnseenTags | None, now: float, asked_at: float = 0.0) -> tuple[float, int]:
    """``since`` and ``vain`` of a value that is about to be written, ``unseen`` being of the same value."""
    if unseen is None or unseen.since <= asked_at or not 0 <= now - unseen.since < EXPIRY:
        return now, 0
    return unseen.since, unseen.vain


def resembles(shown: str, written: str) -> bool:
    """Whether a server may have made one value of the other: another day by its time zone, white space, case, signs
    and accents folded, the end cut off."""
    one, other = _day(shown), _day(written)
    if one and other:
        return abs((one - other).days) <= 1
    short, long = _folded(shown), _folded(written)
    return bool(short) and (short == long or (len(short) >= _LONG and long.startswith(short)))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", name_key(text))
    return "".join(letter for letter in plain if letter.isalnum())
