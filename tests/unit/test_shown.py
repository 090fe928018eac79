"""What an item shows is one model, wherever the item comes from; Plex is written to in one way."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock, Mock

import pytest

from plex.client import PlexClient
from plex.items import fetch_items
from tests.doubles.plex import PlexDouble
from worker.metadata.shown import Shown, ShownFile, ShownTag, shown_of

ROOT = Path(__file__).parent.parent.parent

ITEM: dict[str, Any] = {
    "media": [[{"file": "/data/a.mp4", "size": 10}], [{"file": "/data/b.mp4", "size": 20}]],
    "title": "The Title",
    "titleSort": "Title, The",
    "studio": "Studio",
    "summary": "Line one\nline two",
    "tagline": "Short",
    "contentRating": "R",
    "originallyAvailableAt": "2001-02-03",
    "userRating": 8.5,
    "genres": ["Beach", "Night"],
    "labels": ["Kept"],
    "actors": [{"tag": "Ada", "role": "Host", "thumb": "http://127.0.0.1/ada.jpg"}, "Bea"],
    "directors": ["Cee"],
    "collections": ["Series"],
    "locked": ["title", "genre"],
    "ratingKey": 7,
    "updatedAt": 1_700_000_100,
    "addedAt": 1_700_000_000,
    "posters": ["a poster"],
}
LIBRARY = {"sections": [{"key": 3, "title": "Movies", "type": "movie", "locations": ["/data"], "items": [ITEM]}]}


@pytest.fixture
def plex() -> Iterator[PlexDouble]:
    with PlexDouble(LIBRARY) as plex:
        yield plex


@pytest.fixture
def client(plex: PlexDouble) -> Iterator[PlexClient]:
    with closing(PlexClient(plex.url, plex.token)) as client:
        yield client


def test_the_details_show_everything_that_is_compared(client: PlexClient) -> None:
    shown = shown_of(fetch_items(client.server, ["7"])["7"])
    assert shown.texts == {
        "title": "The Title",
        "titleSort": "Title, The",
        "studio": "Studio",
        "summary": "Line one\nline two",
        "tagline": "Short",
        "originallyAvailableAt": "2001-02-03",
        "contentRating": "R",
        "userRating": "8.5",
    }
    assert shown.tags == {
        "genre": (ShownTag("Beach"), ShownTag("Night")),
        "label": (ShownTag("Kept"),),
        "actor": (ShownTag("Ada", "Host", "http://127.0.0.1/ada.jpg"), ShownTag("Bea")),
        "director": (ShownTag("Cee"),),
        "collection": (ShownTag("Series"),),
    }
    assert (shown.rating_key, shown.section_key, shown.updated_at) == ("7", "3", 1_700_000_100)
    assert shown.locks == {"title", "genre"}
    assert shown.files == (ShownFile("/data/a.mp4", 10), ShownFile("/data/b.mp4", 20))
    assert shown.pictures["thumb"].startswith("/library/metadata/7/thumb/")


def test_plexapis_movie_shows_the_same(client: PlexClient) -> None:
    assert shown_of(client.server.fetchItem(7)) == shown_of(fetch_items(client.server, ["7"])["7"])


@pytest.mark.parametrize("stand_in", [Mock, MagicMock])
def test_a_plain_stand_in_shows_nothing_but_what_is_set(stand_in: type[Mock]) -> None:
    nothing = shown_of(stand_in())
    assert (set(nothing.texts.values()), set(nothing.tags.values())) == ({""}, {()})
    assert (nothing.locks, set(nothing.pictures.values()), nothing.files) == (frozenset(), {""}, ())
    assert (nothing.rating_key, nothing.section_key, nothing.updated_at) == ("", "", 0)
    some = shown_of(stand_in(title="A", originallyAvailableAt=date(2001, 2, 3), userRating=8.0, ratingKey=7))
    assert (some.title, some.text("originallyAvailableAt"), some.text("userRating")) == ("A", "2001-02-03", "8")
    assert some.rating_key == "7"


@pytest.mark.parametrize(
    ("sort_title", "value", "shows"),
    [("", "The Title", True), ("", "Title", True), ("", "Other", False), ("Other", "Title", False), ("X", "X", True)],
)
def test_no_sort_title_shows_the_title_with_and_without_its_article(sort_title: str, value: str, shows: bool) -> None:
    shown = Shown(texts={"title": "The Title", "titleSort": sort_title})
    assert shown.shows("titleSort", value) is shows


def test_no_sort_title_shows_the_title_that_is_about_to_be_written() -> None:
    shown = Shown(texts={"title": "The Title"})
    assert shown.shows("titleSort", "Other", title="An Other")
    assert not shown.shows("titleSort", "Title", title="An Other")


def test_plexapis_session_is_reached_into_in_one_place() -> None:
    found = {
        str(path.relative_to(ROOT).as_posix())
        for package in ("plex", "worker", "reconciliation")
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "_session"
        if not (isinstance(node.value, ast.Name) and node.value.id == "self")
    }
    assert found == {"plex/wire.py"}
