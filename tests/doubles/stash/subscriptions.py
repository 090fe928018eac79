"""Subscriptions over a websocket on /graphql, in the protocol of Stash's own page (graphql-transport-ws).

internal/api/resolver_subscription_job.go: each change of a job is one message, ADD, UPDATE or REMOVE, with the
job as it then is. What happened before the subscription is not told.
"""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from tests.doubles.common import websocket
from tests.doubles.stash.answers import HttpRequest
from tests.doubles.stash.core import Request, Stash
from tests.doubles.stash.execution import Executor
from tests.doubles.stash.http_server import Connection
from tests.doubles.stash.sessions import Session

PROTOCOL = "graphql-transport-ws"

# How often a subscription looks whether it is over.
_TICK = 0.05


def is_upgrade(request: HttpRequest) -> bool:
    return request.path == "/graphql" and request.header("Upgrade").lower() == "websocket"


class Conversation:
    """One websocket: any number of subscriptions, each told by a thread of its own."""

    def __init__(self, stash: Stash, executor: Executor, session: Session, base_url: str, link: Connection) -> None:
        self._stash = stash
        self._executor = executor
        self._request = Request(stash, session, base_url, lambda cancellation: None)
        self._link = link
        self._sending = threading.Lock()
        self._running: dict[str, threading.Event] = {}

    def hold(self, key: str) -> None:
        """Until the client leaves, or Stash ends."""
        self._link.close_connection = True
        self._link.write(websocket.handshake(key, PROTOCOL))
        try:
            while True:
                opcode, payload = websocket.read_frame(self._link.rfile)
                if opcode == websocket.CLOSE:
                    break
                if opcode == websocket.PING:
                    self._send_frame(payload, websocket.PONG)
                elif opcode == websocket.TEXT:
                    self._take(json.loads(payload))
        except (EOFError, OSError):
            pass  # gone without a word
        finally:
            for over in self._running.values():
                over.set()

    def _take(self, message: dict[str, Any]) -> None:
        kind, number = message["type"], message.get("id", "")
        if kind == "connection_init":
            self._send({"type": "connection_ack"})
        elif kind == "ping":
            self._send({"type": "pong"})
        elif kind == "subscribe":
            self._subscribe(number, message["payload"])
        elif kind == "complete" and number in self._running:
            self._running.pop(number).set()

    def _subscribe(self, number: str, payload: dict[str, Any]) -> None:
        operation = self._executor.prepare(payload["query"], payload.get("variables"), payload.get("operationName"))
        if operation.fields != ["jobsSubscribe"]:
            failure = operation.document.failure or {"errors": [{"message": "the double knows only jobsSubscribe"}]}
            self._send({"type": "error", "id": number, "payload": failure["errors"]})
            return
        over = self._running[number] = threading.Event()
        changes = self._stash.jobs.subscribe()  # before the thread: nothing after this answer is missed

        def told(change: dict[str, Any]) -> None:
            _, answer = self._executor.execute(operation, self._request, {"jobsSubscribe": change})
            self._send({"type": "next", "id": number, "payload": answer})

        threading.Thread(target=_tell, args=(changes, told, over), name="stash subscription", daemon=True).start()

    def _send(self, message: dict[str, Any]) -> None:
        self._send_frame(json.dumps(message).encode(), websocket.TEXT)

    def _send_frame(self, payload: bytes, opcode: int) -> None:
        with self._sending, suppress(OSError):
            self._link.write(websocket.frame(payload, opcode))


def _tell(
    changes: queue.SimpleQueue[dict[str, Any]], told: Callable[[dict[str, Any]], None], over: threading.Event
) -> None:
    while not over.is_set():
        with suppress(queue.Empty):
            told(changes.get(timeout=_TICK))
