"""The task that lets go of what is held in Plex."""

from __future__ import annotations

from worker.processor import SyncWorker
from worker.storage.ownership import Owned
from worker.storage.wishes import release
from worker.tasks.arguments import named_scenes
from worker.tasks.context import TaskContext
from worker.tasks.sending import send


def release_holds(context: TaskContext) -> str:
    """Let go of all that is held, or only of the scenes named by ``scene_ids``, and send these scenes.

    Raises PermanentError: ``scene_ids`` holds something else. Raises as ``worker.tasks.sending.send``.
    """
    named = named_scenes(context.arguments)

    def fill(_: SyncWorker, owned: Owned) -> None:
        release(owned.queue, owned.record, named)

    return send(context, "Release Holds", fill)
