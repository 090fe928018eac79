"""The HTTP server: real sockets on 127.0.0.1, keep-alive, one buffered write an answer.

`Network` opens and closes it, so that Stash can be stopped, started again on the same port, or refuse
connections for a while.
"""

from __future__ import annotations

import http
import select
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any

from tests.doubles.stash.answers import Answer, HttpRequest, encode
from tests.doubles.stash.cancellation import Cancellation

# (request, connection) -> answer, or None when the connection was dealt with otherwise.
Respond = Callable[[HttpRequest, "Connection"], "Answer | None"]

# The double's own helper marks its requests with this header and the server's token.
EXEMPT_HEADER = "X-Stash-Double"


class Server(ThreadingHTTPServer):
    """Keeps track of its connections, so that closing closes everything."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, port: int, respond: Respond, token: str, clock: Callable[[], float]) -> None:
        super().__init__(("127.0.0.1", port), Connection)
        self.respond = respond
        self.token = token
        self.clock = clock
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._open: dict[socket.socket, threading.Thread] = {}
        self._running: set[Cancellation] = set()
        self._resetting: set[socket.socket] = set()

    def server_bind(self) -> None:
        """As HTTPServer does, without asking the name server what 127.0.0.1 is called."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        thread = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), name="stash request", daemon=True
        )
        with self._lock:
            self._open[request] = thread
        thread.start()

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.pop(request, None)
            resetting = request in self._resetting
            self._resetting.discard(request)
        if resetting:
            self.close_request(request)  # no orderly end before it: that would hide the reset
        else:
            super().shutdown_request(request)

    def reset_on_close(self, connection: socket.socket) -> None:
        with self._lock:
            self._resetting.add(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away are everyday; anything else is a mistake in the double and shown."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError) and not self.closing.is_set():
            super().handle_error(request, client_address)

    @contextmanager
    def cancelled_on_close(self, cancellation: Cancellation) -> Iterator[None]:
        with self._lock:
            self._running.add(cancellation)
        try:
            if self.closing.is_set():
                cancellation.cancel()
            yield
        finally:
            with self._lock:
                self._running.discard(cancellation)

    def close(self) -> None:
        """Stop listening, break all connections, cancel what runs for them."""
        self.closing.set()
        self.shutdown()
        self.server_close()
        with self._lock:
            connections, running = dict(self._open), list(self._running)
        for cancellation in running:
            cancellation.cancel()
        own = threading.current_thread()  # a control request that asked for this still gets its answer
        for connection, thread in connections.items():
            if thread is own:
                continue
            with suppress(OSError):  # it may be gone already
                connection.shutdown(socket.SHUT_RDWR)
        for thread in connections.values():
            if thread is not own:
                thread.join(5)


class Connection(BaseHTTPRequestHandler):
    """One connection of a client, with one request after the other."""

    protocol_version = "HTTP/1.1"
    server_version = "Stash"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Server

    def handle_any(self) -> None:
        path, _, query = self.path.partition("?")
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        request = HttpRequest(self.command, path, query, self.headers, body, self.watch)
        request.exempt = self.headers.get(EXEMPT_HEADER) == self.server.token
        with ExitStack() as self._request_scope:
            answer = self.server.respond(request, self)
        if answer is not None:
            self.send(answer)
        if self.server.closing.is_set():
            self.close_connection = True

    do_GET = do_POST = do_HEAD = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = handle_any  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        """Standard error belongs to the program that uses the double."""

    def finish(self) -> None:
        """To a client that left, the rest cannot be written: its connection is let go of all the same."""
        try:
            super().finish()
        finally:
            self.rfile.close()

    # -- sending ---------------------------------------------------------------------------------------------

    def encoded(self, answer: Answer) -> bytes:
        headers, payload = encode(answer, self.headers)
        try:
            phrase = http.HTTPStatus(answer.status).phrase
        except ValueError:
            phrase = "Unknown"
        lines = [f"HTTP/1.1 {answer.status} {phrase}", f"Date: {self.date_time_string(self.server.clock())}"]
        lines += [f"{name}: {value}" for name, value in headers]
        head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
        return head if self.command == "HEAD" else head + payload

    def send(self, answer: Answer) -> None:
        self.write(self.encoded(answer))

    def write(self, data: bytes) -> None:
        self.wfile.write(data)
        self.wfile.flush()

    def send_part(self, answer: Answer) -> None:
        """Half of the answer, then the end of the connection."""
        data = self.encoded(answer)
        head = data.index(b"\r\n\r\n") + 4
        self.wfile.write(data[: head + (len(data) - head) // 2])
        self.wfile.flush()
        self.close_connection = True

    def send_slowly(self, answer: Answer, seconds: float) -> None:
        """The answer in small pieces that take `seconds` together."""
        data = self.encoded(answer)
        pieces = max(1, min(50, len(data)))
        size = -(-len(data) // pieces)
        for start in range(0, len(data), size):
            self.wfile.write(data[start : start + size])
            self.wfile.flush()
            if self.server.closing.wait(seconds / pieces):
                break

    def drop(self) -> None:
        """End the connection with a reset: unsent data is thrown away, the client sees ECONNRESET."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.server.reset_on_close(self.connection)

    def linger(self, seconds: float) -> None:
        """Say nothing for a while; the client may leave before."""
        end = time.monotonic() + seconds
        while not self.server.closing.wait(0.02) and time.monotonic() < end:
            readable, _, _ = select.select([self.connection], [], [], 0)
            if readable and not self.connection.recv(1, socket.MSG_PEEK):
                break
        self.close_connection = True

    # -- watching the client -----------------------------------------------------------------------------------

    def watch(self, cancellation: Cancellation) -> None:
        """Cancel when the client closes the connection while its request is worked on, as Go's server does."""
        self._request_scope.enter_context(self.server.cancelled_on_close(cancellation))
        self._request_scope.enter_context(self._watching(cancellation))

    @contextmanager
    def _watching(self, cancellation: Cancellation) -> Iterator[None]:
        woken, waker = socket.socketpair()

        def look() -> None:
            readable, _, _ = select.select([self.connection, woken], [], [])
            if woken not in readable and _closed(self.connection):
                cancellation.cancel()

        thread = threading.Thread(target=look, name="stash client", daemon=True)
        thread.start()
        with woken, waker:
            try:
                yield
            finally:
                waker.send(b"x")
                thread.join()


def _closed(connection: socket.socket) -> bool:
    """Readable with nothing to read is the end; a further request that waits is not."""
    try:
        return not connection.recv(1, socket.MSG_PEEK)
    except OSError:
        return True


class Network:
    """Opens and closes the server on one port, which stays the same from the first time on. Answers bear the time of
    ``clock``, as Go's server puts it on each (net/http)."""

    def __init__(self, port: int, respond: Respond, token: str, clock: Callable[[], float]) -> None:
        self._lock = threading.RLock()
        self._respond = respond
        self._token = token
        self._clock = clock
        self.port = port
        self._server: Server | None = None
        self._reopening: threading.Timer | None = None

    def open(self) -> None:
        with self._lock:
            self._forget_reopening()
            if self._server is not None:
                return
            self._server = Server(self.port, self._respond, self._token, self._clock)
            self.port = self._server.server_port
            serve = self._server.serve_forever
            threading.Thread(target=serve, args=(0.02,), name="stash server", daemon=True).start()

    def close(self) -> None:
        with self._lock:
            self._forget_reopening()
            server, self._server = self._server, None
        if server is not None:
            server.close()

    def refuse(self, seconds: float | None) -> None:
        """Connections are refused and open ones broken, for `seconds` or until `open`."""
        self.close()
        if seconds is not None:
            with self._lock:
                timer = threading.Timer(seconds, lambda: self._reopen(timer))
                timer.daemon = True
                self._reopening = timer
                timer.start()

    def _reopen(self, timer: threading.Timer) -> None:
        with self._lock:
            if self._reopening is timer:  # else somebody opened or closed for good meanwhile
                self.open()

    def _forget_reopening(self) -> None:
        if self._reopening is not None:
            self._reopening.cancel()
            self._reopening = None
