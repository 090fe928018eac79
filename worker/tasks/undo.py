"""The task "Undo Last Run": Plex gets back what it showed before, but for what a person changed since."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing

from worker.items.undoing import Holding, PlannedUndo
from worker.metadata.labels import LABELS
from worker.storage.database import of_present_version
from worker.storage.journal_entries import Cause, Entry
from worker.storage.journal_reading import all_of_run, entries_of_scenes, entries_since, last_run
from worker.storage.reading import open_for_reading
from worker.tasks.context import TaskContext
from worker.tasks.history import number
from worker.tasks.kept_edits import NAMED, scene_numbers
from worker.tasks.sending import owned_worker

log = logging.getLogger(__name__)

#: Examples that are listed.
EXAMPLES = 10

HOW = 'Nothing was changed yet. Start it once more with the argument "confirm" set to "yes" to go ahead.'


def undo(context: TaskContext) -> str:
    """Say what would be taken back, or, with the argument ``confirm``, take it back; returns the line that sums it up.

    Arguments: ``run`` (its number), ``scene_ids``, ``since`` (seconds since 1970); several of them are met together.
    Without any, it is the last run in which something was written.

    Raises PermanentError: an argument holds something else. Raises as ``worker.tasks.sending.owned_worker``, and the
    errors of plex/exceptions.py.
    """
    with owned_worker(context) as (owned, worker):
        entries = _chosen(context)
        undoing = worker.undoing(_holding(context, entries))
        planned = undoing.plan(entries)
        for line in lines(planned):
            log.info("%s", line)
        summary = _summary(planned)
        if not context.arguments.get("confirm"):
            return f"{summary} {HOW}" if any(one.item.writes for one in planned) else summary
        owned.record.begin_run(Cause.UNDO, "Undo Last Run")
        failed = undoing.carry_out(planned)
        for sentence in failed[:EXAMPLES]:
            log.warning("Not taken back: %s", sentence)
        worker.look_at_written()
        line = f"Taken back. {summary}" + (f" {len(failed):,} items failed." if failed else "")
        owned.record.ended("Undo Last Run", line)
        return line


def _holding(context: TaskContext, entries: Sequence[Entry]) -> Holding:
    """What was taken back stays so; who takes back an undo lets it go."""
    if entries and all(one.cause is Cause.UNDO for one in entries):
        return Holding.RELEASE
    return Holding.WHOLE if context.arguments.get(NAMED) and not context.arguments.get("run") else Holding.FIELDS


def _chosen(context: TaskContext) -> list[Entry]:
    """The entries that are to be taken back."""
    run, since = number(context.arguments, "run"), number(context.arguments, "since")
    scenes = scene_numbers(context.arguments.get(NAMED))
    database = open_for_reading(context.data.database)
    if database is None:
        return []
    with closing(of_present_version(database)) as database:
        if run is None and since is None and not scenes:
            last = last_run(database)
            run = last.id if last else 0
        if scenes:
            found: Iterable[Entry] = entries_of_scenes(database, scenes)
        else:
            found = all_of_run(database, run) if run is not None else entries_since(database, since or 0)
        return [one for one in found if run in (None, one.run) and one.at >= (since or 0)]


def lines(planned: Sequence[PlannedUndo]) -> Iterator[str]:
    """What would be taken back: counts by field first, then examples, what a person changed since apart."""
    fields = Counter(label for one in planned for label in _labels(one))
    yield from (f"{count:,} times the {label}" for label, count in fields.most_common())
    for one in [one for one in planned if one.item.writes][:EXAMPLES]:
        yield f'Scene {one.item.scene_id}, "{one.item.target.shown.title}": {", ".join(_labels(one))}'
    changed = [one for one in planned if one.stays]
    if changed:
        yield f"Changed by somebody since, and left so, in {len(changed):,} items:"
        for one in changed[:EXAMPLES]:
            stays = ", ".join(LABELS.get(name, name) for name in one.stays)
            yield f'Scene {one.item.scene_id}, "{one.item.target.shown.title}": {stays}'


def _labels(one: PlannedUndo) -> list[str]:
    places = {back.place.name for back in one.item.covers.returns} | {
        shut.place.name for shut in one.item.covers.closed
    }
    return [*one.item.plan.labels, *sorted(places)]


def _summary(planned: Sequence[PlannedUndo]) -> str:
    back, stays = sum(one.item.writes for one in planned), sum(bool(one.stays) for one in planned)
    if not back and not stays:
        return "There is nothing to take back."
    left = f"; {stays:,} keep something that was changed since" if stays else ""
    return f"{back:,} items get back what they showed before{left}."
