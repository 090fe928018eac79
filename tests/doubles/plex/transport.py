"""The sockets: a listener that can go away and come back, and a thread for each connection."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
import weakref
from collections.abc import Callable

ServeConnection = Callable[[socket.socket], None]

LOOPBACK = "127.0.0.1"
_BACKLOG = 256


class Listener:
    """Listens on one loopback port. Closed, it refuses connections but keeps the port from others.

    `serve` runs in a thread of its own for each connection and returns when the connection is done.
    """

    def __init__(self, port: int, serve: ServeConnection) -> None:
        self._serve = serve
        self._held = _bound_socket(port)
        self.port: int = self._held.getsockname()[1]
        self._closer = weakref.finalize(self, self._held.close)
        self._lock = threading.RLock()
        self._listening: socket.socket | None = None
        self._wake: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._open: set[socket.socket] = set()
        self._idle = threading.Condition()
        self._timer: threading.Timer | None = None
        self.stopping = threading.Event()

    @property
    def listening(self) -> bool:
        return self._listening is not None

    def open(self) -> None:
        """Start to accept connections."""
        with self._lock:
            if self._listening is not None or not self._closer.alive:
                return
            self.stopping.clear()
            listening = _bound_socket(self.port)
            listening.listen(_BACKLOG)
            waker, wake = socket.socketpair()
            self._listening, self._wake = listening, wake
            self._thread = threading.Thread(
                target=self._accept, args=(listening, waker), name="plex-double", daemon=True
            )
            self._thread.start()

    def close(self, keep: socket.socket | None = None, wait: bool = True) -> None:
        """Refuse connections from now on and end those that are open, except `keep`.

        A call that comes from a connection itself must not `wait` for all connections to end.
        """
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            self._close_listening()
        self.stopping.set()
        with self._idle:
            for connection in self._open:
                if connection is not keep:
                    with contextlib.suppress(OSError):
                        connection.shutdown(socket.SHUT_RDWR)
            if wait:
                self._idle.wait_for(lambda: not (self._open - {keep}), timeout=5)

    def close_for(self, seconds: float, keep: socket.socket | None = None, wait: bool = True) -> None:
        """Refuse connections for a time, then listen again."""
        self.close(keep, wait)
        with self._lock:
            self._timer = threading.Timer(seconds, self.open)
            self._timer.daemon = True
            self._timer.start()

    def release(self) -> None:
        """Close for good and give the port back."""
        self._closer()
        self.close()

    def _close_listening(self) -> None:
        if self._listening is None or self._wake is None or self._thread is None:
            return
        self._wake.close()
        self._thread.join()
        self._listening = self._wake = self._thread = None

    def _accept(self, listening: socket.socket, waker: socket.socket) -> None:
        with listening, waker, selectors.DefaultSelector() as selector:
            selector.register(listening, selectors.EVENT_READ)
            selector.register(waker, selectors.EVENT_READ)
            while True:
                ready = {key.fileobj for key, _ in selector.select()}
                if waker in ready:
                    return
                with contextlib.suppress(OSError):
                    connection, _ = listening.accept()
                    with self._idle:
                        self._open.add(connection)
                    threading.Thread(target=self._run, args=(connection,), daemon=True).start()

    def _run(self, connection: socket.socket) -> None:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._serve(connection)
        except OSError:
            pass  # the client went away, or we did: both are everyday events here
        finally:
            connection.close()
            with self._idle:
                self._open.discard(connection)
                self._idle.notify_all()


def _bound_socket(port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((LOOPBACK, port))
    except OSError:
        bound.close()
        raise
    return bound
