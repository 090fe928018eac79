"""Asking Plex for what happened while nobody listened: its history, and what its items show.

The first look only notes what is there. From then on, what was played, left or marked since is news.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from plex.playing import Watched, items_alike, list_views, newest_viewed, read_history
from plex.protocols import Server
from stash.activity import PlayRules
from validation.config import PlexSyncConfig
from worker.returns.noting import HISTORY, Noting, history_source
from worker.returns.scenes import ScenesOfItems, common
from worker.returns.views import AT_ONCE, ViewsLook
from worker.storage.journal_entries import ReturnKind
from worker.storage.record import Record
from worker.storage.seen_in_plex import Horizon

#: Seconds of the history that are read again each time: rows may come late.
OVERLAP = 86400


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
            look = ViewsLook(self._noting(), self.server, self.scenes, self.accounts)
            look.compare(list(list_views(self.server, self.config.plex_libraries)), is_first)
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
        return not self.record.knows_return(ReturnKind.PLAY, self.machine, HISTORY, source)

    def _note(self, rows: Sequence[Watched]) -> None:
        """A row belongs to all items that Plex keeps it by, whichever it names."""
        scenes = self.scenes.find({row.item for row in rows})
        alike = items_alike(self.server, {item for item, one in scenes.items() if one.activity is not None})
        scenes |= self.scenes.find(set().union(*alike.values()) - scenes.keys())
        noting = self._noting()
        with self.record.together():
            for row in rows:
                scene = common([scenes[item] for item in alike.get(row.item, {row.item})]).activity
                if scene is not None:
                    noting.watched(row.item, row.key, row.viewed_at, scene)
