"""Reading a list of scenes in pages by their number, which stay whole while scenes come and go.

Stash reads whole scenes for a list, whatever fields are asked for, and one that it cannot read fails the list. So a
page that fails is asked for in smaller pieces, until what fails is one scene, whose number is found by counting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import pairwise
from threading import Thread
from typing import Any, Generic, TypeVar

from stash.client import StashClient, UnclearAnswer, understood
from validation.errors import StashUnavailable

#: Scenes asked for in one request.
PAGE = 500

#: From so many scenes on, Stash fails at all of them and not at each, when it has read fewer.
MANY = 20

#: Above every number that a scene has.
BEYOND = 2**62

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """A piece of a list: scenes, ascending, and the numbers of those that Stash could not describe.

    It speaks of all numbers from ``first`` to ``last``: whose scene it does not name, Stash did not list.
    """

    first: int
    last: int
    scenes: tuple[T, ...] = ()
    unread: tuple[int, ...] = ()


def scene_pages(
    stash: StashClient,
    query: str,
    read: Callable[[Any], T],
    variables: Mapping[str, object] | None = None,
    *,
    after: int = 0,
    size: int = PAGE,
) -> Iterator[Page[T]]:
    """Every scene above a number that a document finds, as ``read`` makes of it, in ascending pages, the first of
    ``size``, of up to 500.

    ``query`` takes ``$after`` and ``$count``, and counts: a page begins behind the last number of the one before, so a
    scene that is deleted meanwhile moves no other out of sight. The list ends where Stash counts no more than it lists.

    Raises StashUnavailable, also when Stash fails at most of the scenes.
    """
    document = _Document(stash, query, read, variables or {})
    done = failed = 0
    while True:
        try:
            listed = document.ask(after, size)
        except UnclearAnswer as trouble:
            if not document.count_behind(after):
                return  # what was not understood is gone
            if size > 1:
                size = max(1, size // 8)
                continue
            number = document.number_behind(after)
            failed += 1
            if failed >= MANY and failed > done:
                raise StashUnavailable(f"Stash fails at most of its scenes: {trouble}") from None
            yield Page(after + 1, number, unread=(number,))
            after = number
            continue
        if listed.scenes:
            yield Page(after + 1, listed.last, listed.scenes)
            after, done = listed.last, done + len(listed.scenes)
        if listed.is_end:
            return
        size = min(2 * size, PAGE)


def read_ahead(pages: Iterator[Page[T]]) -> Iterator[Page[T]]:
    """The same pages, each of which Stash reads while the one before is in use. Raises what ``pages`` do, in turn.

    Who leaves early does not wait for the page that is being read, nor does the end of the process."""
    following = _reading(pages)
    while (page := following.result()) is not None:
        following = _reading(pages)
        yield page


def _reading(pages: Iterator[Page[T]]) -> Future[Page[T] | None]:
    """The next page, once it is read."""
    reading = Future[Page[T] | None]()

    def read() -> None:
        try:
            reading.set_result(next(pages, None))
        except BaseException as error:  # noqa: BLE001 - whoever waits for the page raises it
            reading.set_exception(error)

    Thread(target=read, name="read-ahead", daemon=True).start()  # an executor's thread would be waited for
    return reading


@dataclass(frozen=True)
class _Listed(Generic[T]):
    """What Stash answers: scenes, the number of the last one, and how many it counts of which these are the first."""

    scenes: tuple[T, ...]
    last: int
    count: int

    @property
    def is_end(self) -> bool:
        return len(self.scenes) == self.count


@dataclass(frozen=True)
class _Document(Generic[T]):
    """A question for a list of scenes above a number, and what to make of each."""

    stash: StashClient
    query: str
    read: Callable[[Any], T]
    variables: Mapping[str, object]

    def ask(self, after: int, most: int) -> _Listed[T]:
        """A piece of the list that is proved whole: Stash lists and counts in one transaction (withReadTxn in
        internal/api/resolver_query_find_scene.go). Raises StashUnavailable."""
        answer = self.stash.execute(self.query, {**self.variables, "after": after, "count": most})
        with understood():
            scenes, count = list(answer["findScenes"]["scenes"]), int(answer["findScenes"]["count"])
            numbers = [after, *(number_of(scene) for scene in scenes)]
            if any(later <= number for number, later in pairwise(numbers)):
                raise ValueError("the numbers of a page do not ascend")
            if len(scenes) != min(most, count):
                raise ValueError("more or fewer scenes than were counted")
            return _Listed(tuple(self.read(scene) for scene in scenes), numbers[-1], count)

    def count_behind(self, after: int) -> int:
        """How many scenes have a number above ``after``; no scene is read. Raises StashUnavailable."""
        return self.ask(after, 0).count

    def number_behind(self, after: int) -> int:
        """The lowest number of a scene above ``after``, of which there is one, found by counting alone.

        Raises StashUnavailable.
        """
        total, low, step = self.count_behind(after), after, 1
        while self.count_behind(low + step) == total:
            low, step = low + step, 2 * step
            if low + step >= BEYOND:
                raise StashUnavailable("Stash counts scenes that have no number.")
        high = low + step
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.count_behind(middle) == total else (low, middle)
        return high


def number_of(scene: Mapping[str, Any]) -> int:
    """A scene's number, or that of anything else that Stash numbers. Raises LookupError, TypeError, ValueError."""
    number = int(str(scene["id"]))
    if not 0 < number < BEYOND:
        raise ValueError("no number of Stash's")
    return number
