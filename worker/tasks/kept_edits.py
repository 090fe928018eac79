"""The task that overwrites kept edits: fields that a person edited in Plex."""

from __future__ import annotations

from collections.abc import Iterable

from validation.errors import PermanentError
from validation.jobs import UpdateType
from worker.processor import SyncWorker
from worker.storage.ownership import Owned
from worker.tasks.context import TaskContext
from worker.tasks.sending import send


def overwrite_edits(context: TaskContext) -> str:
    """Write once more to the scenes whose edits in Plex were kept, or to those named by ``scene_ids``.

    Raises PermanentError: ``scene_ids`` names no scenes. Raises as ``worker.tasks.sending.send``.
    """
    named = list(_numbers(context.arguments.get("scene_ids")))

    def fill(_: SyncWorker, owned: Owned) -> None:
        for scene_id in named or owned.record.scenes_with_kept_edits():
            owned.queue.add(scene_id, UpdateType.OVERWRITE)
        owned.queue.sync()

    return send(context, "Overwrite Edits Made in Plex", fill)


def _numbers(given: object) -> Iterable[int]:
    """Scene numbers as a task gets them: one, several in a text with commas, or a list."""
    pieces = given if isinstance(given, list) else str(given or "").split(",")
    for piece in pieces:
        text = str(piece).strip()
        if text and not text.isdigit():
            raise PermanentError(f'"{text}" is no scene number; scene_ids is one, or several with commas.')
        if text:
            yield int(text)
