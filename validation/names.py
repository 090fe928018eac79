"""When two names are the same: of tags, libraries, files."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

#: What XML 1.0 cannot hold.
_CONTROLS = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@lru_cache(maxsize=20_000)
def tag_key(text: str) -> str:
    """The form in which two spellings of one tag are equal in Plex.

    Its database compares tags with SQLite's NOCASE, which folds ASCII only: "é" and "É" are two tags.
    """
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in spaced(text))


def loose_key(text: str) -> str:
    """The form in which two spellings are equal for a server that folds more than ASCII."""
    return tag_key(text).casefold()


def without_controls(text: str) -> str:
    """A text without what XML 1.0, and so Plex's answer, cannot hold."""
    return _CONTROLS.sub("", text)


def spaced(text: str) -> str:
    """A name composed, without control characters, each run of white space one space."""
    return unicodedata.normalize("NFC", " ".join(without_controls(text).split()))
