"""A server that changes what it is given: dates a day early, texts folded or cut, characters lost, a tag renamed."""

from __future__ import annotations

import datetime

from tests.doubles.plex.switches import Switches


def text(switches: Switches, given: str) -> str:
    """A text as it is kept."""
    kept = "".join(letter for letter in given if letter not in switches.drop_characters)
    if switches.fold_texts:
        kept = " ".join(kept.split())
    return kept[: switches.cut_texts] if switches.cut_texts else kept


def tag(switches: Switches, given: str) -> str:
    """A tag as it is kept; a `rename_tag` holds for a text in any case."""
    old, _, new = switches.rename_tag.partition("=")
    return new if old and given.lower() == old.lower() else text(switches, given)


def date(switches: Switches, given: str) -> str:
    """YYYY-MM-DD as it is kept."""
    if not switches.dates_a_day_early:
        return given
    try:
        return (datetime.date.fromisoformat(given) - datetime.timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):  # no day of any calendar, or the first of all
        return given
