"""A program between PlexSync and a server: it hands everything on, and may change what is answered."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.serving import served

#: Takes a request's method, path and body, and the true answer; makes the answer to give of them.
Change = Callable[[str, str, bytes, bytes], bytes]

#: Headers that belong to one connection.
_HOP = {"host", "connection", "accept-encoding", "content-length", "transfer-encoding"}


class Between(ThreadingHTTPServer):
    """Behind ``url``, a server whose answers of status 200 are changed by ``change``."""

    daemon_threads = True

    def __init__(self, truth: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.truth = truth
        self.change: Change = _as_it_is
        self.url = f"http://127.0.0.1:{self.server_port}"

    def tell_the_truth(self) -> None:
        """Change nothing from now on."""
        self.change = _as_it_is


def _as_it_is(_method: str, _path: str, _asked: bytes, answer: bytes) -> bytes:
    return answer


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Between
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
        request = urllib.request.Request(
            self.server.truth + self.path, data=body or None, headers=headers, method=self.command
        )
        try:
            answer = urllib.request.build_opener(_Straight).open(request)
        except urllib.error.HTTPError as refusal:
            answer = refusal
        with answer:
            content, status, kind = answer.read(), answer.status, answer.headers.get("Content-Type", "")
            kept = {name: value for name, value in answer.headers.items() if name in ("ETag", "Set-Cookie", "Location")}
        if status == 200:
            content = self.server.change(self.command, self.path, body, content)
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(content)), **kept}.items():
            self.send_header(name, value)
        self.end_headers()
        if status != 304:
            self.wfile.write(content)

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class _Straight(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Follow no redirect: that is the client's business."""


@contextmanager
def between(truth: str) -> Iterator[Between]:
    """One that listens."""
    with served(Between(truth)) as server:
        yield server
