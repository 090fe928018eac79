"""Lists are read page by page to their end, and no answer keeps that from coming."""

from __future__ import annotations

import json
import weakref
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from types import SimpleNamespace
from typing import Any, cast
from xml.etree.ElementTree import Element

import pytest

from plex.client import PlexClient
from plex.collections import find_collections, member_keys
from plex.exceptions import PlexListMoved, PlexTemporaryError
from plex.listing import list_items
from plex.protocols import Server
from stash.client import StashClient
from stash.connection import StashConnection
from stash.light import light_pages
from stash.scenes import scene_ids_showing, scenes_with_file
from tests.doubles.plex import PlexDouble
from tests.support.liar import Liar, lying
from validation.errors import StashUnavailable

#: What reads a list of Plex's, and the element that stands in it.
PLEX_LISTS: dict[str, tuple[str, Callable[[Any, str], object]]] = {
    "items": ("Video", lambda server, _: [video.get("ratingKey") for video in list_items(server, "1")]),
    "collections": ("Directory", lambda server, _: find_collections(server, "1", "none of them")),
    "members": ("Video", member_keys),
}

STASH_LISTS: dict[str, Callable[[StashClient], object]] = {
    "all scenes": lambda stash: list(light_pages(stash)),
    "scenes that show a studio": lambda stash: list(scene_ids_showing(stash, "studio", 1)),
    "scenes with a file": lambda stash: scenes_with_file(stash, "a.mp4"),
}


def page(element: str, keys: range, **container: object) -> bytes:
    attributes = " ".join(f'{name}="{value}"' for name, value in container.items())
    inside = "".join(f'<{element} ratingKey="{key}" title="T{key}"/>' for key in keys)
    return f"<MediaContainer {attributes}>{inside}</MediaContainer>".encode()


@pytest.fixture
def liar() -> Iterator[Liar]:
    with lying() as liar:
        yield liar


@pytest.fixture
def server(liar: Liar) -> Iterator[Any]:
    item = {"title": "a", "file": "/data/a.mp4", "collections": ["Series"]}
    library = {"sections": [{"key": 1, "title": "Movies", "type": "movie", "locations": ["/data"], "items": [item]}]}
    with PlexDouble(library) as plex, closing(PlexClient(liar.url, plex.token, 5.0, 5.0)) as client:
        liar.truth = plex.url
        yield client.server


@pytest.fixture
def series(server: Any) -> str:
    """The key of the one collection there is."""
    (collection,) = find_collections(server, "1", "Series")
    return collection.rating_key


@pytest.mark.parametrize("name", PLEX_LISTS)
def test_a_server_that_repeats_its_page_is_not_read_for_ever(liar: Liar, server: Any, series: str, name: str) -> None:
    element, read = PLEX_LISTS[name]
    liar.tamper = lambda *_: page(element, range(1, 4), totalSize=1_000_000)
    with pytest.raises(PlexTemporaryError, match="again and again"):
        read(server, series)


@pytest.mark.parametrize("name", PLEX_LISTS)
def test_pages_in_turn_and_a_total_that_grows_do_not_keep_it_either(
    liar: Liar, server: Any, series: str, name: str
) -> None:
    element, read = PLEX_LISTS[name]
    answers = (page(element, range(turn % 2 + 1, 4), totalSize=1000 * turn + 1000) for turn in count())
    liar.tamper = lambda *_: next(answers)
    with pytest.raises(PlexTemporaryError, match="again and again"):
        read(server, series)


@pytest.mark.parametrize("total", [{"totalSize": 10**9}, {"size": 10**9}, {"totalSize": 10**9, "size": 0}])
def test_a_list_that_ends_before_its_total_is_read_once_more_and_proves_nothing(
    liar: Liar, server: Any, series: str, total: dict[str, int]
) -> None:
    first, second = page("Video", range(1, 4), **total), page("Video", range(3, 6), **total)
    empty = page("Video", range(0), **total)
    pages = iter([first, second, empty] * 2)
    liar.tamper = lambda *_: next(pages)
    with pytest.raises(PlexListMoved):
        member_keys(server, series)
    assert next(pages, None) is None
    pages = iter([first, second, empty, page("Video", range(1, 6), totalSize=5)])
    assert member_keys(server, series) == ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize("total", [{}, {"totalSize": "many"}, {"totalSize": -1}, {"totalSize": "9" * 30}])
def test_without_a_usable_total_one_page_is_all(liar: Liar, server: Any, series: str, total: dict[str, object]) -> None:
    liar.tamper = lambda *_: page("Video", range(1, 4), **total)
    assert member_keys(server, series) == ["1", "2", "3"]


@pytest.mark.parametrize("name", STASH_LISTS)
def test_a_stash_that_repeats_its_page_is_not_read_for_ever(liar: Liar, name: str) -> None:
    files = [{"path": "/data/a.mp4", "size": 1}]
    scenes = [{"id": str(number), "updated_at": "", "files": files} for number in range(1, 501)]
    liar.answer = json.dumps({"data": {"findScenes": {"scenes": scenes}}}).encode()
    with closing(StashClient(StashConnection(liar.url))) as stash, pytest.raises(StashUnavailable):
        STASH_LISTS[name](stash)


def test_a_page_is_not_held_while_the_next_is_fetched() -> None:
    held: list[int] = []
    elements = list[weakref.ref[Element]]()

    class Watched:
        """A server, and its session, whose elements are watched for as long as somebody holds them."""

        def query(self, key: str, method: Callable[..., object], headers: dict[str, str]) -> None:
            method(key, headers=headers)

        @property
        def _session(self) -> Watched:
            return self

        def get(self, url: str, headers: dict[str, str]) -> SimpleNamespace:
            held.append(sum(one() is not None for one in elements))
            start, many = int(headers["X-Plex-Container-Start"]), int(headers["X-Plex-Container-Size"])
            content = page("Video", range(start, min(start + many, 1200)), totalSize=1200)
            return SimpleNamespace(status_code=200, content=content)

    for video in list_items(cast("Server", Watched()), "1"):
        elements.append(weakref.ref(video))
    assert len(elements) == 1200
    assert len(held) == 3
    assert max(held) <= 1, "the one that was handed out last"
