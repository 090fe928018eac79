"""HTTP requests and answers as the routes see them, free of sockets."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from typing import Any
from urllib.parse import parse_qs

from tests.doubles.stash.cancellation import Cancellation

# Go sends a short answer with its length and a longer one in chunks, unless the handler says the length.
_CHUNKED_FROM = 2048


@dataclass(slots=True)
class HttpRequest:
    """`exempt`: asked by the double's own helper, so neither counted nor disturbed."""

    method: str
    path: str
    query: str
    headers: Message
    body: bytes
    watch: Callable[[Cancellation], None]
    exempt: bool = False

    def header(self, name: str) -> str:
        return str(self.headers.get(name, ""))

    def parameter(self, name: str) -> str | None:
        values = parse_qs(self.query, keep_blank_values=True).get(name)
        return values[0] if values else None

    def json(self) -> Any:
        """The body as JSON; an empty body is an empty object. Raises ValueError."""
        return json.loads(self.body) if self.body else {}


@dataclass(slots=True)
class Answer:
    """`sized`: the length is told whatever it is (images). `compress`: gzip for clients that take it."""

    status: int
    body: bytes = b""
    content_type: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    sized: bool = False
    compress: bool = False


def json_answer(status: int, value: Any, compress: bool = False) -> Answer:
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return Answer(status, body, "application/json", compress=compress)


def html_answer(status: int, text: str) -> Answer:
    return Answer(status, text.encode(), "text/html; charset=utf-8", compress=True)


def encode(answer: Answer, request_headers: Mapping[str, Any] | Message) -> tuple[list[tuple[str, str]], bytes]:
    """Headers and payload as they go over the wire: compressed and chunked as Stash would."""
    headers, body = list(answer.headers), answer.body
    if answer.content_type:
        headers.insert(0, ("Content-Type", answer.content_type))
    compressed = answer.compress and bool(body) and "gzip" in str(request_headers.get("Accept-Encoding", ""))
    if answer.compress:
        headers.append(("Vary", "Accept-Encoding"))
    if compressed:
        headers.append(("Content-Encoding", "gzip"))
        packer = zlib.compressobj(4, zlib.DEFLATED, 31)
        body = packer.compress(body) + packer.flush()
    if answer.status == 304:
        return headers, b""
    if compressed or (len(body) >= _CHUNKED_FROM and not answer.sized):
        headers.append(("Transfer-Encoding", "chunked"))
        return headers, b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    headers.append(("Content-Length", str(len(body))))
    return headers, body
