"""Images that Stash holds: covers of scenes, pictures of performers, studios, tags and groups.

Stash keeps and serves the bytes it was given, whatever their format, and takes the type from the first
bytes (pkg/utils/http.go). The ETag is the MD5 of the bytes.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
import zlib
from collections.abc import Callable

_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
)


class Picture:
    """The bytes of one image; generated ones are made only when somebody asks for them."""

    __slots__ = ("_data", "_make")

    def __init__(self, data: bytes | Callable[[], bytes]) -> None:
        self._data: bytes | None = data if isinstance(data, bytes) else None
        self._make: Callable[[], bytes] | None = None if isinstance(data, bytes) else data

    @property
    def data(self) -> bytes:
        if self._data is not None:
            return self._data
        assert self._make is not None
        return self._make()  # not kept: 100,000 covers would be

    @property
    def etag(self) -> str:
        return etag_of(self.data)


def etag_of(data: bytes) -> str:
    return f'"{hashlib.md5(data).hexdigest()}"'


def content_type(data: bytes) -> str:
    """What Go's DetectContentType says, with text turned into SVG as Stash does."""
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[:256].lstrip()[:1] == b"<":
        return "image/svg+xml"
    return "application/octet-stream"


def png(seed: str, width: int = 32, height: int = 18) -> bytes:
    """A valid PNG of one colour that depends on `seed`; another seed gives other bytes."""
    digest = hashlib.md5(seed.encode()).digest()
    rows = (b"\x00" + digest[:3] * width) * height

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    text = b"Comment\x00" + seed.encode("latin-1", "replace")
    body = chunk(b"IHDR", header) + chunk(b"tEXt", text) + chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b"")


def generated_picture(seed: str) -> Picture:
    return Picture(lambda: png(seed))


def decode_image_input(text: str) -> Picture:
    """`cover_image` and `image` of mutations: a data URL or bare base64 (pkg/utils/image.go).

    Raises ValueError for anything else. (Stash also takes an http address; the double has no use for it.)
    """
    payload = text.partition(",")[2] if text.startswith("data:") else text
    try:
        return Picture(base64.b64decode(payload, validate=True))
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"illegal base64 data: {error}") from error


def _svg(label: str, path: str) -> bytes:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 180" width="320" height="180">'
        f'<title>{label}</title><rect width="320" height="180" fill="#222b33"/><path d="{path}" fill="#8a9ba8"/>'
        "</svg>"
    ).encode()


# What Stash serves where it has no image: drawings, and for performers a PNG.
DEFAULT_PICTURES = {
    "scene": Picture(_svg("scene", "M130 55 L205 90 L130 125 Z")),
    "studio": Picture(_svg("studio", "M90 120 H230 V75 L160 50 L90 75 Z")),
    "tag": Picture(_svg("tag", "M110 60 H180 L220 90 L180 120 H110 Z")),
    "group": Picture(_svg("group", "M100 50 H220 V60 H100 Z M100 70 H220 V130 H100 Z")),
    "performer": Picture(lambda: png("default performer", 32, 48)),
}
