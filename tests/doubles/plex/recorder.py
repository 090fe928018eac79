"""Keeps what clients asked for: the requests themselves, and how many of each kind."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.doubles.plex.messages import parse_query


@dataclass(slots=True)
class Recorded:
    """One request as it arrived. `status` is None until it was answered, and stays so if it never was."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    kind: str
    write: bool = False
    body_size: int = 0
    fault: str = ""
    status: int | None = None

    @property
    def line(self) -> str:
        """`PUT /library/sections/1/all?id=1&…` as it was on the wire."""
        return f"{self.method} {self.path}?{self.query}" if self.query else f"{self.method} {self.path}"

    @property
    def params(self) -> dict[str, str]:
        return dict(parse_query(self.query))


@dataclass(slots=True)
class Recorder:
    """Counts everything; keeps the last 20,000 requests, so that a long demo does not fill the memory."""

    requests: deque[Recorded] = field(default_factory=lambda: deque(maxlen=20_000))
    _counts: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, entry: Recorded) -> None:
        with self._lock:
            self._counts[entry.kind] += 1
            if entry.write:
                self._counts["writes"] += 1
            self.requests.append(entry)

    def kept(self) -> list[Recorded]:
        """A copy of the requests that are kept, in order of arrival."""
        with self._lock:
            return list(self.requests)

    def counts(self) -> dict[str, int]:
        """Requests by kind, and "writes": how many of them asked for a change."""
        with self._lock:
            return {"writes": 0, **self._counts}

    def reset(self) -> None:
        with self._lock:
            self._counts.clear()
            self.requests.clear()
