"""A Stash that speaks https, with a certificate nobody signed, on whatever address of this machine."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from stash.client import StashClient
from stash.connection import read_connection
from tests.support.harness import self_signed
from tests.support.serving import served


class Stash(BaseHTTPRequestHandler):
    """Knows its version."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        content = json.dumps({"data": {"version": {"version": "v0.29"}}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*self_signed(tmp_path, "stash.example"))  # may skip, when nothing is open yet
    server = ThreadingHTTPServer(("127.0.0.1", 0), Stash)
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    with served(server):
        yield int(server.server_address[1])


@pytest.mark.parametrize("listens_on", ["0.0.0.0", "127.0.0.1", "192.168.7.7", "nas.home"])
def test_its_certificate_is_not_asked_for(port: int, listens_on: str, monkeypatch: pytest.MonkeyPatch) -> None:
    resolve = socket.getaddrinfo

    def all_of_them_are_this_machine(host: Any, *rest: Any, **named: Any) -> Any:
        return resolve("127.0.0.1", *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", all_of_them_are_this_machine)
    with StashClient(read_connection({"Scheme": "https", "Host": listens_on, "Port": port})) as stash:
        assert stash.execute("query { version { version } }") == {"version": {"version": "v0.29"}}
