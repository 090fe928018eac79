"""Pages of a list: by header or query, with totals, and as plexapi reads them."""

from __future__ import annotations

import pytest
import requests
from plexapi.exceptions import BadRequest, NotFound

from tests.contract.plex.conftest import Connect, Start
from tests.contract.plex.libraries import numbered
from tests.contract.plex.lists import ALL, container, keys
from tests.doubles.plex import PlexDouble


def test_plexapi_reads_page_by_page(start: Start, connect: Connect) -> None:
    plex = start(numbered(250))
    section = connect(plex).library.section("Movies")
    assert len(section.all()) == 250
    pages = [entry.headers["x-plex-container-start"] for entry in plex.requests if entry.kind == "list"]
    assert pages == ["0", "100", "200"]


def test_plexapi_reads_one_empty_page_when_it_filters_itself(start: Start, connect: Connect) -> None:
    plex = start(numbered(200))
    section = connect(plex).library.section("Movies")
    assert section.search(Media__Part__file__endswith="item.00042.mp4")[0].ratingKey == 42
    assert plex.counts()["list"] == 3


def test_container_parameters_in_headers_or_query(start: Start) -> None:
    plex = start(numbered(30))
    by_header = container(plex, **{"X-Plex-Container-Start": "10", "X-Plex-Container-Size": "5"})
    by_query = container(plex, "&X-Plex-Container-Start=10&X-Plex-Container-Size=5")
    assert by_header == by_query
    assert (by_header["size"], by_header["totalSize"], by_header["offset"]) == (5, 30, 10)
    assert [row["ratingKey"] for row in by_header["Metadata"]] == ["11", "12", "13", "14", "15"]


def test_beyond_the_end_is_empty_and_keeps_the_total(start: Start) -> None:
    plex = start(numbered(30))
    for begin, size in ((30, 5), (0, 0)):
        found = container(plex, f"&X-Plex-Container-Start={begin}&X-Plex-Container-Size={size}")
        assert (found["size"], found["totalSize"]) == (0, 30)
        assert "Metadata" not in found


def test_a_size_in_the_query_without_a_start_is_ignored(start: Start) -> None:
    plex = start(numbered(30))
    assert container(plex, "&X-Plex-Container-Size=5")["size"] == 30
    assert container(plex, **{"X-Plex-Container-Size": "5"})["size"] == 5


def test_totals_are_in_the_headers_too(plex: PlexDouble, http: requests.Session) -> None:
    answer = http.get(plex.url + ALL, headers={"X-Plex-Container-Size": "2"}, timeout=10)
    assert answer.headers["X-Plex-Container-Start"] == "0"
    assert answer.headers["X-Plex-Container-Total-Size"] == "3"
    assert answer.headers["X-Plex-Protocol"] == "1.0"
    assert answer.headers["Content-Type"] == "text/xml;charset=utf-8"


def test_limit(start: Start) -> None:
    assert keys(start(numbered(30)), "&limit=3") == [1, 2, 3]


def test_require_container_headers(start: Start, connect: Connect) -> None:
    plex = start(require_container_headers=True)
    server = connect(plex)
    assert len(server.library.section("Movies").all()) == 3
    with pytest.raises(BadRequest, match=r"^\(400\).*Missing X-Plex-Container-Size header"):
        server.query(ALL)


def test_max_page(start: Start, connect: Connect) -> None:
    plex = start(numbered(30), max_page=10)
    assert container(plex, "&X-Plex-Container-Start=0&X-Plex-Container-Size=20")["size"] == 10


def test_stale_section(start: Start, connect: Connect) -> None:
    path = "/library/sections/9/all"
    with pytest.raises(NotFound):
        connect(start()).query(path)
    assert len(connect(start(stale_section="empty")).query(path)) == 0
