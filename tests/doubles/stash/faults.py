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

TRANSPORT_KINDS = (
    "reset", "hang", "slow", "drip", "truncated", "status", "unauthorized", "html", "json", "invalid_json",
)  # fmt: skip
KINDS = ("refused", "graphql_error", *TRANSPORT_KINDS)


@dataclass(slots=True, eq=False)
class Fault:
    """`seconds`: how long refused, hang, slow and drip last. `status` and `body`: of kind status; kind json
    sends `body`, whatever program's JSON that is, with status 200.

    `scene`, `field`, `id`, `message`: of kind graphql_error, which fails inside an answer of status 200, with null
    where the error is or, if the schema allows none there, further up:

    - `scene` alone: that scene's alias, and a list with it as a whole;
    - `field` ("studio", "Tag.name"): that field of `scene`, of the object with `id`, or of any;
    - neither: the top-level field in `match`, or with `match` "graphql" all of one request.
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
    id: int | None = None
    message: str = "database is locked"
    hits: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown fault {self.kind!r}: one of {', '.join(KINDS)}")
        if self.when not in ("before", "after"):
            raise ValueError("when is before or after")

    @property
    def whole_request(self) -> bool:
        """Of kind graphql_error: every top-level field of a request fails at once."""
        return self.match == "graphql" and self.scene is None and self.field is None

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

    def graphql_errors(self, fields: list[str]) -> list[Fault]:
        """Those that may concern a request for these top-level fields."""
        with self._lock:
            return [f for f in self._faults if f.kind == "graphql_error" and f.matches("graphql", fields)]

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
