"""The server without its sockets: takes a request, gives an answer. One state, one lock."""

from __future__ import annotations

import re
import sys
import threading
import time
import traceback
from collections.abc import Iterable
from dataclasses import dataclass, replace

from tests.doubles.plex import actions
from tests.doubles.plex.faults import FaultBox
from tests.doubles.plex.listing import Listing
from tests.doubles.plex.messages import Answer, HTTPFailure, Request, failure, maintenance, proxy_page, starting_up
from tests.doubles.plex.recorder import Recorder
from tests.doubles.plex.router import Route, Router
from tests.doubles.plex.routes import ROUTES
from tests.doubles.plex.slow_writes import SlowWrites
from tests.doubles.plex.state import GUEST, OWNER, State


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request leads: its kind, and its handler bound to the path (None: no such address)."""

    kind: str
    write: bool
    route: Route | None
    groups: tuple[object, ...] = ()


class App:
    """Handlers reach everything through this: `state`, `listing`, `faults`, `recorder`."""

    def __init__(self, state: State, token: str) -> None:
        self.state = state
        self.token = token
        self.listing = Listing(state)
        self.faults = FaultBox()
        self.recorder = Recorder()
        self.slow_writes = SlowWrites(state)
        self._router = Router(ROUTES)
        self._writing = threading.Lock()
        self._waiting = 0
        self._waiting_lock = threading.Lock()

    def target(self, method: str, path: str) -> Target:
        """Kind and handler of a request, whoever sent it."""
        found = self._router.find(method, path)
        if found is None:
            return Target("other", method not in ("GET", "HEAD", "OPTIONS"), None)
        return Target(found[0].kind, found[0].write, found[0])

    def handle(self, request: Request) -> Answer:
        """The answer of a server that is up. Never raises."""
        found = self._router.find(request.method, request.path)
        refused = self._refuse(request, found[0] if found else None)
        if refused is not None:
            return refused
        account = self._account(request)
        if account is None:
            if found is None or not found[0].open:
                return failure(401)
            account = GUEST
        if found is None:
            return failure(404)
        entry, match = found
        if entry.owner and account == GUEST:
            return failure(self.state.switches.guest_edit_status)
        held = self.slow_writes.hold(entry, request) if entry.write else self.slow_writes.hold_reading()
        if not held:
            return failure(503)
        busy = self._busy() if entry.write else None
        if busy is None:
            return self._run(entry, replace(request, account=account), match)
        return self._run_busy(busy, entry, replace(request, account=account), match)

    def vanish(self, keys: Iterable[int]) -> None:
        """Delete items behind the client's back, those that exist."""
        with self.state.lock:
            for item in [self.state.items[key] for key in keys if key in self.state.items]:
                actions.remove(self.state, item)

    def _refuse(self, request: Request, entry: Route | None) -> Answer | None:
        """What a server answers that is not ready yet, or to a line that is too long."""
        state = self.state
        proxy = self._proxy(request)
        if proxy is not None:
            return proxy
        if state.timer() < state.ready_at:
            return starting_up() if state.switches.startup_answer == "starting_up" else maintenance()
        if len(request.target) > state.switches.max_url:
            return failure(414)
        return None

    def _proxy(self, request: Request) -> Answer | None:
        """What a proxy in front does not let through. It knows methods and sizes, and no tokens."""
        switches = self.state.switches
        if switches.proxy_body_limit and len(request.body) > switches.proxy_body_limit:
            return proxy_page(413)
        if switches.proxy_refuses_writes and request.method not in ("GET", "HEAD", "OPTIONS"):
            return proxy_page(switches.proxy_refuses_writes)
        return None

    def _account(self, request: Request) -> int | None:
        token = request.plex("X-Plex-Token")
        if token == self.token or self.state.switches.unclaimed:
            return OWNER
        guest = self.state.switches.guest_token
        return GUEST if guest and token == guest else None

    def _run(self, entry: Route, request: Request, match: re.Match[str]) -> Answer:
        try:
            with self.state.lock:
                self.state.settle()
                return entry.handler(self, request, match)
        except HTTPFailure as failed:
            return failed.answer
        except Exception:  # noqa: BLE001 - a mistake of the double must be seen and must not end the server
            traceback.print_exc(file=sys.stderr)
            return failure(500, "mistake in the Plex double, see its standard error")

    def _busy(self) -> tuple[int, int] | None:
        switches = self.state.switches
        if switches.busy_ms:
            return switches.busy_ms, switches.busy_queue
        return self.faults.busy()

    def _run_busy(self, busy: tuple[int, int], entry: Route, request: Request, match: re.Match[str]) -> Answer:
        """Writers wait for each other, as SQLite's do ("retry busy DB"); too many waiting is a 500."""
        milliseconds, queue = busy
        with self._waiting_lock:
            if self._waiting > queue:
                return failure(500)
            self._waiting += 1
        try:
            with self._writing:
                time.sleep(milliseconds / 1000)
                return self._run(entry, request, match)
        finally:
            with self._waiting_lock:
                self._waiting -= 1
