"""When something counts as refused that Plex failed at: it may be busy, or may never take it. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from worker.metadata.memory import Refusal

_Refusal = TypeVar("_Refusal", bound=Refusal)

#: So often, and for so many seconds; or so often at any rate.
_TRIES, _SPAN, _MOST_TRIES = 3, 600.0, 8


def counted(known: _Refusal, fault: str, now: float) -> _Refusal:
    """Plex failed once more. ``now``: seconds since 1970."""
    tries = known.tries + 1
    final = (tries >= _TRIES and now - known.since >= _SPAN) or tries >= _MOST_TRIES
    return replace(known, fault=fault, tries=tries, final=final, at=now)
