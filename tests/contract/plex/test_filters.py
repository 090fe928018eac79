"""Filters that find items by file and by name, refuse what they do not know, and choose what an edit reaches."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from plexapi.exceptions import BadRequest

from tests.contract.plex.conftest import Connect, Start
from tests.doubles.plex import PlexDouble

ALL = "/library/sections/1/all"


def keys(server: Any, query: str) -> list[str]:
    return [row.attrib["ratingKey"] for row in server.query(f"{ALL}?{query}")]


# --- by file --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("first.mp4", ["1"]),
        ("SECOND", ["2"]),
        ("third.cd2", ["3"]),
        ("mp4", ["1", "2", "3"]),
        ("Studio", []),
        ("x", []),
    ],
)
def test_any_part_of_the_name_and_nothing_of_the_folder(server: Any, name: str, found: list[str]) -> None:
    section = server.library.section("Movies")
    items = section.fetchItems(f"{ALL}?type=1&file={name}")
    assert sorted(str(item.ratingKey) for item in items) == found


@pytest.mark.parametrize(("switch", "found"), [("ignored", ["1", "2"]), ("nothing", [])])
def test_file_filter(start: Start, connect: Connect, switch: str, found: list[str]) -> None:
    library = {"sections": [{"title": "M", "items": [{"file": "/a.mp4"}, {"file": "/b.mp4"}]}]}
    assert keys(connect(start(library, file_filter=switch)), "type=1&file=a.mp4") == found


@pytest.mark.parametrize(("switch", "found"), [("times", ["2"]), ("ignored", ["1", "2"])])
def test_rated_filter(start: Start, connect: Connect, switch: str, found: list[str]) -> None:
    library = {"sections": [{"title": "M", "items": [{"file": "/a.mp4"}, {"file": "/b.mp4"}]}]}
    server = connect(start(library, rated_filter=switch))
    server.fetchItem(2).rate(8)
    assert keys(server, "type=1&lastRatedAt%3E=1") == found


def test_without_a_type_it_is_a_500(server: Any) -> None:
    with pytest.raises(BadRequest, match=r"^\(500\)"):
        server.query(f"{ALL}?file=first")


def test_a_comma_belongs_to_the_name(plex: PlexDouble, server: Any) -> None:
    plex.add_item(1, "/data/movies/One, two.mp4", 5, ratingKey=70)
    assert keys(server, "type=1&file=one%2C%20two") == ["70"]


def test_an_episodes_whole_season_comes_with_it(start: Start, connect: Connect) -> None:
    episodes = [{"type": "episode", "title": f"E{n}", "file": f"/tv/e{n}.mkv", "index": n} for n in (1, 2)]
    season = {"type": "season", "title": "S", "children": episodes}
    library = {"sections": [{"title": "Shows", "type": "show", "items": [{"title": "Show", "children": [season]}]}]}
    assert len(keys(connect(start(library)), "type=4&file=e1.mkv")) == 2


# --- tags, operators ------------------------------------------------------------------------------


def test_tags_are_found_by_name_and_by_id(server: Any) -> None:
    label = server.fetchItem(1).labels[0]
    for query in ("type=1&label=L1", "type=1&label=l1", f"type=1&label={label.id}", "type=1&genre=Genre%202,none"):
        assert keys(server, query) == ["1"]
    assert keys(server, "type=1&label=nobody") == []


@pytest.mark.parametrize("query", ["updatedAt>5", "title>>=x", "label>=x", "unwatched==1"])
def test_an_operator_that_a_field_does_not_have_is_a_400(server: Any, query: str) -> None:
    with pytest.raises(BadRequest, match=r"^\(400\)"):
        server.query(f"{ALL}?type=1&{query}")


def test_a_field_that_nobody_knows_is_ignored_with_any_operator(server: Any) -> None:
    assert len(keys(server, "type=1&nothing>5&nothing>>=5")) == 3


# --- what an edit reaches -------------------------------------------------------------------------


def put(plex: PlexDouble, http: requests.Session, query: str) -> int:
    return http.put(f"{plex.url}{ALL}?type=1&{query}", timeout=10).status_code


def test_filters_choose_what_an_edit_reaches(plex: PlexDouble, server: Any, http: requests.Session) -> None:
    assert put(plex, http, "label=L1&tagline.value=chosen") == 200
    assert put(plex, http, "studio=Studio%20B&tagline.value=by%20studio") == 200
    assert [server.fetchItem(key).tagline for key in (1, 2, 3)] == ["chosen", "by studio", None]
    assert server.fetchItem(2).studio == "Studio B"
    assert plex.edits_without_id == 0


def test_a_filter_that_nobody_knows_keeps_an_edit_from_nothing(
    plex: PlexDouble, server: Any, http: requests.Session
) -> None:
    assert put(plex, http, "ratingKey=1&tagline.value=everywhere") == 200
    assert {server.fetchItem(key).tagline for key in (1, 2, 3)} == {"everywhere"}
    assert plex.edits_without_id == 1


def test_filters_beside_an_id_narrow_it(plex: PlexDouble, server: Any, http: requests.Session) -> None:
    assert put(plex, http, "id=1,2&label=L1&tagline.value=chosen") == 200
    assert [server.fetchItem(key).tagline for key in (1, 2)] == ["chosen", None]
    # Beside an id the bare name of a field is an edit.
    assert put(plex, http, "id=2&studio=Bare") == 200
    assert server.fetchItem(2).studio == "Bare"


# --- orders ---------------------------------------------------------------------------------------

COLLECTIONS = [
    {"title": "A", "smart": "year=1"}, {"title": "B"}, {"title": "C", "smart": "year=1"}, {"title": "D"},
]  # fmt: skip


@pytest.mark.parametrize(("first", "order"), [("any", "ABCD"), ("smart", "ACBD"), ("ordinary", "BDAC")])
def test_collections_first(start: Start, connect: Connect, first: str, order: str) -> None:
    library = {"sections": [{"title": "M", "items": [{"file": "/a.mp4"}], "collections": COLLECTIONS}]}
    section = connect(start(library, collections_first=first)).library.section("M")
    assert "".join(collection.title for collection in section.collections()) == order
    pages = section.fetchItems("/library/sections/1/collections", container_size=3)
    assert "".join(collection.title for collection in pages) == order


@pytest.mark.parametrize(("where", "order"), [("last", [None, 42]), ("first", [42, None])])
def test_optimised_version(start: Start, connect: Connect, where: str, order: list[int | None]) -> None:
    versions = [[{"file": "/Plex Versions/a.mp4", "optimised": True}], [{"file": "/a.mp4"}]]
    server = connect(start({"sections": [{"title": "M", "items": [{"media": versions}]}]}, optimised_version=where))
    assert [media.proxyType for media in server.fetchItem(1).media] == order
    assert [media.proxyType for media in server.library.section("M").all()[0].media] == order
