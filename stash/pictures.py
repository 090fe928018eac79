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
    """There is none to send on: Stash's own drawing, no picture, or one that Plex would refuse; with its ETag.

    ``fault``: why a picture that a person chose cannot be sent on, as the rest of a sentence; else empty.
    """

    etag: str
    fault: str = ""


def fetch_picture(stash: StashClient, path: str, known_etag: str = "") -> Picture | NoPicture | None:
    """The picture at an address below Stash, or None when it still has the known ETag.

    Raises StashUnavailable; StashRefused when Stash sends us to its login page.
    """
    answer = stash.fetch(path, known_etag, LARGEST)
    if answer is None:
        return None
    if answer.kind.startswith("image/svg"):
        return NoPicture(answer.etag)  # what Stash shows in place of a cover
    if len(answer.content) > LARGEST:
        return NoPicture(answer.etag, f"it has {megabytes(answer.size)}, and Plex takes no more than 10 MB")
    if not _is_picture(answer.content):
        unknown = answer.content and answer.kind.startswith("image/")
        return NoPicture(answer.etag, "it is of a kind that Plex does not show" if unknown else "")
    return Picture(answer.content, answer.etag)


def megabytes(size: int) -> str:
    """A size in bytes for a person."""
    return f"{size / 1_000_000:.1f} MB" if size >= 100_000 else f"{size:,} bytes"


def _is_picture(content: bytes) -> bool:
    return content.startswith(_BEGINNINGS) or (content[:4] == b"RIFF" and content[8:12] == b"WEBP")


def cover_path(scene_id: int) -> str:
    """Where a scene's cover is. The ``?t=`` that Stash adds moves with every edit and tells nothing."""
    return f"/scene/{scene_id}/screenshot"
