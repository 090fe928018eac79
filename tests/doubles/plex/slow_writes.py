"""Writes that take long in a large section: their answers are held while the server goes on answering others.

Recorded in a section of 4,980 shows: a field 0.01 to 0.09 s, a label 22 s, a collection's member 17 s. What counts is
the request: an edit of fifty items takes as long as one of one. The time is that of the double's clock, so nobody has
to sleep for it: `advance` ends a write that is held, or `passing` moves all clocks on in place of every wait.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable

from tests.doubles.plex.messages import Request
from tests.doubles.plex.router import Route
from tests.doubles.plex.state import State

_TAG = re.compile(r"[a-z]+\[\d*\]\.tag")
_SECTION = re.compile(r"/library/sections/(\d+)")
_ITEM = re.compile(r"/library/(?:metadata|collections)/(\d+)")
# How long a waiting answer goes without a look at the clock.
_LOOK = 0.05


class SlowWrites:
    """Holds writes back until their time has passed; a held one is carried out at its end."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._free_at: dict[int, float] = {}
        self.stopping = threading.Event()
        #: Called with the seconds of a write that would be held, which is not held then.
        self.passing: Callable[[float], None] | None = None
        #: How many requests changed tags or collections.
        self.tag_writes = 0

    def hold(self, entry: Route, request: Request) -> bool:
        """Return when the write may be done; False when the server stops first."""
        seconds = self._seconds(entry, request)
        if seconds and self.passing is not None:
            self.passing(seconds)
            return True
        return self._wait_until(self._end(seconds, request))

    def hold_reading(self) -> bool:
        """The same for what changes nothing: it waits only where the switch says so."""
        if not self._state.switches.slow_writes_block:
            return True
        with self._state.lock:
            end = max(self._free_at.values(), default=None)
        return self._wait_until(end)

    def _wait_until(self, end: float | None) -> bool:
        while end is not None and (left := end - self._state.timer()) > 0:
            if self.stopping.wait(min(left, _LOOK)):
                return False
        return True

    def _end(self, seconds: float, request: Request) -> float | None:
        """When the write will be done; with a queue, every write of a section waits for the one before it."""
        switches = self._state.switches
        if not (switches.slow_writes_queue or switches.slow_writes_block):
            return self._state.timer() + seconds if seconds else None
        with self._state.lock:
            section = self._section(request)
            begin = max(self._state.timer(), self._free_at.get(section, 0.0))
            self._free_at[section] = begin + seconds
        return begin + seconds

    def _seconds(self, entry: Route, request: Request) -> float:
        switches = self._state.switches
        of_tags = entry.kind == "collection" or any(_TAG.match(name) for name, _ in request.params)
        if of_tags or (entry.kind == "delete" and self._is_collection(request)):
            self.tag_writes += 1
            return switches.tag_write_seconds
        return switches.field_write_seconds if entry.kind == "edit" else 0.0

    def _is_collection(self, request: Request) -> bool:
        match = _ITEM.match(request.path)
        item = self._state.items.get(int(match[1])) if match else None
        return item is not None and item.type == "collection"

    def _section(self, request: Request) -> int:
        """0 stands for what belongs to none."""
        named = _SECTION.match(request.path)
        if named:
            return int(named[1])
        match = _ITEM.match(request.path)
        key = match[1] if match else request.get("key")
        item = self._state.items.get(int(key)) if key.isdigit() else None
        if item is not None:
            return item.section
        return int(request.get("sectionId") or 0)
