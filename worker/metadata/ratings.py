"""Which way a rating goes, where ratings given in Plex are taken to Stash. Pure.

It is decided from three things: what both sides show, what both showed when they were last looked at, and a write of
PlexSync's that was not seen yet. Stash's 1 to 100 and Plex's 0 to 10 do not map onto each other one to one: 73 is shown
as 7.5, and stays 73; an 8.3 that another program gave becomes 83, and stays 8.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from enum import Enum

from worker.metadata.memory import SeenRating

#: The least and the most that Stash knows; it stores whatever it is given (101, and 0, which is not "none").
LEAST, MOST = 1, 100


class Winner(Enum):
    """Whose rating counts when it was changed on both sides since both were looked at; the value is the setting's."""

    #: The one that is known to be the later; Stash's where that is not known.
    LATER = "later"
    STASH = "stash"
    PLEX = "plex"


class Way(Enum):
    """Where a rating goes."""

    #: Both sides agree, as far as they can.
    NOWHERE = "nowhere"
    #: As without any of this: nothing is known of the user's in Plex.
    AS_USUAL = "as usual"
    #: Stash's was changed since, and goes to Plex whatever stands there.
    TO_PLEX = "to Plex"
    #: Plex's was changed since, and goes to Stash.
    TO_STASH = "to Stash"


@dataclass(frozen=True)
class PlexRating:
    """What an item shows. ``text``: 0 to 10 as it is compared, empty for none. ``rated_at``: when the account last gave
    or took a rating, in Plex's seconds since 1970, 0 where Plex does not say. ``guid``: what Plex took the item for;
    a rating belongs to that, and is lost when the match changes. ``awaited``: a write of ours, until it was seen."""

    text: str
    rated_at: int = 0
    guid: str = ""
    awaited: str | None = None


@dataclass(frozen=True)
class StashRating:
    """What a scene has. ``value``: None for none. ``changed_at``: when Stash last changed anything of the scene, in
    seconds since 1970, 0 where that is not known: the rating was changed then or before."""

    value: int | None
    changed_at: float = 0.0


@dataclass(frozen=True)
class RatingDecision:
    """``value``: what Stash gets, where the rating goes there. ``lost``: that the other side's was changed, too, since
    both were looked at, and does not count."""

    way: Way
    value: int | None = None
    lost: bool = False


def decide_rating(stash: StashRating, plex: PlexRating, last: SeenRating | None, winner: Winner) -> RatingDecision:
    """Decide on one item's rating. ``last``: what both sides showed when they were last looked at, None where that is
    not known: nothing that stands in Plex is taken to Stash then."""
    shown, value = value_of(plex.text), known_value(stash.value)
    if agree(value, plex.text):
        return RatingDecision(Way.NOWHERE)
    if last is None or is_of_another(last, plex.guid) or not _is_readable(plex.text):
        return RatingDecision(Way.AS_USUAL)
    in_plex = is_rated_since(plex, last)
    in_stash = value != known_value(last.stash)
    if not in_plex:
        return RatingDecision(Way.TO_PLEX if in_stash else Way.AS_USUAL)
    if not in_stash:
        return RatingDecision(Way.TO_STASH, shown)
    if _is_plex_to_win(stash, plex, last, winner):
        return RatingDecision(Way.TO_STASH, shown, lost=True)
    return RatingDecision(Way.TO_PLEX, lost=True)


def is_rated_since(plex: PlexRating, last: SeenRating) -> bool:
    """Whether somebody gave, changed or took the rating in Plex: the same one anew counts, ours does not."""
    if plex.awaited is not None and _same(plex.text, plex.awaited):
        return False
    return not _same(plex.text, last.plex) or (bool(plex.text) and plex.rated_at > last.rated_at > 0)


def _is_plex_to_win(stash: StashRating, plex: PlexRating, last: SeenRating, winner: Winner) -> bool:
    if winner is not Winner.LATER:
        return winner is Winner.PLEX
    # A time that did not move since is not that of this change.
    return plex.rated_at > last.rated_at and plex.rated_at > stash.changed_at > 0


def is_of_another(last: SeenRating, guid: str) -> bool:
    """Whether what was seen belongs to something else that Plex took the item for then."""
    return bool(last.guid and guid) and last.guid != guid


def agree(value: int | None, text: str) -> bool:
    """Whether Stash's rating and Plex's are the same as far as either can tell."""
    value = known_value(value)
    return value_of(text) == value or _same(text_of(value), text)


def value_of(text: str) -> int | None:
    """Plex's rating as Stash has it: 1 to 100, None for none."""
    if not _is_readable(text):
        return None
    tenths = (Decimal(text or 0) * 10).quantize(Decimal(1), ROUND_HALF_UP)
    return max(LEAST, min(MOST, int(tenths))) if Decimal(text or 0) > 0 else None


def known_value(value: int | None) -> int | None:
    """Stash's rating as it counts: 0, which Stash stores, is none, and more than 100 is 100."""
    return min(value, MOST) if value and value > 0 else None


def text_of(value: int | None) -> str:
    """Stash's rating as Plex shows it: 0.5 to 10 in halves, which are quarters of its five stars; empty for none."""
    value = known_value(value)
    if value is None:
        return ""
    halves = max(1, int((Decimal(value) / 5).quantize(Decimal(1), ROUND_HALF_UP)))
    return f"{halves / 2:g}"


def _is_readable(text: str) -> bool:
    try:
        return Decimal(text or 0).is_finite()
    except InvalidOperation:
        return False


def _same(one: str, other: str) -> bool:
    """Whether two of Plex's ratings are the same; no stars are none."""
    if not (_is_readable(one) and _is_readable(other)):
        return one == other
    return Decimal(one or 0) == Decimal(other or 0)
