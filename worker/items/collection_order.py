"""The order within PlexSync's own collections: members stand by their scene's place in the Stash group.

Only a collection that PlexSync's members made is arranged; in it, only PlexSync's members are moved.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from plex.collections import member_keys, move_member, read_collection, use_custom_order
from plex.exceptions import PlexNotFound, PlexPermanentError
from plex.protocols import Server
from validation.errors import ConfigurationError
from worker.items.capabilities import Capabilities
from worker.storage.record import Record

#: Under this name it is kept that a server has no custom order of collections.
ORDER = "order of collections"

#: Whose a collection is: PlexSync's, PlexSync's in custom order, or somebody else's.
OURS, ORDERED, THEIRS = "ours", "ordered", "theirs"


@dataclass(frozen=True)
class Standing:
    """What the record knows of a collection. ``bare``: Stash had no picture for it yet."""

    whose: str
    rating_key: str
    bare: bool = False


class Standings:
    """The collections that PlexSync put items into, by the names under which the record keeps them."""

    def __init__(self, record: Record) -> None:
        self._record = record

    def get(self, name: str) -> Standing | None:
        """What is known of a collection; None when PlexSync has not looked at it yet."""
        whose, _, rest = self._record.said(name).partition(" ")
        rating_key, _, bare = rest.partition(" ")
        return Standing(whose, rating_key, bool(bare)) if whose else None

    def note(self, name: str, standing: Standing) -> Standing:
        """Keep what was seen of a collection."""
        bare = " bare" if standing.bare else ""
        self._record.say(name, f"{standing.whose} {standing.rating_key}{bare}")
        return standing

    def forget(self, name: str) -> None:
        """Drop a collection that is gone from Plex."""
        self._record.say(name, "")


class CollectionOrder:
    """Puts the members of one server's collections where they belong."""

    def __init__(self, server: Server, record: Record, standings: Standings) -> None:
        self._server = server
        self._record = record
        self._standings = standings

    def arrange(self, name: str, standing: Standing, item: str, place: int) -> bool:
        """Put an item, by its rating key, at its place; False when that has to be tried again.

        A server that refuses to is noted and not asked again. Raises the errors of plex/exceptions.py.
        """
        capabilities = Capabilities(self._record, str(self._server.machineIdentifier))
        if standing.whose == THEIRS or ORDER in capabilities.not_taken():
            return True
        try:
            return self._arrange(name, standing, item, place)
        except PlexNotFound:
            if read_collection(self._server, standing.rating_key) is not None:
                capabilities.refused(ORDER)
                return True
            self._standings.forget(name)
            return False

    def _arrange(self, name: str, standing: Standing, item: str, place: int) -> bool:
        collection = standing.rating_key
        if standing.whose == OURS:
            unless_refused(lambda: use_custom_order(self._server, collection))
            self._standings.note(name, replace(standing, whose=ORDERED))
        places = {one: at for one, at in self._record.members(name).items() if at is not None}
        if not places.keys() - {item}:
            return True
        shown = member_keys(self._server, collection)
        if item not in shown:
            return False  # not visible yet
        move = move_needed(shown, {**places, item: place}, item)
        if move is not None:
            after = move.after
            unless_refused(lambda: move_member(self._server, collection, item, after))
        return True


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
    """Do something that no scene depends on: a refusal counts as PlexNotFound, whatever its status is."""
    try:
        action()
    except ConfigurationError:
        raise
    except PlexPermanentError as error:
        raise PlexNotFound(str(error)) from None
