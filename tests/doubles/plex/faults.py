"""Faults: which request gets which, how often, and what they are called.

A fault that says "after" was applied before it struck: the client cannot tell it from one that was not.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from tests.doubles.plex.messages import HTML_TYPE, Answer, Request, failure, maintenance, ok, starting_up
from tests.doubles.plex.routes import KINDS

# Type -> what it does, for the README and for error messages.
TYPES = {
    "refused": "the listener closes for `seconds`; this request gets no answer",
    "reset_before": "connection reset, nothing applied",
    "reset_after": "applied, then connection reset",
    "hang": "nothing applied, no answer for `seconds`, then closed",
    "hang_after": "applied, no answer for `seconds`, then closed: applied but timed out",
    "slow": "handled and answered normally after `seconds`",
    "drip": "the answer comes in pieces of `size` bytes, `seconds` apart",
    "truncate": "the connection closes halfway through the body it announced",
    "broken_xml": "a complete answer whose XML ends in the middle",
    "html_200": "200 with a page of HTML, as from a proxy's login (`well_formed` false: not even XML)",
    "empty_200": "200 without a body",
    "status": "an error `status` with Plex's own body, or `body`; `after` true: applied first",
    "starting_up": "400, the server is still starting up",
    "maintenance": "503 with the Maintenance document",
    "unavailable": "503 without it",
    "redirect": "302 (or `status`) to `location`",
    "vanish": "answered normally; then `items` (rating keys) are deleted: between two pages, when it struck a list",
    "busy": "writes run one by one and take `ms` each; one that would wait behind `queue` others is a 500",
}
_AFTER = frozenset(("reset_after", "hang_after", "slow", "drip", "truncate", "broken_xml", "vanish"))

LOGIN_PAGE = b'<html lang="en"><head><title>Sign in</title></head><body><form action="/login"></form></body></html>'
BROKEN_PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title><body><br><p>Please sign in</html>"


@dataclass(slots=True)
class Fault:
    """What to do, and to which requests. `count` None means for ever; `kind` is one
    of routes.KINDS, several with commas, `writes` or `*`; `skip` lets the first ones pass, `longer` those
    whose address has at most so many bytes."""

    type: str
    kind: str = "*"
    count: int | None = 1
    skip: int = 0
    probability: float = 1.0
    seed: int = 0
    method: str = ""
    match: str = ""
    longer: int = 0
    rating_key: int | None = None
    seconds: float = 1.0
    status: int = 500
    body: str | None = None
    content_type: str = HTML_TYPE
    location: str = ""
    size: int = 64
    items: Sequence[int] = ()
    after: bool = False
    well_formed: bool = True
    ms: int = 100
    queue: int = 1000
    id: int = 0
    hits: int = 0
    _random: random.Random = field(default_factory=random.Random)

    def __post_init__(self) -> None:
        if self.type not in TYPES:
            raise ValueError(f"unknown fault type {self.type!r}; known: {', '.join(TYPES)}")
        unknown = set(self.kind.split(",")) - {*KINDS, "*", "writes"}
        if unknown:
            raise ValueError(f"unknown kind {', '.join(sorted(unknown))}; known: {', '.join(KINDS)}, writes, *")
        if self.type == "redirect" and not self.location:
            raise ValueError("a redirect needs a location")
        self._random.seed(self.seed)

    @property
    def spent(self) -> bool:
        return self.count is not None and self.hits >= self.count

    @property
    def applies_first(self) -> bool:
        """Whether the request is carried out before the fault shows."""
        return self.type in _AFTER or self.after

    def strikes(self, kind: str, request: Request, write: bool) -> bool:
        """Whether this request gets the fault. Counts skipped ones down and drawn ones up."""
        kinds = self.kind.split(",")
        wanted = "*" in kinds or kind in kinds or (write and "writes" in kinds)
        if not wanted or self.spent or not self._names(request):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.probability < 1.0 and self._random.random() >= self.probability:
            return False
        self.hits += 1
        return True

    def answer(self) -> Answer | None:
        """The answer that takes the place of the real one; None when the fault is in the transport."""
        if self.type == "status":
            if self.body is None:
                return failure(self.status)
            return Answer(self.status, body=self.body.encode(), content_type=self.content_type)
        if self.type == "redirect":
            status = self.status if 300 <= self.status < 400 else 302
            return Answer(status, headers={"Location": self.location})
        if self.type == "html_200":
            return Answer(body=LOGIN_PAGE if self.well_formed else BROKEN_PAGE)
        makers: dict[str, Callable[[], Answer]] = {
            "starting_up": starting_up,
            "maintenance": maintenance,
            "unavailable": lambda: failure(503),
            "empty_200": ok,
        }
        return makers[self.type]() if self.type in makers else None

    def _names(self, request: Request) -> bool:
        if self.method and self.method.upper() != request.method:
            return False
        if self.match and self.match not in request.target:
            return False
        if len(request.target) <= self.longer:
            return False
        return self.rating_key is None or str(self.rating_key) in _keys(request)


def _keys(request: Request) -> list[str]:
    """Rating keys a request names, in its path or its query."""
    named = [part for segment in request.path.split("/") for part in segment.split(",")]
    return named + request.get("id").split(",") + request.get("key").split(",")


class FaultBox:
    """The faults that are waiting. The first that fits a request is the one it gets."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._next = 1

    def inject(self, spec: Mapping[str, Any]) -> int:
        """Adds a fault and gives its number. ValueError names what is wrong with `spec`."""
        known = {entry.name for entry in fields(Fault)} - {"id", "hits", "_random"}
        unknown = set(spec) - known
        if unknown:
            raise ValueError(f"unknown keys in a fault: {', '.join(sorted(unknown))}")
        if "type" not in spec:
            raise ValueError("a fault needs a type")
        values = dict(spec)
        if values["type"] == "busy":
            values.setdefault("count", None)
        fault = Fault(**values)
        with self._lock:
            fault.id = self._next
            self._next += 1
            self._faults.append(fault)
        return fault.id

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def pick(self, kind: str, request: Request, write: bool) -> Fault | None:
        with self._lock:
            for fault in self._faults:
                if fault.type != "busy" and fault.strikes(kind, request, write):
                    return fault
        return None

    def busy(self) -> tuple[int, int] | None:
        """Milliseconds and queue of the busy mode, when a fault has switched it on."""
        with self._lock:
            return next(((f.ms, f.queue) for f in self._faults if f.type == "busy"), None)

    def listed(self) -> list[dict[str, object]]:
        with self._lock:
            return [
                {"id": f.id, "type": f.type, "kind": f.kind, "count": f.count, "skip": f.skip, "hits": f.hits}
                for f in self._faults
            ]
