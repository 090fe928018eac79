"""One connection: reads requests, writes answers, and breaks in the ways the faults ask for."""

from __future__ import annotations

import socket
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from http.client import HTTPException, parse_headers
from typing import BinaryIO, NoReturn

from tests.doubles.plex import control, streams, tls
from tests.doubles.plex.app import App, Target
from tests.doubles.plex.faults import Fault
from tests.doubles.plex.messages import Answer, Request, decode_path, failure, parse_query, reason
from tests.doubles.plex.recorder import Recorded
from tests.doubles.plex.transport import Listener

_LONGEST_LINE = 1 << 20
_WORTH_COMPRESSING = 1400
_TICK = 0.02


class Hangup(Exception):
    """Ends the connection without another word."""


@dataclass(frozen=True, slots=True)
class Connection:
    """What a connection needs besides its socket."""

    app: App
    listener: Listener
    controls: control.Controls

    def serve(self, sock: socket.socket) -> None:
        """Requests one after the other until either side has enough."""
        with sock.makefile("rb") as stream:
            if tls.greets(sock):
                self._refuse_tls(sock, stream)
                return
            while True:
                try:
                    request = _read(stream, sock)
                    if request is None or not self._answer(sock, request):
                        return
                except Hangup:
                    return

    def _refuse_tls(self, sock: socket.socket, stream: BinaryIO) -> None:
        tls.read_hello(stream)
        how = self.app.state.switches.tls_handshake
        if how == "answered":
            sock.sendall(_plain(failure(400)))
        elif how == "cut":
            tls.answer_half(sock)
        else:
            _close_with_reset(sock)

    def _answer(self, sock: socket.socket, request: Request) -> bool:
        """True when the connection stays open."""
        if request.path.startswith(control.PREFIX):
            answer = self.controls.handle(request)
            _send(sock, request, answer, gzip=False)
            self.controls.after(request)
            return True
        app = self.app
        target = app.target(request.method, request.path)
        record = Recorded(
            request.method, request.path, request.query, request.headers, target.kind, target.write,
            len(request.body),
        )  # fmt: skip
        app.recorder.add(record)
        if app.state.switches.latency:
            self.listener.stopping.wait(app.state.switches.latency)
        fault = app.faults.pick(target.kind, request, target.write)
        if fault is None:
            if streams.is_stream(request.path):
                streams.serve(sock, app, request, self.listener.stopping)
                return False
            answer = app.handle(request)
            if not answer.by_proxy:
                answer.headers.setdefault("Date", formatdate(app.state.now(), usegmt=True))
            record.status = answer.status
            _send(sock, request, answer, app.state.switches.gzip)
            return request.headers.get("connection", "").lower() != "close"
        record.fault = fault.type
        return self._fail(sock, request, target, fault, record)

    def _fail(self, sock: socket.socket, request: Request, target: Target, fault: Fault, record: Recorded) -> bool:
        app = self.app
        answer = app.handle(request) if fault.applies_first else Answer()
        app.vanish(fault.items)
        answer = fault.answer() or answer
        gzip = app.state.switches.gzip
        if fault.type in ("reset_before", "reset_after"):
            _reset(sock)
        if fault.type == "refused":
            self.listener.close_for(fault.seconds, keep=sock, wait=False)
            _reset(sock)
        if fault.type in ("hang", "hang_after"):
            self.listener.stopping.wait(fault.seconds)
            raise Hangup
        if fault.type == "slow":
            self.listener.stopping.wait(fault.seconds)
        record.status = answer.status
        if fault.type == "broken_xml":
            body, kind = answer.render(request.wants_json)
            answer = Answer(answer.status, body=body[: max(len(body) * 2 // 3, 40)], content_type=kind)
        if fault.type == "truncate":
            wire = _wire(request, answer, gzip)
            head = wire.index(b"\r\n\r\n") + 4
            sock.sendall(wire[: head + (len(wire) - head) // 2])
            raise Hangup
        if fault.type == "drip":
            self._drip(sock, _wire(request, answer, gzip), fault)
            return True
        _send(sock, request, answer, gzip)
        return True

    def _drip(self, sock: socket.socket, wire: bytes, fault: Fault) -> None:
        for start in range(0, len(wire), fault.size):
            sock.sendall(wire[start : start + fault.size])
            self._wait(fault.seconds)

    def _wait(self, seconds: float) -> None:
        """Until the double's clock has passed; Hangup when the server stops before."""
        state = self.app.state
        until = state.timer() + seconds
        while (left := until - state.timer()) > 0:
            if self.listener.stopping.wait(min(left, _TICK)):
                raise Hangup


def _read(stream: BinaryIO, sock: socket.socket) -> Request | None:
    line = stream.readline(_LONGEST_LINE + 1)
    while line in (b"\r\n", b"\n"):
        line = stream.readline(_LONGEST_LINE + 1)
    if not line:
        return None
    if len(line) > _LONGEST_LINE:
        sock.sendall(_plain(failure(414)))
        return None
    parts = line.decode("latin-1").split()
    if len(parts) != 3 or not parts[2].startswith("HTTP/"):
        sock.sendall(_plain(failure(400)))
        return None
    method, target, version = parts
    try:
        headers = {name.lower(): value for name, value in parse_headers(stream).items()}
    except HTTPException:
        sock.sendall(_plain(failure(400)))
        return None
    if version == "HTTP/1.0":
        headers.setdefault("connection", "close")
    if headers.get("expect", "").lower() == "100-continue":
        sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    try:
        body = _read_body(stream, headers)
    except ValueError:
        sock.sendall(_plain(failure(400)))
        return None
    if target.startswith("http"):
        target = "/" + target.split("/", 3)[-1]
    path, _, query = target.partition("?")
    return Request(method, target, decode_path(path), query, headers, body, parse_query(query))


def _read_body(stream: BinaryIO, headers: Mapping[str, str]) -> bytes:
    if "chunked" in headers.get("transfer-encoding", ""):
        pieces: list[bytes] = []
        while True:
            size = int(stream.readline(100).split(b";")[0] or b"0", 16)
            pieces.append(stream.read(size))
            stream.readline(100)
            if size == 0:
                return b"".join(pieces)
    length = headers.get("content-length", "0")
    if not length.isdigit():
        return b""
    body = stream.read(int(length))
    if len(body) < int(length):
        # The client left in the middle: what it did not finish is not carried out.
        raise Hangup
    return body


def _wire(request: Request, answer: Answer, gzip: bool) -> bytes:
    """The whole answer as it goes out: one buffer, one write."""
    body, kind = answer.render(request.wants_json)
    headers: dict[str, str] = {}
    if gzip and len(body) > _WORTH_COMPRESSING and "gzip" in request.headers.get("accept-encoding", ""):
        packer = zlib.compressobj(1, zlib.DEFLATED, 31)
        body = packer.compress(body) + packer.flush()
        headers["Content-Encoding"] = "gzip"
    head = [f"HTTP/1.1 {answer.status} {reason(answer.status)}", f"Content-Length: {len(body)}"]
    if not answer.by_proxy:
        head += ["X-Plex-Protocol: 1.0", "Cache-Control: no-cache"]
    if body:
        head.append(f"Content-Type: {kind}")
    headers.update(answer.headers)
    head += [f"{name}: {value}" for name, value in headers.items()]
    start = "\r\n".join([*head, "", ""]).encode("latin-1", "replace")
    if request.method == "HEAD" or answer.status in (204, 304):
        return start
    return start + body


def _plain(answer: Answer) -> bytes:
    blank = Request("GET", "/", "/", "", {})
    return _wire(blank, answer, gzip=False)


def _send(sock: socket.socket, request: Request, answer: Answer, gzip: bool) -> None:
    sock.sendall(_wire(request, answer, gzip))


def _reset(sock: socket.socket) -> NoReturn:
    _close_with_reset(sock)
    raise Hangup


def _close_with_reset(sock: socket.socket) -> None:
    """It will close with RST instead of FIN, which the client sees as "connection reset by peer"."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
