"""The journal: every write to Plex, noted before it is made, and what became of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from validation.errors import PermanentError
from validation.jobs import UpdateType
from worker.storage.journal_documents import written_down
from worker.storage.journal_entries import (
    Cause,
    CollectionChange,
    Direction,
    Entry,
    ItemChanges,
    ReturnChange,
    WriteState,
)
from worker.storage.journal_reading import (
    STILL_OPEN,
    entries_before,
    entries_of_scene,
    open_collections,
    open_entries,
)
from worker.storage.rows import word
from worker.storage.tables import Tables

#: Bytes that an entry takes beside its content: its row, its places in indexes, what stays empty of a page
#: (measured with entries of 1,600 bytes).
ROW = 250

#: Entries that are forgotten at once.
AT_ONCE = 1000

#: When it is too large, so much of the allowed size is left.
LEFT = 0.9

_DAY = 86400.0
_MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Reason:
    """Why something is written, and for which scene, if for one."""

    cause: Cause
    scene_id: int | None = None


@dataclass(frozen=True)
class OpenChange:
    """A write to a collection, by its entry's number, that was not looked at since."""

    entry: int
    change: CollectionChange


@dataclass(frozen=True)
class _Run:
    """A run that begins; ``name``: the task's."""

    cause: Cause
    name: str = ""


