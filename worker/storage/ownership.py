"""Who owns the queue and the database: one process at a time, proved by the kernel's locks.

``owner.lock`` is held by the owner. ``task.lock`` is held by a task that wants to own them, or does: the
background worker looks at it between two jobs and makes room. Both die with their process, so a task that is
stopped leaves the rest to the worker, which was waiting.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from plex.index import LibraryIndex
from worker.datadir import DataDir
from worker.storage.database import PATIENCE
from worker.storage.index_file import open_index
from worker.storage.jobqueue import JobQueue
from worker.storage.record import Record
from worker.storage.repair import open_both, trouble_named
from worker.system import is_held, open_lock, try_lock


@dataclass(frozen=True)
class Owned:
    """What the owner works with."""

    queue: JobQueue
    record: Record
    index: LibraryIndex


class Lock:
    """A lock file of the kernel's."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._descriptor: int | None = None

    def take(self) -> bool:
        """Try to take it, without waiting. Raises OSError."""
        descriptor, taken = open_lock(self._path), False
        try:
            taken = try_lock(descriptor)
        finally:
            if not taken:
                os.close(descriptor)
        if taken:
            self._descriptor = descriptor
        return taken

    def wait(self, tick: Callable[[], None]) -> None:
        """Take it as soon as it is free, calling ``tick`` before each further try."""
        while not self.take():
            tick()

    def release(self) -> None:
        """Let go of it, if it is held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def is_held_elsewhere(self) -> bool:
        """Whether another process holds it. Raises OSError."""
        return self._descriptor is None and is_held(self._path)


@contextmanager
def own(
    data: DataDir,
    clock: Callable[[], float] = time.time,
    tick: Callable[[], None] | None = None,
    patience: float = PATIENCE,
) -> Iterator[Owned]:
    """Own queue and database, waiting for another owner to make room. A damaged file is moved aside and made anew.

    ``patience``: seconds to wait for another program that keeps one of them locked.

    Raises:
        NewerDatabase: a file is newer than this PlexSync.
        StorageTrouble: a file cannot be used now, or failed inside the block.
    """
    lock = Lock(data.owner_lock)
    with trouble_named(data):
        lock.wait(tick or (lambda: time.sleep(0.05)))
    try:
        with open_both(data, clock, patience) as (database, queue), closing(open_index(data.index, patience)) as index:
            yield Owned(queue, Record(database, clock), LibraryIndex(index, clock))
    finally:
        lock.release()


@contextmanager
def take_over(data: DataDir, clock: Callable[[], float] = time.time) -> Iterator[Owned]:
    """Own queue and database as a task: the background worker makes room after the job it is at.

    Raises as ``own``.
    """
    wish = Lock(data.task_lock)
    with trouble_named(data):
        wish.wait(lambda: time.sleep(0.05))
    try:
        with own(data, clock) as owned:
            yield owned
    finally:
        wish.release()
