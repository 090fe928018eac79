"""Counts what clients asked for: the instrument's readings."""

from __future__ import annotations

import threading
from collections import Counter, deque
from typing import Any

from .clock import Clock

# Readings kept one by one; the counts go on beyond that.
_KEPT = 20_000


class Counters:
    """Requests by kind: graphql, image, login, other; GraphQL by top-level field, and writes (mutations)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._fields: Counter[str] = Counter()
        self._requests: deque[dict[str, Any]] = deque(maxlen=_KEPT)

    def add(self, kind: str, fields: list[str], write: bool, record: dict[str, Any]) -> None:
        with self._lock:
            self._counts["requests"] += 1
            self._counts[kind] += 1
            self._counts["writes"] += write
            self._counts[f"status {record['status']}"] += 1
            self._counts["bytes"] += record["bytes"]
            self._fields.update(fields)
            self._requests.append({"time": self._clock.seconds(), "kind": kind, "fields": fields, **record})

    def counts(self) -> dict[str, Any]:
        with self._lock:
            named = {name: self._counts[name] for name in ("requests", "graphql", "writes", "image", "bytes")}
            return {**named, **dict(self._counts), "fields": dict(self._fields)}

    def requests(self) -> list[dict[str, Any]]:
        with self._lock:
            return list(self._requests)

    def reset(self) -> None:
        with self._lock:
            self._counts.clear()
            self._fields.clear()
            self._requests.clear()
