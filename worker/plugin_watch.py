"""Whether a running worker is still a part of the plugin that is installed: its files, its data folder."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress

from worker.datadir import PLUGIN_FOLDER, DataDir
from worker.endings import Ending, Updated


class PluginWatch:
    """Remembers the plugin's files as they are when the worker starts.

    ``lock``: the descriptor of the held lock that hooks look at; None where this process has none. ``updating``:
    seconds an update may take, between removing files and writing new ones.
    """

    def __init__(self, data: DataDir, lock: int | None, updating: float, sleep: Callable[[float], None]) -> None:
        self._data = data
        self._lock = lock
        self._updating = updating
        self._sleep = sleep
        self._files = _plugin_files()
        self._mark = _leave_mark(lock) if lock is not None else b""

    def check(self) -> None:
        """See whether everything is still ours. Raises Ending."""
        self.check_home()
        self._check_files()

    @property
    def has_news(self) -> bool:
        """Whether the plugin was updated or removed, as far as that can be told now."""
        try:
            return _plugin_files() != self._files
        except OSError:
            return False

    def check_home(self) -> None:
        """See whether our lock is still the one that hooks look at. Raises Ending."""
        if self._lock is None:
            return
        path = self._data.worker_lock
        try:
            # On FUSE and SMB, the number of a file changes while it stays the same file: then its content tells.
            same = os.path.samestat(os.fstat(self._lock), os.stat(path)) or self._is_marked(path)
        except (FileNotFoundError, NotADirectoryError):
            same = False
        except OSError:
            return  # it cannot be told now; whoever uses the folder meets the same fault, and names it
        if not same:
            raise Ending("its data folder was removed; the next saved scene starts a worker with a new one.")

    def show_life(self) -> None:
        """Let others see when a worker last ran, by the time of its lock file (worker/waking.py)."""
        if self._lock is not None:
            with suppress(OSError):
                os.utime(self._data.worker_lock)

    def _is_marked(self, path: str) -> bool:
        with open(path, "rb") as file:
            return self._mark != b"" and file.read(len(self._mark)) == self._mark

    def _check_files(self) -> None:
        try:
            files = _plugin_files()
            if files is None:  # Stash updates a plugin by removing it first
                self._sleep(self._updating)
                files = _plugin_files()
        except OSError:
            return  # a share that is away: what is on it is not gone
        if files is None:
            raise Ending("the plugin was removed.")
        if files != self._files:
            raise Updated("the plugin was updated; a new worker takes over.")


def _plugin_files() -> tuple[int, ...] | None:
    """What changes when the plugin is updated; None when it is gone. Raises OSError: it cannot be told now."""
    try:
        stats = [os.stat(os.path.join(PLUGIN_FOLDER, name)) for name in ("PlexSync.yml", "PlexSync.py")]
    except (FileNotFoundError, NotADirectoryError):
        return None
    return tuple(number for stat in stats for number in (stat.st_mtime_ns, stat.st_size))


def _leave_mark(lock: int) -> bytes:
    """Write into our lock file that it is ours, so that it can be recognised; empty where it cannot be written."""
    mark = os.urandom(16).hex().encode()
    try:
        os.lseek(lock, 0, os.SEEK_SET)
        return mark if os.write(lock, mark) == len(mark) else b""
    except OSError:
        return b""
