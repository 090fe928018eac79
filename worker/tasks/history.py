"""The task "History": what was written to Plex, for which scenes, in which runs. Only looks."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Iterator

from worker.storage.database import looked_at
from worker.storage.journal_reading import entries_of_run, entries_of_scene, latest_entries, latest_runs
from worker.storage.journal_words import entry_line, run_line
from worker.storage.repair import trouble_named
from worker.tasks.arguments import NAMED, number_of, scene_numbers
from worker.tasks.context import TaskContext

log = logging.getLogger(__name__)

#: Entries, and runs, that are listed unless ``limit`` says otherwise, and at most.
USUAL, MOST = 20, 1000


def history(context: TaskContext) -> str:
    """Log what was written, newest first; returns the one line that sums it up.

    Arguments: ``scene_ids``, ``run`` (its number) and ``limit``. Without the first two, the last runs are listed, and
    the last writes of all.

    Raises PermanentError: an argument holds something else. StorageTrouble: the record cannot be read now.
    """
    scenes = scene_numbers(context.arguments.get(NAMED))
    run, limit = number_of(context.arguments, "run"), min(number_of(context.arguments, "limit") or USUAL, MOST)
    with trouble_named(context.data), looked_at(context.data.database) as database:
        if database is None:
            return "Nothing was written to Plex yet."
        lines = list(_lines(database, scenes, run, limit))
    for line in lines:
        log.info("%s", line)
    return f"{len(lines):,} lines of history." if lines else "The journal has nothing of that."


def _lines(database: sqlite3.Connection, scenes: list[int], run: int | None, limit: int) -> Iterator[str]:
    now = time.time()
    for scene in scenes:
        yield from (f"Scene {scene}: {entry_line(one, now)}" for one in entries_of_scene(database, scene, limit))
    if run is not None:
        yield from (_with_scene(one.scene, entry_line(one, now)) for one in entries_of_run(database, run, limit))
    if not scenes and run is None:
        yield from (run_line(one, now) for one in latest_runs(database, limit))
        yield from (_with_scene(one.scene, entry_line(one, now)) for one in latest_entries(database, limit))


def _with_scene(scene: int | None, line: str) -> str:
    return line if scene is None else f"Scene {scene}: {line}"
