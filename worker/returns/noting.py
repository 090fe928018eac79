"""Noting in the ledger what was seen in Plex: each play once, whether it was heard, or asked for, or both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from plex.playing import Views
from stash.activity import Activity, PlayRules
from validation.config import PlexSyncConfig
from worker.returns.activity_changes import PLAYED, RESUME
from worker.returns.sessions import GAP, LONGEST_PAUSE, Opening, counts, ends, noted, progress
from worker.storage.journal_entries import Numbers, ReturnKind
from worker.storage.record import Record
from worker.storage.returned import PlexNews, Returned, SeenBy

#: In what is wanted of a play that was heard: when its session began and ends, in seconds since 1970.
BEGAN, ENDS = "began", "ends"

#: Clocks that differ by fewer seconds agree.
SAME_CLOCK = 30.0

#: What keeps the rows of the history, whatever item they name just now.
HISTORY = "history"


@dataclass(frozen=True)
class Noting:
    """Notes with one set of settings, for one server, by the user's rules in Stash: nothing while activity is not
    tracked there. ``ahead``: seconds by which Plex's clock is ahead of ours. Whoever calls opens the transaction."""

    record: Record
    config: PlexSyncConfig
    server: str
    rules: PlayRules
    ahead: float = 0.0

    def ours(self, plex_second: int) -> int:
        """A time of Plex's by our clock."""
        return int(plex_second - self.ahead)

    def opening(self, item: str, opening: Opening, scene: Activity, *, is_over: bool = False) -> Opening:
        """Note what follows from an opening as it is now; returns it with that. ``is_over``: it ended, perhaps without
        a word."""
        if counts(opening, scene.duration, self.rules):
            opening = opening.model_copy(update={"counted": True})
            if self.config.plays_from_plex:
                moment, around = int(opening.at), (opening.began - GAP, opening.at + GAP)
                rows = self.record.plays_between(scene.scene_id, *around)
                same = self._nearest(rows, moment, SeenBy.HISTORY, SeenBy.SESSION)
                self._note_play(item, scene, opening.source, moment, SeenBy.SESSION, same)
        if opening.counted:
            span = {BEGAN: opening.began, ENDS: ends(opening, scene.duration)}
            self.record.add_to_wanted(ReturnKind.PLAY, self.server, item, opening.source, span)
        found = progress(opening, scene.duration, is_over) if self.rules.track else None
        if found is None:
            return opening
        wanted: dict[str, float | None] = {}
        if self.config.resume_from_plex and found.resume_time is not None:
            wanted[RESUME] = found.resume_time
        if self.config.plays_from_plex and found.played:
            wanted[PLAYED] = found.played
        if wanted:
            source = f"{opening.source}, until {opening.at:.3f}"
            self._note_position(item, scene, source, int(opening.at), wanted, SeenBy.SESSION)
        return noted(opening)

    def watched(self, item: str, key: str, viewed_at: int, scene: Activity) -> bool:
        """Note a row of the history: a play that was heard is the same one, if it is of that time. Says whether it is
        news."""
        moment = self.ours(viewed_at)
        found = self.record.plays_between(scene.scene_id, moment - LONGEST_PAUSE, moment + LONGEST_PAUSE)
        of_that_time = [one for one in found if _spans(one, moment)]
        same = self._nearest(of_that_time, moment, SeenBy.SESSION, SeenBy.HISTORY)
        source = history_source(key, viewed_at)
        return self._note_play(item, scene, source, moment, SeenBy.HISTORY, same, HISTORY) and same is None

    def marked(self, views: Views, scene: Activity) -> None:
        """Note that an item was marked as played."""
        source, moment = f"marked as played at {views.viewed_at}", self.ours(views.viewed_at)
        self._note_play(views.item, scene, source, moment, SeenBy.MARK, None, views.kept_by)

    def position(self, item: str, offset: float, viewed_at: int, scene: Activity) -> None:
        """Note where an item was left, as Plex shows it; ``viewed_at``: in its seconds, 0 where it does not say."""
        moment = self.ours(viewed_at) if viewed_at else int(self.record.now)
        source = f"left at {offset:.0f} seconds, seen at {moment}"
        self._note_position(item, scene, source, moment, {RESUME: offset}, SeenBy.LIST)

    def _note_play(
        self,
        item: str,
        scene: Activity,
        source: str,
        moment: int,
        seen_by: SeenBy,
        same: int | None,
        kept_by: str = "",
    ) -> bool:
        news = PlexNews(ReturnKind.PLAY, scene.scene_id, self.server, item, source, moment, {}, seen_by, kept_by)
        return self.rules.track and self.record.note_return(news, same) is not None

    def _note_position(
        self, item: str, scene: Activity, source: str, moment: int, wanted: Numbers, seen_by: SeenBy
    ) -> None:
        if self.rules.track:
            news = PlexNews(ReturnKind.POSITION, scene.scene_id, self.server, item, source, moment, wanted, seen_by)
            self.record.note_return(news)

    def _nearest(self, found: Sequence[Returned], moment: int, seen_by: SeenBy, now_seen_by: SeenBy) -> int | None:
        """The nearest play that was seen in another way, and is not known to be the same as another one of this."""

        def fits(one: Returned) -> bool:
            return one.news.seen_by is seen_by and not self.record.has_counterpart(one.id, now_seen_by)

        nearest = sorted(filter(fits, found), key=lambda one: abs((one.news.moment or 0) - moment))
        return nearest[0].id if nearest else None


def _spans(one: Returned, viewed_at: int) -> bool:
    """Whether a session may be what a row of the history tells of, by its beginning and its end."""
    began, end = one.news.wanted.get(BEGAN) or 0.0, one.news.wanted.get(ENDS) or 0.0
    return began - GAP <= viewed_at <= end + GAP


def history_source(key: str, viewed_at: int) -> str:
    """What a row of the history is called: keys may come again with a database that was restored."""
    return f"history {key.rpartition('/')[2]} of {viewed_at}"


def ahead_of(clock: float | None, now: float) -> float:
    """By how many seconds Plex's clock is ahead of ours: by none where it does not tell, or they agree."""
    return 0.0 if clock is None or abs(clock - now) < SAME_CLOCK else clock - now
