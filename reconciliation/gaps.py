"""Whether a scene has a gap between Stash, Plex and the record, decided by a pure function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from validation.outcomes import Ended


class Gap(Enum):
    """Why a scene has to be compared; the value is how a log line calls it."""

    NEVER_SYNCED = "never sent before"
    STALE = "changed in Stash"
    RENAMED = "showing something that was renamed, merged or deleted"
    DRIFTED = "changed in Plex"
    WRITTEN = "written since the last pass, and looked at once more"
    GONE_FROM_PLEX = "gone from where they were in Plex"
    NEW_IN_PLEX = "whose files are in Plex by now"
    GONE_FROM_STASH = "gone from Stash"
    ASKED_FOR = "to be compared in full"


@dataclass(frozen=True)
class Stamps:
    """When Plex last changed an item, in its seconds: as it was compared (None: a write of ours came after), and as
    the index knows it now (None: it is gone)."""

    then: int | None
    now: int | None


@dataclass(frozen=True)
class Known:
    """What the record knows of a scene that was synced or left out.

    ``updated_at`` and ``files`` as Stash gave them then, None where they may have changed since; ``items``: those
    that held its files in Plex.
    """

    updated_at: str | None
    files: str | None
    left_out: bool = False
    items: Sequence[Stamps] = ()


@dataclass(frozen=True)
class Aside:
    """A parked scene: its kind, and when Stash had last changed it as it was parked, if that is known."""

    kind: Ended
    updated_at: str | None


@dataclass(frozen=True)
class SceneNow:
    """A scene as Stash and Plex show it now. ``renamed``: something it showed was renamed, merged or deleted.
    ``in_plex``: the index has its files."""

    updated_at: str
    files: str
    renamed: bool = False
    in_plex: bool = False


def gap_of(seen: SceneNow, known: Known | None, aside: Aside | None) -> Gap | None:
    """Why a scene has to be compared, or None when it has not. For scenes without a job in the queue."""
    if aside is not None:
        if aside.updated_at != seen.updated_at:
            return Gap.STALE
        return Gap.NEW_IN_PLEX if aside.kind == Ended.MISSING and seen.in_plex else None
    if known is None:
        return Gap.NEVER_SYNCED
    if known.updated_at != seen.updated_at or known.files != seen.files:
        return Gap.STALE
    if seen.renamed:
        return Gap.RENAMED
    if known.left_out:
        return None
    if any(item.now is None for item in known.items):
        return Gap.GONE_FROM_PLEX
    if any(item.now != item.then for item in known.items if item.then is not None):
        return Gap.DRIFTED
    return Gap.WRITTEN if any(item.then is None for item in known.items) else None


#: Gaps of scenes that were right at the last pass, and that this one would change.
_UPSETS = (Gap.STALE, Gap.RENAMED, Gap.DRIFTED, Gap.GONE_FROM_PLEX, Gap.GONE_FROM_STASH)

#: In a smaller library, more than half is no sign that something is wrong.
FEWEST = 100


def is_mass_change(gaps: Mapping[Gap, int], lost: int, right_before: int) -> bool:
    """Whether a scheduled pass would change more than half of the scenes that were right: the guard's rule.

    ``lost``: scenes that had an item in Plex and whose files are not found there now.
    """
    return right_before >= FEWEST and count_upset(gaps, lost) > right_before / 2


def count_upset(gaps: Mapping[Gap, int], lost: int) -> int:
    """How many scenes that were right a pass would change."""
    return sum(gaps.get(gap, 0) for gap in _UPSETS) + lost
