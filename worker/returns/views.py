"""What Plex's items show of what was played, left or marked, as its lists have it: of the token's account alone.

Plex keeps that by guid (``plex.playing.Views``): items that have one show the same, an item that is matched anew shows
something else, and one that is found anew what it showed before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from plex.playing import OWNER, Views, read_history
from plex.protocols import Server
from worker.returns.noting import Noting
from worker.returns.positions import has_moved
from worker.returns.scenes import ScenesOfItems, common
from worker.returns.sessions import resume_at
from worker.storage.returned import SeenBy
from worker.storage.seen_in_plex import SeenViews

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

    def compare(self, views: Iterable[Views], is_first: bool) -> None:
        """Note what is new, and what is shown now; ``is_first``: nothing is new. Raises StashUnavailable, the errors of
        plex/exceptions.py."""
        known = self.noting.record.views(self.noting.server)
        shown, lost = together(views), self.noting.record.lost_views(self.noting.server)
        self._keep([shown[kept_by] for kept_by in lost & shown.keys()], known)
        changed = [alike for alike in shown.values() if _differs(alike[0], known.get(alike[0].kept_by))]
        changed = [alike for alike in changed if alike[0].kept_by not in lost]
        for start in range(0, len(changed), AT_ONCE):
            part = changed[start : start + AT_ONCE]
            if is_first:
                self._keep(part, known)
            else:
                self._take(part, known)

    def _take(self, part: Sequence[Alike], known: Mapping[str, SeenViews]) -> None:
        record, noting = self.noting.record, self.noting
        scenes = self.scenes.find({one.item for alike in part for one in alike})
        latest = max((one.viewed_at for one in known.values()), default=0)
        marks = {alike[0].kept_by: self._marks(alike, known.get(alike[0].kept_by), latest) for alike in part}
        with record.together():
            for alike in part:
                one, seen = alike[0], known.get(alike[0].kept_by)
                scene, marked = common([scenes[views.item] for views in alike]).activity, marks[one.kept_by]
                if scene is not None and marked > 0:
                    noting.marked(one, scene)
                elif marked < 0:
                    record.take_back_plays(noting.server, one.kept_by, SeenBy.MARK)
                if scene is not None and self._takes_position(one, seen, latest):
                    moment = one.viewed_at or int(record.now)
                    noting.position(one.item, resume_at(one.offset, scene.duration), moment, scene)
            self._keep(part, known)

    @property
    def _takes_marks(self) -> bool:
        config = self.noting.config
        return config.plays_from_plex and config.marked_counts_as_play and OWNER in self.accounts

    def _takes_position(self, one: Views, seen: SeenViews | None, latest: int) -> bool:
        if not self.noting.config.resume_from_plex or OWNER not in self.accounts or _is_from_before(one, seen, latest):
            return False
        return has_moved(one.offset, seen.position if seen else 0.0)

    def _marks(self, alike: Alike, seen: SeenViews | None, latest: int) -> int:
        """How often something was marked as played since it was looked at; below 0: it was marked as unplayed."""
        one, before = alike[0], seen.times if seen else 0
        if not self._takes_marks or _is_from_before(one, seen, latest):
            return 0
        if one.count <= before:
            return one.count - before
        items = {views.item for views in alike}
        rows = read_history(self.server, (seen.viewed_at if seen else latest) + 1, one.item)
        return one.count - before - sum(1 for row in rows if row.item in items and row.account == OWNER)

    def _keep(self, part: Sequence[Alike], known: Mapping[str, SeenViews]) -> None:
        """Note what Plex shows now."""
        with self.noting.record.together():
            for one in (alike[0] for alike in part):
                viewed_at = max(one.viewed_at, known.get(one.kept_by, SeenViews()).viewed_at)
                seen = SeenViews(one.count, viewed_at, one.offset)
                self.noting.record.keep_views(self.noting.server, one.kept_by, seen)


def _is_from_before(one: Views, seen: SeenViews | None, latest: int) -> bool:
    """Whether what is shown for the first time is older than what was seen last anywhere: an item that came, or was
    matched, since shows what its account did long ago."""
    return seen is None and 0 < one.viewed_at <= latest


def _differs(one: Views, seen: SeenViews | None) -> bool:
    """Whether something else is shown than when it was looked at last; of what was never seen, whether anything."""
    times, viewed_at, position = seen or SeenViews()
    return one.count != times or one.viewed_at > viewed_at or abs(one.offset - position) >= 0.5
