"""Faults that can be injected: what goes wrong, for which requests, how often.

A fault is a mapping, here and over the control API:

    {"kind": "status", "status": 503, "match": "findScenes", "count": 2}

`match` says which requests: "graphql", "image", "any" (the default), or the name of a top-level GraphQL
field. `count` is how many times (null: until cleared), `skip` how many matching requests pass before,
`probability` how likely each is (1). `when` is "before" (the default: the request has no effect) or "after"
(it was carried out, its answer is lost).
"""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

TRANSPORT_KINDS = ("reset", "hang", "slow", "drip", "truncated", "status", "unauthorized", "html", "invalid_json")
KINDS = ("refused", "graphql_error", *TRANSPORT_KINDS)


@dataclass(slots=True, eq=False)
class Fault:
    """`seconds`: how long refused, hang, slow and drip last. `status` and `body`: of kind status.

    `scene`, `field`, `message`: of kind graphql_error, which makes reading that scene (or that field of it)
    fail inside an answer of status 200.
    """

    kind: str
    match: str = "any"
    count: int | None = 1
    skip: int = 0
    probability: float = 1.0
    when: str = "before"
    seconds: float = 1.0
    status: int = 500
    body: str = ""
    scene: int | None = None
    field: str | None = None
    message: str = "database is locked"
    hits: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown fault {self.kind!r}: one of {', '.join(KINDS)}")
        if self.when not in ("before", "after"):
            raise ValueError("when is before or after")

    def matches(self, kind: str, fields: list[str]) -> bool:
        return self.match in ("any", kind) or self.match in fields


class Faults:
    """The faults in force. Kind "refused" is the server's business, the others are taken per request."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._chance = random.Random(0)

    def add(self, description: Mapping[str, Any]) -> Fault:
        """Raises ValueError or TypeError for a fault that is not known."""
        fault = Fault(**description)
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def listed(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(fault) for fault in self._faults]

    def take(self, kind: str, fields: list[str]) -> Fault | None:
        """The transport fault that this request meets, if any; it is used up by that."""
        with self._lock:
            for fault in self._faults:
                if fault.kind in TRANSPORT_KINDS and fault.matches(kind, fields) and self._strikes(fault):
                    return fault
            return None

    def graphql_errors(self) -> list[Fault]:
        with self._lock:
            return [fault for fault in self._faults if fault.kind == "graphql_error"]

    def strike(self, fault: Fault) -> bool:
        """Does this fault strike now? For faults that are looked up first and used later."""
        with self._lock:
            return fault in self._faults and self._strikes(fault)

    def _strikes(self, fault: Fault) -> bool:
        if fault.count is not None and fault.hits - fault.skip >= fault.count:
            return False
        if fault.probability < 1 and self._chance.random() >= fault.probability:
            return False
        fault.hits += 1
        return fault.hits > fault.skip
