"""What was played in Plex before plays came back by themselves: looked at first, then brought by a task."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from plex.playing import OWNER, Views, Watched, list_views, read_history
from plex.protocols import Server
from stash.activity import Activity
from worker.returns.noting import HISTORY, Noting, history_source
from worker.returns.scenes import Matched, ScenesOfItems, common
from worker.returns.sessions import GAP, resume_at
from worker.returns.views import together
from worker.storage.journal_entries import ReturnKind

#: Items whose scenes are looked for at once.
AT_ONCE = 50

ANOTHERS, NO_ITEM = "played by another account", "the item is gone from Plex"
KNOWN, IN_STASH = "came before", "Stash has a play of that time"
NEWER = "Stash has a position, or a later play, of its own"


@dataclass(frozen=True)
class PastPlay:
    """A row of the history that is to become a play."""

    row: Watched
    scene: Activity


@dataclass(frozen=True)
class PastPosition:
    """Where an item was left."""

    views: Views
    scene: Activity


@dataclass
class Past:
    """What is to come, and how many rows are not, by why."""

    plays: list[PastPlay] = field(default_factory=list)
    positions: list[PastPosition] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    def by_scene(self) -> Counter[int]:
        """How many plays each scene gets."""
        return Counter(one.scene.scene_id for one in self.plays)

    def note(self, noting: Noting) -> None:
        """Note all of it, to be sent. Whoever calls opens the transaction."""
        for play in self.plays:
            noting.watched(play.row.item, play.row.key, play.row.viewed_at, play.scene)
        for one in self.positions:
            offset = resume_at(one.views.offset, one.scene.duration)
            noting.position(one.views.item, offset, one.views.viewed_at, one.scene)


def look_back(server: Server, noting: Noting, scenes: ScenesOfItems, accounts: frozenset[int]) -> Past:
    """What the history of a server, and the positions of its items, would bring. Only looks. Raises StashUnavailable,
    the errors of plex/exceptions.py."""
    past, rows = Past(), list(read_history(server, 0))
    shown = together(list_views(server, noting.config.plex_libraries)).values()
    matched = _Matches(scenes, {one.item: [views.item for views in alike] for alike in shown for one in alike})
    pools = dict[int, list[int]]()
    for done in range(0, len(rows), AT_ONCE):
        part = rows[done : done + AT_ONCE]
        matched.learn([row.item for row in part if row.item and row.account in accounts])
        for row in part:
            _sort_in(row, past, noting, matched, pools, accounts)
    if noting.config.resume_from_plex and OWNER in accounts:
        left = [alike[0] for alike in shown if alike[0].offset > 0]
        for done in range(0, len(left), AT_ONCE):
            matched.learn([one.item for one in left[done : done + AT_ONCE]])
        for one in left:
            _place(one, past, matched.of(one.item))
    return past


@dataclass
class _Matches:
    """The scenes of items, each asked for once. ``alike``: by item, those whose plays Plex keeps together with its."""

    scenes: ScenesOfItems
    alike: Mapping[str, Sequence[str]]
    known: dict[str, Matched] = field(default_factory=dict)

    def learn(self, items: Sequence[str]) -> None:
        """Find the scenes of some items. Raises StashUnavailable."""
        fresh = {one for item in items for one in self.alike.get(item, [item])} - self.known.keys()
        if fresh:
            self.known.update(self.scenes.find(fresh))

    def of(self, item: str) -> Matched:
        """The scene of an item that was learnt."""
        return common([self.known[one] for one in self.alike.get(item, [item])])


def _sort_in(
    row: Watched,
    past: Past,
    noting: Noting,
    matched: _Matches,
    pools: dict[int, list[int]],
    accounts: frozenset[int],
) -> None:
    record, source = noting.record, history_source(row.key, row.viewed_at)
    if not row.item:
        past.left_out[NO_ITEM] += 1
    elif row.account not in accounts:
        past.left_out[ANOTHERS] += 1
    elif record.knows_return(ReturnKind.PLAY, noting.server, HISTORY, source):
        past.left_out[KNOWN] += 1
    elif (scene := matched.of(row.item).activity) is None:
        past.left_out[matched.of(row.item).why] += 1
    else:
        if scene.scene_id not in pools:
            own = record.own_plays(scene.scene_id)
            pools[scene.scene_id] = [second for second in scene.plays if second not in own]
        if _is_among(row.viewed_at, pools[scene.scene_id], scene.duration + GAP):
            past.left_out[IN_STASH] += 1
        else:
            past.plays.append(PastPlay(row, scene))


def _is_among(moment: int, pool: list[int], reach: float) -> bool:
    """Whether Stash has a play of that time, which then stands for no other row."""
    nearest = min(pool, key=lambda second: abs(second - moment), default=None)
    if nearest is None or abs(nearest - moment) > reach:
        return False
    pool.remove(nearest)
    return True


def _place(one: Views, past: Past, matched: Matched) -> None:
    scene = matched.activity
    if scene is None:
        return
    if scene.resume_time or any(second > one.viewed_at for second in scene.plays):
        past.left_out[NEWER] += 1
    else:
        past.positions.append(PastPosition(one, scene))
