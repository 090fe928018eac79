"""Counts what clients asked for: the instrument's readings."""

from __future__ import annotations

import threading
from collections import Counter, deque
from typing import Any

from tests.doubles.stash.clock import Clock

# Readings kept one by one; the counts go on beyond that.
_KEPT = 20_000

_NUMBERS = ("requests", "graphql", "writes", "images", "login", "other", "bytes")


class Counters:
    """Requests by kind: graphql, image, login, other; GraphQL by top-level field, and writes (mutations)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._statuses: Counter[str] = Counter()
        self._fields: Counter[str] = Counter()
        self._requests: deque[dict[str, Any]] = deque(maxlen=_KEPT)

    def add(self, kind: str, fields: list[str], write: bool, record: dict[str, Any]) -> None:
        with self._lock:
            self._counts["requests"] += 1
            self._counts["images" if kind == "image" else kind] += 1
            self._counts["writes"] += write
            self._counts["bytes"] += record["bytes"]
            self._statuses[str(record["status"])] += 1
            self._fields.update(fields)
            self._requests.append({"time": self._clock.seconds(), "kind": kind, "fields": fields, **record})

    def counts(self) -> dict[str, Any]:
        """`fields` by top-level field, `statuses` by status as text ("0": no answer), `bytes` of bodies."""
        with self._lock:
            numbers = {name: self._counts[name] for name in _NUMBERS}
            return {**numbers, "statuses": dict(self._statuses), "fields": dict(self._fields)}

    def requests(self) -> list[dict[str, Any]]:
        with self._lock:
            return list(self._requests)

    def reset(self) -> None:
        with self._lock:
            for counter in (self._counts, self._statuses, self._fields):
                counter.clear()
            self._requests.clear()
