"""The disk-backed queue: persist-queue's SQLiteAckQueue, with one owner, one row per dirty scene.

persist-queue keeps the rows and their states; the order of due times is kept in memory (worker/storage/due.py), so that
a job that waits blocks nobody. How its traps are avoided (all measured with 1.1.0):

- its claim is not atomic across processes, and opening it hands out jobs in flight again: one process owns it
  (worker/storage/ownership.py), opens it with ``auto_resume=False`` and resumes once;
- ``get`` without an id takes the lowest row again and again, and scans over all that wait: rows are claimed by
  id, when they are due;
- ``nack`` moves nothing to the back: due times do;
- acked rows stay for ever: they are cleared as we go;
- pickle runs code from the file: rows are JSON;
- ``size`` and ``queue()`` mislead or disturb: others read through a connection of their own (``queue_file.read_jobs``).
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import persistqueue
import persistqueue.serializers.json

from validation.jobs import LASTING, Job, UpdateType
from worker.storage.database import PATIENCE, damage_named, nothing_half_made
from worker.storage.due import DueTimes, Waiting
from worker.storage.in_flight import InFlight
from worker.storage.lately import Lately
from worker.storage.queue_file import examine, read_rows
from worker.storage.reading import QUEUE_FILE as FILE
from worker.storage.reading import as_text

__all__ = ["FILE", "Claimed", "JobQueue"]

log = logging.getLogger(__name__)


#: KiB of the queue that SQLite keeps in memory: jobs are taken and finished in the order of their rows, or nearly so.
CACHE = 64

#: Statements that are kept prepared: most of persist-queue's name a row, and come only once.
STATEMENTS = 8

#: Finished rows are cleared away after so many.
CLEAR_EVERY = 500


@dataclass(frozen=True)
class Claimed:
    """A job in flight: its row, and what it says."""

    row: int
    job: Job


class _Rows(persistqueue.SQLiteAckQueue):  # type: ignore[misc]
    """persist-queue's table, with one sync for many commits: see ``JobQueue.sync``."""

    def _new_db_connection(self, path: str, multithreading: bool, timeout: float) -> sqlite3.Connection:
        # Its own would switch to a write-ahead log, also where there can be none.
        file = os.path.join(path, self.db_file_name)
        connection = sqlite3.connect(
            file, timeout=timeout, check_same_thread=not multithreading, cached_statements=STATEMENTS
        )
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute(f"PRAGMA cache_size={-CACHE}")
        return connection

    def _init(self) -> None:
        super()._init()
        self._getter.text_factory = as_text


