"""The double's clock: real time plus what `advance` added, and Stash's text form of a moment.

Stash stores a time as RFC 3339 text of one second's resolution, in the offset that its machine has while it
writes (pkg/sqlite/timestamp.go), shows it in that offset for ever, and compares and sorts it as text. So rows
written under two offsets (a time zone moved, summer time) do not stand in the order of time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import lru_cache


class Moment(int):
    """Whole seconds since the epoch, and the offset in minutes that the row was written in."""

    utc_offset_minutes: int

    def __new__(cls, seconds: int, utc_offset_minutes: int = 0) -> Moment:
        moment = super().__new__(cls, seconds)
        moment.utc_offset_minutes = utc_offset_minutes
        return moment


class Clock:
    """`utc_offset_minutes` is the server's local time: what is written from now on bears it."""

    def __init__(self, utc_offset_minutes: int = 0) -> None:
        self.utc_offset_minutes = utc_offset_minutes
        self._advanced = 0.0
        self._source = time.time

    def follow(self, source: Callable[[], float]) -> None:
        """Show another clock's time from now on instead of the real one."""
        self._source = source

    def seconds(self) -> float:
        """Seconds since the epoch as this Stash sees them."""
        return self._source() + self._advanced

    def now(self) -> Moment:
        """The same in whole seconds, in the server's offset: what is stored."""
        return _shared(int(self.seconds()), self.utc_offset_minutes)

    def advance(self, seconds: float) -> None:
        """Put the clock forward, or back where `seconds` is negative."""
        self._advanced += seconds

    def set_offset(self, minutes: int) -> None:
        """The machine's time zone moves: what is written from now on bears another offset."""
        self.utc_offset_minutes = minutes

    def stored(self, text: str) -> Moment:
        """A time of the library file: one with an offset of its own stays as written, others get the server's."""
        moment = _datetime(text)
        written = (moment.utcoffset() or timedelta()).total_seconds() / 60
        return _shared(int(moment.timestamp()), int(written) or self.utc_offset_minutes)


@lru_cache(maxsize=4096)
def _shared(seconds: int, utc_offset_minutes: int) -> Moment:
    """One object for the thousands of rows that a library file writes in the same second."""
    return Moment(seconds, utc_offset_minutes)


def rfc3339(moment: int) -> str:
    """As Stash stores and shows it: `2026-11-21T03:19:31Z`, or with the offset that it was written in."""
    return _text(moment, moment.utc_offset_minutes if isinstance(moment, Moment) else 0)


@lru_cache(maxsize=65536)
def _text(seconds: int, utc_offset_minutes: int) -> str:
    zone = timezone(timedelta(minutes=utc_offset_minutes))
    text = datetime.fromtimestamp(seconds, zone).isoformat()
    return text[:-6] + "Z" if utc_offset_minutes == 0 else text


def parse_time(text: str) -> int:
    """Seconds since the epoch of an RFC 3339 text; a date alone is its first second in UTC."""
    return int(_datetime(text).timestamp())


def _datetime(text: str) -> datetime:
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=timezone.utc)
