"""Whether anything waits for a worker that does not run. Standard library only: the page's operations ask this, too.

What waits for a person, or is left out, is no reason to start one.
"""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing

from worker.datadir import DataDir
from worker.launcher import ensure_worker
from worker.storage.reading import QUEUE_FILE, QUEUE_TABLE, WAITING_OR_IN_FLIGHT, open_untouched
from worker.system import is_held

#: Seconds to wait for a database that is locked: somebody waits for the answer.
PATIENCE = 0.5

#: A worker shows each minute that it lives (worker/plugin_watch.py). After so many seconds without one, edits may have
#: come that nobody told of, and the first thing a worker does is to look for them.
ABSENCE = 300.0

_JOBS = f"SELECT EXISTS (SELECT 1 FROM {QUEUE_TABLE} WHERE {WAITING_OR_IN_FLIGHT})"  # noqa: S608
_UNDO = """SELECT EXISTS (SELECT 1 FROM to_undo)
    OR EXISTS (SELECT 1 FROM returned WHERE state IN ('due', 'to take back', 'taking back'))"""
_FACT = "SELECT value FROM facts WHERE name = '{}'"


def wake(data: DataDir) -> bool:
    """Start the worker if none runs and anything waits; says whether it was started. Raises OSError."""
    return not runs(data) and anything_waits(data, time.time()) and ensure_worker(data)


def runs(data: DataDir) -> bool:
    """Whether a worker holds its lock. A hook that comes in this very moment takes us for it: who asks looks
    afterwards whether anything waits, and starts the worker that the hook did not."""
    try:
        return os.path.exists(data.worker_lock) and is_held(data.worker_lock)
    except OSError:
        return False


def anything_waits(data: DataDir, now: float) -> bool:
    """Whether there is an event, a job, due now or later, something to take back, or a comparison that is due."""
    return _has_events(data) or _has_jobs(data) or _first(data.database, _UNDO) == 1 or _is_comparison_due(data, now)


def lacks_session(data: DataDir) -> bool:
    """Whether Stash does not let the worker in, so that it needs the session of whoever is at work now."""
    return bool(_first(data.database, _FACT.format("session")))


def _has_events(data: DataDir) -> bool:
    return _holds_events(data.inbox) or _holds_events(data.heard)


def _holds_events(folder: str) -> bool:
    try:
        return any(name.endswith(".json") for name in os.listdir(folder))
    except OSError:
        return False


def _has_jobs(data: DataDir) -> bool:
    return _first(os.path.join(data.queue, QUEUE_FILE), _JOBS) == 1


def _is_comparison_due(data: DataDir, now: float) -> bool:
    """By its time, or because no worker has run for a while. Never before the first worker has written when."""
    try:
        due = float(str(_first(data.database, _FACT.format("reconcile_at"))))
    except ValueError:
        return False
    try:
        alive = os.stat(data.worker_lock).st_mtime
    except OSError:
        return True
    return due <= now or not 0 <= now - alive <= ABSENCE


def _first(path: str, query: str) -> object:
    """The first value a query gives; None where there is none, and where it cannot be read now."""
    try:
        connection = open_untouched(path, PATIENCE)
        if connection is None:
            return None
        with closing(connection):
            row = connection.execute(query).fetchone()
    except (sqlite3.Error, OSError):
        return None
    return row[0] if row else None