class JobQueue:
    """Dirty scenes, each once, by due time. ``clock`` gives seconds since 1970."""

    def __init__(self, folder: str, clock: Callable[[], float], patience: float = PATIENCE) -> None:
        """Open the queue and take back what a killed owner had in flight.

        ``patience``: seconds to wait for another program that keeps it locked. Raises as
        ``database.open_database``.
        """
        self.clock = clock
        self._patience = patience
        self._path = os.path.join(folder, FILE)
        self._finished = 0
        #: Scenes of which a hook said that they are gone from Stash.
        self.destroyed = Lately(clock)
        self._in_flight = InFlight()
        os.makedirs(folder, mode=0o700, exist_ok=True)
        with nothing_half_made(self._path), damage_named():
            examine(self._path, patience)
            self._rows = _Rows(
                folder, db_file_name=FILE, serializer=persistqueue.serializers.json, auto_resume=False, timeout=patience
            )
            self._due = DueTimes(self.clock)
            try:
                self._take_back()
            except BaseException:
                self._close_files()
                raise

    def _take_back(self) -> None:
        self._rows.resume_unack_tasks()
        for row, job in read_rows(self._path):
            if job is None:
                log.warning("Row %d of the queue cannot be read; it was set aside. A full sync makes up for it.", row)
                self._rows.ack_failed(id=row)
            else:
                self._load(row, job)

    def close(self) -> None:
        """Clear what is finished and close the files. What is in flight comes back at the next opening."""
        try:
            self._rows.clear_acked_data(max_delete=100_000, keep_latest=0)
        finally:
            self._close_files()

    def _close_files(self) -> None:
        self._due.close()
        self._rows.close()
        del self._rows  # persist-queue closes once more when it is collected, which has to happen in this thread

    def __len__(self) -> int:
        return len(self._due)

    def __bool__(self) -> bool:
        return True

    def __contains__(self, scene_id: int) -> bool:
        return scene_id in self._due

    def count_due(self) -> int:
        """How many jobs are due now."""
        return self._due.count()

    def missing(self, scene_id: int) -> tuple[str, ...] | None:
        """The keys of the names of the files that a scene waits for, as far as they are known; None when it does not
        wait for any."""
        waiting = self._due.get(scene_id)
        return waiting.names if waiting is not None and waiting.missing else None

    def will_read(self, scene_id: int) -> bool:
        """Whether a scene has a job that is due, and reads it as it is then; or one that says that it is gone."""
        waiting = self._due.get(scene_id)
        if waiting is None:
            return False
        return scene_id in self.destroyed or (not waiting.missing and waiting.due <= self.clock())

    def any_missing(self) -> bool:
        """Whether a job waits for its file to appear in Plex."""
        return self._due.any_missing

    def waited_for(self, most: int) -> list[str] | None:
        """The names of the files that jobs wait for; None when these are more than ``most``, or not known."""
        missing = self._due.missing(most + 1)
        if len(missing) > most:
            return None
        jobs = [self._read(waiting.row) for waiting in missing]
        names = {name for job in jobs if job is not None for name in job.files}
        known = all(job is not None and job.files for job in jobs)
        return sorted(names) if known and len(names) <= most else None

    def add(self, scene_id: int, update_type: UpdateType, after: float = 0.0) -> None:
        """Note that a scene is dirty: it becomes due ``after`` so many seconds; a waiting job of the scene takes it in.

        Survives the end of this process at once, and a power cut after ``sync``.
        """
        due, waiting = self.clock() + after, self._due.get(scene_id)
        known = self._read(waiting.row) if waiting else None
        if waiting is None or known is None:
            job = Job(scene_id=scene_id, update_type=update_type, due=due)
            self._load(self._rows.put(job.model_dump(mode="json", exclude_defaults=True)), job)
        else:
            job = known.renewed(update_type, due)
            self._rows.update(job.model_dump(mode="json", exclude_defaults=True), id=waiting.row)
            self._load(waiting.row, job)

    def hurry(self, scene_id: int) -> bool:
        """Make a job due that waits to be tried again, its failures remembered; says whether there is one.

        Survives as ``add`` does.
        """
        waiting = self._due.get(scene_id)
        known = self._read(waiting.row) if waiting else None
        if waiting is None or known is None or not known.attempts:
            return False
        job = known.model_copy(update={"due": min(known.due, self.clock())})
        self._rows.update(job.model_dump(mode="json", exclude_defaults=True), id=waiting.row)
        self._load(waiting.row, job)
        return True

    def sync(self) -> bool:
        """Make all that was added survive a power cut: a checkpoint syncs the log it copies from. Says whether all of
        it does: beside another program that reads, nothing is copied (https://sqlite.org/pragma.html#pragma_wal_checkpoint).
        """
        connection = sqlite3.connect(self._path, timeout=self._patience)
        try:
            blocked, logged, copied = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        finally:
            connection.close()
        return not blocked and bool(logged == copied)

    def claim(self, most: int, lists_left: bool = False) -> list[Claimed]:
        """Take up to ``most`` jobs that are due, the longest due first; each must be ``done`` or ``put_back``.

        ``lists_left``: those of which only lists are left, instead of whole ones.
        """
        claimed: list[Claimed] = []
        for scene_id, row in self._due.take(most, lists_left):
            claimed.append(Claimed(row, self._get(scene_id, row)))
            self._in_flight.claimed(scene_id, row)
        return claimed

    def _get(self, scene_id: int, row: int) -> Job:
        try:
            job = Job.model_validate(self._rows.get(block=False, id=row, raw=True)["data"])
            if job.scene_id == scene_id:
                return job
        except (ValueError, AttributeError, RecursionError):  # the second is persist-queue's own, of a text
            pass
        log.warning("Row %d of the queue cannot be read any more; scene %d is compared.", row, scene_id)
        job = Job(scene_id=scene_id, update_type=UpdateType.RECONCILE)
        self._rows.update(job.model_dump(mode="json", exclude_defaults=True), id=row)
        return job

    def is_outdated(self, claimed: Claimed) -> bool:
        """Whether a newer job of the scene was dealt with since this one was claimed: what was read for this one may
        not be written any more. Putting it back lets it be read anew."""
        return self._in_flight.is_outdated(claimed.row)

    def done(self, claimed: Claimed) -> None:
        """Finish a job for good."""
        self._rows.ack(id=claimed.row)
        self._in_flight.dealt_with(claimed.job.scene_id, claimed.row)
        self._finished += 1
        if self._finished % CLEAR_EVERY == 0:
            self._rows.clear_acked_data(max_delete=2 * CLEAR_EVERY, keep_latest=0)

    def put_back(self, claimed: Claimed, job: Job | None = None) -> None:
        """Let a job wait again, as it was or as ``job`` says. If an event renewed it meanwhile, it stays renewed and
        goes on asking for what lasts."""
        job = job or claimed.job
        waiting = self._due.get(job.scene_id)
        if waiting is not None:
            self._hand_on(job.update_type, waiting.row)
            self.done(claimed)
            return
        if job != claimed.job:
            self._rows.update(job.model_dump(mode="json", exclude_defaults=True), id=claimed.row)
        self._rows.nack(id=claimed.row)
        self._in_flight.dealt_with(job.scene_id, claimed.row)
        self._load(claimed.row, job)

    def hasten(self, arrived: Callable[[Iterable[str]], bool]) -> int:
        """Make jobs due now that wait for files which Plex has by now; says how many.

        ``arrived``: whether one of some names, by their keys, is new. Not written down: a restart makes them wait on.
        """
        return self._due.hasten_missing(arrived)

    def hasten_all(self) -> None:
        """Make every job due now, whatever it waits for. Not written down: a restart makes them wait on."""
        self._due.hasten_all()

    def _read(self, row: int) -> Job | None:
        return next((job for _, job in read_rows(self._path, f"_id = {row:d}")), None)

    def _load(self, row: int, job: Job) -> None:
        other = self._due.get(job.scene_id)
        if other is not None and other.row != row:  # it was in flight, and renewed, when its owner was killed
            older = self._read(other.row)
            if older is not None:
                self._hand_on(older.update_type, row)
            self._rows.ack(id=other.row)
        if job.update_type is UpdateType.DESTROY:
            self.destroyed.note(job.scene_id)
        self._due.enter(job.scene_id, Waiting.of(row, job))

    def _hand_on(self, update_type: UpdateType, row: int) -> None:
        """What lasts of an older job of a scene goes on in the row of the newer one."""
        newer = self._read(row) if update_type in LASTING else None
        if newer is not None and newer.update_type not in LASTING:
            newer = newer.model_copy(update={"update_type": update_type})
            self._rows.update(newer.model_dump(mode="json", exclude_defaults=True), id=row)
