"""Scenes' covers, fetched from Stash: when they are needed, or in a thread while earlier scenes are planned.

Whoever plans a scene begins to fetch its cover, and looks at it after some more scenes were planned as far as that.
Nothing is asked for that would not be, or in another way: an error comes out when the cover is looked at.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Protocol

from stash.client import StashClient
from stash.pictures import LARGEST, NoPicture, Picture, cover_path, fetch_picture

#: What Stash says of a cover: None when its ETag is still the one that was passed along.
CoverAnswer = Picture | NoPicture | None

#: Waits for what was asked for. Raises StashUnavailable, StashRefused and SceneTrouble.
Answer = Callable[[], CoverAnswer]

#: Begins to fetch a scene's cover, by the ETag that is known of it, empty for none.
FetchCover = Callable[[str], Answer]

#: Bytes of covers that are held before they are looked at; no more are fetched ahead while that could be exceeded.
MOST_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True)
class CoverRequest:
    """A request for a scene's cover. ``make`` asks Stash."""

    scene_id: int
    etag: str
    make: Answer = field(compare=False)


class CoverReader(Protocol):
    """How requests for covers are made."""

    def begin(self, request: CoverRequest) -> Answer:
        """Make a request, now or when it is waited for."""

    def close(self) -> None:
        """Nothing more is asked for; what was is thrown away."""


class WhenNeeded:
    """Makes a request when it is waited for."""

    def begin(self, request: CoverRequest) -> Answer:
        """Nothing happens yet."""
        return request.make

    def close(self) -> None:
        """Nothing is under way."""


class CoversAhead:
    """Makes requests in a thread, one after the other, in the order in which they were begun and are waited for. One
    that nobody waited for yet is not made again. The thread ends with ``close``."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "covers-ahead")
        self._begun: dict[CoverRequest, Future[_Made | None]] = {}
        self._lock = threading.Lock()
        self._held = 0

    def begin(self, request: CoverRequest) -> Answer:
        """Make it in the thread."""
        if request not in self._begun:
            self._begun[request] = self._thread.submit(self._make, request)
        return partial(self._wait, request)

    def close(self) -> None:
        """The thread ends after the request that it may be making."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _make(self, request: CoverRequest) -> _Made | None:
        """None where too much is held: whoever needs it makes the request."""
        if self._held + LARGEST > MOST_BYTES:
            return None
        made = _Made(request.make())
        self._hold(made.size)
        return made

    def _wait(self, request: CoverRequest) -> CoverAnswer:
        made = self._begun.pop(request).result()
        if made is None:
            return request.make()
        self._hold(-made.size)
        return made.answer

    def _hold(self, size: int) -> None:
        with self._lock:
            self._held += size


class _Made:
    """What Stash answered, and how many bytes that takes."""

    def __init__(self, answer: CoverAnswer) -> None:
        self.answer = answer
        self.size = len(answer.content) if isinstance(answer, Picture) else 0


def cover_of(stash: StashClient, scene_id: int, reader: CoverReader) -> FetchCover:
    """What fetches a scene's cover: once for all its items that know the same ETag."""

    @cache
    def fetch(etag: str) -> Answer:
        make = partial(fetch_picture, stash, cover_path(scene_id), etag)
        return cache(reader.begin(CoverRequest(scene_id, etag, make)))

    return fetch
