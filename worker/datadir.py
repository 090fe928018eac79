"""Where PlexSync keeps what it must not forget. Standard library only: the hook path imports this.

Everything lies in ``data/`` inside the plugin's folder, which survives updates and removal of the plugin, or
where the environment variable ``PLEXSYNC_DATA`` points: from the plugin's folder on where that is no whole path, since
hook, task and worker each run in a folder of their own.
"""

from __future__ import annotations

import os
import time

#: How the name of an event ends that wants something left in Plex as it is: no write is begun before it is taken in.
HOLDS = "-holds"

PLUGIN_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def note(sentence: str, level: str = "ERROR") -> int:
    """Write one line into the log file where logging cannot be had; returns the exit code of a failure."""
    line = f"{time.strftime('%Y-%m-%d %H:%M:%S')} {os.getpid()} {level} {sentence}\n"
    try:
        descriptor = os.open(DataDir().log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with open(descriptor, "a", encoding="utf-8", errors="backslashreplace") as log:
            log.write(line)
    except OSError:
        return 1  # nobody is left who could be told
    return 1


class DataDir:
    """The names of everything in the data folder; touches no disk but in ``create``."""

    def __init__(self, root: str = "") -> None:
        named = root or os.environ.get("PLEXSYNC_DATA") or "data"
        self.root = os.path.abspath(os.path.join(PLUGIN_FOLDER, named))
        self.inbox = self._at("inbox", "new")
        self.drafts = self._at("inbox", "draft")
        self.damaged = self._at("inbox", "damaged")
        #: There from after an event of ``HOLDS`` was stored until events are taken in.
        self.holding = self._at("holding")
        #: What was heard of Plex, until it is dealt with (worker/returns/heard.py).
        self.heard = self._at("inbox", "heard")
        #: What the worker answered to the page's questions, one file each.
        self.answers = self._at("answers")
        self.queue = self._at("queue")
        self.database = self._at("plexsync.db")
        self.index = self._at("index.db")
        self.connection = self._at("connection.json")
        #: What the worker does, and what tasks do: worker/logs.py.
        self.log = self._at("plexsync.log")
        self.task_log = self._at("plexsync-tasks.log")
        #: What the task Bug Report wrote last.
        self.bug_report = self._at("bug-report.txt")
        #: Which Stash works with this folder (worker/neighbours.py).
        self.stash = self._at("stash")
        #: A line for Stash's log, left by the worker; the next hook writes it there.
        self.news = self._at("news")
        #: Held by the one background worker for its whole life.
        self.worker_lock = self._at("worker.lock")
        #: When a worker was started that may not hold its lock yet (worker/launcher.py).
        self.starting = self._at("worker.starting")
        #: Held by whoever owns queue and database just now: the worker, or a task.
        self.owner_lock = self._at("owner.lock")
        #: Held by a task that wants to own them, or does.
        self.task_lock = self._at("task.lock")
        #: What the task Preview found last, and what was only looked at while nothing is written.
        self.preview = self._at("preview.jsonl")
        self.looked_at = self._at("only-look.jsonl")
        #: Packages that PlexSync installed for itself, one folder for each kind of Python.
        self.site = self._at("site")
        #: Holds why they could not be installed, until they can.
        self.install_failed = self._at("site", "failed")
        #: There from before a damaged database is moved aside until both libraries are due to be compared; holds
        #: the name it was moved to.
        self.compare_soon = self._at("compare-soon")

    def _at(self, *names: str) -> str:
        return os.path.join(self.root, *names)

    def create(self) -> None:
        """Make the folders. Raises OSError."""
        for folder in (self.inbox, self.drafts, self.damaged, self.queue):
            os.makedirs(folder, mode=0o700, exist_ok=True)
