"""Jobs in hand, fifty at a time: the scenes of the next ones are read from Stash while earlier ones are written."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from stash.client import StashClient
from stash.light import seconds_of
from stash.scenes import BATCH, Details, SceneAnswer, read_scenes
from validation.errors import SceneTrouble, StashTrouble
from validation.jobs import UpdateType
from validation.scenes import Scene
from worker.jobs.claims import Jobs
from worker.storage.jobqueue import Claimed

#: Batches that are being read beside the one that is being written. A full read takes Stash some 3 ms a scene,
#: about as long as an edit takes Plex, so that fewer would leave Plex waiting.
AHEAD = 2

#: Of more scenes that a hook called destroyed, in one batch, Stash is asked whether they are.
FEW_DESTROYED = 10


@dataclass(frozen=True)
class Reading:
    """Scenes by id, and when reading them began and ended, in seconds since 1970."""

    answers: dict[int, SceneAnswer] = field(default_factory=dict)
    began: float = 0.0
    ended: float = 0.0

    @property
    def scenes(self) -> list[Scene]:
        """Those that Stash has and could deliver."""
        return [scene for scene in self.answers.values() if isinstance(scene, Scene)]

    def scene(self, scene_id: int) -> Scene | None:
        """A scene, or None when it is gone. Raises SceneTrouble, StashTrouble."""
        answer = self.answers[scene_id]
        if isinstance(answer, (SceneTrouble, StashTrouble)):
            raise answer
        return answer

    def found(self, scene_id: int) -> Scene | None:
        """A scene, if it was read and is there."""
        answer = self.answers.get(scene_id)
        return answer if isinstance(answer, Scene) else None

    def settled_at(self, scene: Scene) -> str:
        """When Stash last changed a scene; empty when that is so fresh, at Stash's resolution of one second, that
        another change could carry the same time."""
        fresh = self.began - 2 < seconds_of(scene.updated_at) < self.ended + 2
        return "" if fresh else scene.updated_at


@dataclass(frozen=True)
class Batch:
    """Jobs that were claimed before their scenes were read: an event that comes meanwhile makes a new job."""

    jobs: deque[Claimed]
    reading: Future[Reading]


def read(stash: StashClient, ids: Sequence[int], details: Details, clock: Callable[[], float]) -> Reading:
    """Read scenes in full. Raises StashUnavailable."""
    began = clock()
    answers = read_scenes(stash, ids, details) if ids else {}
    return Reading(answers, began, clock())


class Batches:
    """Claims due jobs and reads ahead. All but the reading happens in the caller's thread."""

    def __init__(self, queue: Jobs, clock: Callable[[], float]) -> None:
        self._queue = queue
        self._clock = clock
        self._ahead: deque[Batch] = deque()
        self._readers = ThreadPoolExecutor(AHEAD, "read-ahead")

    def __len__(self) -> int:
        return sum(len(batch.jobs) for batch in self._ahead)

    def __contains__(self, scene_id: int) -> bool:
        return any(one.job.scene_id == scene_id for batch in self._ahead for one in batch.jobs)

    def next(
        self, stash: StashClient, details: Details, put_off: Callable[[Claimed], bool], lists_too: bool = True
    ) -> Batch | None:
        """The fifty jobs that have been due for longest, or None when none is due.

        Whole jobs come first, and only when none of them is due those of which nothing but lists is left, where
        ``lists_too``; these are not read ahead, since no read takes as long as one of their writes. ``put_off`` is
        asked for each job whether there is no need to read its scene, and lets it wait then.
        """
        while len(self._ahead) <= AHEAD and (batch := self._claim(stash, details, put_off)):
            self._ahead.append(batch)
        if self._ahead:
            return self._ahead.popleft()
        return self._claim(stash, details, put_off, lists_left=True) if lists_too else None

    def _claim(
        self, stash: StashClient, details: Details, put_off: Callable[[Claimed], bool], lists_left: bool = False
    ) -> Batch | None:
        """A batch that is being read."""
        while claimed := self._queue.claim(BATCH, lists_left):
            jobs = [one for one in claimed if not put_off(one)]
            if not jobs:
                continue
            destroyed = [one for one in jobs if one.job.update_type is UpdateType.DESTROY]
            believed = destroyed if len(destroyed) <= FEW_DESTROYED else []
            ids = [one.job.scene_id for one in jobs if one not in believed]
            return Batch(deque(jobs), self._readers.submit(read, stash, ids, details, self._clock))
        return None

    @property
    def is_read(self) -> bool:
        """Whether the scenes of the next batch are there already."""
        reading = self._ahead[0].reading if self._ahead else None
        return reading is not None and reading.done() and reading.exception() is None

    def put_back(self, rest: Iterable[Claimed] = ()) -> None:
        """Let ``rest`` and everything that was claimed ahead wait again."""
        jobs = [*rest, *(one for batch in self._ahead for one in batch.jobs)]
        for batch in self._ahead:
            batch.reading.cancel()
        self._ahead.clear()
        for one in reversed(jobs):  # a scene that changed meanwhile has two: the newer one stays
            self._queue.put_back(one)

    def close(self) -> None:
        """Put everything back and let the readers go."""
        try:
            self.put_back()
        finally:
            self._readers.shutdown(wait=False, cancel_futures=True)
