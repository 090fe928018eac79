"""What to write to a list of tags: what goes, what comes, and what others put there and keep. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from validation.names import is_visible, name_key, name_keys, spaced, tag_key, tag_keys
from worker.metadata.decisions import Policy, TagsDecision
from worker.metadata.evidence import is_given_up, is_there, is_told, look_at_tags, tried, unshown_since
from worker.metadata.memory import TagsMemory, TakenTag, UnseenTags
from worker.metadata.shown import ShownTag


def decide_tags(
    wanted: Sequence[str] | None, shown: Sequence[ShownTag], locked: bool, memory: TagsMemory | None, policy: Policy
) -> TagsDecision:
    """Decide on one list of tags, with the arguments of ``decide_text``. Tags of others keep their spelling."""
    if wanted is None:
        return TagsDecision(memory)
    return _TagsDecider(wanted, shown, locked, memory, policy).decide()


class _TagsDecider:
    """One decision on one list: what is there, what is ours of it, what is missing."""

    def __init__(
        self, wanted: Sequence[str], shown: Sequence[ShownTag], locked: bool, memory: TagsMemory | None, policy: Policy
    ) -> None:
        self._goal, self._policy, self._tags = _by_key(filter(is_visible, wanted)), policy, shown
        self._names = [tag.name for tag in shown]
        self._there = [(tag_key(name), name) for name in self._names]
        self._keys = {key for key, _ in self._there}
        self._unseen = memory.unseen if memory else None
        self._is_locked, self._locked_by_others = locked, memory is None and locked
        # A list locked before us is neither ours to fill nor to empty, where edits are kept.
        self._mirrors = policy.mirror and not (policy.keep_edits and self._locked_by_others)
        self._memory = look_at_tags(memory or TagsMemory(locked=locked), self._names)
        self._late = self._memory.unseen or UnseenTags()
        self._leaving = tag_keys(self._late.removed)
        self._lost = {} if self._late.added else {tag_key(tag): tag for tag in self._late.unsent}
        self._ours = _by_key(self._memory.ours)
        self._theirs = tag_keys(tag.name for tag in self._memory.taken)
        self._spelled = {key: shown for key, shown in self._memory.respelled.items() if shown in self._keys}

    def decide(self) -> TagsDecision:
        missing = [key for key in self._goal if not self._is_there(key)]
        kept = self._taken_away_by_hand(missing) if self._policy.keep_edits else set()
        added = [key for key in missing if key not in kept]
        gone = self._to_remove()
        returned = (*self._to_restore(), *(() if self._goal else self._to_return()))
        coming = [*added, *(tag_key(tag.name) for tag in returned), *self._may_go_yet()]
        still = self._still_unseen(coming, gone)
        unshown = None if self._has_moved() else unshown_since(still, self._policy.now)
        if still and is_given_up(still, self._policy.now, self._policy.asked_at):
            told = replace(self._memory, unseen=replace(self._late, told=True))
            return TagsDecision(
                told, kept=bool(kept), given_up=True, unshown_since=unshown, arrived=self._has_arrived()
            )
        remembered = self._remembered(added, gone, coming, still)
        if not coming and not gone and not self._leaves_lock():
            return TagsDecision(_unless_empty(remembered), kept=bool(kept), arrived=self._has_arrived())
        ours = bool(remembered.ours or (remembered.taken and self._goal))
        return TagsDecision(
            _unless_empty(remembered),
            full=self._full(added, gone, returned),
            remove=tuple(gone),
            returned=returned,
            lock=ours or remembered.locked,
            kept=bool(kept),
            unshown_since=unshown,
            arrived=self._has_arrived(),
        )

    def _is_there(self, key: str) -> bool:
        if key in self._keys:
            return key not in self._leaving
        # A tag of ours that is there in another spelling was written once, and this server took it for the same.
        return key in self._ours and is_there(key, self._memory, self._names)

    def _has_arrived(self) -> bool:
        return bool(self._unseen and set(self._unseen.added) - set(self._late.added))

    def _has_moved(self) -> bool:
        """Whether anything became of the last write, be it otherwise than written."""
        return self._unseen is not None and set(self._unseen.stood) != self._keys

    def _taken_away_by_hand(self, missing: Sequence[str]) -> set[str]:
        """What we put there and somebody took away stays away, and so does all that is missing in a list of theirs."""
        if self._locked_by_others:
            return set(missing)
        return {key for key in missing if key in self._ours and key not in (*self._late.added, *self._lost)}

    def _to_remove(self) -> list[str]:
        """Tags, as Plex spells them, that are no longer wanted and are ours to take away."""
        absent = [key for key in self._ours if key not in self._keys]
        twins = set(self._memory.twins)
        # Ours, but shown in another spelling: this server changed it. One that was there before us is another's.
        respelled = {name_key(key) for key in absent if key not in self._goal and key not in twins}
        respelled_goal = {name_key(key) for key in absent if key in self._goal}
        changed = {shown: key for key, shown in self._spelled.items() if key in self._ours}

        def goes(key: str) -> bool:
            loose = name_key(key)
            if key in self._goal or loose in respelled_goal or changed.get(key) in self._goal:
                return False
            if key in self._theirs:
                return self._mirrors and bool(self._goal)
            if key in self._ours or key in self._leaving or loose in respelled or key in changed:
                return True
            return self._mirrors and bool(self._goal)

        return [*(tag for key, tag in self._there if goes(key)), *self._hidden()]

    def _hidden(self) -> list[str]:
        """What was added lately may be there and not shown yet: it goes, too, and so does what was to go and may not
        have."""
        alike = name_keys(self._names)
        added = {key: self._ours[key] for key in self._late.added if key in self._ours}
        late = {**added, **{tag_key(tag): tag for tag in self._late.removed}}
        return [tag for key, tag in late.items() if key not in self._goal and name_key(tag) not in alike]

    def _leaves_lock(self) -> bool:
        """Whether only a lock is to be given back: of ours, there is just what was somebody else's before."""
        back = self._theirs & set(self._ours) & self._keys
        return not self._goal and bool(back) and self._is_locked and not self._memory.locked

    def _to_restore(self) -> tuple[ShownTag, ...]:
        """Others' tags that went with an edit in which they were not sent along: this server replaces lists."""
        if self._policy.mirror and self._goal:
            return ()
        return tuple(
            ShownTag(tag) for key, tag in self._lost.items() if key not in self._goal and key not in self._ours
        )

    def _to_return(self) -> tuple[ShownTag, ...]:
        """Others' tags that were taken away: nothing is mirrored any more."""
        back = (one for one in self._memory.taken if tag_key(one.name) not in self._keys)
        return tuple(ShownTag(one.name, one.role, one.photo) for one in back)

    def _may_go_yet(self) -> list[str]:
        """Of what is to be returned, the keys of those that are there: that they were taken away may be shown late, and
        is made good by writing them once more."""
        return [] if self._goal else [key for key, _ in self._there if key in self._theirs]

    def _still_unseen(self, added: Sequence[str], gone: Sequence[str]) -> UnseenTags | None:
        """What is late of an earlier change, where this one would only be the same once more."""
        late = self._late
        same = set(added) <= set(late.added) and tag_keys(gone) <= self._leaving
        return late if same and (added or gone) else None

    def _taken(self, gone: Sequence[str]) -> Iterable[TakenTag]:
        """Of what goes, what others put there, as it is given back one day."""
        ours = {*self._ours, *self._spelled.values(), *self._leaving}
        named = name_keys(self._ours)
        for tag in self._tags:
            key = tag_key(tag.name)
            if tag.name in gone and key not in ours and (name_key(key) not in named or key in self._memory.twins):
                yield TakenTag(name=tag.name, role=tag.role, photo=tag.photo)

    def _remembered(
        self, added: Sequence[str], gone: Sequence[str], coming: Sequence[str], still: UnseenTags | None
    ) -> TagsMemory:
        """What is remembered from the moment before the decision is carried out. ``coming``: keys of all tags that are
        to be there after it and may not be."""
        goal, ours, before = self._goal, self._ours, self._memory
        keys = [key for key in ours if key in goal] + [key for key in added if key not in ours]
        alike = name_keys(self._names)
        twins = [key for key in added if name_key(key) in alike and key not in self._keys]
        new = tuple(self._taken(gone))
        taken = {tag_key(one.name): one for one in (*before.taken, *new)}
        if not goal:  # given back
            taken = {key: one for key, one in taken.items() if key in coming}
        since, vain = tried(still, self._policy.now, self._policy.asked_at)
        others = tag_keys(one.name for one in new)
        leaving = tuple(tag for tag in gone if tag_key(tag) not in others)
        told = is_told(still, since, self._policy.now)
        stood = tuple(dict.fromkeys(key for key, _ in self._there)) if coming or leaving else ()
        unseen = UnseenTags(added=tuple(coming), removed=leaving, stood=stood, since=since, vain=vain, told=told)
        return TagsMemory(
            ours=tuple(ours.get(key) or goal[key] for key in keys),
            twins=tuple(key for key in dict.fromkeys((*before.twins, *twins)) if key in keys),
            locked=before.locked,
            photos={key: photo for key, photo in before.photos.items() if key in goal},
            respelled={key: shown for key, shown in self._spelled.items() if key in goal},
            taken=tuple(taken.values()),
            unseen=unseen if unseen.added or unseen.removed else None,
        )

    def _full(self, added: Sequence[str], gone: Sequence[str], returned: Sequence[ShownTag]) -> tuple[str, ...]:
        first = dict(reversed(self._there))  # of several spellings with one key, the first
        wanted = [first.get(key, text) for key, text in self._goal.items() if key in self._keys or key in added]
        others = [name for name in self._names if name not in wanted and name not in gone]
        return (*wanted, *others, *(tag.name for tag in returned))


def _unless_empty(memory: TagsMemory) -> TagsMemory | None:
    return memory if memory.ours or memory.taken or memory.unseen else None


def _by_key(tags: Iterable[str]) -> dict[str, str]:
    """Tags in order, each once; of spellings that Plex takes for one, the first."""
    found: dict[str, str] = {}
    for tag in tags:
        text = spaced(tag)
        if text:
            found.setdefault(tag_key(text), text)
    return found
