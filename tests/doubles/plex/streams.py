"""Notifications as a real server sends them: a websocket, and server-sent events."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import queue
import socket
import struct
import threading
from typing import TYPE_CHECKING

from tests.doubles.plex.events import PING_SECONDS
from tests.doubles.plex.messages import Request

if TYPE_CHECKING:
    from tests.doubles.plex.app import App

# plexapi asks for the first name, Plex's OpenAPI description has the second.
_WEBSOCKETS = ("/:/websockets/notifications", "/:/websocket/notifications")
_EVENT_SOURCE = "/:/eventsource/notifications"
_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_TICK = 0.05


def is_stream(path: str) -> bool:
    return path in _WEBSOCKETS or path == _EVENT_SOURCE


def serve(sock: socket.socket, app: App, request: Request, stopping: threading.Event) -> None:
    """Send every event, or the kinds of `filters`, until the client leaves or the server stops.

    An event stream also says `ping` each ten seconds of the double's clock.
    """
    token = request.plex("X-Plex-Token")
    if token not in (app.token, app.state.switches.guest_token or app.token) and not app.state.switches.unclaimed:
        sock.sendall(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
        return
    websocket = request.path in _WEBSOCKETS
    wanted = [kind for kind in request.get("filters").split(",") if kind]
    state = app.state
    listener = state.events.subscribe()  # first: who reads the head may count on every event from then on
    ping_at = state.timer() + PING_SECONDS
    try:
        sock.sendall(_handshake(request) if websocket else _EVENT_HEAD)
        while not stopping.is_set() and not _gone(sock):
            with state.lock:
                state.settle()
            if not websocket and state.timer() >= ping_at:
                ping_at = state.timer() + PING_SECONDS  # first: who reads the ping may move the clock on
                sock.sendall(_PING)
            with contextlib.suppress(queue.Empty):
                event = listener.get(timeout=_TICK)
                if not wanted or event.kind in wanted:
                    sock.sendall(frame(event.in_container()) if websocket else event.bare().encode())
    finally:
        state.events.unsubscribe(listener)


def frame(text: str) -> bytes:
    """An unmasked text frame (RFC 6455)."""
    data = text.encode()
    if len(data) < 126:
        return struct.pack("!BB", 0x81, len(data)) + data
    if len(data) < 65536:
        return struct.pack("!BBH", 0x81, 126, len(data)) + data
    return struct.pack("!BBQ", 0x81, 127, len(data)) + data


_EVENT_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\nConnection: close\r\n\r\n"
)
_PING = b"event: ping\ndata: {}\n\n"


def _handshake(request: Request) -> bytes:
    digest = hashlib.sha1(request.headers.get("sec-websocket-key", "").encode() + _MAGIC).digest()
    accept = base64.b64encode(digest).decode()
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {accept}\r\n\r\n"
    ).encode()


def _gone(sock: socket.socket) -> bool:
    """Whether the client closed. What it sends (pings, a close frame) is read; a close frame ends it."""
    sock.setblocking(False)
    try:
        data = sock.recv(4096)
    except BlockingIOError:
        return False
    finally:
        sock.setblocking(True)
    return not data or data[0] & 0x0F == 0x8
