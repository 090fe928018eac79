"""The tasks that look after parked scenes."""

from __future__ import annotations

from worker.processor import SyncWorker
from worker.storage.ownership import Owned
from worker.storage.wishes import forget, retry
from worker.tasks.context import TaskContext
from worker.tasks.sending import owned_worker, send


def retry_parked(context: TaskContext) -> str:
    """Try all parked scenes once more. Raises as ``worker.tasks.sending.send``."""

    def fill(_: SyncWorker, owned: Owned) -> None:
        retry(owned.queue, owned.record, owned.record.parked())

    return send(context, "Retry Parked Scenes", fill)


def forget_parked(context: TaskContext) -> str:
    """Take all parked scenes off the list; each comes back only when it changes in Stash, or with Sync All Scenes.

    Raises ConfigurationError.
    """
    with owned_worker(context) as (owned, _):
        parked = owned.record.parked()
        if context.config.only_look:
            return f"{context.config.headline} No parked scene was forgotten: {len(parked):,} are."
        forget(owned.record, parked)
        return f"Parked scenes forgotten: {len(parked):,}."
