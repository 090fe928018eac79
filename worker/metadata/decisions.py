"""What to write to a field, decided from four things: what Stash wants, what Plex shows, whether Plex has it locked,
and what PlexSync remembers of its earlier writes. Pure; the same for lists of tags is in tag_lists.py.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from worker.metadata.evidence import Origin, is_given_up, is_told, look_at_text, not_seen, tried, unshown_since
from worker.metadata.memory import TagsMemory, TextMemory, Unseen
from worker.metadata.shown import ShownTag


@dataclass(frozen=True)
class Policy:
    """How to deal with what others than PlexSync put into Plex. ``anew``: a damaged memory of an item is begun anew.

    ``keep_edits``: what a person changed by hand stays. ``mirror``: tags that PlexSync did not put there are removed.
    ``now``: seconds since 1970; ``asked_at``: when a person last asked to try again what this server did not show.
    """

    keep_edits: bool = False
    mirror: bool = False
    now: float = 0.0
    asked_at: float = 0.0
    anew: bool = False


@dataclass(frozen=True, slots=True)
class TextDecision:
    """What to do with one field.

    ``write``: the value to write, None for nothing. ``lock``: whether it is locked then. ``memory``: what to remember
    from the moment before the write. ``kept``: whether it is left as a person edited it in Plex. ``given_up``: whether
    it is left for a while since Plex does not show it. ``unshown_since``: since when an answered write was not shown,
    where that is long enough to tell against the server. ``arrived``: whether a write is seen only now.
    """

    memory: TextMemory | None
    write: str | None = None
    lock: bool = True
    kept: bool = False
    given_up: bool = False
    unshown_since: float | None = None
    arrived: bool = False


@dataclass(frozen=True, slots=True)
class TagsDecision:
    """What to do with one list of tags.

    ``full``: all tags it shall hold, None for nothing to write; ``remove``: those that go; ``returned``: of ``full``,
    others' tags that were taken away, with what belongs to them. The rest as in TextDecision.
    """

    memory: TagsMemory | None
    full: tuple[str, ...] | None = None
    remove: tuple[str, ...] = ()
    returned: tuple[ShownTag, ...] = ()
    lock: bool = True
    kept: bool = False
    given_up: bool = False
    unshown_since: float | None = None
    arrived: bool = False


def decide_text(
    wanted: str | None, shown: str, locked: bool, memory: TextMemory | None, policy: Policy
) -> TextDecision:
    """Decide on one field.

    ``wanted``: None when the field is switched off, empty when Stash has nothing there. ``shown``, ``locked``: what
    Plex shows. ``memory``: what is remembered of it, None when PlexSync never wrote it.
    """
    if wanted is None:
        return TextDecision(memory)
    origin, given_back, unseen = Origin.OTHERS, False, memory.unseen if memory else None
    if memory is not None:
        seen = look_at_text(memory, shown)
        memory, origin = seen.memory, seen.origin
        given_back = unseen is not None and unseen.gives_back and origin is not Origin.BEFORE
    arrived = unseen is not None and origin is Origin.OURS
    if given_back:
        memory = None
    if not wanted:
        return _give_back(shown, locked, memory, origin, policy, arrived)
    still = unseen if origin is Origin.BEFORE and memory and memory.written == wanted else None
    if memory and still and is_given_up(still, policy.now, policy.asked_at):
        return _given_up(memory, still, policy)
    if memory is not None and wanted == memory.written and origin is Origin.OURS:
        return TextDecision(memory, arrived=arrived)
    if shown == wanted and (memory is None or origin is not Origin.BEFORE):
        there = memory and replace(memory, written=wanted, shown=None, unseen=None)
        return TextDecision(there, arrived=arrived)
    users = locked if memory is None else origin is Origin.OTHERS
    if users and policy.keep_edits:
        return TextDecision(memory, kept=True, arrived=arrived)
    before, was_locked = (shown, locked) if memory is None else (memory.before, memory.locked)
    since, vain = tried(still, policy.now, policy.asked_at)
    told, earlier = is_told(still, since, policy.now), not_seen(memory, wanted)
    sent = Unseen(stood=shown, since=since, vain=vain, told=told, earlier=earlier)
    return TextDecision(
        TextMemory(written=wanted, before=before, locked=was_locked, unseen=sent),
        write=wanted,
        unshown_since=unshown_since(still, policy.now),
        arrived=arrived,
    )


def _give_back(
    shown: str, locked: bool, memory: TextMemory | None, origin: Origin, policy: Policy, arrived: bool
) -> TextDecision:
    """Nothing is wanted: what stood there before the first write is, unless somebody else edited it."""
    if memory is None or origin is Origin.OTHERS:
        return TextDecision(None, arrived=arrived)
    # What stood there may have been written again, and be shown as this server makes it.
    is_back = origin is Origin.OURS and memory.before in (shown, memory.written)
    if is_back and locked == memory.locked:
        return TextDecision(None, arrived=arrived)
    unseen = memory.unseen if memory.unseen and memory.unseen.gives_back else None
    if unseen and is_given_up(unseen, policy.now, policy.asked_at):
        return _given_up(memory, unseen, policy)
    since, vain = tried(unseen, policy.now, policy.asked_at)
    told = is_told(unseen, since, policy.now)
    earlier = not_seen(memory, memory.before)
    stood = memory.before if is_back else shown
    back = Unseen(stood=stood, since=since, vain=vain, gives_back=True, told=told, earlier=earlier)
    return TextDecision(
        TextMemory(written=memory.before, before=memory.before, locked=memory.locked, unseen=back),
        write=memory.before,
        lock=memory.locked,
        unshown_since=unshown_since(unseen, policy.now),
        arrived=arrived,
    )


def _given_up(memory: TextMemory, unseen: Unseen, policy: Policy) -> TextDecision:
    told = replace(memory, unseen=replace(unseen, told=True))
    return TextDecision(told, given_up=True, unshown_since=unshown_since(unseen, policy.now))
