"""What a Plex server turned out to take: the first write of each kind is read back and compared.

Plex servers differ by version and library agent, and answer 200 to a field they do not keep. A field that was
never kept, three times in a row, is left out from then on, said once, shown by "Status", and tried again with the
next "Sync All Scenes".
"""

from __future__ import annotations

import logging

from worker.storage.capabilities import Capability, FieldState
from worker.storage.record import Record

log = logging.getLogger(__name__)

#: A field that was not kept so many times in a row is left out.
MOST_MISSES = 3

#: Kept like a field, for all lists of tags: some servers replace a list where others add to it.
TAG_LISTS = "tag lists"


class Capabilities:
    """What is known of one server, kept in the record."""

    def __init__(self, record: Record, server: str) -> None:
        self._record = record
        self._server = server
        self._known = {one.field: one for one in record.capabilities(server)}

    def unproved(self, field: str) -> bool:
        """Whether a write of this field has still to be read back."""
        return not self._is(field, FieldState.KEPT)

    def not_taken(self) -> set[str]:
        """Fields this server does not keep."""
        return {field for field in self._known if self._is(field, FieldState.LEFT_OUT)}

    def seen(self, field: str, taken: bool) -> None:
        """Note whether a write of a field was there when it was read back."""
        misses = 0 if taken else (self._known[field].misses if field in self._known else 0) + 1
        if misses >= MOST_MISSES:
            log.warning("This Plex server does not keep the field %s; it is left out from now on.", field)
            self._set(field, FieldState.LEFT_OUT, misses)
        else:
            self._set(field, FieldState.KEPT if taken else FieldState.MISSED, misses)

    def refused(self, what: str) -> None:
        """Note that this server does not know a kind of request at all; said once."""
        if what not in self.not_taken():
            log.warning("This Plex server does not keep the %s; it is left out from now on.", what)
            self._set(what, FieldState.LEFT_OUT)

    @property
    def replaces_tags(self) -> bool:
        """Whether a list of tags has to be written whole."""
        return self._is(TAG_LISTS, FieldState.REPLACED)

    def note_replaces_tags(self) -> None:
        """A list that was spread over several edits ended with the last of them."""
        self._set(TAG_LISTS, FieldState.REPLACED)

    def _is(self, field: str, state: FieldState) -> bool:
        return field in self._known and self._known[field].state is state

    def _set(self, field: str, state: FieldState, misses: int = 0) -> None:
        self._known[field] = Capability(self._server, field, state, misses)
        self._record.set_capability(self._known[field])


def try_again(record: Record) -> None:
    """Forget which fields were not kept."""
    record.forget_doubts()


def fields_not_taken(record: Record) -> list[str]:
    """All fields that some server was seen not to keep, for "Status"."""
    return record.fields_left_out()
