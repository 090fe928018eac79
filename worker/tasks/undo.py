"""The tasks that take back what was written to Plex: they say what they would do, and do it with ``confirm``."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby

from validation.errors import ConfigurationError, PermanentError
from worker.items.undoing import Undoing, in_fifties
from worker.items.undone import UndoSum
from worker.metadata.labels import many
from worker.processor import SyncWorker
from worker.storage.database import looked_at
from worker.storage.journal_entries import Entry, ItemChanges, ReturnKind
from worker.storage.journal_reading import has_run, last_run
from worker.storage.ownership import Owned
from worker.storage.returned import ReturnState
from worker.storage.to_undo import Chosen
from worker.storage.undo_wishes import (
    EVERYTHING,
    UNDO,
    take_back_everything,
    take_back_scenes,
    take_back_writes,
)
from worker.tasks.arguments import named_scenes, number_of
from worker.tasks.context import TaskContext
from worker.tasks.sending import owned_worker, work_off
from worker.tasks.undo_words import (
    HOW,
    examples,
    it_or_they,
    kinds_in,
    lines,
    of_returns,
    remembered_lines,
    summary,
    taken_back_itself,
)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Scope:
    """What is to be taken back: what was ``written`` then, or, None, all that ever was for ``scenes``."""

    written: Chosen | None
    scenes: Sequence[int] = ()


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
            return _foreseen(scope, owned, undoing)
        if scope.written is None:
            run = take_back_scenes(owned.record, undoing.server.machine, scope.scenes)
        else:
            entries = partial(owned.record.chosen, scope.written)
            if next(entries(), None) is None:
                return summary(UndoSum())
            run = take_back_writes(owned.record, owned.queue, entries)
        return _carry_out(context, owned, worker, UNDO, run)


def _foreseen(scope: _Scope, owned: Owned, undoing: Undoing) -> str:
    """Say what would be taken back. Raises the errors of plex/exceptions.py."""
    found, kinds = UndoSum(), Counter[ReturnKind]()
    if scope.written is None:
        items = _items(owned, undoing, scope.scenes)
        found.add(undoing.plan_all(items), items)
    else:
        for some in in_fifties(_counting(found, kinds, undoing, owned.record.chosen(scope.written))):
            found.add(undoing.plan(some), undoing.to_take_back(some))
    for line in lines(found):
        log.info("%s", line)
    returned = of_returns(kinds.elements(), done=False)
    said = summary(found) if found.items or found.elsewhere or found.gone or not returned else ""
    return " ".join(filter(None, (said, returned, HOW if returned or found.back else "")))


def _counting(
    found: UndoSum, kinds: Counter[ReturnKind], undoing: Undoing, entries: Iterator[Entry]
) -> Iterator[Entry]:
    """The same entries, those of each item together; what came back from Plex in them is counted, and the items of
    other servers."""
    for (server, _), of_item in groupby(entries, key=lambda one: (one.server, one.item)):
        is_item = False
        for one in of_item:
            kinds.update(kinds_in([one]))
            is_item = is_item or isinstance(one.changes, ItemChanges)
            yield one
        found.elsewhere += is_item and server != undoing.server.machine


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
        shown = UndoSum()
        shown.add(undoing.plan_all(found.examples))
        for line in (*found.counted, *examples(shown)):
            log.info("%s", line)
        if not found.items:
            return summary(shown)
        back = f"{many(found.items, 'item')} would get back what {it_or_they(found.items)} showed"
        return f"{back}, and nothing more is written after that. {HOW}"


def _carry_out(context: TaskContext, owned: Owned, worker: SyncWorker, name: str, run: int) -> str:
    """Take back what was noted, and say what came of it; a worker does the rest if this is stopped."""
    context.progress.stage(0.0, 1.0)
    waits_for = work_off(context, owned, worker)
    worker.look_at_written()
    done = worker.undo.done
    for line in lines(done):
        log.info("%s", line)
    for failed in done.failed:
        log.warning("Not taken back of scene %s: %s", failed.item.scene_id, failed.why)
    taken = [one for one in owned.record.returns_in_run(run) if one.state is ReturnState.TAKEN_BACK]
    returned = of_returns((one.news.kind for one in taken), done=True)
    is_of_items = done.items or done.could_not or done.elsewhere or done.gone
    written = summary(done, run) if is_of_items or not returned else ""
    line = " ".join(filter(None, (written, returned, "" if written else taken_back_itself(run))))
    if owned.record.count_to_undo():
        line += f" {owned.record.count_to_undo():,} items wait and are done in the background. {waits_for}".rstrip()
    if name == EVERYTHING:
        line += ' From now on nothing is written to Plex, until you run the task "Release Holds".'
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
    """What is to be taken back. Raises PermanentError: an argument is not what it should be, or names no run."""
    run, since = number_of(context.arguments, "run"), number_of(context.arguments, "since")
    scenes = named_scenes(context.arguments)
    if scenes is not None and run is None and since is None:
        return _Scope(None, scenes)
    with looked_at(context.data.database) as database:
        if run is None and since is None:
            last = last_run(database) if database is not None else None
            run = last.id if last else 0
        elif run is not None and (database is None or not has_run(database, run)):
            raise PermanentError(f'The journal has no run {run}; the task "History" lists those that it has.')
    return _Scope(Chosen(run, since or 0.0, scenes))
