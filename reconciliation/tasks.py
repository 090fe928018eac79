"""The tasks that compare both libraries and send the scenes that have a gap."""

from __future__ import annotations

from reconciliation.engine import ReconciliationEngine
from reconciliation.schedule import fingerprint
from worker.items.capabilities import try_again
from worker.only_look import compared, is_to_be_compared_anew
from worker.processor import SyncWorker
from worker.storage.facts import Fact
from worker.storage.ownership import Owned
from worker.tasks.context import TaskContext
from worker.tasks.pace import Pace
from worker.tasks.sending import send


def reconcile(context: TaskContext) -> str:
    """Compare both libraries and send the scenes that have a gap; returns the one line that sums it up.

    Raises as ``worker.tasks.sending.send``.
    """
    return send(context, "Reconcile Library", lambda worker, owned: _compare(context, worker, owned, everything=False))


def reconcile_thoroughly(context: TaskContext) -> str:
    """Read every scene and every item in full, whatever is remembered of them. Raises as ``reconcile``."""
    return send(
        context, "Reconcile Library (thorough)", lambda worker, owned: _compare(context, worker, owned, everything=True)
    )


def sync_all(context: TaskContext) -> str:
    """Compare every scene in full, and try the fields again that this Plex server did not keep.

    Raises as ``reconcile``.
    """

    def fill(worker: SyncWorker, owned: Owned) -> None:
        if not context.config.only_look:
            try_again(owned.record)
        _compare(context, worker, owned, everything=True)

    return send(context, "Sync All Scenes", fill)


def _compare(context: TaskContext, worker: SyncWorker, owned: Owned, everything: bool) -> None:
    """Queue what is out of step. Who presses such a button means it: the scheduled comparison that stopped itself
    may run again."""
    settings = fingerprint(context.config)
    changed = owned.record.fact(Fact.SETTINGS) not in ("", settings)
    everything = everything or changed or is_to_be_compared_anew(owned.record, context.config)
    engine = ReconciliationEngine(
        context.stash,
        worker.plex_client,
        owned.queue,
        owned.record,
        owned.index,
        context.config,
        worker.tally.note,
        watch=Pace(context.progress, " compared").show,
    )
    worker.tally.remark(engine.enqueue(everything).remark)
    owned.record.set_fact(Fact.SETTINGS, settings)
    owned.record.set_fact(Fact.GUARD, "")
    if everything:
        compared(owned.record, context.config)
