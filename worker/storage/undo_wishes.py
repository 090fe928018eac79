"""What a person wants taken back is noted here, at once and for good: it is worked off from then on, and held."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from validation.jobs import UpdateType
from worker.metadata.memory import Held
from worker.storage.facts import Fact
from worker.storage.jobqueue import JobQueue
from worker.storage.journal_entries import Cause, Entry, ItemChanges, ReturnChange, ReturnKind, Unreadable
from worker.storage.record import Record
from worker.storage.returned import ReturnState

#: Why scenes are held.
TAKEN_BACK = "taken back by you"

#: What is said while everything is held.
ALL_HELD = (
    'Everything was given back to Plex, and nothing is written there until you run the task "Release Holds". Changes '
    "in Stash are noted meanwhile."
)

#: Seconds after an undo of an undo until its scenes are compared: Plex may show late what was written.
LATE = 60.0

UNDO, EVERYTHING = "Undo Last Run", "Give Everything Back"

#: Gives entries of the journal, anew with each call: they can be of a whole library, and are read one by one.
Entries = Callable[[], Iterable[Entry]]


def take_back_writes(record: Record, queue: JobQueue, entries: Entries) -> int:
    """Take back what was written, and hold the fields that are given back; of what was itself taken back, let it go.

    Returns the number of this undo in the journal.
    """
    is_redo = all(one.cause is Cause.UNDO for one in entries())
    if is_redo:
        for scene_id in {one.scene for one in entries() if one.scene is not None}:
            queue.add(scene_id, UpdateType.RECONCILE, LATE)
        queue.sync()
    with record.together():
        run = record.new_run(Cause.REDO if is_redo else Cause.UNDO, UNDO)
        record.undo_entries(run, _without_returns(record, run, entries()))
    if is_redo:
        _let_go(record, entries)
    return run


def _without_returns(record: Record, run: int, entries: Iterable[Entry]) -> Iterator[Entry]:
    """What was written to items of Plex's, and damaged entries, so that they are named; what came from there is taken
    back on the way. A collection is looked after with its items."""
    for one in entries:
        if isinstance(one.changes, ItemChanges | Unreadable):
            yield one
        elif not isinstance(one.changes, ReturnChange):
            continue
        elif not one.changes.taken_back:
            _take_return_back(record, one.changes.entry, run)
        elif one.changes.kind is not ReturnKind.RATING:
            record.return_to_bring_again(one.changes.entry, run)


def take_back_return(record: Record, number: int) -> None:
    """Take from Stash again what came back from Plex, by its number in the ledger, and hold a rating as it is then."""
    with record.together():
        _take_return_back(record, number, record.new_run(Cause.UNDO, UNDO))


def _take_return_back(record: Record, number: int, run: int) -> None:
    one = record.returned_numbered(number)
    if one is None or one.state is not ReturnState.DONE:
        return
    record.return_to_take_back(number, run)
    if one.news.kind is ReturnKind.RATING:
        record.hold(one.news.scene_id, Held(fields=("userRating",), reason=TAKEN_BACK), run)


def take_back_scenes(record: Record, server: str, scenes: Sequence[int]) -> int:
    """Take back all that was written for some scenes, and hold them; returns as ``take_back_writes``."""
    with record.together():
        run = record.new_run(Cause.UNDO, UNDO)
        record.undo_all_of(run, server, scenes)
        for scene_id in scenes:
            record.hold(scene_id, Held(whole=True, reason=TAKEN_BACK), run)
    return run


def take_back_everything(record: Record, server: str) -> int:
    """Take back all that was written to the items of a server, and hold everything; returns as ``take_back_writes``."""
    run = record.new_run(Cause.UNDO, EVERYTHING)
    record.set_fact(Fact.ALL_HELD_BY, str(run))
    record.set_fact(Fact.ALL_HELD, ALL_HELD)  # first: a kill from here on leaves nothing that could be written again
    with record.together():
        record.undo_all_of(run, server, None)
        record.doubt_all()
    return run


def _let_go(record: Record, entries: Entries) -> None:
    """What was held as a whole by the undos that are taken back themselves."""
    scenes = {one.scene for one in entries() if one.scene is not None}
    for run in {one.run for one in entries()}:
        for scene_id in scenes.intersection(record.held_by(run)):
            record.release(scene_id)
        if record.fact(Fact.ALL_HELD_BY) == str(run):
            record.set_fact(Fact.ALL_HELD, "")
            record.set_fact(Fact.ALL_HELD_BY, "")
