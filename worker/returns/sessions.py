"""How long somebody played an item, and what follows from it, out of what players tell. Pure.

An *opening* is what Stash's own player calls that: an item was opened and played, with pauses and leaps, until it was
left. What is lost, doubled or late of what a player tells makes the time that was played shorter, never longer by more
than ``SHORT`` at a time.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from plex.streams import PlayState
from stash.activity import NEAR_END, PlayRules
from worker.returns.heard import Heard

#: Seconds for which somebody may have left an item, or a player may be silent, and it still is the same opening
#: (Stash's own for what is played by DLNA: internal/dlna/activity.go).
GAP = 300.0

#: A session of the same key is the same one for so long, paused for instance.
LONGEST_PAUSE = 86400.0

#: Seconds for which it may have been paused without a word, where nobody heard it end.
UNHEARD_PAUSE = 3600.0

#: Between two events at most so far apart, a player played as long as the clock says. Between others no longer than its
#: position moved on: that it was paused meanwhile may have been lost.
SHORT = 15.0

#: As much as counts where the position moved back meanwhile.
LEAP = 60.0


class Opening(BaseModel):
    """``began`` and ``at``, the last event: in seconds since 1970; ``played`` and ``offset`` in seconds. ``counted``:
    it counted as a play; ``told``: how much of ``played`` was noted for Stash."""

    model_config = ConfigDict(frozen=True)

    session: str
    began: float
    at: float
    offset: float
    state: PlayState
    account: int | None = None
    played: float = 0.0
    counted: bool = False
    told: float = 0.0
    told_offset: float | None = None

    @property
    def source(self) -> str:
        """What it is called where it is noted what came of it."""
        return f"session {self.session} of {int(self.began)}"


def hear(known: Opening | None, heard: Heard) -> Opening | None:
    """The opening after an event of its player and item; None while nothing is played.

    An event that is not newer than the last one was heard before, and changes nothing.
    """
    if known is None or not _goes_on(known, heard):
        if heard.state is PlayState.STOPPED:
            return known
        return Opening(
            session=heard.session,
            began=heard.at,
            at=heard.at,
            offset=heard.offset,
            state=heard.state,
            account=heard.account,
        )
    if heard.at <= known.at:
        return known
    ends_nowhere = heard.state is PlayState.STOPPED and not heard.offset  # some players forget where they were
    return known.model_copy(
        update={
            "at": heard.at,
            "offset": known.offset if ends_nowhere else heard.offset,
            "state": heard.state,
            "account": heard.account if known.account is None else known.account,
            "played": known.played + _played_until(known, heard, ends_nowhere),
        }
    )


def _goes_on(known: Opening, heard: Heard) -> bool:
    gap = heard.at - known.at
    if known.session == heard.session and known.state is not PlayState.STOPPED:
        return gap <= LONGEST_PAUSE
    return gap <= GAP  # some servers change the key of a session at its end


def _played_until(known: Opening, heard: Heard, ends_nowhere: bool) -> float:
    if known.state is not PlayState.PLAYING:
        return 0.0
    elapsed, moved = heard.at - known.at, heard.offset - known.offset
    if elapsed <= SHORT:
        return elapsed
    return min(elapsed, LEAP) if moved < 0 or ends_nowhere else max(min(elapsed, moved), SHORT)


def is_left(opening: Opening, now: float) -> bool:
    """Whether an opening that seems to be played ended without a word."""
    return opening.state in (PlayState.PLAYING, PlayState.BUFFERING) and not 0 <= now - opening.at <= GAP


def ends(opening: Opening, duration: float) -> float:
    """When an opening ends at the latest, in seconds since 1970, where no more is heard of it: it may be paused."""
    is_over = opening.state is PlayState.STOPPED
    return opening.at if is_over else opening.at + max(duration - opening.offset, 0.0) + UNHEARD_PAUSE


def counts(opening: Opening, duration: float, rules: PlayRules) -> bool:
    """Whether it is a play now, by the rules of Stash's own player (ui/v2.5/src/components/ScenePlayer/
    track-activity.ts): once, when so much of the scene was played. ``duration``: of the scene, in seconds."""
    if opening.counted or not rules.track or opening.played <= 0:
        return False
    return duration <= 0 or 100.0 * opening.played / duration >= rules.minimum_percent


def resume_at(offset: float, duration: float) -> float:
    """Where Stash resumes a scene that was left at ``offset``: at its beginning where that is near its end, as Stash's
    own player has it."""
    return 0.0 if duration > 0 and 100.0 * offset / duration >= NEAR_END else offset


@dataclass(frozen=True)
class PlayedSoFar:
    """What is to be noted of an opening: where Stash resumes, None where that did not change, and how many seconds
    were played since that was noted last."""

    resume_time: float | None
    played: float


def progress(opening: Opening, duration: float, is_over: bool) -> PlayedSoFar | None:
    """What is to be noted of an opening that was paused or left (``is_over``); None where there is nothing."""
    if not is_over and opening.state not in (PlayState.PAUSED, PlayState.STOPPED):
        return None
    played = opening.played - opening.told
    moved = opening.told_offset is None or opening.offset != opening.told_offset
    if played < 1.0 and not (moved and opening.played > 0):
        return None
    return PlayedSoFar(resume_at(opening.offset, duration) if moved else None, played if played >= 1.0 else 0.0)


def noted(opening: Opening) -> Opening:
    """The same, once its progress was noted."""
    return opening.model_copy(update={"told": opening.played, "told_offset": opening.offset})
