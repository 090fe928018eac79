"""Every task by its mode in PlexSync.yml. Standard library only: it is read before the packages are there."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

from stash.protocol import answer
from worker.datadir import DataDir


@dataclass(frozen=True)
class Task:
    """A task button. ``function`` does it and ``context`` opens what that gets; both are named as ``module:name``
    and loaded when the button is pressed (worker/tasks/running.py). ``alone``: what does it where the packages are
    missing, from Stash's input, the data folder and why they are."""

    mode: str
    function: str
    context: str = "worker.tasks.context:task_context"
    alone: str = ""

    def load(self) -> Any:
        """Import what it needs; a ``LoadedTask``. Raises ImportError: a package is missing."""
        return named("worker.tasks.running:load")(self)

    def without_packages(self, plugin_input: dict[str, Any], data: DataDir, why: str) -> int:
        """Do what can be done where the packages are missing, and answer Stash; returns the exit code."""
        if self.alone:
            return int(named(self.alone)(plugin_input, data, why))
        answer(error=why)
        return 1


def named(place: str) -> Any:
    """What ``module:name`` names. Raises ImportError."""
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name)


TASKS = (
    Task("reconcile", "reconciliation.tasks:reconcile"),
    Task("reconcile-thoroughly", "reconciliation.tasks:reconcile_thoroughly"),
    Task("sync-all", "reconciliation.tasks:sync_all"),
    Task("preview", "reconciliation.preview:preview"),
    Task("retry-parked", "worker.tasks.parked:retry_parked"),
    Task("forget-parked", "worker.tasks.parked:forget_parked"),
    Task("overwrite-edits", "worker.tasks.kept_edits:overwrite_edits"),
    Task("undo", "worker.tasks.undo:undo"),
    Task("give-back", "worker.tasks.undo:give_everything_back"),
    Task("import-plays", "worker.tasks.import_plays:import_plays"),
    Task("release", "worker.tasks.holds:release_holds"),
    Task("status", "worker.tasks.status:status"),
    Task("history", "worker.tasks.history:history"),
    # It must run where others cannot, so what fails when a context is opened is one of its lines.
    Task("check-setup", "worker.tasks.checkup.task:check_setup", "worker.tasks.checkup.task:unasked_context"),
    Task(
        "bug-report",
        "worker.tasks.bug_report:bug_report",
        "worker.tasks.checkup.task:unasked_context",
        "worker.operations.report.kept:perform",
    ),
)

BY_MODE = {task.mode: task for task in TASKS}


def refuse(mode: object) -> int:
    """Answer Stash that there is no such task; returns the exit code."""
    return answer(error=f"PlexSync has no task of the mode {mode!r}; it knows: {', '.join(BY_MODE)}.")
