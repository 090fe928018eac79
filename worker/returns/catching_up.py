"""Asking Plex for what happened while nobody listened: its history, and what its items show.

The first look only notes what is there. From then on, what was played, left or marked since is news.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from plex.playing import OWNER, Views, Watched, list_views, newest_viewed, read_history
from plex.protocols import Server
from stash.activity import PlayRules
from validation.config import PlexSyncConfig
from worker.returns.noting import Noting, history_source
from worker.returns.positions import has_moved
from worker.returns.scenes import ScenesOfItems
from worker.returns.sessions import resume_at
from worker.storage.journal_entries import Numbers, ReturnKind
from worker.storage.record import Record
from worker.storage.returned import SeenBy
from worker.storage.seen_in_plex import Horizon

#: Seconds of the history that are read again each time: rows may come late.
OVERLAP = 86400

#: Rows and items that are dealt with at once.
AT_ONCE = 50


@dataclass(frozen=True)
class CatchUp:
    """Looks at one server. ``accounts``: whose plays count."""

    record: Record
    server: Server
    config: PlexSyncConfig
    scenes: ScenesOfItems
    accounts: frozenset[int]
    rules: PlayRules

    @property
    def machine(self) -> str:
        """Plex's identifier of the server."""
        return str(self.server.machineIdentifier)

    def look(self, *, lists: bool) -> None:
        """Note what is new, in the history and, ``lists``, of what items show; at first, what there is. Raises
        StashUnavailable, the errors of plex/exceptions.py."""
        is_first = self.record.baseline(self.machine, ReturnKind.PLAY) is None
        if is_first:
            newest = newest_viewed(self.server)
        else:
            self._history()
        if is_first or lists:
            self._compare(list(list_views(self.server, self.config.plex_libraries)), is_first)
        if is_first:  # at the end: a look that was cut off is the first one again
            with self.record.together():
                self.record.begin_returns(self.machine, ReturnKind.PLAY, self.record.now)
                self.record.set_horizon(self.machine, ReturnKind.PLAY, Horizon(newest, newest))

    def _noting(self) -> Noting:
        return Noting(self.record, self.config, self.machine, self.rules)

    # The history ------------------------------------------------------------------------------------------------

    def _history(self) -> None:
        horizon = self.record.horizon(self.machine, ReturnKind.PLAY)
        rows = list(read_history(self.server, max(horizon.newest - OVERLAP, 0)))
        news = [row for row in rows if row.viewed_at > horizon.begins and self._is_news(row)]
        if self.config.plays_from_plex:
            for start in range(0, len(news), AT_ONCE):
                self._note(news[start : start + AT_ONCE])
        newest = max((row.viewed_at for row in rows), default=0)
        if newest > horizon.newest:
            self.record.set_horizon(self.machine, ReturnKind.PLAY, Horizon(horizon.begins, newest))

    def _is_news(self, row: Watched) -> bool:
        if not row.item or row.account not in self.accounts:
            return False
        source = history_source(row.key, row.viewed_at)
        return not self.record.knows_return(ReturnKind.PLAY, self.machine, row.item, source)

    def _note(self, rows: Sequence[Watched]) -> None:
        scenes = self.scenes.find({row.item for row in rows})
        noting = self._noting()
        with self.record.together():
            for row in rows:
                scene = scenes[row.item].activity
                if scene is not None:
                    noting.watched(row.item, row.key, row.viewed_at, scene)

    # What items show --------------------------------------------------------------------------------------------

    def _compare(self, views: Sequence[Views], is_first: bool) -> None:
        """The lists are the token's account's: its marks and positions alone."""
        plays = self.record.all_sides(self.machine, ReturnKind.PLAY)
        positions = self.record.all_sides(self.machine, ReturnKind.POSITION)
        changed = [one for one in views if _differs(one, plays.get(one.item), positions.get(one.item))]
        for start in range(0, len(changed), AT_ONCE):
            part = changed[start : start + AT_ONCE]
            if is_first:
                self._keep(part, positions)
            else:
                self._take(part, plays, positions)

    def _take(self, part: Sequence[Views], plays: Mapping[str, Numbers], positions: Mapping[str, Numbers]) -> None:
        scenes = self.scenes.find({one.item for one in part})
        noting = self._noting()
        marks = {one.item: self._marks(one, plays.get(one.item)) for one in part} if self._takes_marks else {}
        with self.record.together():
            for one in part:
                scene, marked = scenes[one.item].activity, marks.get(one.item, 0)
                if scene is not None and marked > 0:
                    noting.marked(one.item, one.viewed_at, scene)
                elif marked < 0:
                    self.record.take_back_plays(self.machine, one.item, SeenBy.MARK)
                if scene is not None and self._takes_position(one, positions.get(one.item)):
                    moment = one.viewed_at or int(self.record.now)
                    noting.position(one.item, resume_at(one.offset, scene.duration), moment, scene)
            self._keep(part, positions)

    @property
    def _takes_marks(self) -> bool:
        return self.config.plays_from_plex and self.config.marked_counts_as_play and OWNER in self.accounts

    def _takes_position(self, one: Views, known: Numbers | None) -> bool:
        return self.config.resume_from_plex and OWNER in self.accounts and has_moved(one.offset, known)

    def _marks(self, one: Views, known: Numbers | None) -> int:
        """How often an item was marked as played since it was looked at; below 0: it was marked as unplayed."""
        before, seen_at = int((known or {}).get("count") or 0), int((known or {}).get("viewed_at") or 0)
        if one.count <= before:
            return one.count - before
        rows = read_history(self.server, seen_at + 1, one.item)
        return one.count - before - sum(1 for row in rows if row.item == one.item and row.account == OWNER)

    def _keep(self, part: Sequence[Views], positions: Mapping[str, Numbers]) -> None:
        """Note what Plex shows now. When it was viewed last stays known: an item that is marked as unplayed says
        nothing of that."""
        with self.record.together():
            for one in part:
                known = self.record.sides(self.machine, one.item, ReturnKind.PLAY) or {}
                viewed_at = max(one.viewed_at, int(known.get("viewed_at") or 0))
                content = {"count": one.count, "viewed_at": viewed_at}
                self.record.keep_sides(self.machine, one.item, ReturnKind.PLAY, content)
                position = {**positions.get(one.item, {}), "offset": one.offset}
                self.record.keep_sides(self.machine, one.item, ReturnKind.POSITION, position)


def _differs(one: Views, play: Numbers | None, position: Numbers | None) -> bool:
    """Whether an item shows something else than when it was looked at last; of one never seen, whether anything."""
    count, viewed_at = (play or {}).get("count") or 0, (play or {}).get("viewed_at") or 0
    is_moved = abs(one.offset - ((position or {}).get("offset") or 0.0)) >= 0.5
    return one.count != count or one.viewed_at > viewed_at or is_moved
