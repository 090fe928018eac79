"""The stars of an item: they belong to the account, have a request of their own, and may be refused by themselves."""

from __future__ import annotations

from dataclasses import dataclass

from plex.exceptions import PlexFailed, PlexNotReady, PlexPermanentError, PlexUnreachable
from plex.protocols import EditableItem
from validation.errors import ConfigurationError, PlexSyncError, TransientError
from worker.items.target import Target
from worker.metadata.memory import RefusedValue
from worker.metadata.refusal import counted


@dataclass(frozen=True)
class Rated:
    """What became of a rating. ``refused``: that it was not taken; ``trouble``: why it has to be tried again."""

    refused: RefusedValue | None = None
    trouble: PlexSyncError | None = None


def rate(target: Target, value: str, known: RefusedValue | None, now: float) -> Rated:
    """Set the stars, or take them away; ``known``: that this value was refused before. ``now``: seconds since 1970.

    Raises what no scene is at fault for, and a refusal of all writes.
    """
    try:
        target.item.rate(float(value) if value else None)
    except (PlexUnreachable, PlexNotReady):
        raise
    except PlexFailed as error:
        refused = counted(known or RefusedValue(value=value, fault="", since=now), _fault(error), now)
        return Rated(refused, None if refused.final else error)
    except TransientError as error:
        return Rated(trouble=error)
    except PlexPermanentError as error:
        _prove_that_edits_are_taken(target.item, "title" in target.shown.locks)
        forbidden = "the account of the token may not give stars" if isinstance(error, ConfigurationError) else ""
        return Rated(RefusedValue(value=value, fault=forbidden or _fault(error), at=now, final=True))
    return Rated()


def _prove_that_edits_are_taken(item: EditableItem, is_locked: bool) -> None:
    """Write the lock that is there: what Plex, or a proxy before it, refuses to all is raised."""
    item.edit(**{"title.locked": int(is_locked)})


def _fault(error: PlexSyncError) -> str:
    return str(error).rstrip(".")
