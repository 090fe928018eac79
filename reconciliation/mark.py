"""What a look at the scenes changed last tells beside what was taken up: pure decisions of the pulse.

Stash keeps times of change as text of one second's resolution, in the offset of its machine, and sorts them as text.
So nothing follows from a time alone: a scene counts as taken up with just the text that was seen, and rows are looked
at down to two hours below the mark, for a clock that changed to winter time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import Enum

from stash.beat import Changed
from stash.light import offset_of, seconds_of
from worker.storage.outcomes import Outcome
from worker.storage.parking import Parked

#: Rows so many seconds older than the mark are still looked at.
OVERLAP = 2 * 3600.0

#: What a stamp may be ahead of the time that Stash tells with its answer: both are cut to whole seconds.
SLACK = 2.0

#: Changes that are kept as taken up at most.
MOST_KEPT = 5_000


class Shift(Enum):
    """Why rows may stand where nobody looks for them; the value is how a log line calls it."""

    CLOCK = "Stash's clock was set back"
    OFFSET = "Stash writes its times in another time zone than before"
    FLOOD = "more scenes were changed in Stash than are looked at one by one"


@dataclass(frozen=True)
class Mark:
    """What was taken up: times of change by scene. ``begins``: up to this time by Stash's clock, in seconds since 1970,
    there is nothing to look for; ``told_at``: what that clock shows now, None where it is not known."""

    taken: Mapping[int, str]
    begins: float = 0.0
    told_at: float | None = None

    @property
    def newest(self) -> float:
        """The newest time that counts: what lies ahead of Stash's clock is of a time before it was set back."""
        return min(max(map(seconds_of, self.taken.values()), default=self.begins), self.told_at or float("inf"))

    @property
    def start(self) -> float:
        """As ``begins``, as long as Stash's clock is not set back behind it."""
        return 0.0 if self._is_ahead(self.begins) else self.begins

    @property
    def floor(self) -> float:
        """Rows that are older are of no interest."""
        return max(self.newest - OVERLAP, self.start)

    @property
    def ahead(self) -> bool:
        """Whether something bears a time that Stash's clock has not reached."""
        return any(self._is_ahead(seconds_of(updated)) for updated in self.taken.values())

    def _is_ahead(self, at: float) -> bool:
        return self.told_at is not None and at > self.told_at + SLACK

    @property
    def offsets(self) -> set[timedelta]:
        """The offsets of the rows that count."""
        floor = self.floor
        return {offset_of(updated) for updated in self.taken.values() if seconds_of(updated) >= floor}

    def fresh(self, rows: Iterable[Changed]) -> dict[int, str]:
        """Of some rows, those that were not taken up, by scene."""
        floor, start = self.floor, self.start
        return {
            row.scene_id: row.updated_at
            for row in rows
            if self.taken.get(row.scene_id) != row.updated_at and start < seconds_of(row.updated_at) >= floor
        }

    def goes_on(self, rows: tuple[Changed, ...], full: bool) -> bool:
        """Whether rows that count may stand below these. ``full``: more rows stand there."""
        return full and self.start < seconds_of(rows[-1].updated_at) >= self.floor

    def shift_in(self, rows: Iterable[Changed]) -> Shift | None:
        """Whether rows show that others may stand where nobody looks for them."""
        rows = list(rows)
        gone_back = any(
            row.scene_id in self.taken and seconds_of(row.updated_at) < seconds_of(self.taken[row.scene_id])
            for row in rows
        )
        if self.ahead or gone_back:
            return Shift.CLOCK
        fresh = {offset_of(updated) for updated in self.fresh(rows).values()}
        # Where no row counts, the former ones still tell which zone it was; where there is none, nothing does.
        known = self.offsets or {offset_of(updated) for updated in self.taken.values()}
        return Shift.OFFSET if known and fresh - known else None

    def since(self, rows: Iterable[Changed]) -> str:
        """A text not above that of any row that counts, in whichever offset it was written."""
        offsets = self.offsets | {offset_of(row.updated_at) for row in rows} or {timedelta()}
        floor = datetime.fromtimestamp(max(self.floor, 0.0), timezone.utc)
        return min(floor.astimezone(timezone(offset)).isoformat(timespec="seconds") for offset in offsets)

    def outdated(self) -> list[int]:
        """Scenes whose rows need not be kept any more."""
        floor, newest_first = self.floor, sorted(self.taken, key=lambda scene: seconds_of(self.taken[scene]))[::-1]
        old = {scene for scene, updated in self.taken.items() if seconds_of(updated) < floor}
        return sorted(old | {*newest_first[MOST_KEPT:]})


class Verdict(Enum):
    """What becomes of a change that the pulse saw."""

    DONE = "it was dealt with, or is about to be"
    LOOK = "it was read within the second of its change, and may have changed again in that"
    SEND = "nobody told of it"


def judge(updated_at: str, about_to_be_read: bool, outcome: Outcome | None, parked: Parked | None) -> Verdict:
    """What to do about a scene that Stash changed then, by what is known of it now."""
    known = parked.stash_updated if parked is not None else outcome.stash_updated if outcome is not None else ""
    if about_to_be_read or known == updated_at:
        return Verdict.DONE
    in_doubt = parked is None and outcome is not None and known is None and outcome.content is not None
    return Verdict.LOOK if in_doubt else Verdict.SEND
