"""Which of two positions is the newer one. Pure.

Stash does not say when its point to resume at was set. What it showed when it was looked at last tells whether somebody
moved it since.
"""

from __future__ import annotations

from collections.abc import Collection

from stash.activity import Activity
from worker.storage.seen_in_plex import SeenResume

#: News of Plex that is not older than so many seconds is newer than what Stash shows.
FRESH = 120.0

#: Positions that differ by less are the same: players round.
SAME = 15.0


def is_old(moment: float, now: float, seen: SeenResume | None, shown: Activity, own_plays: Collection[int]) -> bool:
    """Whether a position that Plex had at ``moment`` is older than what Stash shows, or may be.

    ``seen``: what Plex set there last. ``own_plays``: the seconds of plays that came from Plex themselves.
    """
    if seen is not None and moment < seen.at:
        return True
    if any(second > moment and second not in own_plays for second in shown.plays):
        return True  # it was played in Stash since
    if 0 <= now - moment <= FRESH:
        return False
    stood = seen.position if seen is not None else 0.0
    return abs(shown.resume_time - stood) >= 0.01


def has_moved(offset: float, known: float) -> bool:
    """Whether Plex shows another position than when it was looked at last."""
    return abs(offset - known) >= SAME or (offset == 0.0) is not (known == 0.0)
