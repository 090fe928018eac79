"""The wire of a websocket as a server speaks it (RFC 6455), free of what is said over it."""

from __future__ import annotations

import base64
import hashlib
import struct
from typing import Protocol

_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def handshake(key: str, protocol: str = "") -> bytes:
    """The answer to an upgrade; `key` is the request's Sec-WebSocket-Key."""
    accept = base64.b64encode(hashlib.sha1(key.encode() + _MAGIC).digest()).decode()
    lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
    lines.append(f"Sec-WebSocket-Accept: {accept}")
    if protocol:
        lines.append(f"Sec-WebSocket-Protocol: {protocol}")
    return "\r\n".join([*lines, "", ""]).encode()


def frame(data: bytes, opcode: int = TEXT) -> bytes:
    """One whole message, unmasked as servers send it."""
    head = 0x80 | opcode
    if len(data) < 126:
        return struct.pack("!BB", head, len(data)) + data
    if len(data) < 65536:
        return struct.pack("!BBH", head, 126, len(data)) + data
    return struct.pack("!BBQ", head, 127, len(data)) + data


def read_frame(stream: Readable) -> tuple[int, bytes]:
    """Opcode and unmasked payload of the next frame. Raises EOFError at the end of the connection."""
    head, length = _exactly(stream, 2)
    masked, length = length & 0x80, length & 0x7F
    if length == 126:
        (length,) = struct.unpack("!H", _exactly(stream, 2))
    elif length == 127:
        (length,) = struct.unpack("!Q", _exactly(stream, 8))
    mask = _exactly(stream, 4) if masked else b"\0\0\0\0"
    payload = _exactly(stream, length)
    return head & 0x0F, bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


def _exactly(stream: Readable, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data
