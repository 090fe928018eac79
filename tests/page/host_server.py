"""The web server of the host page: Stash's addresses, and under them the host's own files.

What belongs to Stash (GraphQL, pictures, a plugin's scripts) is passed on to the double, as a proxy does that serves
Stash under a path: it takes the path off and says so in ``X-Forwarded-Prefix``.
"""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HERE = Path(__file__).parent
FILES = {
    "/host/host.js": (HERE / "build" / "host.js", "text/javascript"),
    "/host/host.css": (HERE / "host" / "host.css", "text/css"),
    "/host/bootstrap.css": (HERE / "node_modules" / "bootstrap" / "dist" / "css" / "bootstrap.min.css", "text/css"),
}
_PASSED_ON = ("/graphql", "/plugin/", "/scene/", "/performer/", "/studio/")

#: As Stash's own page (internal/api/server.go): an address is taken relative to ``base``.
_PAGE = """<!doctype html>
<html lang="en"><head><base href="{base}"><meta charset="utf-8"><title>Stash</title><link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="host/bootstrap.css"><link rel="stylesheet" href="host/host.css"></head>
<body><div id="root"></div><script>window.hostPlugins = ["PlexSync"];</script>
<script src="host/host.js"></script></body>
</html>
"""

#: The parts of Stash's policy that concern a plugin.
_POLICY = (
    "default-src data: 'self' 'unsafe-inline'; connect-src data: 'self'; img-src data: *; "
    "script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; child-src 'none'"
)


class HostServer(ThreadingHTTPServer):
    """Serves a Stash double's interface under ``prefix``, on a free port of 127.0.0.1."""

    daemon_threads = False  # its end waits for the last answers

    def __init__(self, stash_url: str, prefix: str = "") -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.stash_url, self.prefix = stash_url, prefix
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self.url = f"http://127.0.0.1:{self.server_address[1]}{prefix}"
        self._thread = threading.Thread(target=self.serve_forever, daemon=True)

    def __enter__(self) -> HostServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: HostServer

    def do_GET(self) -> None:
        """A file of the host's, something of Stash's, or the page."""
        if not self.path.startswith(self.server.prefix):
            self._answer(404, b"", "text/plain")
            return
        path = self.path.removeprefix(self.server.prefix).split("?")[0]
        if path in FILES:
            file, kind = FILES[path]
            self._answer(200, file.read_bytes(), kind)
        elif path.startswith(_PASSED_ON):
            self._pass_on(None)
        elif "." in path:
            self._answer(404, b"", "text/plain")
        else:
            self._answer(200, _PAGE.format(base=f"{self.server.prefix}/").encode(), "text/html; charset=utf-8")

    def do_POST(self) -> None:
        """GraphQL."""
        self._pass_on(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    def _pass_on(self, body: bytes | None) -> None:
        headers = {"X-Forwarded-Prefix": self.server.prefix, "Host": self.headers["Host"]}
        headers["Content-Type"] = self.headers.get("Content-Type") or "text/plain"
        url = self.server.stash_url + self.path.removeprefix(self.server.prefix)
        request = urllib.request.Request(url, body, headers)
        try:
            with self.server.opener.open(request) as answer:
                self._answer(answer.status, answer.read(), answer.headers.get("Content-Type") or "text/plain")
        except urllib.error.HTTPError as error:
            with error:
                self._answer(error.code, error.read(), error.headers.get("Content-Type") or "text/plain")
        except OSError:
            self._answer(502, b"", "text/plain")

    def _answer(self, status: int, body: bytes, kind: str) -> None:
        with suppress(BrokenPipeError, ConnectionResetError):
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Security-Policy", _POLICY)
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
