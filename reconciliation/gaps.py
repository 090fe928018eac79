"""Whether a scene has a gap between Stash, Plex and the record, decided by a pure function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from validation.outcomes import Ended
from worker.metadata.memory import Held


class Gap(Enum):
    """Why a scene has to be compared; the value is how a log line calls it."""

    NEVER_SYNCED = "never sent before"
    STALE = "changed in Stash"
    RENAMED = "showing something that was renamed, merged or deleted"
    DRIFTED = "changed in Plex"
    RATED = "rated in Plex"
    WRITTEN = "written since the last pass, and looked at once more"
    GONE_FROM_PLEX = "gone from where they were in Plex"
    NEW_IN_PLEX = "whose files are in Plex by now"
    OTHER_ITEMS = "whose files are in other items of Plex than before"
    GONE_FROM_STASH = "gone from Stash"
    UNREAD = "that Stash could not describe"
    ASKED_FOR = "to be compared in full"


@dataclass(frozen=True)
class Stamps:
    """When Plex last changed an item, in its seconds: as it was compared (None: a write of ours came after), and as
    the index knows it now (None: it is gone, or in Plex's trash, from where it may come back). ``rated``: it was rated
    there since both sides were looked at, where that matters."""

    then: int | None
    now: int | None
    in_trash: bool = False
    rated: bool = False


@dataclass(frozen=True)
class Known:
    """What the record knows of a scene that was synced or left out.

    ``updated_at`` and ``files`` as Stash gave them then, None where they may have changed since; ``holders``: a
    fingerprint of the items that held its files in Plex, None where that is not known; ``items``: those of them that
    are its own; ``not_shown``: whether Plex does not show some field as it was written.
    """

    updated_at: str | None
    files: str | None
    left_out: bool = False
    items: Sequence[Stamps] = ()
    holders: str | None = None
    not_shown: bool = False


@dataclass(frozen=True)
class Aside:
    """A parked scene: its kind, and what is known of how it was when it was parked, as in ``Known``; without
    ``holders``, no item held its files."""

    kind: Ended
    updated_at: str | None
    files: str | None = None
    holders: str | None = None


@dataclass(frozen=True)
class KnownScenes:
    """What is remembered of some scenes, by their numbers: those that were synced or left out, those that are parked,
    and those of which something is held."""

    known: Mapping[int, Known]
    parked: Mapping[int, Aside]
    held: Mapping[int, Held]

    def was_right(self, scene_id: int) -> bool:
        """Whether a scene had items in Plex when it was last compared."""
        known = self.known.get(scene_id)
        return known is not None and bool(known.items) and not known.left_out and scene_id not in self.parked

    def outcome(self, scene_id: int) -> Ended:
        """How a scene is counted that has no gap: as it was when it was last compared."""
        known = self.known.get(scene_id)
        if scene_id in self.parked:
            return self.parked[scene_id].kind
        if scene_id in self.held:
            return Ended.HELD
        if known is not None and known.left_out:
            return Ended.LEFT_OUT
        return Ended.NOT_SHOWN if known is not None and known.not_shown else Ended.UNCHANGED


@dataclass(frozen=True)
class SceneNow:
    """A scene as Stash and Plex show it now. ``renamed``: something it showed was renamed, merged or deleted.
    ``holders``: a fingerprint of the items that hold its files, None when none does."""

    updated_at: str
    files: str
    renamed: bool = False
    holders: str | None = None


def gap_of(seen: SceneNow, known: Known | None, aside: Aside | None) -> Gap | None:
    """Why a scene has to be compared, or None when it has not. For scenes without a job in the queue."""
    if aside is not None:
        return _gap_of_parked(seen, aside)
    if known is None:
        return Gap.NEVER_SYNCED
    if known.left_out:
        return _stale(seen, known) or (Gap.RENAMED if seen.renamed else None)
    if _stale(seen, known) or known.files is None:
        return Gap.STALE
    if seen.renamed:
        return Gap.RENAMED
    if in_trash(seen, known):
        return None
    if any(item.now is None and not item.in_trash for item in known.items):
        return Gap.GONE_FROM_PLEX
    if known.holders is not None and known.holders != seen.holders:
        return Gap.OTHER_ITEMS
    if any(item.now != item.then for item in known.items if item.then is not None):
        return Gap.DRIFTED
    if any(item.rated for item in known.items):
        return Gap.RATED
    return Gap.WRITTEN if any(item.then is None for item in known.items) else None


def in_trash(seen: SceneNow, known: Known) -> bool:
    """Whether Plex has a scene's items in its trash and none elsewhere: their drive may only be away."""
    return seen.holders is None and any(item.in_trash for item in known.items)


def _gap_of_parked(seen: SceneNow, aside: Aside) -> Gap | None:
    if _stale(seen, aside):
        return Gap.STALE
    if aside.holders is None:
        return Gap.NEW_IN_PLEX if seen.holders is not None and aside.kind in _WITHOUT_ITEM else None
    return Gap.OTHER_ITEMS if aside.holders != seen.holders else None


#: Kinds of parked scenes of which no item is known to be theirs.
_WITHOUT_ITEM = (Ended.MISSING, Ended.AMBIGUOUS)


def _stale(seen: SceneNow, then: Known | Aside) -> Gap | None:
    """Whether Stash has changed the scene or its files; files that are not known tell nothing."""
    moved = then.files is not None and then.files != seen.files
    return Gap.STALE if then.updated_at != seen.updated_at or moved else None


#: Gaps of which a pass that stopped itself still queues the scenes: nothing can be lost by them.
HARMLESS = frozenset({Gap.NEVER_SYNCED, Gap.DRIFTED, Gap.RATED, Gap.WRITTEN, Gap.NEW_IN_PLEX})
