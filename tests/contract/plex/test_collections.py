"""Collections that are no plain list of tagged items: smart ones, several of one title, empty ones, their settings."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from plexapi.exceptions import BadRequest

from tests.contract.plex.conftest import Connect, Start
from tests.contract.plex.libraries import numbered
from tests.doubles.plex import PlexDouble

DATED = [
    {"title": "Zebra", "file": "/z.mp4", "originallyAvailableAt": "2001-01-01", "year": 2001, "studio": "A"},
    {"title": "The Ape", "file": "/a.mp4", "originallyAvailableAt": "2003-01-01", "year": 2003, "studio": "B"},
    {"title": "Bear", "file": "/b.mp4", "originallyAvailableAt": "2002-01-01", "year": 2002, "studio": "B"},
]
SMART = {"title": "New ones", "smart": "type=1&year>>=2001&sort=year:desc", "ratingKey": 90}


@pytest.fixture
def plex(start: Start) -> PlexDouble:
    return start({"sections": [{"key": 1, "title": "Movies", "items": DATED, "collections": [SMART]}]})


def keys(collection: Any) -> list[int]:
    return [item.ratingKey for item in collection.reload().items()]


def test_a_smart_one_of_the_library_file_finds_its_members_by_itself(plex: PlexDouble, server: Any) -> None:
    collection = server.library.section("Movies").collection("New ones")
    assert (collection.ratingKey, collection.smart, keys(collection)) == (90, True, [2, 3])
    server.fetchItem(1).edit(**{"year.value": 2010})
    assert keys(collection) == [1, 2, 3]
    assert server.fetchItem(1).collections == []


def test_a_smart_one_made_by_plexapi(server: Any) -> None:
    section = server.library.section("Movies")
    made = section.createCollection("Studio B", smart=True, sort="titleSort", filters={"studio": "B"})
    assert (made.smart, keys(made)) == (True, [2, 3])
    assert made.filters()["filters"] == {"studio": "B"}
    made.updateFilters(limit=1, filters={"studio": "A"})
    assert keys(made) == [1]


def test_a_smart_one_takes_nobody_in_nor_out(plex: PlexDouble, server: Any, http: requests.Session) -> None:
    uri = f"server://{server.machineIdentifier}/com.plexapp.plugins.library/library/metadata/1"
    base = f"{plex.url}/library/collections/90"
    assert http.put(f"{base}/items", params={"uri": uri}, timeout=10).status_code == 400
    assert http.delete(f"{base}/items/2", timeout=10).status_code == 400
    assert http.put(f"{base}/items/2/move", timeout=10).status_code == 400


def test_a_tag_of_its_title_is_another_collection(server: Any) -> None:
    section = server.library.section("Movies")
    server.fetchItem(1).addCollection("New ones")
    assert sorted(collection.smart for collection in section.collections()) == [False, True]
    assert keys(server.fetchItem(90)) == [2, 3]


def test_a_post_makes_another_one_of_the_same_title(plex: PlexDouble, server: Any) -> None:
    section = server.library.section("Movies")
    one, two = (section.createCollection("Same", server.fetchItem(key)) for key in (1, 2))
    assert (keys(one), keys(two)) == ([1], [2])
    assert one.index != two.index
    two.addItems(server.fetchItem(1))
    assert [(tag.tag, tag.id) for tag in server.fetchItem(1).reload().collections] == [
        ("Same", one.index), ("Same", two.index),
    ]  # fmt: skip
    # A tag that is edited is that of the first one; what is removed by text leaves them all.
    server.fetchItem(3).addCollection("same")
    assert (keys(one), keys(two)) == ([1, 3], [1, 2])
    server.fetchItem(1).removeCollection("Same")
    assert (keys(one), keys(two)) == ([3], [2])


def test_the_index_is_the_id_of_the_tag(server: Any) -> None:
    collection = server.library.section("Movies").createCollection("Made", server.fetchItem(1))
    tag = server.fetchItem(1).collections[0]
    assert collection.index == tag.id != collection.ratingKey
    assert tag.collection() == collection


def test_members_stand_by_release_date_until_somebody_says_otherwise(server: Any) -> None:
    section = server.library.section("Movies")
    collection = section.createCollection("Made", section.all())
    assert keys(collection) == [1, 3, 2]
    assert keys(collection.sortUpdate("alpha")) == [2, 3, 1]
    assert keys(collection.sortUpdate("release")) == [1, 3, 2]


@pytest.mark.parametrize("order", ["release", "alpha", "custom"])
def test_a_move_takes_effect_in_every_order(server: Any, order: str) -> None:
    section = server.library.section("Movies")
    collection = section.createCollection("Made", section.all()).sortUpdate(order)
    last = collection.reload().items()[-1]
    collection.moveItem(last)
    assert keys(collection)[0] == last.ratingKey


def test_mode_and_whose_filter_can_be_set(server: Any) -> None:
    collection = server.library.section("Movies").createCollection("Made", server.fetchItem(1))
    assert collection.modeUpdate("hideItems").reload().collectionMode == 1
    assert server.fetchItem(90).filterUserUpdate("user").reload().collectionFilterBasedOnUser == 1
    assert [pref.id for pref in server.fetchItem(90).preferences()] == ["collectionMode", "collectionFilterBasedOnUser"]


def test_members_come_in_pages(start: Start, connect: Connect) -> None:
    plex = start(numbered(7, collections=["All"]))
    collection = connect(plex).library.section("Movies").collection("All")
    data = collection._server.query(
        f"{collection.key}/children", headers={"X-Plex-Container-Start": "5", "X-Plex-Container-Size": "5"}
    )
    assert (data.attrib["size"], data.attrib["totalSize"], data.attrib["offset"]) == ("2", "7", "5")
    assert [row.attrib["ratingKey"] for row in data] == ["6", "7"]


def test_several_of_a_title_and_empty_ones_in_the_library_file(start: Start, connect: Connect) -> None:
    entries = [{"title": "Twice", "members": [1]}, {"title": "Twice", "members": [2, 3]}, {"title": "Empty"}]
    server = connect(start({"sections": [{"title": "Movies", "items": DATED, "collections": entries}]}))
    found = server.library.section("Movies").collections()
    assert sorted((one.title, one.childCount) for one in found) == [("Empty", 0), ("Twice", 1), ("Twice", 2)]


def test_renaming_leaves_another_sections_collection_alone(start: Start, connect: Connect) -> None:
    sections = [
        {"title": title, "items": [{"title": title, "file": f"/{title}.mp4", "collections": ["Both"]}]}
        for title in ("One", "Two")
    ]
    server = connect(start({"sections": sections}))
    server.library.section("One").collection("Both").editTitle("Mine")
    assert [tag.tag for tag in server.fetchItem(1).collections] == ["Mine"]
    assert [tag.tag for tag in server.fetchItem(2).collections] == ["Both"]
    assert [item.title for item in server.library.section("One").collection("Mine").items()] == ["One"]


def test_a_smart_one_needs_a_search(plex: PlexDouble, server: Any) -> None:
    with pytest.raises(BadRequest):
        server.query(
            "/library/collections?sectionId=1&type=1&smart=1&title=X&uri=nonsense", method=server._session.post
        )


def test_the_index_is_a_filter(server: Any) -> None:
    section = server.library.section("Movies")
    made = section.createCollection("Made", server.fetchItem(1))
    assert section.search(libtype="collection", filters={"index": made.index}) == [made]
