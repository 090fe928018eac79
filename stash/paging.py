"""Reading a list of scenes in pages by their number, which stay whole while scenes come and go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from stash.client import StashClient, understood

#: Scenes asked for in one request.
PAGE = 500


def scene_pages(stash: StashClient, query: str, variables: Mapping[str, object] | None = None) -> Iterator[list[Any]]:
    """Every scene that a document finds, as Stash describes it, in ascending pages of 500; none is empty.

    ``query`` takes ``$after`` and ``$count``: a page begins behind the last number of the one before, so a scene
    that is deleted meanwhile moves no other out of sight. A page that is not full is the last.

    Raises StashUnavailable, also when the numbers do not ascend: such pages could be read for ever.
    """
    after = 0
    while True:
        page = scene_page(stash, query, after, PAGE, variables)
        if page:
            yield page
            after = number_of(page[-1])
        if len(page) < PAGE:
            return


def scene_page(
    stash: StashClient, query: str, after: int, count: int, variables: Mapping[str, object] | None = None
) -> list[Any]:
    """Up to ``count`` scenes with a number above ``after``, ascending. Raises StashUnavailable."""
    answer = stash.execute(query, {**(variables or {}), "after": after, "count": count})
    with understood():
        page = list(answer["findScenes"]["scenes"])
        numbers = [after, *(number_of(scene) for scene in page)]
        if any(later <= number for number, later in pairwise(numbers)):
            raise ValueError("the numbers of a page do not ascend")
    return page


def number_of(scene: Mapping[str, Any]) -> int:
    """A scene's number, or that of anything else that Stash numbers. Raises LookupError, TypeError, ValueError."""
    number = int(str(scene["id"]))
    if not 0 < number < 2**62:
        raise ValueError("no number of Stash's")
    return number