class Journal(Tables):
    """The tables ``journal`` and ``journal_runs``."""

    def __init__(self, database: sqlite3.Connection, clock: Callable[[], float]) -> None:
        super().__init__(database, clock)
        self._run: int | None = None
        self._begun: _Run | None = None
        self._reason = Reason(Cause.HOOK)
        self._size: int | None = None

    def begin_run(self, cause: Cause, name: str = "") -> None:
        """What is written from now on is one run; ``name``: the task's."""
        self._run, self._begun = None, _Run(cause, name)

    def new_run(self, cause: Cause, name: str) -> int:
        """A run that is entered with ``in_run``; its number. ``name``: the task's."""
        query = "INSERT INTO journal_runs (cause, name, started) VALUES (?, ?, ?)"
        with self._soon():
            number = self._database.execute(query, (cause.value, name, self._clock())).lastrowid
        assert number is not None
        return number

    @contextmanager
    def in_run(self, run: int) -> Iterator[None]:
        """What is written inside is of a run that was made before."""
        was, self._run = self._run, run
        try:
            yield
        finally:
            self._run = was

    @contextmanager
    def beside(self, cause: Cause, name: str = "") -> Iterator[None]:
        """What is written inside is a run of its own, beside the one that is under way."""
        was, self._run, self._begun = (self._run, self._begun), None, _Run(cause, name)
        try:
            yield
        finally:
            self._run, self._begun = was

    def cause_of_run(self, run: int) -> Cause:
        """Why a run was made; an undo where that is not known."""
        row = self._database.execute("SELECT cause FROM journal_runs WHERE id = ?", (run,)).fetchone()
        return word(Cause, row[0], Cause.UNDO) if row else Cause.UNDO

    def nothing_waits(self) -> None:
        """What is written next begins another run, unless a task is under way."""
        if not self.is_task:
            self._run = self._begun = None

    @property
    def is_task(self) -> bool:
        """Whether a task's run is under way."""
        return self._begun is not None and self._begun.cause is Cause.TASK

    def cause_of(self, kind: object) -> Cause:
        """Why a job of an UpdateType is there: what a task's job asks for is also asked for by the scheduled
        comparison."""
        if kind not in (UpdateType.RECONCILE, UpdateType.OVERWRITE):
            return Cause.HOOK
        return Cause.TASK if self.is_task or kind == UpdateType.OVERWRITE else Cause.COMPARISON

    @contextmanager
    def because(self, cause: Cause, scene_id: int | None) -> Iterator[None]:
        """What is noted inside is written for this reason."""
        was, self._reason = self._reason, Reason(cause, scene_id)
        try:
            yield
        finally:
            self._reason = was

    def intend(
        self, server: str, item: str, changes: ItemChanges | CollectionChange, state: WriteState = WriteState.INTENDED
    ) -> int:
        """Note what is about to be written; returns the entry's number."""
        content, why = written_down(changes), self._reason
        with self._soon():
            run = self._run_for(why.cause)
            row = (run, self._clock(), why.cause.value, why.scene_id, server, item)
            number = self._database.execute(
                """INSERT INTO journal (run, at, cause, scene, server, item, direction, state, content)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
                (*row, Direction.TO_PLEX.value, state.value, content),
            ).lastrowid
            self._grow(run, len(content.encode()) + ROW)
        assert number is not None
        return number

    def note_from_plex(
        self, server: str, item: str, scene_id: int, change: ReturnChange, cause: Cause, run: int | None
    ) -> int:
        """Note what reached Stash, as Stash shows it; returns the number of its run. ``run``: that, where it is not
        the one that is under way."""
        content = written_down(change)
        with self._soon():
            run = self._run_for(cause) if run is None else run
            query = """INSERT INTO journal (run, at, cause, scene, server, item, direction, state, content)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""
            how = (Direction.FROM_PLEX.value, WriteState.CONFIRMED.value, content)
            self._database.execute(query, (run, self._clock(), cause.value, scene_id, server, item, *how))
            self._grow(run, len(content.encode()) + ROW)
        return run

    @contextmanager
    def journaled(self, server: str, item: str, changes: ItemChanges | CollectionChange) -> Iterator[None]:
        """Note what is written inside: it outlives everything before the block begins, and what came of it after."""
        with self.together():
            entry = self.intend(server, item, changes)
        try:
            yield
        except Exception as error:
            self.became([entry], WriteState.NOT_MADE if isinstance(error, PermanentError) else WriteState.NOT_CONFIRMED)
            raise
        self.became([entry], WriteState.ANSWERED)

    def left_open(self) -> None:
        """The process that intended them is gone: nobody knows what became of them, until the items are looked at."""
        with self._soon():
            self._database.execute("UPDATE journal SET state = 'not confirmed' WHERE state = 'intended'")

    def amend(self, entry: int, changes: ItemChanges) -> None:
        """More is known of what is about to be written."""
        with self._soon():
            self._database.execute("UPDATE journal SET content = ? WHERE id = ?", (written_down(changes), entry))

    def became(self, entries: Iterable[int], state: WriteState) -> None:
        """What became of some entries."""
        with self._soon():
            rows = [(state.value, entry) for entry in entries]
            self._database.executemany("UPDATE journal SET state = ? WHERE id = ?", rows)

    def withdraw_entries(self, entries: Iterable[int]) -> None:
        """Nothing of them was begun, and nothing will be."""
        with self._soon():
            for entry in entries:
                self._drop("id = ?", entry)

    def open_entries(self, server: str, item: str) -> list[Entry]:
        """The entries of an item, or a collection, of which it is not known yet what became, oldest first."""
        return open_entries(self._database, server, item)

    def open_collections(self, server: str) -> dict[str, list[OpenChange]]:
        """What was done about a server's collections of which it is not known yet what became, by rating key."""
        found: dict[str, list[OpenChange]] = {}
        for entry in open_collections(self._database, server):
            if isinstance(entry.changes, CollectionChange):
                found.setdefault(entry.item, []).append(OpenChange(entry.id, entry.changes))
        return found

    def entries_before(self, entry: Entry) -> list[Entry]:
        """What was written to the same item for the same scene before an entry, oldest first."""
        return entries_before(self._database, entry)

    def history_of(self, scene_id: int, limit: int) -> list[Entry]:
        """The newest entries of a scene, newest first."""
        return entries_of_scene(self._database, scene_id, limit)

    def journal_bytes(self) -> int:
        """About how large it is."""
        if self._size is None:
            (self._size,) = self._database.execute("SELECT coalesce(sum(bytes), 0) FROM journal_runs").fetchone()
        return int(self._size)

    def prune(self, days: float, megabytes: float) -> None:
        """Forget the oldest entries: those of another age, and as many more as are too much and not open.

        What stood in Plex before PlexSync's first write is in the memories, and stays there. An entry is no older than
        one noted before it: a machine without a battery for its clock starts in 1970. One noted ahead of now tells
        nothing."""
        now, most = self._clock(), megabytes * _MEGABYTE
        since = now - days * _DAY
        while self._forget("true", f"at < {since:.0f}", f"at BETWEEN {since:.0f} AND {now:.0f}"):
            pass
        while self.journal_bytes() > most and self._forget(f"NOT {STILL_OPEN}", "true"):
            most = LEFT * megabytes * _MEGABYTE

    def _forget(self, among: str, condition: str, until: str = "false") -> bool:
        """Forget those of the oldest entries ``among`` some of which a condition is true, up to the first of which
        ``until`` is; says whether there were such."""
        oldest = f"SELECT id FROM journal WHERE {among} ORDER BY id LIMIT {AT_ONCE}"  # noqa: S608
        known = f"id IN ({oldest}) AND {condition}"
        query = f"SELECT min(id) FROM journal WHERE id IN ({oldest}) AND {until}"  # noqa: S608
        (end,) = self._database.execute(query).fetchone()
        if end is not None:
            known += f" AND id < {end}"
        if not self._database.execute(f"SELECT EXISTS (SELECT 1 FROM journal WHERE {known})").fetchone()[0]:  # noqa: S608
            return False
        with self._soon():
            self._drop(known)
        return True

    def _drop(self, condition: str, *given: object) -> None:
        size = f"sum(length(CAST(content AS BLOB)) + {ROW})"
        query = f"SELECT run, {size} FROM journal WHERE {condition} GROUP BY run"  # noqa: S608
        sizes = self._database.execute(query, given).fetchall()
        self._database.execute(f"DELETE FROM journal WHERE {condition}", given)  # noqa: S608
        gone = "NOT EXISTS (SELECT 1 FROM journal WHERE run = journal_runs.id)"
        for run, bytes_ in sizes:
            self._grow(run, -bytes_)
            query = f"DELETE FROM journal_runs WHERE id = ? AND id != ? AND {gone}"  # noqa: S608
            self._database.execute(query, (run, self._run or 0))

    def _run_for(self, cause: Cause) -> int:
        if self._run is None:
            begun = self._begun or _Run(cause)
            self._run = self.new_run(begun.cause, begun.name)
        return self._run

    def _grow(self, run: int, size: int) -> None:
        self._size = self.journal_bytes() + size
        self._database.execute("UPDATE journal_runs SET bytes = bytes + ? WHERE id = ?", (size, run))
