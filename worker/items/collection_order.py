"""The order within PlexSync's own collections: members stand by their scene's index in the group of Stash.

A person's collection is not arranged. In PlexSync's own, only items that PlexSync put there are moved.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from plex.collections import member_keys, move_member, read_collection, use_custom_order
from plex.exceptions import PlexNotFound, PlexPermanentError
from plex.protocols import Server
from validation.errors import ConfigurationError
from worker.items.capabilities import Capabilities
from worker.storage.collections import CollectionName, Standing, Whose
from worker.storage.journal_entries import CollectionAction, CollectionChange
from worker.storage.record import Record

#: What Status calls it that a server has no custom order of collections.
ORDER = "order of collections"


class CollectionOrder:
    """Moves the members of one server's collections to their places."""

    def __init__(self, server: Server, record: Record) -> None:
        self._server = server
        self._record = record

    def arrange(self, name: CollectionName, title: str, standing: Standing, item: str, place: int) -> bool:
        """Put an item, by its rating key, at its place; False when Plex does not show it in that collection. ``title``:
        as the journal calls it.

        A server that refuses is noted, and not asked again. Raises the errors of plex/exceptions.py.
        """
        capabilities = Capabilities(self._record, str(self._server.machineIdentifier))
        if standing.whose is Whose.THEIRS or ORDER in capabilities.not_taken():
            return True
        try:
            shown = member_keys(self._server, standing.rating_key)
        except PlexNotFound:
            return False
        if item not in shown:
            return False
        try:
            self._arrange(name, title, standing, shown, item, place)
        except PlexNotFound:
            if read_collection(self._server, standing.rating_key) is None:
                return False
            capabilities.refused(ORDER)
        return True

    def _arrange(
        self, name: CollectionName, title: str, standing: Standing, shown: Sequence[str], item: str, place: int
    ) -> None:
        collection = standing.rating_key
        if standing.whose is Whose.OURS:
            change = CollectionChange(CollectionAction.ORDERED, title, name.section)
            self._write(name, standing, change, lambda: use_custom_order(self._server, collection))
            self._record.set_standing(name, replace(standing, whose=Whose.ORDERED))
        places = {one: at for one, at in self._record.members(name).items() if at is not None}
        move = move_needed(shown, {**places, item: place}, item)
        if move is not None:
            after, at = move.after, shown.index(item)
            stood = shown[at - 1] if at else ""
            change = CollectionChange(CollectionAction.MOVED, title, name.section, item, stood, after or "")
            self._write(name, standing, change, lambda: move_member(self._server, collection, item, after))

    def _write(
        self, name: CollectionName, standing: Standing, change: CollectionChange, action: Callable[[], None]
    ) -> None:
        """Do something that is in the journal first. Raises PlexNotFound for a refusal."""

        def noted() -> None:
            with self._record.journaled(name.server, standing.rating_key, change):
                action()

        unless_refused(noted)


@dataclass(frozen=True)
class Move:
    """Where a member has to go: behind another one, by its rating key, or in front of all (None)."""

    after: str | None


def move_needed(shown: Sequence[str], places: Mapping[str, int], item: str) -> Move | None:
    """The move that puts a member at its place, or None when it stands right.

    ``shown``: the rating keys of all members in the present order. ``places``: the wanted place of some, the item's
    among them; the others stand wherever somebody put them. Pure.
    """
    known = [key for key in shown if key in places]
    ranks = {key: (places[key], len(key), key) for key in known}
    wanted = max((key for key in known if ranks[key] < ranks[item]), key=ranks.__getitem__, default=None)
    at = known.index(item)
    return None if wanted == (known[at - 1] if at else None) else Move(wanted)


def unless_refused(action: Callable[[], None]) -> None:
    """Do something that no scene depends on. Raises PlexNotFound for a refusal, whatever its HTTP status is."""
    try:
        action()
    except ConfigurationError:
        raise
    except PlexPermanentError as error:
        raise PlexNotFound(str(error)) from None
