"""The control API under `/__double__/`: JSON in, JSON out, no token, never counted, never faulted."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.doubles.plex.messages import JSON_TYPE, Answer, Request

if TYPE_CHECKING:
    from tests.doubles.plex.double import PlexDouble

PREFIX = "/__double__/"


class Controls:
    """Turns control requests into calls of a PlexDouble. Mistakes in them are a 400 that says what is wrong."""

    def __init__(self, double: PlexDouble) -> None:
        self._double = double
        self._afterwards: dict[int, Callable[[], None]] = {}
        self._routes: dict[tuple[str, str], Callable[[Request, dict[str, Any]], object]] = {
            ("GET", ""): lambda r, b: sorted(f"{method} {PREFIX}{path}" for method, path in self._routes),
            ("GET", "faults"): lambda r, b: double.faults(),
            ("POST", "faults"): self._inject,
            ("DELETE", "faults"): lambda r, b: double.clear_faults(),
            ("GET", "counts"): lambda r, b: double.counts(),
            ("POST", "counts/reset"): lambda r, b: double.reset_counts(),
            ("GET", "requests"): lambda r, b: [
                {"line": q.line, "kind": q.kind, "status": q.status, "fault": q.fault} for q in double.requests
            ],
            ("GET", "state"): lambda r, b: double.state_dump(),
            ("GET", "item"): self._item,
            ("POST", "clock"): lambda r, b: double.advance(float(b["advance"])),
            ("POST", "items"): lambda r, b: double.add_item(**_renamed(b)),
            ("POST", "files"): lambda r, b: double.add_file(**_renamed(b)),
            ("POST", "files/move"): lambda r, b: double.move_file(b["from"], b["to"]),
            ("DELETE", "files"): lambda r, b: double.remove_file(r.get("path")),
            ("POST", "play"): lambda r, b: {"session": double.play(b["ratingKey"], *b["steps"], user=b.get("user", 1))},
            ("POST", "restore"): lambda r, b: double.restore(int(b.get("kept", 0))),
            ("POST", "set_up_anew"): lambda r, b: double.set_up_anew(),
            ("POST", "stamps"): lambda r, b: double.move_stamps(b["seconds"], b.get("ratingKey")),
            ("POST", "down"): self._down,
            ("POST", "restart"): self._restart,
        }

    def handle(self, request: Request) -> Answer:
        call = self._routes.get((request.method, request.path[len(PREFIX) :].rstrip("/")))
        if call is None:
            return _json({"error": "no such control"}, 404)
        try:
            body = json.loads(request.body) if request.body else {}
            result = call(request, body)
        except (ValueError, KeyError, TypeError, LookupError) as error:
            return _json({"error": f"{type(error).__name__}: {error}"}, 400)
        return _json({"ok": True} if result is None else result)

    def after(self, request: Request) -> None:
        """What must wait until the answer is out: closing the very listener it came through."""
        action = self._afterwards.pop(id(request), None)
        if action is not None:
            action()

    def _inject(self, _request: Request, body: Any) -> object:
        faults = body if isinstance(body, list) else [body]
        return {"ids": [self._double.inject(fault) for fault in faults]}

    def _item(self, request: Request, _body: object) -> object:
        if request.has("file"):
            return self._double.find(request.get("file"))
        return self._double.item(int(request.get("ratingKey")))

    def _down(self, request: Request, body: dict[str, Any]) -> None:
        seconds = float(body["seconds"])
        self._afterwards[id(request)] = lambda: self._double.down(seconds, wait=False)

    def _restart(self, request: Request, body: dict[str, Any]) -> None:
        seconds = float(body.get("startup_seconds", 0))
        self._afterwards[id(request)] = lambda: self._double.restart(startup_seconds=seconds, wait=False)


def _renamed(body: dict[str, Any]) -> dict[str, Any]:
    """`section` is accepted for `section_key`, `file` for `path` and the other way round."""
    names = {"section": "section_key", "sectionKey": "section_key"}
    return {names.get(name, name): value for name, value in body.items()}


def _json(value: object, status: int = 200) -> Answer:
    return Answer(status, body=json.dumps(value).encode(), content_type=JSON_TYPE)
