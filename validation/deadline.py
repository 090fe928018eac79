"""Answers of Stash and Plex that have to be there in time.

The read timeout of requests ends a wait for the next byte, not one for the last: a server, or a proxy before it, that
sends a byte now and then would be listened to for ever. So every answer has a deadline, and a least speed.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

#: Methods whose read timeout, which is long, is the deadline, too: those that ask for a change, and every question to
#: Stash's GraphQL.
WRITES = frozenset(("PUT", "POST", "DELETE"))

#: Another request has twice its read timeout and so many seconds, from its beginning to the last byte.
GRACE = 10.0

#: An unfinished answer that brought fewer bytes than these within twice the read timeout is given up.
LITTLE = 1024


class _Answer(io.RawIOBase):
    """What a socket still has to say, until ``deadline`` (by time.monotonic). Raises TimeoutError."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        super().__init__()
        self._socket, self._source = sock, sock.makefile("rb", buffering=0)
        self._patience, self._deadline = sock.gettimeout() or GRACE, deadline
        self._came, self._lap_ends = 0, time.monotonic() + 2 * self._patience

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        now = time.monotonic()
        if self._came >= LITTLE:
            self._came, self._lap_ends = 0, now + 2 * self._patience
        left = min(self._deadline, self._lap_ends) - now
        if left <= 0:
            raise TimeoutError("the answer takes too long")
        self._socket.settimeout(min(self._patience, left))
        try:
            count = self._source.readinto(buffer)
        finally:
            self._socket.settimeout(self._patience)  # the connection may serve another request
        self._came += count or 0
        return count

    def close(self) -> None:
        self._source.close()
        super().close()


class _Answered:
    """The end of a connection that reads answers."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._socket, self._deadline = sock, deadline

    def makefile(self, mode: str) -> io.BufferedReader:  # noqa: ARG002 - its signature is given; it is "rb"
        return io.BufferedReader(_Answer(self._socket, self._deadline))


class _Timely:
    """A connection of http.client's whose answers have a deadline."""

    _began = 0.0

    def connect(self) -> None:
        self._began = time.monotonic()  # a proxy answers before anything is asked of the server
        super().connect()  # type: ignore[misc]

    def putrequest(self, method: str, url: str, *args: Any, **kwargs: Any) -> None:
        self._began = time.monotonic()
        super().putrequest(method, url, *args, **kwargs)  # type: ignore[misc]

    def response_class(self, sock: socket.socket, *args: Any, **kwargs: Any) -> http.client.HTTPResponse:
        patience = sock.gettimeout() or GRACE
        allowed = patience if kwargs.get("method") in WRITES else 2 * patience + GRACE
        return http.client.HTTPResponse(_Answered(sock, self._began + allowed), *args, **kwargs)  # type: ignore[arg-type]


class _Plain(_Timely, HTTPConnection):  # type: ignore[misc]
    pass


class _Secured(_Timely, HTTPSConnection):  # type: ignore[misc]
    pass


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecuredPool(HTTPSConnectionPool):
    ConnectionCls = _Secured


_POOLS = {"http": _PlainPool, "https": _SecuredPool}


class TimelyAdapter(HTTPAdapter):
    """Carries requests whose answers have to be there in time; one that is late is a timeout like any other."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager
