"""Asking Plex for single files by their names, in place of a list of all that changed.

The filter ``file=`` finds items by any part of a file's name; not every server honours it: one that does not lists
everything, or nothing. So each hit is looked at, and a miss is believed only of a server that found a known file.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from plex.exceptions import PlexNotReady, PlexPermanentError, PlexTemporaryError, PlexUnreachable
from plex.items import read_media
from plex.listing import find_by_file
from plex.protocols import Server
from validation.errors import ConfigurationError
from validation.paths import basename

#: A name with more hits than this tells too little.
_MOST_HITS = 20

#: What every server compares alike: no accents, which may be composed or not, and no comma, which separates values.
_PLAIN = re.compile(r"[!#-&(-+\--\[\]-~](?:[ !#-&(-+\--\[\]-~]*[!#-&(-+\--\[\]-~])?")
_SHORTEST = 4


def searched_text(name: str) -> str | None:
    """The part of a file's name that is asked for: the longest that every server compares alike; None when none is
    long enough to tell anything."""
    stem = name.rpartition(".")[0] or name
    text = max(_PLAIN.findall(stem), key=len, default="")
    return text if len(text) >= _SHORTEST else None


@dataclass(frozen=True)
class _Answer:
    """The hits, None when there is no telling; and whether the server honours the filter, None when that is open."""

    hits: list[Element] | None = None
    honoured: bool | None = None


@dataclass
class FileSearch:
    """Files asked for by name, and which servers were seen to honour that, by their identifier."""

    _honoured: dict[str, bool] = field(default_factory=dict)

    def find(
        self, server: Server, section_key: str, name: str, known: Callable[[], str | None]
    ) -> list[Element] | None:
        """Items of a section that may hold a file of that name; None when the server cannot be asked so.

        ``known``: gives the path of a file that the section has, to find out. Raises PlexUnreachable, PlexNotReady
        and PlexConfigurationError.
        """
        machine, text = str(server.machineIdentifier), searched_text(name)
        if text is None or self._honoured.get(machine) is False:
            return None
        answer = self._ask(server, section_key, text)
        if answer.hits == [] and machine not in self._honoured:
            example = searched_text(basename(known() or ""))
            if example is not None:
                self._honoured[machine] = bool(self._ask(server, section_key, example).honoured)
        return answer.hits if self._honoured.get(machine) else None

    def _ask(self, server: Server, section_key: str, text: str) -> _Answer:
        answer = _hits(server, section_key, text)
        if answer.honoured is not None:
            self._honoured[str(server.machineIdentifier)] = answer.honoured
        return answer


def _hits(server: Server, section_key: str, text: str) -> _Answer:
    try:
        found = find_by_file(server, section_key, text, _MOST_HITS)
    except (PlexUnreachable, PlexNotReady, ConfigurationError):
        raise
    except (PlexTemporaryError, PlexPermanentError):
        return _Answer(honoured=False)
    if not found.total:
        return _Answer(hits=[])
    hits = [video for video in found.videos if _holds(video, text)]
    if found.total <= _MOST_HITS:
        return _Answer(hits, honoured=True) if hits else _Answer(honoured=False)
    return _Answer(honoured=len(hits) == len(found.videos))


def _holds(video: Element, text: str) -> bool:
    return any(text.casefold() in basename(part.file).casefold() for media in read_media(video) for part in media.parts)
