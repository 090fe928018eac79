"""What the background worker is doing, as the task "Status" says it, in short."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Generator
from typing import NamedTuple

from worker.datadir import DataDir
from worker.storage.database import VERSION, NewerDatabase, looked_at, version_of
from worker.storage.facts import Fact
from worker.storage.inbox import Inbox
from worker.storage.jobqueue import FILE
from worker.storage.ownership import Lock
from worker.storage.queue_file import count_jobs
from worker.storage.record import Record
from worker.tasks.checkup.lines import Line, hint, note, right, scenes, wrong


class WorkerSaid(NamedTuple):
    """What the record says of the worker: sentences, or empty, and how many scenes are parked, held, and were sent.
    ``refused``: whether it is a refused write that it is paused for, which nothing but a write can find mended.
    ``heard`` and ``silent``: whether it hears Plex's events, or why not."""

    paused: str = ""
    guard: str = ""
    session: str = ""
    parked: int = 0
    all_held: str = ""
    held: int = 0
    sent: int = 0
    refused: bool = False
    heard: bool = False
    silent: str = ""


def worker_lines(data: DataDir, works: bool) -> Generator[Line, None, WorkerSaid | None]:
    """Whether it runs, what waits, and why, if it is paused. Starts nothing and leaves nothing behind. ``works``: both
    servers and the settings were looked at, and nothing is in the way. Returns what the record says, if it was seen.
    """
    try:
        yield _running(data)
        waiting = _jobs(data) + len(Inbox(data).names())
        found = _remembered(data)
    except NewerDatabase:
        yield wrong(
            f"The worker cannot start: {data.database} was written by a newer PlexSync.",
            "Update the plugin, or move that file away to start anew.",
        )
        return None
    except (OSError, sqlite3.Error) as error:
        yield hint(f"What the worker does could not be seen: {str(error).rstrip('.')}.")
        return None
    if found.paused:
        yield _paused(found, works)
    if found.session:
        yield hint(found.session)
    if found.silent:
        yield hint(f"The worker cannot hear what is played in Plex now, and asks for it instead: {found.silent}")
    elif found.heard:
        yield right("The worker hears what is played in Plex.")
    if found.guard:
        yield hint(found.guard)
    if found.all_held:
        yield hint(found.all_held)
    elif found.held:
        yield hint(f'{scenes(found.held)} stay in Plex as they are, in full or in part, until "Release Holds".')
    why = " The task Status says why." if waiting or found.parked else ""
    yield note(f"Waiting: {waiting:,}. Parked: {found.parked:,}.{why}")
    return found


def _paused(found: WorkerSaid, works: bool) -> Line:
    """A pause is noted when it begins, and what it is for may be mended by now."""
    goes_on = "It goes on by itself within minutes once that is corrected."
    if works and found.refused:
        return wrong(f"The worker is paused: {found.paused}", goes_on)
    if works:
        return note(f"What the worker was paused for is put right, and it goes on within a minute: {found.paused}")
    return hint(f"The worker is paused: {found.paused} {goes_on}")


def _running(data: DataDir) -> Line:
    if os.path.exists(data.worker_lock) and Lock(data.worker_lock).is_held_elsewhere():
        return right("The background worker is running.")
    return note("The background worker is not running; the next saved scene starts it.")


def _jobs(data: DataDir) -> int:
    path = os.path.join(data.queue, FILE)
    if os.path.exists(f"{path}-wal") or not os.path.exists(path):
        return count_jobs(data.queue)  # somebody works with it, or it is not there
    with tempfile.TemporaryDirectory(prefix="plexsync-check-") as place:
        shutil.copy(path, place)
        return count_jobs(place)


def _remembered(data: DataDir) -> WorkerSaid:
    with looked_at(data.database, untouched=True) as database:
        if database is None:
            return WorkerSaid()
        if version_of(database) > VERSION:
            raise NewerDatabase
        record = Record(database, time.time)
        return WorkerSaid(
            record.fact(Fact.PAUSED),
            record.fact(Fact.GUARD),
            record.fact(Fact.SESSION),
            len(record.parked()),
            record.fact(Fact.ALL_HELD),
            len(record.held_scenes()),
            record.count_finished(),
            bool(record.fact(Fact.REFUSED_SINCE)),
            bool(record.fact(Fact.EVENTS_HEARD)),
            record.fact(Fact.EVENTS_SILENT),
        )
