"""The stars of an item: they belong to the account, have a request of their own, and may be refused by themselves."""

from __future__ import annotations

from dataclasses import dataclass

from plex.exceptions import PlexFailed, PlexNotReady, PlexPermanentError, PlexUnreachable
from plex.protocols import EditableItem
from validation.errors import ConfigurationError, PlexSyncError, TransientError
from worker.items.proof import prove_that_edits_are_taken
from worker.metadata.memory import RefusedValue
from worker.metadata.refusal import counted


@dataclass(frozen=True)
class Rated:
    """What became of a rating. ``refused``: that it was not taken; ``trouble``: why it has to be tried again."""

    refused: RefusedValue | None = None
    trouble: PlexSyncError | None = None


def rate(item: EditableItem, value: str, known: RefusedValue | None, now: float, has_locked_title: bool) -> Rated:
    """Set the stars, or take them away; ``known``: that this value was refused before. ``now``: seconds since 1970;
    ``has_locked_title``: the lock of the item's title, as it is by now.

    Raises what no scene is at fault for, and a refusal of all writes.
    """
    try:
        item.rate(float(value) if value else None)
    except (PlexUnreachable, PlexNotReady):
        raise
    except PlexFailed as error:
        refused = counted(known or RefusedValue(value=value, fault="", since=now), _fault(error), now)
        return Rated(refused, None if refused.final else error)
    except TransientError as error:
        return Rated(trouble=error)
    except PlexPermanentError as error:
        prove_that_edits_are_taken(item, "title", has_locked_title)
        forbidden = "the account of the token may not give stars" if isinstance(error, ConfigurationError) else ""
        return Rated(RefusedValue(value=value, fault=forbidden or _fault(error), at=now, final=True))
    return Rated()


def _fault(error: PlexSyncError) -> str:
    return str(error).rstrip(".")
