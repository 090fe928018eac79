"""What a Plex server turned out not to take.

Plex servers differ by version and library agent, and answer 200 to a field they do not keep. Others only show it late.
So a field is given up for a whole server only when several items did not show it hours after answered writes, and none
did meanwhile; it is said once, shown by "Status", and tried again after a week and with the next "Sync All Scenes".
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

from worker.metadata.labels import label
from worker.storage.capabilities import EXPIRY, Capability, FieldState
from worker.storage.facts import Fact
from worker.storage.record import Record

log = logging.getLogger(__name__)

#: A field that so many items did not show is left out.
MOST_MISSES = 3

#: Kept like a field, for all lists of tags: some servers replace a list where others add to it.
TAG_LISTS = "tag lists"


class Capabilities:
    """What is known of one server, kept in the record."""

    def __init__(self, record: Record, server: str) -> None:
        self._record = record
        self._server = server
        self._known = {one.field: one for one in record.capabilities(server)}

    def not_taken(self) -> set[str]:
        """Fields that are not written to this server for now."""
        return set(self._record.fields_left_out(self._server))

    def not_taken_after(self, arrived: Iterable[str], unshown: Mapping[str, float]) -> set[str]:
        """The same once it is noted that fields worked, and that others were missed. Only looks."""
        left_out = self.not_taken() - set(arrived)
        return left_out | {name for name, since in unshown.items() if self._is_given_up(name, since)}

    def worked(self, field: str) -> None:
        """A write of this field was seen."""
        if self._known.pop(field, None):
            self._record.forget_capability(self._server, field)

    def missed(self, field: str, since: float) -> None:
        """An item does not show an answered write of this field, since a time that is hours ago."""
        now = self._missed(field, since)
        if self._is_given_up(field, since):
            self._leave_out(field, now.misses)
        elif not now.is_left_out:
            self._set(field, FieldState.MISSED, now.misses)

    def _is_given_up(self, field: str, since: float) -> bool:
        """Whether one miss more is enough."""
        now = self._missed(field, since)
        return now.is_left_out and now != self._known.get(field)

    def _missed(self, field: str, since: float) -> Capability:
        known = self._known.get(field, Capability(self._server, field, FieldState.MISSED))
        if known.is_left_out and since <= known.changed:
            return known  # from before it was given up, which says nothing of today
        misses = (0 if known.is_left_out else known.misses) + 1
        state = FieldState.MISSED if misses < MOST_MISSES else FieldState.LEFT_OUT
        return Capability(self._server, field, state, misses)

    def refused(self, what: str) -> None:
        """Note that this server does not know a kind of request at all; said once."""
        if what not in self.not_taken():
            self._leave_out(what)

    def _leave_out(self, what: str, misses: int = 0) -> None:
        log.warning("This Plex server does not keep the %s; it is left out, and tried again in a week.", label(what))
        self._set(what, FieldState.LEFT_OUT, misses)

    @property
    def replaces_tags(self) -> bool:
        """Whether a list of tags has to be written whole."""
        return TAG_LISTS in self._known and self._known[TAG_LISTS].state is FieldState.REPLACED

    def note_replaces_tags(self) -> None:
        """A list that was spread over several edits ended with the last of them."""
        self._set(TAG_LISTS, FieldState.REPLACED)

    def appends(self, name: str) -> bool:
        """Whether it was seen lately that a list keeps the tags that are not sent along."""
        return not self.replaces_tags and self._was_seen(f"{name} list", FieldState.APPENDED)

    def note_appends(self, name: str) -> None:
        """A list kept the tags that were not sent along."""
        self._note_seen(f"{name} list", FieldState.APPENDED)

    def edits_together(self, name: str) -> bool:
        """Whether it was seen lately that one edit changes a list of several items."""
        return not self.replaces_tags and self._was_seen(f"{name} of several items", FieldState.TOGETHER)

    def note_edits_together(self, name: str) -> None:
        """One edit changed a list of several items."""
        self._note_seen(f"{name} of several items", FieldState.TOGETHER)

    def _was_seen(self, what: str, state: FieldState) -> bool:
        known = self._known.get(what)
        return known is not None and known.state is state and 0 <= self._record.now - known.changed < EXPIRY

    def _note_seen(self, what: str, state: FieldState) -> None:
        if not self._was_seen(what, state):
            self._set(what, state)

    def _set(self, field: str, state: FieldState, misses: int = 0) -> None:
        self._known[field] = Capability(self._server, field, state, misses, self._record.now)
        self._record.set_capability(self._known[field])


def try_again(record: Record) -> None:
    """Forget what was not kept, by servers and by single items."""
    record.forget_doubts()
    record.set_fact(Fact.TRIED_AGAIN, str(record.now))


def tried_again_at(record: Record) -> float:
    """When that was last done, in seconds since 1970; 0 for never."""
    return record.number(Fact.TRIED_AGAIN) or 0.0
