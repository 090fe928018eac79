"""What to write where, decided from four things: what Stash wants, what Plex shows, whether Plex has it locked,
and what PlexSync remembers of its earlier writes. Pure functions; every rule about hand edits lives here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from validation.memory import TagsMemory, TextMemory


@dataclass(frozen=True)
class Policy:
    """How to deal with what others put into Plex.

    ``keep_edits``: what a person changed by hand stays. ``mirror``: tags of others go. ``pending``: the last
    write may not have happened, so a difference proves no hand edit.
    """

    keep_edits: bool = False
    mirror: bool = False
    pending: bool = False


@dataclass(frozen=True)
class TextDecision:
    """For one field: the value to write (None: nothing), its lock, what to remember, whether an edit was kept."""

    memory: TextMemory | None
    write: str | None = None
    lock: bool = True
    kept: bool = False


@dataclass(frozen=True)
class TagsDecision:
    """For one list: all tags it shall hold and those that shall go (both None: nothing to write)."""

    memory: TagsMemory | None
    full: tuple[str, ...] | None = None
    remove: tuple[str, ...] = ()
    lock: bool = True
    kept: bool = False


def tag_key(text: str) -> str:
    """The form in which two spellings of one tag are equal: Plex ignores case, and re-cases some kinds."""
    return " ".join(text.split()).casefold()


def decide_text(
    wanted: str | None, shown: str, locked: bool, memory: TextMemory | None, policy: Policy
) -> TextDecision:
    """One field. ``wanted``: None when it is switched off, empty when Stash has nothing."""
    if wanted is None:
        return TextDecision(memory)
    ours = memory is not None and (policy.pending or shown == memory.written)
    if not wanted:
        if memory is None or not ours or shown == memory.before:
            return TextDecision(None)
        return TextDecision(None, write=memory.before, lock=memory.locked)
    if shown == wanted:
        return TextDecision(memory and memory.model_copy(update={"written": wanted}))
    users = locked if memory is None else not ours
    if users and policy.keep_edits:
        return TextDecision(memory, kept=True)
    before, was_locked = (shown, locked) if memory is None else (memory.before, memory.locked)
    return TextDecision(TextMemory(written=wanted, before=before, locked=was_locked), write=wanted)


def decide_tags(
    wanted: Sequence[str] | None, shown: Sequence[str], locked: bool, memory: TagsMemory | None, policy: Policy
) -> TagsDecision:
    """One list of tags. ``wanted``: None when it is switched off."""
    if wanted is None:
        return TagsDecision(memory)
    goal, there = _by_key(wanted), _by_key(shown)
    ours = _by_key(memory.ours if memory else ())
    missing = [key for key in goal if key not in there]
    kept = set()
    if policy.keep_edits and not policy.pending:
        # What we put there and somebody took away stays away; a list locked before us is not ours to fill.
        kept = set(missing) if memory is None and locked else {key for key in missing if key in ours}
    added = [key for key in missing if key not in kept]
    gone = [key for key in there if key not in goal and (key in ours or (policy.mirror and goal))]
    still_ours = [key for key in ours if key in goal] + [key for key in added if key not in ours]
    was_locked = memory.locked if memory else locked
    remembered = TagsMemory(
        ours=tuple(ours.get(key) or goal[key] for key in still_ours),
        locked=was_locked,
        photos={key: photo for key, photo in (memory.photos if memory else {}).items() if key in goal},
    )
    if not added and not gone:
        return TagsDecision(remembered if still_ours else None, kept=bool(kept))
    others = [key for key in there if key not in goal and key not in gone]
    full = [there.get(key) or goal[key] for key in goal if key not in kept] + [there[key] for key in others]
    return TagsDecision(
        remembered if still_ours else None,
        full=tuple(full),
        remove=tuple(there[key] for key in gone),
        lock=bool(still_ours) or was_locked,
        kept=bool(kept),
    )


def _by_key(tags: Iterable[str]) -> dict[str, str]:
    """Tags in order, each once; of spellings that Plex takes for one, the first."""
    found: dict[str, str] = {}
    for tag in tags:
        text = " ".join(tag.split())
        if text:
            found.setdefault(tag_key(text), text)
    return found
