"""The task that overwrites kept edits: fields that a person edited in Plex."""

from __future__ import annotations

from worker.processor import SyncWorker
from worker.storage.ownership import Owned
from worker.storage.wishes import overwrite
from worker.tasks.arguments import named_scenes
from worker.tasks.context import TaskContext
from worker.tasks.sending import send


def overwrite_edits(context: TaskContext) -> str:
    """Write once more to the scenes whose edits in Plex were kept, or only to those named by ``scene_ids``.

    Raises PermanentError: ``scene_ids`` holds something else. Raises as ``worker.tasks.sending.send``.
    """
    named = named_scenes(context.arguments)

    def fill(_: SyncWorker, owned: Owned) -> None:
        overwrite(owned.queue, owned.record.scenes_with_kept_edits() if named is None else named)

    return send(context, "Overwrite Edits Made in Plex", fill)
