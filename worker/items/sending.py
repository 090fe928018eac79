"""Sending all that is to be written to one item, in the thread of the writes, which touches no data folder."""

from __future__ import annotations

import logging
from collections.abc import Callable

from plex.exceptions import (
    PlexForbidden,
    PlexPermanentError,
    PlexRefused,
    PlexTemporaryError,
    PlexTooLong,
    PlexUnreachable,
)
from validation.errors import PlexSyncError
from worker.items.hanging import hang
from worker.items.proof import prove_that_edits_are_taken
from worker.items.rating import rate
from worker.items.taking_down import take_down
from worker.items.writing import Writing, long_value
from worker.metadata.edits import is_long
from worker.metadata.labels import label
from worker.metadata.plan import RATING

log = logging.getLogger(__name__)


def send_all(writing: Writing, clock: Callable[[], float]) -> None:
    """Edit the item, rate it, and look after its pictures; how far that has come is in ``writing`` at any time.
    ``clock`` gives seconds since 1970.

    Raises the errors of plex/exceptions.py: at once where nothing more may get through, else at the end.
    """
    target, plan, covers = writing.planned.target, writing.planned.plan, writing.planned.covers
    trouble = _edit(writing, clock)
    if RATING in plan.texts:
        _rate(writing, clock())
    hang(covers, target, clock())
    take_down(covers, target, clock())
    covers.settle()
    if trouble is not None:
        raise trouble


def _edit(writing: Writing, clock: Callable[[], float]) -> PlexSyncError | None:
    """Make all edits, also those after one with a single long value that does not get through while others do.

    Returns what to say of such values; None where there are none.
    """
    stopped: list[str] = []
    error: PlexSyncError | None = None
    for arguments in writing.left:
        began = clock()
        try:
            writing.planned.target.item.edit(**arguments)
            writing.edited(arguments, clock() - began)
        except (PlexRefused, PlexUnreachable) as fault:
            value = long_value(arguments) if isinstance(fault, PlexTooLong) or is_long(arguments) else None
            if value is None or not _takes_edits(writing, value.field):
                raise
            stopped.append(str(value))
            error = fault
    return None if error is None else _told(" and ".join(stopped), error)


def _takes_edits(writing: Writing, field: str) -> bool:
    """Whether an edit of the same field gets through that is short."""
    try:
        prove_that_edits_are_taken(writing.planned.target.item, field, writing.is_locked(field))
    except PlexSyncError:
        return False
    return True


def _told(values: str, error: PlexSyncError) -> PlexSyncError:
    said = "a request was refused (HTTP 403)" if isinstance(error, PlexForbidden) else str(error).rstrip(".")
    text = f"{values} does not get through to Plex, which takes the rest: {said}"
    # A connection that ends may have done so by chance: that is tried again some times.
    return (PlexTemporaryError if isinstance(error, PlexUnreachable) else PlexPermanentError)(text)


def _rate(writing: Writing, now: float) -> None:
    planned, plan, covers = writing.planned, writing.planned.plan, writing.planned.covers
    value, known = plan.texts[RATING].write or "", plan.memory.refused.get(RATING)
    rated = rate(planned.target.item, value, known, now, writing.is_locked("title"))
    covers.trouble = covers.trouble or rated.trouble
    if rated.refused is None:
        if rated.trouble is None:
            writing.answered.add(RATING)
        return
    writing.memory = plan.refusing(RATING, rated.refused, planned.before.content)
    if rated.refused.final:
        fault = rated.refused.fault
        writing.refused[label(RATING)] = fault
        log.warning("Scene %d goes without its rating until that changes: %s.", planned.scene_id, fault)
