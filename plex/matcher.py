"""Which Plex item is this file: proved by its path, or by its name together with its size, never guessed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from plex.items import Part
from plex.protocols import FoundItem, Library
from validation.paths import PathMap, PathRule, basename, common_tail, file_name_key, path_key

log = logging.getLogger(__name__)


Found = TypeVar("Found", bound=FoundItem)

#: Whether a file of Plex's has the name or path that is looked for.
_Fits = Callable[[str], bool]


@dataclass(frozen=True)
class Match(Generic[Found]):
    """The outcome for one file: the items that are it, or the candidates nobody can tell apart.

    ``by_path``: the path is the proof, not the name. ``contradicted``: items at its path whose size says that it is
    another file. ``unsized``: items that hold a file of its name whose size Plex does not tell, which proves nothing.
    """

    items: tuple[Found, ...] = ()
    candidates: tuple[Found, ...] = ()
    by_path: bool = False
    contradicted: tuple[Found, ...] = ()
    unsized: tuple[Found, ...] = ()

    @property
    def ambiguous(self) -> bool:
        """Whether there were candidates, but no proof."""
        return not self.items and bool(self.candidates)


def parts_of(item: FoundItem) -> list[Part] | None:
    """Every part of every version of an item; None when it does not tell."""
    try:
        return [Part(str(part.file), _known(part.size)) for media in item.media for part in media.parts]
    except (AttributeError, TypeError):
        return None


def match_file(
    libraries: Iterable[Library[Found]], stash_path: str, path_map: PathMap, size: int | None = None
) -> Match[Found]:
    """Find a file of Stash's in Plex libraries.

    ``libraries`` answer plexapi's ``search(Media__Part__file__exact=…)`` and its ``endswith`` and ``iendswith``
    sisters: a ``LibrarySection``, or the index. ``size`` is the file's in bytes, None or 0 when nobody knows it.
    Strategies in order: the path after the path map; the file name; the file name's key. An exact path is proof, in as
    many libraries as hold it, unless both sizes are known and differ: a wrong path map leads to such files. A name
    proves nothing alone: with a known size, the size must agree.
    """
    libraries = list(libraries)
    plex_path = path_map.to_plex(stash_path)
    name = basename(plex_path)
    key = path_key(plex_path)
    at_path = _search(libraries, "exact", plex_path, lambda file: path_key(file) == key)
    exact = tuple(item for item in at_path if may_be(item, key, size))
    if exact:
        return Match(items=exact, by_path=True)
    unsized: tuple[Found, ...] = ()
    for operator, fits in (
        ("endswith", lambda file: basename(file) == name),
        ("iendswith", lambda file: file_name_key(file) == file_name_key(name)),
    ):
        candidates = _search(libraries, operator, name, fits)
        if size is not None:
            unsized = unsized or tuple(item for item in candidates if _has_size(item, None, fits))
            candidates = tuple(item for item in candidates if _has_size(item, size, fits))
        if candidates:
            return replace(_decide(candidates, plex_path, fits), contradicted=at_path)
    return Match(contradicted=at_path, unsized=unsized)


def may_be(item: FoundItem, key: str, size: int | None) -> bool:
    """Whether an item holds a file at a path, by its ``path_key``, that no size contradicts."""
    parts = parts_of(item)
    return parts is None or any(path_key(part.file) == key and not _differ(part.size, size) for part in parts)


def _known(size: object) -> int | None:
    return size if isinstance(size, int) else None


def _differ(one: int | None, other: int | None) -> bool:
    """Whether two sizes in bytes prove that two files differ; what nobody knows proves nothing."""
    return bool(one and other) and one != other


def find_plex_item_by_path(
    library: Library[Found],
    stash_path: str,
    plex_path_prefix: str | None = None,
    stash_path_prefix: str | None = None,
) -> Found | None:
    """The one item of one library that holds the file, or None: not there, or not to be told apart.

    The two prefixes map ``stash_path_prefix`` to ``plex_path_prefix`` at a folder border.
    """
    rules = [PathRule(stash_path_prefix, plex_path_prefix)] if stash_path_prefix and plex_path_prefix else []
    match = match_file([library], stash_path, PathMap.of(rules))
    if len(match.items) == 1:
        return match.items[0]
    if match.items or match.candidates:
        log.warning("Several Plex items hold a file called %s; none was taken.", basename(stash_path))
    return None


def _search(libraries: Sequence[Library[Found]], operator: str, wanted: str, fits: _Fits) -> tuple[Found, ...]:
    found = []
    for library in libraries:
        for item in library.search(**{f"Media__Part__file__{operator}": wanted}):
            parts = parts_of(item)
            if parts is None or any(fits(part.file) for part in parts):
                found.append(item)
    return tuple(found)


def _decide(candidates: tuple[Found, ...], path: str, fits: _Fits) -> Match[Found]:
    """One of several items that hold a file of the right name, or none."""
    if len(candidates) == 1:
        return Match(items=candidates, candidates=candidates)
    tails = [
        max((common_tail(path, part.file) for part in parts_of(item) or [] if fits(part.file)), default=0)
        for item in candidates
    ]
    best = max(tails)
    if tails.count(best) == 1:
        return Match(items=(candidates[tails.index(best)],), candidates=candidates)
    return Match(candidates=candidates)


def _has_size(item: FoundItem, size: int | None, fits: _Fits) -> bool:
    """Whether one of the files that fit has that size; an item that does not tell its files may have any."""
    parts = parts_of(item)
    if parts is None:
        return size is not None
    return any(fits(part.file) and part.size == size for part in parts)
