"""The control API under /__double__/: no authentication, never counted, never disturbed. See README.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.doubles.stash.answers import Answer, HttpRequest, json_answer
from tests.doubles.stash.core import Stash
from tests.doubles.stash.state import dump

PREFIX = "/__double__/"

Handler = Callable[[Mapping[str, Any]], Any]


class Control:
    """`inject` and `clear` are the double's own: a fault of kind "refused" concerns the network."""

    def __init__(self, stash: Stash, inject: Callable[[Mapping[str, Any]], None], clear: Callable[[], None]) -> None:
        self._stash = stash
        self._routes: dict[tuple[str, str], Handler] = {
            ("GET", "state"): lambda _: dump(stash),
            ("GET", "faults"): lambda _: stash.faults.listed(),
            ("POST", "faults"): inject,
            ("DELETE", "faults"): lambda _: clear(),
            ("GET", "counts"): lambda _: stash.counters.counts(),
            ("DELETE", "counts"): lambda _: stash.counters.reset(),
            ("GET", "requests"): lambda _: stash.counters.requests(),
            ("GET", "log"): lambda _: [line.as_dict() for line in stash.log.lines],
            ("DELETE", "log"): lambda _: stash.log.clear(),
            ("GET", "progress"): lambda _: [
                {"job": job, "plugin": plugin, "value": value} for job, plugin, value in stash.progress
            ],
            ("GET", "runs"): lambda _: [run.as_dict() for run in stash.plugins.runs],
            ("GET", "hooks"): lambda _: [run.as_dict() for run in stash.plugins.runs if run.kind == "hook"],
            ("GET", "jobs"): lambda _: [job.as_dict() for job in stash.jobs.queue()],
            ("POST", "jobs/hold"): lambda given: stash.jobs.hold(given.get("held", True)),
            ("POST", "jobs/endless"): lambda given: {"id": stash.jobs.add_endless(**given).id},
            ("POST", "covers/hold"): lambda given: stash.covers.hold(given.get("held", True)),
            ("POST", "advance"): lambda given: stash.clock.advance(given["seconds"]),
            ("POST", "offset"): lambda given: stash.clock.set_offset(given["minutes"]),
            ("POST", "sessions/forget"): lambda _: stash.sessions.forget_all(),
            ("GET", "files"): lambda _: [file.path for file in stash.disk.waiting()],
            ("POST", "files"): lambda given: stash.disk.put(**given),
            ("POST", "files/move"): lambda given: stash.disk.move(given["from"], given["to"]),
            ("DELETE", "files"): lambda given: stash.disk.remove(given["path"]),
        }

    def answer(self, request: HttpRequest) -> Answer:
        """JSON: what was asked for, or {"ok": true}; 400 with {"error": …} for what makes no sense."""
        handler = self._routes.get((request.method, request.path[len(PREFIX) :]))
        if handler is None:
            known = sorted(f"{method} {PREFIX}{name}" for method, name in self._routes)
            return json_answer(404, {"error": "no such control", "known": known})
        try:
            result = handler(request.json())
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            return json_answer(400, {"error": f"{type(error).__name__}: {error}"})
        return json_answer(200, {"ok": True} if result is None else result)
