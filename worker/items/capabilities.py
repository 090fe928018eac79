"""What a Plex server turned out to take: the first write of each kind is read back and compared.

Plex servers differ by version and library agent, and answer 200 to a field they do not keep. A field that was
never kept, three times in a row, is left out from then on, said once, shown by "Status", and tried again with the
next "Sync All Scenes".
"""

from __future__ import annotations

import logging

from worker.storage.record import Record

log = logging.getLogger(__name__)

_PREFIX = "takes:"

#: How a field that was not kept gets from one state to the next.
_NEXT = {"once": "twice", "twice": "no", "no": "no"}

#: The name under which it is kept that a server replaces tag lists where others add to them.
REPLACES_TAGS = "replaces-tags"


class Capabilities:
    """What is known of one server, kept in the record."""

    def __init__(self, record: Record, server: str) -> None:
        self._record = record
        self._prefix = f"{_PREFIX}{server}:"
        self._known = record.all_said(self._prefix)

    def unproved(self, field: str) -> bool:
        """Whether a write of this field has still to be read back."""
        return self._known.get(field) != "yes"

    def not_taken(self) -> set[str]:
        """Fields this server does not keep."""
        return {field for field, state in self._known.items() if state == "no"}

    def seen(self, field: str, taken: bool) -> None:
        """Note whether a write of a field was there when it was read back."""
        state = "yes" if taken else _NEXT.get(self._known.get(field, ""), "once")
        if state == "no":
            log.warning("This Plex server does not keep the field %s; it is left out from now on.", field)
        self._set(field, state)

    def refused(self, what: str) -> None:
        """Note that this server does not know a kind of request at all; said once."""
        if what not in self.not_taken():
            log.warning("This Plex server does not keep the %s; it is left out from now on.", what)
            self._set(what, "no")

    @property
    def replaces_tags(self) -> bool:
        """Whether a list of tags has to be written whole."""
        return self._known.get(REPLACES_TAGS) == "replaces"

    def note_replaces_tags(self) -> None:
        """A list that was spread over several edits ended with the last of them."""
        self._set(REPLACES_TAGS, "replaces")

    def _set(self, field: str, state: str) -> None:
        self._known[field] = state
        self._record.say(self._prefix + field, state)


def try_again(record: Record) -> None:
    """Forget which fields were not kept."""
    for key, state in record.all_said(_PREFIX).items():
        if state != "yes":
            record.say(_PREFIX + key, "")


def fields_not_taken(record: Record) -> list[str]:
    """All fields that some server was seen not to keep, for "Status"."""
    return sorted(key.rsplit(":", 1)[-1] for key, state in record.all_said(_PREFIX).items() if state == "no")
