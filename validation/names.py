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
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache

#: What XML 1.0 cannot hold.
_CONTROLS = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


#: What separates words; Go's ``\\s`` is that of ASCII.
_WHITE = "[\\s\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+"

#: Keys that are kept: the tags and performers of many scenes.
_KEYS = 2_000

#: A name with more commas has to stand in a list that is separated by semicolons.
_MOST_COMMAS = 3


@lru_cache(maxsize=_KEYS)
def name_key(text: str) -> str:
    """The form in which two names are equal for a person: composed Unicode, white space (double, outer and no-break
    spaces, too) folded, case folded in all alphabets."""
    return passing_name_key(text)


def passing_name_key(text: str) -> str:
    """The same of a name that does not come again, as that of a file: it takes the place of none that does."""
    return unicodedata.normalize("NFC", spaced(text).casefold())


@lru_cache(maxsize=_KEYS)
def tag_key(text: str) -> str:
    """The form in which two spellings of one tag are equal in Plex.

    Its database compares tags with SQLite's NOCASE, which folds ASCII only: "é" and "É" are two tags.
    """
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in spaced(text))


def name_keys(texts: Iterable[str]) -> set[str]:
    """The keys of some names."""
    return {name_key(text) for text in texts}


def tag_keys(texts: Iterable[str]) -> set[str]:
    """The keys of some tags."""
    return {tag_key(text) for text in texts}


@lru_cache(maxsize=100)
def readings(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names that a list in one line may mean: a comma between two of them may be a part of a name.

    For example "A", "B" and "A, B" for the list "A, B", where a tag is called just so.
    """
    return names + tuple(text for _, text in _joined(names))


@lru_cache(maxsize=100)
def keys_named(names: tuple[str, ...]) -> frozenset[str]:
    """The keys of all the names that a list may mean."""
    return frozenset(map(name_key, readings(names)))


def without_namesake(names: tuple[str, ...], keys: Collection[str]) -> list[str]:
    """Those of a list that name nothing: by no reading is one of them, or a part of one, among the keys there are."""
    return [name for name in names if not any(name_key(text) in keys for text in (name, *readings_with(names, name)))]


def readings_with(names: tuple[str, ...], name: str) -> list[str]:
    """The longer names that a list may mean, of which one of it is a part."""
    return [text for run, text in _joined(names) if name in run]


def _joined(names: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Neighbours in a list, and the names that they may be together."""
    for length in range(2, _MOST_COMMAS + 2):
        for start in range(len(names) - length + 1):
            run = names[start : start + length]
            yield run, ", ".join(run)
            yield run, ",".join(run)


def spelled_pattern(name: str) -> str:
    """A regular expression, for Go's as for Python's, that fits a name in either form of Unicode, with any white space.
    Case is left to the flag ``i``."""
    return _WHITE.join(spelled(word) for word in spaced(name).split(" "))


def spelled(text: str) -> str:
    """A regular expression that fits a text in either form of Unicode."""
    forms = ((char, unicodedata.normalize("NFD", char)) for char in unicodedata.normalize("NFC", text))
    return "".join(
        re.escape(char) if char == apart else f"(?:{re.escape(char)}|{re.escape(apart)})" for char, apart in forms
    )


def without_controls(text: str) -> str:
    """A text without what XML 1.0, and so Plex's answer, cannot hold."""
    return _CONTROLS.sub("", text)


def is_visible(text: str) -> bool:
    """Whether a text has a sign to be seen, and not only white space, control and format characters as U+200B."""
    return any(not (char.isspace() or unicodedata.category(char) in ("Cc", "Cf")) for char in text)


def spaced(text: str) -> str:
    """A name composed, without control characters, each run of white space one space."""
    return unicodedata.normalize("NFC", " ".join(without_controls(text).split()))
