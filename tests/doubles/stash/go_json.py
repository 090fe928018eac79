"""JSON as Go's encoding/json writes it: no spaces, maps sorted by key, HTML characters escaped."""

from __future__ import annotations

import json
from typing import Any

_ESCAPES = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def marshal(value: Any) -> bytes:
    """`value` as json.Marshal writes it. Dicts keep their order: structs do, and maps come from `go_map`."""
    text = json.dumps(_numbers(value), ensure_ascii=False, separators=(",", ":"))
    # These characters can only stand inside strings, so the whole text can be translated at once.
    return text.translate(_ESCAPES).encode("utf-8", "replace")


def go_map(value: Any) -> Any:
    """A value that Go holds as a map: every object sorted by key, at any depth."""
    if isinstance(value, dict):
        return {key: go_map(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [go_map(item) for item in value]
    return value


def _numbers(value: Any) -> Any:
    """Go writes the float 3.0 as 3."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return int(value)
    if isinstance(value, dict):
        return {key: _numbers(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_numbers(item) for item in value]
    return value
