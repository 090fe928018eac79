"""What Plex's items show of what was played, left or marked, as its lists have it: of the token's account alone.

Plex keeps that by guid (``plex.playing.Views``): items that have one show the same, an item that is matched anew shows
something else, and one that is found anew what it showed before.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from plex.playing import OWNER, Views, newest_viewed, read_history
from plex.protocols import Server
from worker.returns.noting import Noting
from worker.returns.positions import has_moved
from worker.returns.scenes import ScenesOfItems, common
from worker.returns.sessions import resume_at
from worker.storage.journal_entries import ReturnKind
from worker.storage.returned import SeenBy
from worker.storage.seen_in_plex import SeenViews

log = logging.getLogger(__name__)

#: So many may be marked as unplayed between two looks at Plex's lists.
MOST_UNMARKED = 25

#: Rows and items that are dealt with at once.
AT_ONCE = 50

#: The items that share what Plex keeps, each of which shows it.
Alike = Sequence[Views]


def together(views: Iterable[Views]) -> dict[str, list[Views]]:
    """Items, by what Plex keeps their views by."""
    found = dict[str, list[Views]]()
    for one in views:
        found.setdefault(one.kept_by, []).append(one)
    return found


@dataclass(frozen=True)
class ViewsLook:
    """Compares what a server shows with what it showed last. ``accounts``: whose plays count."""

    noting: Noting
    server: Server
    scenes: ScenesOfItems
    accounts: frozenset[int]

    def compare(self, views: Iterable[Views], fresh: Collection[ReturnKind] = ()) -> None:
        """Note what is new, and what is shown now; ``fresh``: of what nothing is new. Raises StashUnavailable, the
        errors of plex/exceptions.py."""
        known = self.noting.record.views(self.noting.server)
        shown, lost = together(views), self.noting.record.lost_views(self.noting.server)
        self._keep([shown[kept_by] for kept_by in lost & shown.keys()], known)
        changed = [alike for alike in shown.values() if _differs(alike[0], known.get(alike[0].kept_by))]
        changed = [alike for alike in changed if alike[0].kept_by not in lost]
        takes = self._takes() - set(fresh)
        unmarked = self._unmarked([alike[0] for alike in changed], known) if ReturnKind.PLAY in takes else frozenset()
        for start in range(0, len(changed), AT_ONCE):
            part = changed[start : start + AT_ONCE]
            if takes:
                self._take(part, known, takes, unmarked)
            self._keep(part, known)

    def _takes(self) -> set[ReturnKind]:
        """What is taken from lists, which are the owner's: marks, positions."""
        config, kinds = self.noting.config, set[ReturnKind]()
        if OWNER in self.accounts and config.plays_from_plex and config.marked_counts_as_play:
            kinds.add(ReturnKind.PLAY)
        if OWNER in self.accounts and config.resume_from_plex:
            kinds.add(ReturnKind.POSITION)
        return kinds

    def _unmarked(self, changed: Sequence[Views], known: Mapping[str, SeenViews]) -> frozenset[str]:
        """What somebody marked as unplayed; nothing where Plex was rather put back to a backup: it shows fewer views of
        something, and yet some, or older ones, very many are gone, or rows of its history are."""
        seen = [(one, known[one.kept_by]) for one in changed if one.kept_by in known]
        gone = frozenset(one.kept_by for one, before in seen if not one.count and before.times)
        fell = any(one.count and (one.count < before.times or one.viewed_at < before.viewed_at) for one, before in seen)
        if not gone:
            return gone
        newest = self.noting.record.horizon(self.noting.server, ReturnKind.PLAY).newest
        if fell or len(gone) > MOST_UNMARKED or newest_viewed(self.server) < newest:
            log.warning("Plex seems to be put back to an older state: what it shows as unplayed stays a play in Stash.")
            return frozenset()
        return gone

    def _take(
        self,
        part: Sequence[Alike],
        known: Mapping[str, SeenViews],
        takes: Collection[ReturnKind],
        unmarked: Collection[str],
    ) -> None:
        record, noting = self.noting.record, self.noting
        scenes = self.scenes.find({one.item for alike in part for one in alike})
        latest = max((one.viewed_at for one in known.values()), default=0)
        marked = set[str]()
        if ReturnKind.PLAY in takes:
            marked = {alike[0].kept_by for alike in part if self._is_marked(alike, known.get(alike[0].kept_by), latest)}
        with record.together():
            for alike in part:
                one, seen = alike[0], known.get(alike[0].kept_by)
                scene = common([scenes[views.item] for views in alike]).activity
                if scene is not None and one.kept_by in marked:
                    noting.marked(one, scene)
                elif one.kept_by in unmarked:
                    record.take_back_plays(noting.server, one.kept_by, SeenBy.MARK)
                if scene is not None and ReturnKind.POSITION in takes and _is_moved(one, seen, latest):
                    noting.position(one.item, resume_at(one.offset, scene.duration), one.viewed_at, scene)

    def _is_marked(self, alike: Alike, seen: SeenViews | None, latest: int) -> bool:
        """Whether something was marked as played since it was looked at: viewed more often, later, and not played."""
        one, items = alike[0], {views.item for views in alike}
        since, more = seen.viewed_at if seen else latest, one.count - (seen.times if seen else 0)
        if more <= 0 or one.viewed_at <= since:
            return False
        rows = read_history(self.server, since + 1, one.item)
        return sum(1 for row in rows if row.item in items and row.account == OWNER) < more

    def _keep(self, part: Sequence[Alike], known: Mapping[str, SeenViews]) -> None:
        """Note what Plex shows now."""
        with self.noting.record.together():
            for one in (alike[0] for alike in part):
                viewed_at = max(one.viewed_at, known.get(one.kept_by, SeenViews()).viewed_at)
                seen = SeenViews(one.count, viewed_at, one.offset)
                self.noting.record.keep_views(self.noting.server, one.kept_by, seen)


def _is_moved(one: Views, seen: SeenViews | None, latest: int) -> bool:
    """Whether somebody left it elsewhere since. What is shown for the first time, and older than what was seen last
    anywhere, is of an item that came, or was matched, since: its account left it there long ago."""
    if seen is None and 0 < one.viewed_at <= latest:
        return False
    return has_moved(one.offset, seen.position if seen else 0.0)


def _differs(one: Views, seen: SeenViews | None) -> bool:
    """Whether something else is shown than when it was looked at last; of what was never seen, whether anything."""
    times, viewed_at, position = seen or SeenViews()
    return one.count != times or one.viewed_at > viewed_at or abs(one.offset - position) >= 0.5
