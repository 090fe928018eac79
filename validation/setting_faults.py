"""What is said of a setting that cannot be used: its name as the user sees it, what was given, what is accepted,
and what stands in for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

#: Where a user finds the settings in Stash.
WHERE = "Settings > Plugins > PlexSync"

#: Characters of a given value that are repeated.
LONGEST = 60

#: Settings whose value is never repeated, and those in which a password or token can be hidden.
_SECRET = frozenset({"plex_token"})
_ADDRESSES = frozenset({"plex_url", "plex_stash_url"})


def fault_sentence(
    key: str, schema: Mapping[str, Any], given: object, fault: str, message: str, *, holds_back: bool
) -> str:
    """One sentence or two. ``schema``: the setting in the model's JSON schema. ``fault`` and ``message``: pydantic's
    type of the error, and its text. ``holds_back``: nothing is sent while it is wrong."""
    own = fault == "value_error"
    accepted = message.removeprefix("Value error, ") if own else _accepted(schema)
    follows = f"{_stands_in(schema)}, so nothing is sent until it is corrected" if holds_back else _stands_in(schema)
    return f'The setting "{schema["title"]}" cannot be used{_given(key, given)}: {accepted}; {follows}.'


def _given(key: str, given: object) -> str:
    text = " ".join(str(given).split())
    hidden = key in _SECRET or (key in _ADDRESSES and (re.search("[@?=#]", text) or not re.search("[./:]", text)))
    if hidden or not text:
        return ""
    return f' ("{text[:LONGEST]}{"…" if len(text) > LONGEST else ""}" was given)'


def _accepted(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type", "string")
    if "enum" in schema:
        return f"it is one of the words {', '.join(schema['enum'])}"
    if kind == "boolean":
        return "it is either on or off"
    if kind in ("integer", "number"):
        least = f"from {schema['minimum']:g}" if "minimum" in schema else f"above {schema['exclusiveMinimum']:g} and"
        return f"it is {'a whole number' if kind == 'integer' else 'a number'} {least} up to {schema['maximum']:g}"
    if kind == "array":
        return "it is a list of names, separated by commas or semicolons"
    return f"it is a text of at most {schema['maxLength']} characters" if "maxLength" in schema else "it is a text"


def _stands_in(schema: Mapping[str, Any]) -> str:
    default = schema["default"]
    if isinstance(default, bool):
        return "it counts as off"
    if isinstance(default, (int, float)):
        return f"the default of {default:g} is used instead"
    if default and isinstance(default, str):
        return f"the default, {default}, is used instead"
    return "it counts as empty"
