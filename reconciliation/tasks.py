"""The tasks that look at whole libraries."""

from __future__ import annotations

import logging

from reconciliation.engine import ReconciliationEngine
from worker.tasks import TaskContext, owned_worker, summary, work_off

log = logging.getLogger(__name__)


def sync_all(context: TaskContext) -> str:
    """Queue every scene and work the queue off, with progress; returns the one line that sums it up.

    Stopping it at any moment loses nothing: what is queued is done by the background worker.
    Raises StashUnavailable, ConfigurationError.
    """
    with owned_worker(context) as (owned, worker):
        engine = ReconciliationEngine(context.stash, worker.plex_client, owned.queue.add)
        log.info('Comparing every scene with the Plex server "%s".', engine.check_plex())
        log.info("%s scenes queued.", f"{engine.enqueue_all():,}")
        rest = work_off(context, owned, worker)
        line = summary(worker.tally)
        if rest:
            line += f" {rest} {owned.queue.count_due():,} scenes wait and are sent when it works again."
        owned.record.ended("Sync All Scenes", line)
        return line
