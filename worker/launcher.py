"""Seeing to it that exactly one background worker runs. Standard library only: the hook path imports this.

The kernel's lock on ``worker.lock`` is the proof: it is held from before the worker is started until the last
process that shares it is gone, however it ends. The starter takes the lock and hands it over still held, so
two hundred hooks at once start one worker.
"""

from __future__ import annotations

import os
import sys
import time

from worker.datadir import PLUGIN_FOLDER, DataDir
from worker.system import LOCKS_ARE_INHERITED, open_lock, start_detached, try_lock

#: For so long after its packages could not be installed, no hook starts a worker that would try again.
FAILED_IS_FRESH = 180.0


def ensure_worker(data: DataDir) -> bool:
    """Start the background worker unless one runs; says whether it was started. Raises OSError."""
    lock = open_lock(data.worker_lock)
    try:
        if not try_lock(lock) or _is_fresh(data.install_failed, FAILED_IS_FRESH):
            return False
        start_worker(lock)
        return True
    finally:
        os.close(lock)


def start_worker(lock: int) -> None:
    """Start a worker that takes over a held lock. Raises OSError."""
    script = os.path.join(PLUGIN_FOLDER, "PlexSync.py")
    # -E: Stash puts the folder of all plugins on PYTHONPATH, where a plugin called "requests" would win.
    # -S: with PlexSync's own folder of packages, nothing of this Python's environment is needed.
    arguments = [sys.executable, "-S", "-E", script, "--worker"]
    if LOCKS_ARE_INHERITED:
        start_detached([*arguments, str(lock)], keep_open=lock)
    else:
        start_detached(arguments)


def _is_fresh(path: str, seconds: float) -> bool:
    try:
        written = os.stat(path).st_mtime
    except OSError:
        return False
    return 0 <= time.time() - written < seconds
