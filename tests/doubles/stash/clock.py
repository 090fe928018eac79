"""The double's clock: real time plus what `advance` added, and Stash's text form of a moment."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from functools import lru_cache


class Clock:
    """Stash keeps timestamps with a resolution of one second (pkg/sqlite/timestamp.go)."""

    def __init__(self) -> None:
        self._advanced = 0.0

    def seconds(self) -> float:
        """Seconds since the epoch as this Stash sees them."""
        return time.time() + self._advanced

    def now(self) -> int:
        """The same in whole seconds: what is stored."""
        return int(self.seconds())

    def advance(self, seconds: float) -> None:
        self._advanced += seconds


@lru_cache(maxsize=65536)
def rfc3339(moment: int, utc_offset_minutes: int = 0) -> str:
    """RFC 3339 in the server's own offset, as Stash stores and shows it: `2026-11-21T03:19:31Z`."""
    zone = timezone(timedelta(minutes=utc_offset_minutes))
    text = datetime.fromtimestamp(moment, zone).isoformat()
    return text[:-6] + "Z" if utc_offset_minutes == 0 else text


def parse_time(text: str) -> int:
    """Seconds since the epoch of an RFC 3339 text; a date alone is its first second in UTC."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return int(moment.timestamp())
