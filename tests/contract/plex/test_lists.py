"""Lists: cut short, paged, filtered, sorted, and unlike details."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from plexapi.exceptions import NotFound

from tests.contract.plex.conftest import Connect, Start
from tests.contract.plex.libraries import numbered
from tests.contract.plex.lists import ALL, container, keys
from tests.doubles.plex import PlexDouble

# --- lists and details ----------------------------------------------------------------------------


def test_a_list_shows_two_genres_three_actors_and_no_labels(plex: PlexDouble) -> None:
    row = container(plex)["Metadata"][0]
    assert row["Genre"] == [{"tag": "Genre 0"}, {"tag": "Genre 1"}]
    assert row["Role"] == [{"tag": "Actor 0"}, {"tag": "Actor 1"}, {"tag": "Actor 2"}]
    assert row["Director"] == [{"tag": "Director 0"}]
    for name in ("Label", "Producer", "Field", "librarySectionID", "librarySectionTitle"):
        assert name not in row
    assert "Stream" not in row["Media"][0]["Part"][0]


def test_details_show_everything(server: Any) -> None:
    item = server.fetchItem(1)
    assert len(item.genres) == 4
    assert len(item.roles) == 10
    assert [label.tag for label in item.labels] == ["L1"]
    assert item.librarySectionID == 1
    assert item.media[0].parts[0].streams


def test_an_item_by_key_is_not_full_for_plexapi(plex: PlexDouble, server: Any) -> None:
    item = server.fetchItem(1)
    assert not item.isFullObject()
    plex.reset_counts()
    assert item.tagline is None
    assert plex.counts()["details"] == 1


def test_a_missing_attribute_of_a_list_item_costs_a_hidden_request_each(plex: PlexDouble, server: Any) -> None:
    items = server.library.section("Movies").all()
    plex.reset_counts()
    assert [item.tagline for item in items] == [None, None, None]
    assert plex.counts()["details"] == 3


def test_versions_and_parts_are_all_there(plex: PlexDouble, server: Any) -> None:
    item = server.fetchItem(3)
    assert [[part.file for part in media.parts] for media in item.media] == [
        ["/data/movies/third.720.mp4"],
        ["/data/movies/third.cd1.mkv", "/data/more/third.cd2.mkv"],
    ]
    assert [part.size for media in item.media for part in media.parts] == [1003, 1004, 1005]
    assert plex.find("/data/more/third.cd2.mkv")["ratingKey"] == 3


def test_several_items_come_together_and_missing_ones_are_left_out(server: Any) -> None:
    assert [item.ratingKey for item in server.fetchItems([3, 999, 1])] == [3, 1]
    with pytest.raises(NotFound):
        server.fetchItems([998, 999])


def test_details_order(start: Start, connect: Connect) -> None:
    server = connect(start(details_order="db"))
    assert [item.ratingKey for item in server.fetchItems([3, 1])] == [1, 3]


# --- filters --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def many() -> Any:
    """Items 1 to 6 with values to filter by; nothing changes them."""
    rows = numbered(6)
    for n, row in enumerate(rows["sections"][0]["items"], start=1):
        row |= {"addedAt": 1000 * n, "updatedAt": 2000 * n, "year": 2000 + n, "genres": [f"G{n % 2}"]}
        row["studio"] = "Blue Sky" if n < 3 else "Red"
    rows["sections"][0]["items"][5]["updatedAt"] = None
    with PlexDouble(rows) as plex:
        yield plex


FILTERS = [
    ("title=item 00003", [3]),
    ("title=00003", [3]),
    ("title%3D=Item%2000003", [3]),
    ("title==Item%2000003", [3]),
    ("title==00003", []),
    ("title!=00003", [1, 2, 4, 5, 6]),
    ("title%3C=Item", [1, 2, 3, 4, 5, 6]),
    ("title%3E=4", [4]),
    ("studio=blue", [1, 2]),
    ("updatedAt%3E=6000", [3, 4, 5]),
    ("updatedAt>=6000", [3, 4, 5]),
    ("updatedAt%3E%3E=6000", [4, 5]),
    ("updatedAt%3C=6000", [1, 2, 3]),
    ("updatedAt%3C%3C=6000", [1, 2]),
    ("updatedAt%3E=8000&or=1&addedAt%3E=6000", [4, 5, 6]),
    ("or=1&updatedAt%3E=8000&addedAt%3E=6000", []),
    ("updatedAt%3E=8000&addedAt%3E=5000", [5]),
    ("year=2002&or=1&year=2003&studio=Red", [3]),
    ("push=1&year=2001&studio=blue&pop=1&or=1&year=2006", [1, 6]),
    ("addedAt%3E%3E=-30d", []),
    ("addedAt%3C%3C=-30d", [1, 2, 3, 4, 5, 6]),
    ("id=2", [2]),
    ("id%3E%3E=4", [5, 6]),
    ("year=2001,2004", [1, 4]),
    ("decade=2000", [1, 2, 3, 4, 5, 6]),
    ("mediaSize%3E%3E=5004", [5, 6]),
    ("mediaSize=5004", [4]),
    ("guid=tv.plex.agents.none://3", [3]),
    ("trash=1", []),
    ("unwatched=1", [1, 2, 3, 4, 5, 6]),
    ("duplicate=1", []),
    # Unknown, misspelt and doubly encoded filters are ignored and everything comes back.
    ("nonsense=1", [1, 2, 3, 4, 5, 6]),
    ("updatedat%3E=6000", [1, 2, 3, 4, 5, 6]),
    ("updatedAt%3E%3D=6000", [1, 2, 3, 4, 5, 6]),
    ("includeGuids=1&checkFiles=1", [1, 2, 3, 4, 5, 6]),
    # Sorts.
    ("sort=addedAt:desc", [6, 5, 4, 3, 2, 1]),
    ("sort=movie.updatedAt%3Adesc", [5, 4, 3, 2, 1, 6]),
    ("sort=updatedAt", [6, 1, 2, 3, 4, 5]),
    ("sort=studio,year:desc", [2, 1, 6, 5, 4, 3]),
    ("sort=nonsense", [1, 2, 3, 4, 5, 6]),
    ("sort=id&id%3E%3E=4", [5, 6]),
]  # fmt: skip


@pytest.mark.parametrize(("query", "expected"), FILTERS, ids=[row[0] for row in FILTERS])
def test_filters_and_sorts(many: PlexDouble, query: str, expected: list[int]) -> None:
    assert keys(many, "&" + query) == expected


def test_plexapi_filters(many: PlexDouble, connect: Connect) -> None:
    section = connect(many).library.section("Movies")

    def found(**filters: Any) -> list[int]:
        return sorted(item.ratingKey for item in section.search(**filters))

    assert found(genre="g1") == [1, 3, 5]
    assert found(**{"genre!": "G1"}) == [2, 4, 6]
    assert found(**{"title==": "Item 00002"}) == [2]
    assert found(filters={"or": [{"year": 2001}, {"year": 2002}]}) == [1, 2]
    assert found(filters={"and": [{"studio": "red"}, {"or": [{"year": 2001}, {"year": 2003}]}]}) == [3]
    assert found(year=[2001, 2002], sort="year:desc") == [1, 2]
    assert [choice.title for choice in section.listFilterChoices("genre")] == ["G0", "G1"]
    assert [choice.title for choice in section.listFilterChoices("year")][:2] == ["2001", "2002"]
    assert "updatedAt" in [field.key for field in section.listFields()]
    assert "addedAt" in [sort.key for sort in section.listSorts()]


def test_labels_and_collections_are_filters(server: Any) -> None:
    section = server.library.section("Movies")
    assert [item.ratingKey for item in section.search(label="l1")] == [1]
    assert [item.ratingKey for item in section.search(collection="My Coll")] == [1]
    assert [item.title for item in section.collections()] == ["My Coll"]
    assert section.totalViewSize() == 4
    assert section.totalViewSize(includeCollections=False) == 3


def test_a_change_is_seen_by_the_next_page_whatever_the_order(start: Start) -> None:
    plex = start(numbered(30))
    page = "&X-Plex-Container-Start=0&X-Plex-Container-Size=2"
    assert keys(plex, page) == [1, 2]
    requests.put(f"{plex.url}{ALL}&id=30&title.value=AAA", headers={"X-Plex-Token": plex.token}, timeout=10)
    plex.add_item(1, "/data/movies/aab.mp4", 1, title="AAB")
    assert keys(plex, page) == [30, 31]
    assert keys(plex, page + "&sort=updatedAt:desc")[0] in (30, 31)
    assert keys(plex, page + "&sort=titleSort:desc") == [29, 28]


# --- what to leave out ----------------------------------------------------------------------------


def test_elements_and_fields_can_be_left_out(plex: PlexDouble) -> None:
    row = container(plex, "&excludeElements=Genre,Role,Director&excludeFields=summary,tagline")["Metadata"][0]
    assert not {"Genre", "Role", "Director", "summary"} & set(row)
    assert row["Media"][0]["Part"][0]["file"] == "/data/movies/Studio A/first.mp4"


def test_ignore_exclude_elements(start: Start) -> None:
    row = container(start(ignore_exclude_elements=True), "&excludeElements=Genre&excludeFields=summary")["Metadata"][0]
    assert {"Genre", "summary"} <= set(row)


def test_include_fields_means_only_these_for_a_modern_client(plex: PlexDouble) -> None:
    query = "&includeFields=ratingKey,file"
    assert "title" in container(plex, query)["Metadata"][0]
    row = container(plex, query, **{"X-Plex-Pms-Api-Version": "1.1.0"})["Metadata"][0]
    assert set(row) == {"ratingKey", "Media", "Genre", "Director", "Collection", "Role", "Image", "UltraBlurColors"}
    assert row["Media"][0]["Part"] == [{"file": "/data/movies/Studio A/first.mp4"}]


# --- other lists ----------------------------------------------------------------------------------


def test_hub_search_looks_at_titles_only(server: Any) -> None:
    assert [item.title for item in server.search("fir")] == ["First"]
    assert [item.title for item in server.search("my coll")] == ["My Coll"]
    assert server.search("Studio A") == []


def test_browsing_the_disk(server: Any) -> None:
    found = server.browse("/data/movies")
    assert [entry.path for entry in found] == [
        "/data/movies/Studio A", "/data/movies/Studio B", "/data/movies/third.720.mp4", "/data/movies/third.cd1.mkv",
    ]  # fmt: skip
    assert not server.isBrowsable("/nowhere")


def test_library_wide_lists(server: Any) -> None:
    assert {item.ratingKey for item in server.library.search(title="first")} == {1}
    assert len(server.library.all()) == 4
    assert len(server.library.recentlyAdded()) == 4


def test_gzip_only_for_those_who_accept_it(start: Start) -> None:
    for switch, expected in ((True, "gzip"), (False, None)):
        plex = start(numbered(30), gzip=switch)
        answer = requests.get(plex.url + ALL, headers={"X-Plex-Token": plex.token}, timeout=10)
        assert answer.headers.get("Content-Encoding") == expected
        plain = requests.get(
            plex.url + ALL, headers={"X-Plex-Token": plex.token, "Accept-Encoding": "identity"}, timeout=10
        )
        assert "Content-Encoding" not in plain.headers
        assert plain.text == answer.text
