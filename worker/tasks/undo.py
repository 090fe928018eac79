"""The tasks that take back what was written to Plex: they say what they would do, and do it with ``confirm``."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from validation.errors import ConfigurationError, PermanentError
from worker.items.undoing import Undoing
from worker.processor import SyncWorker
from worker.storage.database import of_present_version
from worker.storage.journal_entries import Entry
from worker.storage.journal_reading import all_of_run, entries_of_scenes, entries_since, last_run
from worker.storage.ownership import Owned
from worker.storage.reading import open_for_reading
from worker.storage.returned import ReturnState
from worker.storage.undo_wishes import (
    EVERYTHING,
    UNDO,
    take_back_everything,
    take_back_scenes,
    take_back_writes,
)
from worker.tasks.context import TaskContext
from worker.tasks.history import number
from worker.tasks.kept_edits import NAMED, scene_numbers
from worker.tasks.sending import owned_worker, work_off
from worker.tasks.undo_words import HOW, examples, kinds_in, lines, of_returns, remembered_lines, summary

log = logging.getLogger(__name__)

#: Items of which an example may be made before everything is given back.
EXAMPLES = 10


@dataclass(frozen=True)
class _Scope:
    """What is to be taken back: these writes, or, None, all that was ever written for ``scenes``."""

    entries: Sequence[Entry] | None
    scenes: Sequence[int]


def undo(context: TaskContext) -> str:
    """Say what would be taken back, or, with the argument ``confirm``, take it back; returns the line that sums it up.

    Arguments: ``run`` (its number), ``since`` (seconds since 1970), ``scene_ids``; those that are given are met
    together. ``scene_ids`` alone are scenes to which all is given back, and that are held as a whole. Without any, it
    is the last run in which something was written.

    Raises PermanentError: an argument holds something else. ConfigurationError: nothing is to be written. Raises as
    ``worker.tasks.sending.owned_worker``, and the errors of plex/exceptions.py.
    """
    scope, go_ahead = _chosen(context), confirmed(context)
    with owned_worker(context) as (owned, worker):
        undoing = worker.undoing()
        if not go_ahead:
            planned = undoing.plan_all(_items(owned, undoing, scope.scenes)) if scope.entries is None else None
            planned = undoing.plan(scope.entries or ()) if planned is None else planned
            for line in lines(planned):
                log.info("%s", line)
            returned = of_returns(kinds_in(scope.entries or ()), done=False)
            said = summary(planned) if planned or not returned else ""
            would = returned or any(one.item.writes for one in planned)
            return " ".join(part for part in (said, returned, HOW if would else "") if part)
        if scope.entries is None:
            run = take_back_scenes(owned.record, undoing.server.machine, scope.scenes)
        elif not scope.entries:
            return summary(())
        else:
            run = take_back_writes(owned.record, owned.queue, scope.entries)
        return _carry_out(context, owned, worker, UNDO, run)


def give_everything_back(context: TaskContext) -> str:
    """Say what would be given back of all that was ever written to this server, or, with the argument ``confirm``, give
    it back, and hold everything; returns the line that sums it up. Raises as ``undo``."""
    go_ahead = confirmed(context)
    with owned_worker(context) as (owned, worker):
        undoing = worker.undoing()
        if go_ahead:
            run = take_back_everything(owned.record, undoing.server.machine)
            return _carry_out(context, owned, worker, EVERYTHING, run)
        found = remembered_lines(owned.record, undoing.server.machine)
        for line in (*found.counted, *examples(undoing.plan_all(found.examples))):
            log.info("%s", line)
        if not found.items:
            return summary(())
        return f"{found.items:,} items would get back what they showed, and nothing more is written after that. {HOW}"


def _carry_out(context: TaskContext, owned: Owned, worker: SyncWorker, name: str, run: int) -> str:
    """Take back what was noted, and say what came of it; a worker does the rest if this is stopped."""
    context.progress.stage(0.0, 1.0)
    waits_for = work_off(context, owned, worker)
    worker.look_at_written()
    done = worker.undo.done
    for line in lines(done.planned):
        log.info("%s", line)
    for failed in done.failed[:EXAMPLES]:
        log.warning("Not taken back of scene %s: %s", failed.item.scene_id, failed.why)
    taken = [one for one in owned.record.returns_in_run(run) if one.state is ReturnState.TAKEN_BACK]
    returned = of_returns((one.news.kind for one in taken), done=True)
    again = f" To take this back itself, start Undo Last Run with the argument run={run}."
    line = summary(done.planned, done.failed, run) if done.planned or done.failed or not returned else ""
    line = " ".join(part for part in (line, returned + ("" if line else again)) if part) if returned else line
    if owned.record.count_to_undo():
        line += f" {owned.record.count_to_undo():,} items wait and are done in the background. {waits_for}".rstrip()
    owned.record.ended(name, line)
    return line


def _items(owned: Owned, undoing: Undoing, scenes: Sequence[int]) -> dict[str, int | None]:
    machine = undoing.server.machine
    return {item: scene_id for scene_id in scenes for item in owned.record.items_of(scene_id, machine)}


def confirmed(context: TaskContext) -> bool:
    """Whether to go ahead. Raises PermanentError: it is neither said nor left away. ConfigurationError: nothing is
    to be written."""
    given = context.arguments.get("confirm")
    if given in (None, "", False, "no", "false"):
        return False
    if context.config.only_look:
        raise ConfigurationError(f"{context.config.headline} Nothing is taken back until it is off.")
    if given in (True, "yes", "true"):
        return True
    raise PermanentError('The argument "confirm" is "yes", or left away to see first what would be done.')


def _chosen(context: TaskContext) -> _Scope:
    """What is to be taken back. Raises PermanentError: an argument is not what it should be."""
    run, since = number(context.arguments, "run"), number(context.arguments, "since")
    scenes = scene_numbers(context.arguments[NAMED]) if NAMED in context.arguments else None
    if scenes is not None and run is None and since is None:
        return _Scope(None, scenes)
    database = open_for_reading(context.data.database)
    if database is None:
        return _Scope((), ())
    with closing(of_present_version(database)) as database:
        if run is None and since is None:
            last = last_run(database)
            run = last.id if last else 0
        if scenes is not None:
            found = entries_of_scenes(database, scenes)
        else:
            found = all_of_run(database, run) if run is not None else entries_since(database, since or 0)
        entries = [one for one in found if run in (None, one.run) and one.at >= (since or 0)]
    return _Scope(entries, scenes or ())
