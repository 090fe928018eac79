"""TLS handshakes that come to nothing: the double has no certificate, and some servers and proxies cut them."""

from __future__ import annotations

import socket
from typing import BinaryIO

_HANDSHAKE = b"\x16"
# The head of a record of 122 bytes that holds a ServerHello, and the first six of them.
_HALF_A_HELLO = b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03"


def greets(sock: socket.socket) -> bool:
    """Whether the client begins with TLS. Waits for its first byte."""
    return sock.recv(1, socket.MSG_PEEK) == _HANDSHAKE


def read_hello(stream: BinaryIO) -> None:
    """Take the whole ClientHello: closing on unread bytes would be a reset."""
    head = stream.read(5)
    stream.read(int.from_bytes(head[3:5], "big"))


def answer_half(sock: socket.socket) -> None:
    """Begin an answer; the caller closes in the middle of it."""
    sock.sendall(_HALF_A_HELLO)
