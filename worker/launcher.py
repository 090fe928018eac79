"""Seeing to it that exactly one background worker runs. Standard library only: the hook path imports this.

The kernel's lock on ``worker.lock`` is the proof: the worker holds it before it does anything else, for as long as it
lives, however it ends. On POSIX, the starter takes the lock and hands it over still held, so two hundred hooks at once
start one worker. Windows hands over no lock: there, whoever starts one leaves the time in ``worker.starting``, while
holding the lock, and nobody starts another until the new one has had time to take it.
"""

from __future__ import annotations

import os
import sys
import time

from worker.datadir import PLUGIN_FOLDER, DataDir
from worker.system import LOCKS_ARE_INHERITED, open_lock, start_detached, try_lock

#: For so long after its packages could not be installed, no hook starts a worker that would try again.
FAILED_IS_FRESH = 180.0

#: Seconds until a worker that was started and has not taken its lock counts as killed.
STARTING = 20.0

#: For so many seconds, a new worker waits for whoever only looked at the lock, or is about to end.
LOOKED_AT = 2.0


def ensure_worker(data: DataDir) -> bool:
    """Start the background worker unless one runs; says whether it was started. Raises OSError."""
    lock = open_lock(data.worker_lock)
    try:
        if not try_lock(lock) or _is_fresh(data.install_failed, FAILED_IS_FRESH):
            return False
        if not LOCKS_ARE_INHERITED and _is_fresh(data.starting, STARTING):
            return False
        start_worker(data, lock)
        return True
    finally:
        os.close(lock)


def start_worker(data: DataDir, lock: int) -> None:
    """Start a worker that takes over a held lock, or takes it once we have let go. Raises OSError."""
    script = os.path.join(PLUGIN_FOLDER, "PlexSync.py")
    # -E: Stash puts the folder of all plugins on PYTHONPATH, where a plugin called "requests" would win.
    # -S: with PlexSync's own folder of packages, nothing of this Python's environment is needed.
    arguments = [sys.executable, "-S", "-E", script, "--worker"]
    if LOCKS_ARE_INHERITED:
        start_detached([*arguments, str(lock)], keep_open=lock)
        return
    _note_start(data)
    try:
        start_detached(arguments)
    except OSError:
        _forget_start(data)
        raise


def take_lock(data: DataDir, arguments: list[str]) -> int:
    """Hold the lock, as the worker: the one that was handed over with ``arguments``, or our own.

    To be called before anything that takes its time.

    Raises:
        SystemExit: another worker holds it; or there is no folder for it: then there is no log either, and hooks, which
            can store nothing, say so.
    """
    try:
        data.create()
        lock = int(arguments[0]) if arguments else open_lock(data.worker_lock)
        end = time.monotonic() + LOOKED_AT
        while not try_lock(lock):
            if time.monotonic() > end:
                raise SystemExit(0)
            time.sleep(0.01)
        _forget_start(data)
    except OSError:
        raise SystemExit(1) from None
    return lock


def _note_start(data: DataDir) -> None:
    descriptor = os.open(data.starting, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.utime(data.starting)
    finally:
        os.close(descriptor)


def _forget_start(data: DataDir) -> None:
    if os.path.exists(data.starting):
        os.unlink(data.starting)


def _is_fresh(path: str, seconds: float) -> bool:
    try:
        written = os.stat(path).st_mtime
    except OSError:
        return False
    return 0 <= time.time() - written < seconds
