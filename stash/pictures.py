"""Fetching pictures from Stash: covers of scenes, images of performers, studios and groups."""

from __future__ import annotations

from dataclasses import dataclass

from stash.client import StashClient

#: Plex answers 500 to more than about ten megabytes.
LARGEST = 10_000_000

#: How the files of the kinds that Plex can show begin. Stash passes on whatever bytes it was given.
_BEGINNINGS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"BM")


@dataclass(frozen=True)
class Picture:
    """A picture, and Stash's mark for it: the ETag is the MD5 of its bytes (pkg/utils/http.go)."""

    content: bytes
    etag: str


@dataclass(frozen=True)
class NoPicture:
    """Why there is none to send on, and Stash's mark for what it is instead."""

    reason: str
    etag: str = ""


def fetch_picture(stash: StashClient, path: str, known_etag: str = "") -> Picture | NoPicture | None:
    """The picture at an address below Stash, or None when it is still the one with the known mark.

    Raises StashUnavailable; StashRefused when Stash sends us to its login page.
    """
    answer = stash.fetch(path, known_etag, LARGEST)
    if answer is None:
        return None
    content, etag, kind = answer
    if kind.startswith("image/svg"):
        return NoPicture("no cover", etag)  # Stash's default is a drawing
    if len(content) > LARGEST:
        return NoPicture("the picture is larger than 10 MB", etag)
    if not content.startswith(_BEGINNINGS) and not (content[:4] == b"RIFF" and content[8:12] == b"WEBP"):
        return NoPicture("what Stash sent is no picture", etag)
    return Picture(content, etag)


def cover_path(scene_id: int) -> str:
    """Where a scene's cover is. The ``?t=`` that Stash adds moves with every edit and tells nothing."""
    return f"/scene/{scene_id}/screenshot"
