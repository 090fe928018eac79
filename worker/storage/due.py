"""When each job is due, in memory: persist-queue's rows have no order of their own.

Jobs of which only lists of tags are left have an order apart, so that none of them stands before a whole one.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from typing import NamedTuple

from validation.jobs import Job
from validation.paths import file_name_key

#: No job is ever due later than this, in seconds; one that is was added before the clock
#: was set back, and is due now.
LONGEST_WAIT = 6 * 3600.0


class Waiting(NamedTuple):
    """What is kept in memory of a job that waits; the rest stays in its row. ``missing``: whether it waits for its
    file, and ``names`` the keys of the names of its files then; ``lists_left``: as in ``Job``."""

    row: int
    due: float
    missing: bool
    names: tuple[str, ...] = ()
    lists_left: bool = False

    @classmethod
    def of(cls, row: int, job: Job) -> Waiting:
        """What is kept of a job."""
        names = tuple(file_name_key(name) for name in job.files)
        return cls(row, job.due, job.missing_since is not None, names, job.lists_left)


class Taken(NamedTuple):
    """A job that waits no more."""

    scene_id: int
    row: int


class _Place(NamedTuple):
    due: float
    row: int
    scene_id: int


class DueTimes:
    """Scenes whose jobs wait, each once. ``clock`` gives seconds since 1970."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._waiting: dict[int, Waiting] = {}
        self._missing: set[int] = set()
        self._whole: list[_Place] = []
        self._lists: list[_Place] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def __contains__(self, scene_id: int) -> bool:
        return scene_id in self._waiting

    def get(self, scene_id: int) -> Waiting | None:
        """The job of a scene, if one waits."""
        return self._waiting.get(scene_id)

    @property
    def missing(self) -> list[Waiting]:
        """Those that wait for their files."""
        return [self._waiting[scene_id] for scene_id in self._missing]

    @property
    def any_missing(self) -> bool:
        """Whether one waits for its file."""
        return bool(self._missing)

    def enter(self, scene_id: int, waiting: Waiting) -> None:
        """A job waits; one that the scene had does so no more."""
        self._waiting[scene_id] = waiting
        if waiting.missing:
            self._missing.add(scene_id)
        else:
            self._missing.discard(scene_id)
        heapq.heappush(self._order(waiting.lists_left), _Place(waiting.due, waiting.row, scene_id))

    def count(self) -> int:
        """How many are due now."""
        now = self._clock()
        return sum(1 for one in self._waiting.values() if one.due <= now)

    def next(self) -> float | None:
        """When the next one is due, None when none waits."""
        return min((first.due for first in map(self._first, (False, True)) if first is not None), default=None)

    def take(self, most: int, lists_left: bool) -> list[Taken]:
        """Up to ``most`` that are due, the longest due first: whole ones, or those of which only lists are left."""
        now, taken = self._clock(), list[Taken]()
        while len(taken) < most:
            first = self._first(lists_left)
            if first is None or now < first.due <= now + LONGEST_WAIT:
                break
            heapq.heappop(self._order(lists_left))
            del self._waiting[first.scene_id]
            self._missing.discard(first.scene_id)
            taken.append(Taken(first.scene_id, first.row))
        return taken

    def hasten_missing(self, arrived: Callable[[Iterable[str]], bool]) -> int:
        """Make those due now whose files have ``arrived``, by the keys of their names, or are not known; says how
        many."""
        now = self._clock()
        waiting = [(scene_id, self._waiting[scene_id]) for scene_id in self._missing]
        return self._hasten(
            scene_id for scene_id, one in waiting if one.due > now and (not one.names or arrived(one.names))
        )

    def hasten_all(self) -> None:
        """Make every one due now."""
        now = self._clock()
        self._hasten([scene_id for scene_id, one in self._waiting.items() if one.due > now])

    def _hasten(self, scene_ids: Iterable[int]) -> int:
        now, chosen = self._clock(), list(scene_ids)
        for scene_id in chosen:
            self.enter(scene_id, self._waiting[scene_id]._replace(due=now))
        return len(chosen)

    def _order(self, lists_left: bool) -> list[_Place]:
        return self._lists if lists_left else self._whole

    def _first(self, lists_left: bool) -> _Place | None:
        """The first of an order that is still true."""
        order = self._order(lists_left)
        while order:
            first = order[0]
            known = self._waiting.get(first.scene_id)
            if known is not None and (known.row, known.due, known.lists_left) == (first.row, first.due, lists_left):
                return first
            heapq.heappop(order)
        return None
