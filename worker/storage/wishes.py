"""Carrying out what a person wants done with scenes: by a task, or by the page's events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from validation.jobs import UpdateType
from validation.wishes import Action, ActionKind
from worker.metadata.memory import Held
from worker.storage.facts import Fact
from worker.storage.jobqueue import JobQueue
from worker.storage.parking import Parked
from worker.storage.record import Record
from worker.storage.to_undo import Chosen
from worker.storage.undo_wishes import take_back_return, take_back_scenes, take_back_writes

#: Why a scene is held that nobody took back.
HELD = "held by you"


def carry_out(action: Action, queue: JobQueue, record: Record) -> None:
    """Do what the page asked for. Raises sqlite3.Error."""
    if action.kind is ActionKind.RETRY:
        retry(queue, record, _parked(record, action.scenes))
    elif action.kind is ActionKind.FORGET:
        forget(record, _parked(record, action.scenes))
    elif action.kind is ActionKind.OVERWRITE:
        overwrite(queue, record.scenes_with_kept_edits() if action.scenes is None else action.scenes)
    elif action.kind is ActionKind.RELEASE:
        release(queue, record, action.scenes)
    elif action.kind is ActionKind.HOLD:
        for scene_id in action.scenes or ():
            record.hold(scene_id, Held(whole=True, reason=HELD))
    elif action.kind is ActionKind.GIVE_BACK:
        for server, scenes in record.servers_of(action.scenes or ()).items():
            take_back_scenes(record, server, scenes)
    elif action.kind is ActionKind.UNDO:
        take_back_writes(record, queue, lambda: record.chosen(Chosen(run=action.run or 0)))
    elif action.kind is ActionKind.TAKE_BACK:
        take_back_return(record, action.entry or 0)
    elif action.kind is ActionKind.SYNC and action.scenes is None:
        queue.hasten_all()
    elif action.kind is ActionKind.SYNC:
        for scene_id in action.scenes or ():
            queue.add(scene_id, UpdateType.UPDATE)
            record.unpark(scene_id)


def retry(queue: JobQueue, record: Record, parked: Sequence[Parked]) -> None:
    """Try parked scenes once more."""
    for one in parked:
        queue.add(one.scene_id, one.update_type)
    queue.sync()
    for one in parked:
        record.unpark(one.scene_id)


def forget(record: Record, parked: Sequence[Parked]) -> None:
    """Take parked scenes off the list; each comes back only when it changes in Stash, or with Sync All Scenes."""
    for one in parked:
        record.ignore(one.scene_id)


def overwrite(queue: JobQueue, scenes: Iterable[int]) -> None:
    """Write once more what Stash knows, edits made in Plex included."""
    for scene_id in scenes:
        queue.add(scene_id, UpdateType.OVERWRITE)
    queue.sync()


def release(queue: JobQueue, record: Record, scenes: Iterable[int] | None) -> None:
    """Let go of some scenes that are held, or of all and so of Plex as a whole; what was held is compared anew."""
    held = [one.scene_id for one in record.held_scenes()]
    named = set(held if scenes is None else scenes)
    for scene_id in named & set(held):
        queue.add(scene_id, UpdateType.RECONCILE)
    queue.sync()
    for scene_id in named & set(held):
        record.release(scene_id)
    if scenes is None and record.fact(Fact.ALL_HELD):
        record.set_fact(Fact.RECONCILE_AT, str(record.now))
        record.set_fact(Fact.ALL_HELD, "")


def _parked(record: Record, scenes: Sequence[int] | None) -> list[Parked]:
    parked = record.parked()
    if scenes is None:
        return parked
    named = set(scenes)
    return [one for one in parked if one.scene_id in named]
