"""Asking Plex for what happened while nobody listened: its history, and what its items show.

The first look only notes what is there. From then on, what was played, left or marked since is news.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from plex.playing import OWNER, Watched, is_owners, items_alike, list_views, newest_viewed, read_history
from plex.protocols import Server
from plex.wire import clock_of
from stash.activity import PlayRules
from validation.config import PlexSyncConfig
from worker.returns.fingerprint import fingerprint
from worker.returns.noting import HISTORY, Noting, ahead_of, history_source
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
        bases = self._bases()
        known = {kind: self.record.basis(self.machine, kind) for kind in (ReturnKind.PLAY, ReturnKind.POSITION)}
        self._end([kind for kind, basis in known.items() if basis is not None and kind not in bases])
        fresh = {kind: basis for kind, basis in bases.items() if known[kind] != basis}
        clock = clock_of(self.server)
        plex_now = self.record.now if clock is None else clock
        noting = Noting(self.record, self.config, self.machine, self.rules, ahead_of(clock, self.record.now))
        begins_plays = ReturnKind.PLAY in bases and known[ReturnKind.PLAY] is None
        horizon = self._beginning(plex_now) if begins_plays else None
        if ReturnKind.PLAY in bases and horizon is None:
            self._history(noting, plex_now)
        if fresh or lists:
            accounts = self.accounts if is_owners(self.server) else self.accounts - {OWNER}
            look = ViewsLook(noting, self.server, self.scenes, accounts)
            look.compare(list(list_views(self.server, self.config.plex_libraries)), fresh)
        if fresh:  # at the end: a look that was cut off is the first one again
            with self.record.together():
                self._begin(fresh, horizon)

    def _bases(self) -> dict[ReturnKind, str]:
        """By what lists are compared, for each kind that comes back: what changed under another one is no news."""
        account, config = fingerprint(self.config.plex_token, self.machine), self.config
        by_owner = f"{account} {'owner' if OWNER in self.accounts else 'others'}"
        bases = dict[ReturnKind, str]()
        if config.plays_from_plex:
            bases[ReturnKind.PLAY] = f"{by_owner} {'marks' if config.marked_counts_as_play else 'no marks'}"
        if config.resume_from_plex:
            bases[ReturnKind.POSITION] = by_owner
        return bases

    def _beginning(self, plex_now: float) -> Horizon:
        """From where on the history is news. Rows may be there that Plex stamped while its clock was ahead."""
        newest = newest_viewed(self.server)
        if newest <= plex_now:
            return Horizon(newest, newest)
        to_come = read_history(self.server, int(plex_now) + 1)
        return Horizon(int(plex_now), int(plex_now), max((row.row for row in to_come), default=0))

    def _begin(self, fresh: Mapping[ReturnKind, str], horizon: Horizon | None) -> None:
        for kind, basis in fresh.items():
            if self.record.baseline(self.machine, kind) is None:
                self.record.begin_returns(self.machine, kind, self.record.now)
            self.record.set_basis(self.machine, kind, basis)
        if horizon is not None:
            self.record.set_horizon(self.machine, ReturnKind.PLAY, horizon)

    def _end(self, kinds: Sequence[ReturnKind]) -> None:
        """One of them comes back no more, while another does."""
        with self.record.together():
            for kind in kinds:
                self.record.begin_returns(self.machine, kind, None)
            self.record.drop_due(kinds)

    # The history ------------------------------------------------------------------------------------------------

    def _history(self, noting: Noting, plex_now: float) -> None:
        horizon = self.record.horizon(self.machine, ReturnKind.PLAY)
        rows = list(read_history(self.server, max(horizon.newest - OVERLAP, 0)))
        news = [row for row in rows if row.viewed_at > horizon.begins and row.row > horizon.begins_row]
        news = [row for row in news if self._is_news(row)]
        for start in range(0, len(news), AT_ONCE):
            self._note(news[start : start + AT_ONCE], noting)
        newest = int(min(max((row.viewed_at for row in rows), default=0), plex_now))
        if newest > horizon.newest:
            self.record.set_horizon(self.machine, ReturnKind.PLAY, horizon._replace(newest=newest))

    def _is_news(self, row: Watched) -> bool:
        if not row.item or row.account not in self.accounts:
            return False
        source = history_source(row.key, row.viewed_at)
        return not self.record.knows_return(ReturnKind.PLAY, self.machine, HISTORY, source)

    def _note(self, rows: Sequence[Watched], noting: Noting) -> None:
        """A row belongs to all items that Plex keeps it by, whichever it names."""
        scenes = self.scenes.find({row.item for row in rows})
        alike = items_alike(self.server, {item for item, one in scenes.items() if one.activity is not None})
        scenes |= self.scenes.find(set().union(*alike.values()) - scenes.keys())
        with self.record.together():
            for row in rows:
                scene = common([scenes[item] for item in alike.get(row.item, {row.item})]).activity
                if scene is not None:
                    noting.watched(row.item, row.key, row.viewed_at, scene)
