"""What to write where, decided from four things: what Stash wants, what Plex shows, whether Plex has it locked,
and what PlexSync remembers of its earlier writes. Pure functions; every rule about hand edits lives here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from validation.names import name_key, spaced, tag_key
from worker.metadata.memory import TagsMemory, TextMemory


@dataclass(frozen=True)
class Policy:
    """How to deal with what others than PlexSync put into Plex.

    ``keep_edits``: what a person changed by hand stays. ``mirror``: tags that PlexSync did not put there are removed.
    ``pending``: whether the last write happened is not known, so a difference proves no hand edit.
    """

    keep_edits: bool = False
    mirror: bool = False
    pending: bool = False


@dataclass(frozen=True)
class TextDecision:
    """What to do with one field.

    ``write``: the value to write, None for nothing. ``lock``: whether it is locked then. ``memory``: what to remember
    afterwards. ``kept``: whether it is left as a person edited it in Plex.
    """

    memory: TextMemory | None
    write: str | None = None
    lock: bool = True
    kept: bool = False


@dataclass(frozen=True)
class TagsDecision:
    """What to do with one list of tags.

    ``full``: all tags it shall hold, None for nothing to write; ``remove``: those that go. The rest as in
    TextDecision.
    """

    memory: TagsMemory | None
    full: tuple[str, ...] | None = None
    remove: tuple[str, ...] = ()
    lock: bool = True
    kept: bool = False


def decide_text(
    wanted: str | None, shown: str, locked: bool, memory: TextMemory | None, policy: Policy
) -> TextDecision:
    """Decide on one field.

    ``wanted``: None when the field is switched off, empty when Stash has nothing there. ``shown``, ``locked``: what
    Plex shows. ``memory``: what is remembered of it, None when PlexSync never wrote it.
    """
    if wanted is None:
        return TextDecision(memory)
    ours = memory is not None and (policy.pending or shown == memory.written)
    if not wanted:
        if memory is None or not ours or (shown == memory.before and locked == memory.locked):
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
    """Decide on one list of tags, with the arguments of ``decide_text``. Tags of others keep their spelling."""
    if wanted is None:
        return TagsDecision(memory)
    goal, ours = _by_key(wanted), _by_key(memory.ours if memory else ())
    there = [(tag_key(tag), tag) for tag in shown]
    keys, alike = {key for key, _ in there}, {name_key(tag) for tag in shown}
    # A tag of ours that is there in another spelling was written once, and this server took it for the same.
    missing = [key for key in goal if key not in keys and not (key in ours and name_key(key) in alike)]
    kept = set()
    if policy.keep_edits and not policy.pending:
        # What we put there and somebody took away stays away; a list locked before us is not ours to fill.
        kept = set(missing) if memory is None and locked else {key for key in missing if key in ours}
    added = [key for key in missing if key not in kept]
    gone = _to_remove(there, goal, ours, set(memory.twins) if memory else set(), policy)
    remembered = _remember(goal, ours, added, [key for key in added if name_key(key) in alike], locked, memory)
    still_ours = remembered if remembered.ours else None
    if not added and not gone:
        return TagsDecision(still_ours, kept=bool(kept))
    first = dict(reversed(there))  # of several spellings with one key, the first
    wanted_there = [first.get(key, text) for key, text in goal.items() if key in keys or key in added]
    others = [tag for tag in shown if tag not in wanted_there and tag not in gone]
    return TagsDecision(
        still_ours,
        full=(*wanted_there, *others),
        remove=tuple(gone),
        lock=still_ours is not None or remembered.locked,
        kept=bool(kept),
    )


def _to_remove(
    there: Sequence[tuple[str, str]], goal: dict[str, str], ours: dict[str, str], twins: set[str], policy: Policy
) -> list[str]:
    """Tags, as Plex spells them, that are no longer wanted and are ours to take away."""
    keys = {key for key, _ in there}
    absent = [key for key in ours if key not in keys]
    # Ours, but shown in another spelling: this server changed it. One that was there before us is another's.
    respelled = {name_key(key) for key in absent if key not in goal and key not in twins}
    respelled_goal = {name_key(key) for key in absent if key in goal}

    def goes(key: str) -> bool:
        loose = name_key(key)
        if key in goal or loose in respelled_goal:
            return False
        return key in ours or loose in respelled or (policy.mirror and bool(goal))

    return [tag for key, tag in there if goes(key)]


def _remember(
    goal: dict[str, str],
    ours: dict[str, str],
    added: Sequence[str],
    twins: Sequence[str],
    locked: bool,
    memory: TagsMemory | None,
) -> TagsMemory:
    """What is ours once the decision is carried out."""
    still = [key for key in ours if key in goal] + [key for key in added if key not in ours]
    before = memory or TagsMemory(locked=locked)
    return TagsMemory(
        ours=tuple(ours.get(key) or goal[key] for key in still),
        twins=tuple(key for key in dict.fromkeys((*before.twins, *twins)) if key in still),
        locked=before.locked,
        photos={key: photo for key, photo in before.photos.items() if key in goal},
    )


def _by_key(tags: Iterable[str]) -> dict[str, str]:
    """Tags in order, each once; of spellings that Plex takes for one, the first."""
    found: dict[str, str] = {}
    for tag in tags:
        text = spaced(tag)
        if text:
            found.setdefault(tag_key(text), text)
    return found
