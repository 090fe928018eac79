"""When two names are the same. Each rule stands here once:

- ``name_key``: the one key, wherever a name that a person wrote is compared with another: tags and libraries named in
  settings, names of files, and tags on a Plex server that folds more than ASCII.
- ``tag_key``: what Plex's database takes for one tag or collection. Two names that Plex keeps apart have to stay two
  here, or one of them could never be written.
- Paths have a key of their own, ``validation.paths.path_key``: white space and, but for Windows, case tell two folders
  apart.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

#: What XML 1.0 cannot hold.
_CONTROLS = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@lru_cache(maxsize=20_000)
def name_key(text: str) -> str:
    """The form in which two names are equal for a person: composed Unicode, white space (double, outer and no-break
    spaces, too) folded, case folded in all alphabets."""
    return unicodedata.normalize("NFC", spaced(text).casefold())


@lru_cache(maxsize=20_000)
def tag_key(text: str) -> str:
    """The form in which two spellings of one tag are equal in Plex.

    Its database compares tags with SQLite's NOCASE, which folds ASCII only: "é" and "É" are two tags.
    """
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in spaced(text))


def without_controls(text: str) -> str:
    """A text without what XML 1.0, and so Plex's answer, cannot hold."""
    return _CONTROLS.sub("", text)


def spaced(text: str) -> str:
    """A name composed, without control characters, each run of white space one space."""
    return unicodedata.normalize("NFC", " ".join(without_controls(text).split()))
