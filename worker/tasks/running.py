"""Running the task that Stash asks for: it ends in one line, or in one sentence about what failed."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from stash.protocol import answer
from validation.errors import PlexSyncError
from worker.datadir import DataDir
from worker.storage.database import NewerDatabase
from worker.storage.repair import trouble_named
from worker.tasks.context import TaskContext
from worker.tasks.table import Task, named

log = logging.getLogger(__name__)

#: Seconds that Stash has for our last line: it closes our log when we end, whether it has read that or not.
LAST_LINE = 0.2

#: Opens what a task gets, from Stash's input and the data folder.
OpenContext = Callable[[dict[str, Any], DataDir], AbstractContextManager[TaskContext]]


@dataclass(frozen=True)
class LoadedTask:
    """A task whose modules are imported. ``run`` returns the one line that sums it up."""

    run: Callable[[TaskContext], str]
    open_context: OpenContext

    def perform(self, plugin_input: dict[str, Any], data: DataDir) -> int:
        """Run it and answer Stash; returns the exit code."""
        try:
            with trouble_named(data), self.open_context(plugin_input, data) as context:
                line = self.run(context)
        except (PlexSyncError, NewerDatabase, OSError) as error:
            return answer(error=str(error))
        except Exception as error:  # what nobody foresaw must not fill Stash's log with a traceback
            log.exception("The task failed in an unforeseen way.")
            return answer(
                error=f"PlexSync failed in an unforeseen way ({type(error).__name__}: {error}); see {data.task_log}."
            )
        log.info("%s", line)
        answer(line)
        time.sleep(LAST_LINE)
        return 0


def load(task: Task) -> LoadedTask:
    """Import what a task needs. Raises ImportError: a package is missing."""
    return LoadedTask(named(task.function), named(task.context))
