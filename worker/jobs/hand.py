"""The jobs that are worked off in one go: those of one batch, and of others that were read by the time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from worker.jobs.batches import Batch, Reading
from worker.storage.jobqueue import Claimed


class Readings:
    """What Stash said about the scenes in hand; the last few readings are kept."""

    def __init__(self) -> None:
        self._kept = deque[Reading](maxlen=3)

    def __contains__(self, scene_id: int) -> bool:
        return any(scene_id in one.answers for one in self._kept)

    def keep(self, reading: Reading) -> None:
        """Scenes that were just read."""
        self._kept.appendleft(reading)

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Others are in hand meanwhile, and those that were come back."""
        was, self._kept = self._kept, deque(maxlen=self._kept.maxlen)
        try:
            yield
        finally:
            self._kept = was

    def clear(self) -> None:
        """Nothing is in hand."""
        self._kept.clear()

    def of(self, scene_id: int) -> Reading:
        """The newest reading of a scene; an empty one where it was not read."""
        return next((one for one in self._kept if scene_id in one.answers), Reading())


class Finished:
    """Jobs that were dealt with; ``count`` says how many. ``leave`` takes one out of the queue."""

    def __init__(self, leave: Callable[[Claimed], object]) -> None:
        self.count = 0
        self._leave = leave
        self._waiting = deque[Claimed]()

    def add(self, claimed: Claimed) -> None:
        """A job was dealt with, and stays in the queue until that is written down."""
        self.count += 1
        self._waiting.append(claimed)

    def written(self) -> None:
        """What was noted of all of them is written down."""
        while self._waiting:
            self._leave(self._waiting.popleft())


class Hand:
    """``jobs``: those that are left; ``taken``: how many there were. ``following`` gives the next batch that is read
    already, if there is one and it should be begun now."""

    def __init__(self, first: Batch, readings: Readings, following: Callable[[], Batch | None]) -> None:
        self.jobs = first.jobs
        self.taken = len(first.jobs)
        self._unread = deque([first.reading])  # a reading holds its scenes as long as it is held
        self._readings = readings
        self._following = following

    def read(self) -> Reading:
        """Wait for the scenes of the first batch. Raises StashUnavailable."""
        reading = self._unread.popleft().result()
        self._readings.keep(reading)
        return reading

    def more(self) -> deque[Claimed]:
        """Further jobs, whose scenes are read."""
        batch = self._following()
        if batch is None:
            return deque()
        self._readings.keep(batch.reading.result())
        self.taken += len(batch.jobs)
        return batch.jobs
