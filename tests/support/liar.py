"""Servers that answer what a test tells them to: whole answers, or true ones that were tampered with."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.serving import served

#: Takes path and true answer, and makes the answer to give of them.
Tamper = Callable[[str, bytes], bytes]


class Liar(ThreadingHTTPServer):
    """Behind ``url``: GETs are answered by ``truth`` and then tampered with, unless it refuses them; POSTs with
    ``answer``; writes are noted and refused."""

    daemon_threads = True

    def __init__(self, truth: str = "") -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.truth = truth
        self.tamper: Tamper = lambda _, body: body
        self.answer, self.content_type = b"{}", "application/json"
        self.writes: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Liar
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        headers = {key: value for key, value in self.headers.items() if key.startswith("X-Plex")}
        try:
            with urllib.request.urlopen(urllib.request.Request(self.server.truth + self.path, headers=headers)) as real:
                body, status = self.server.tamper(self.path, real.read()), real.status
        except urllib.error.HTTPError as refusal:
            with refusal:
                body, status = refusal.read(), refusal.status
        self._send(body, "text/xml;charset=utf-8", status)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._send(self.server.answer, self.server.content_type)

    def do_PUT(self) -> None:
        self.server.writes.append(self.path)
        self._send(b"", "text/xml", 500)

    do_DELETE = do_PUT  # noqa: N815

    def _send(self, body: bytes, content_type: str, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def lying(truth: str = "") -> Iterator[Liar]:
    """A liar that listens."""
    with served(Liar(truth)) as server:
        yield server
