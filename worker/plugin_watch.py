"""Whether a running worker is still a part of the plugin that is installed: its files, its data folder."""

from __future__ import annotations

import os
from collections.abc import Callable

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

    def check(self) -> None:
        """See whether everything is still ours. Raises Ending."""
        self.check_home()
        self._check_files()

    def check_home(self) -> None:
        """See whether our lock is still the one that hooks look at. Raises Ending."""
        if self._lock is None:
            return
        try:
            same = os.path.samestat(os.fstat(self._lock), os.stat(self._data.worker_lock))
        except (FileNotFoundError, NotADirectoryError):
            same = False
        except OSError:
            return  # it cannot be told now; whoever uses the folder meets the same fault, and names it
        if not same:
            raise Ending("its data folder was removed; the next saved scene starts a worker with a new one.")

    def _check_files(self) -> None:
        files = _plugin_files()
        if files is None:  # Stash updates a plugin by removing it first
            self._sleep(self._updating)
            files = _plugin_files()
        if files is None:
            raise Ending("the plugin was removed.")
        if files != self._files:
            raise Updated("the plugin was updated; a new worker takes over.")


def _plugin_files() -> tuple[int, ...] | None:
    """What changes when the plugin is updated; None when it is gone."""
    try:
        stats = [os.stat(os.path.join(PLUGIN_FOLDER, name)) for name in ("PlexSync.yml", "PlexSync.py")]
    except OSError:
        return None
    return tuple(number for stat in stats for number in (stat.st_mtime_ns, stat.st_size))
