"""Bringing to Stash what the ledger notes, and taking it back: only here are plays and positions sent."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import NamedTuple

from stash.activity import Activity, read_activity
from stash.client import StashClient, StashRefused
from validation.errors import StashUnavailable
from worker.returns.activity_changes import send, take_back
from worker.storage.journal_entries import Cause, ReturnKind
from worker.storage.record import Record
from worker.storage.returned import Returned, ReturnState

log = logging.getLogger(__name__)

#: How often an entry is tried at which Stash fails although it answers: at once, once more at once, and then after so
#: many seconds each, for Stash may be busy with its database.
MOST_TRIES, AGAIN = 5, 300.0

#: Entries that are read, and dealt with, at once.
MANY, AT_ONCE = 10_000, 50

_KINDS = (ReturnKind.PLAY, ReturnKind.POSITION)
_TO_SEND = (ReturnState.DUE, ReturnState.INTENDED)


class _Failure(NamedTuple):
    """How often Stash failed at an entry, and when it did last, in seconds since 1970."""

    tries: int
    at: float


class Sending:
    """Sends plays and positions. Ratings have a way of their own (worker/returns/rating_changes.py)."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._failures: dict[int, _Failure] = {}

    def is_of(self, record: Record) -> bool:
        """Whether it works with this record."""
        return self._record is record

    def step(self, stash: StashClient, cause: Cause) -> int:
        """Deal with what is due, one entry of each scene; says with how many. ``cause``: in the journal, of what no
        undo asks for.

        Raises StashUnavailable: Stash is not there. sqlite3.Error.
        """
        first: dict[int, Returned] = {}
        for one in self._record.open_returns(_KINDS, MANY if self._failures else AT_ONCE):
            first.setdefault(one.news.scene_id, one)
        due = [one for one in first.values() if not self._waits(one)][:AT_ONCE]
        self._deal_with(due, stash, cause)
        return len(due)

    def undo(self, stash: StashClient) -> int:
        """Take back what an undo asks for, or bring again what the undo of one does; as ``step``, which does so, too,
        where plays come from Plex."""
        if not self._record.has_returns_to_undo():
            return 0
        first: dict[int, Returned] = {}
        for one in self._record.open_returns(_KINDS, MANY):
            if self._record.run_of_return(one.id) is not None:
                first.setdefault(one.news.scene_id, one)
        self._deal_with(list(first.values())[:AT_ONCE], stash, Cause.UNDO)
        return len(first)

    def _deal_with(self, entries: Sequence[Returned], stash: StashClient, cause: Cause) -> None:
        shown: dict[int, Activity | None] = {}
        if len(entries) > 1:
            shown = read_activity(stash, [one.news.scene_id for one in entries])
        for one in entries:
            scene_id, run = one.news.scene_id, self._record.run_of_return(one.id)
            try:
                activity = shown[scene_id] if scene_id in shown else read_activity(stash, [scene_id])[scene_id]
                if one.state in _TO_SEND:
                    send(self._record, stash, one, activity, cause if run is None else Cause.REDO, run)
                else:
                    take_back(self._record, stash, one, activity, cause if run is None else Cause.UNDO, run)
                self._failures.pop(one.id, None)
            except StashRefused:
                raise
            except StashUnavailable as error:
                stash.ping()
                self._failed(one, error)

    def _waits(self, one: Returned) -> bool:
        """Whether Stash failed at an entry more than once, and did so lately."""
        failure = self._failures.get(one.id)
        return failure is not None and failure.tries > 1 and 0 <= self._record.now - failure.at < AGAIN

    def _failed(self, one: Returned, error: StashUnavailable) -> None:
        """Stash answers, and fails at this one."""
        tries = self._failures[one.id].tries + 1 if one.id in self._failures else 1
        if tries < MOST_TRIES:
            self._failures[one.id] = _Failure(tries, self._record.now)
            return
        self._failures.pop(one.id, None)
        is_sent = one.state in _TO_SEND
        log.warning("A %s of scene %d could not be changed: %s", one.news.kind.value, one.news.scene_id, error)
        self._record.became_return([one.id], ReturnState.NOT_MADE if is_sent else ReturnState.STAYS)
