"""What is said of a setting that cannot be used: its name as the user sees it, what was given, what is accepted,
and what stands in for it."""

from __future__ import annotations

import re
from typing import Any

from pydantic.fields import FieldInfo

#: Where a user finds the settings in Stash.
WHERE = "Settings > Plugins > PlexSync"

#: Characters of a given value that are repeated.
LONGEST = 60

#: Settings whose value is never repeated, and those in which a password or token can be hidden.
_SECRET = frozenset({"plex_token"})
_ADDRESSES = frozenset({"plex_url", "plex_stash_url"})


def fault_sentence(key: str, field: FieldInfo, given: object, fault: str, message: str) -> str:
    """One sentence or two. ``fault`` and ``message``: pydantic's type of the error, and its text."""
    own = fault == "value_error"
    accepted = message.removeprefix("Value error, ") if own else _accepted(field)
    return f'The setting "{field.title}" cannot be used{_given(key, given)}: {accepted}; {_stands_in(field)}.'


def _given(key: str, given: object) -> str:
    text = " ".join(str(given).split())
    hidden = key in _SECRET or (key in _ADDRESSES and (re.search("[@?=#]", text) or not re.search("[./:]", text)))
    if hidden or not text:
        return ""
    return f' ("{text[:LONGEST]}{"…" if len(text) > LONGEST else ""}" was given)'


def _accepted(field: FieldInfo) -> str:
    kind, limits = field.annotation, _limits(field)
    if kind is bool:
        return "it is either on or off"
    if kind in (int, float):
        low = limits.get("ge", limits.get("gt"))
        above = "from" if "ge" in limits else "above"
        whole = "a whole number" if kind is int else "a number"
        return f"it is {whole} {above} {low:g}{' and' if above == 'above' else ''} up to {limits['le']:g}"
    if "max_length" in limits:
        return f"it is a text of at most {limits['max_length']} characters"
    return "it is a text" if kind is str else "it is a list of names, separated by commas or semicolons"


def _limits(field: FieldInfo) -> dict[str, Any]:
    names = ("gt", "ge", "le", "max_length")
    return {name: getattr(one, name) for one in field.metadata for name in names if hasattr(one, name)}


def _stands_in(field: FieldInfo) -> str:
    default = field.default
    if isinstance(default, bool):
        return "it counts as off"
    if isinstance(default, (int, float)):
        return f"the default of {default:g} is used instead"
    return "it counts as empty"
