"""Fetching pictures from Stash: covers of scenes, images of performers, studios and groups."""

from __future__ import annotations

from dataclasses import dataclass

from stash.client import StashClient

#: Plex answers 500 to more than about ten megabytes.
LARGEST = 10_000_000

#: The first bytes of pictures that Plex can show. Stash passes on whatever bytes it was given.
_BEGINNINGS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"BM")


@dataclass(frozen=True)
class Picture:
    """A picture and its ETag, which Stash makes of its bytes (pkg/utils/http.go)."""

    content: bytes
    etag: str


@dataclass(frozen=True)
class NoPicture:
    """There is none to send on: Stash's own drawing, no picture, or one that is too large; with its ETag."""

    etag: str


def fetch_picture(stash: StashClient, path: str, known_etag: str = "") -> Picture | NoPicture | None:
    """The picture at an address below Stash, or None when it still has the known ETag.

    Raises StashUnavailable; StashRefused when Stash sends us to its login page.
    """
    answer = stash.fetch(path, known_etag, LARGEST)
    if answer is None:
        return None
    content, etag, kind = answer
    if kind.startswith("image/svg"):
        return NoPicture(etag)  # what Stash shows in place of a cover
    if len(content) > LARGEST or not _is_picture(content):
        return NoPicture(etag)
    return Picture(content, etag)


def _is_picture(content: bytes) -> bool:
    return content.startswith(_BEGINNINGS) or (content[:4] == b"RIFF" and content[8:12] == b"WEBP")


def cover_path(scene_id: int) -> str:
    """Where a scene's cover is. The ``?t=`` that Stash adds moves with every edit and tells nothing."""
    return f"/scene/{scene_id}/screenshot"
