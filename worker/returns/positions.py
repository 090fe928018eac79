"""Which of two positions is the newer one. Pure.

Stash does not say when its point to resume at was set. What it showed when it was looked at last tells whether somebody
moved it since.
"""

from __future__ import annotations

from collections.abc import Collection

from stash.activity import Activity
from worker.storage.journal_entries import Numbers

#: News of Plex that is not older than so many seconds is newer than what Stash shows.
FRESH = 120.0

#: Positions that differ by less are the same: players round.
SAME = 15.0


def is_old(moment: float, now: float, sides: Numbers | None, shown: Activity, own_plays: Collection[int]) -> bool:
    """Whether a position that Plex had at ``moment`` is older than what Stash shows, or may be.

    ``sides``: as they were seen last, ``offset`` in Plex and ``resume`` in Stash, in seconds; ``at``: the time of the
    news that set it last, in seconds since 1970. ``own_plays``: the seconds of plays that came from Plex themselves.
    """
    if sides is not None and moment < (sides.get("at") or 0.0):
        return True
    if any(second > moment and second not in own_plays for second in shown.plays):
        return True  # it was played in Stash since
    if 0 <= now - moment <= FRESH:
        return False
    stood = sides.get("resume") if sides is not None else 0.0
    return abs(shown.resume_time - (stood or 0.0)) >= 0.01


def has_moved(offset: float, sides: Numbers | None) -> bool:
    """Whether Plex shows another position than when it was looked at last."""
    known = (sides or {}).get("offset") or 0.0
    return abs(offset - known) >= SAME or (offset == 0.0) is not (known == 0.0)
