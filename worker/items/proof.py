"""Whether Plex takes edits at all: else it is no value's fault, and no scene's, that it refused one."""

from __future__ import annotations

from plex.protocols import EditableItem


def prove_that_edits_are_taken(item: EditableItem, field: str, is_locked: bool) -> None:
    """Write the lock that a field or list of an item has, of which nothing changes.

    Raises what Plex, or a proxy before it, refuses to all, among the errors of plex/exceptions.py.
    """
    item.edit(**{f"{field}.locked": int(is_locked)})
