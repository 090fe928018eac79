"""The order of a collection, as plexapi sets it: `sortUpdate` and `moveItem`."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from plexapi.exceptions import BadRequest, NotFound

from tests.contract.plex.conftest import Connect, Start
from tests.contract.plex.libraries import numbered
from tests.doubles.plex import PlexDouble


@pytest.fixture
def plex(start: Start) -> PlexDouble:
    """Four items, whose titles are in the order of their keys."""
    return start(numbered(4))


@pytest.fixture
def collection(server: Any) -> Any:
    return server.library.section("Movies").createCollection("Set", server.library.section("Movies").all()[:3])


def keys(collection: Any) -> list[int]:
    return [item.ratingKey for item in collection.reload().items()]


def test_custom_order_begins_with_the_order_that_was_shown(collection: Any) -> None:
    assert collection.collectionSort == 0
    collection.sortUpdate("custom")
    assert keys(collection) == [1, 2, 3]
    assert collection.collectionSort == 2


def test_an_item_is_moved_behind_another_or_to_the_front(server: Any, collection: Any) -> None:
    collection.sortUpdate("custom")
    collection.moveItem(server.fetchItem(1), after=server.fetchItem(2))
    assert keys(collection) == [2, 1, 3]
    collection.moveItem(server.fetchItem(3))
    assert keys(collection) == [3, 2, 1]
    items = server.query(f"/library/collections/{collection.ratingKey}/items")
    assert [row.attrib["ratingKey"] for row in items] == ["3", "2", "1"]


def test_who_joins_later_stands_last_until_moved(server: Any, collection: Any) -> None:
    collection.sortUpdate("custom")
    collection.moveItem(server.fetchItem(3))
    collection.removeItems(server.fetchItem(1))
    server.fetchItem(4).addCollection("Set")
    server.fetchItem(1).addCollection("Set")
    assert keys(collection) == [3, 2, 4, 1]


def test_back_in_another_order_the_arrangement_is_forgotten(server: Any, collection: Any) -> None:
    collection.sortUpdate("custom").moveItem(server.fetchItem(3))
    collection.sortUpdate("alpha")
    assert keys(collection) == [1, 2, 3]
    collection.sortUpdate("custom")
    assert keys(collection) == [1, 2, 3]


def test_who_is_no_member_cannot_be_moved_nor_followed(server: Any, collection: Any) -> None:
    with pytest.raises(NotFound):
        collection.moveItem(server.fetchItem(4))
    with pytest.raises(NotFound):
        collection.moveItem(server.fetchItem(1), after=server.fetchItem(4))


def test_the_order_is_set_under_either_address_and_counted_as_a_write(
    plex: PlexDouble, collection: Any, http: requests.Session
) -> None:
    plex.reset_counts()
    address = f"{plex.url}/library/metadata/{collection.ratingKey}/prefs?collectionSort=2"
    assert http.put(address, timeout=10).status_code == 200
    assert plex.counts() == {"collection": 1, "writes": 1}
    assert collection.reload().collectionSort == 2


def test_only_collections_have_an_order_and_only_the_owner_sets_it(start: Start, connect: Connect) -> None:
    plex = start(numbered(1, collections=["Set"]), guest_token="guest")
    owner, guest = connect(plex), connect(plex, token="guest")
    with pytest.raises(NotFound):
        owner.query("/library/metadata/1/prefs?collectionSort=2", method=owner._session.put)
    with pytest.raises(BadRequest, match="403"):
        guest.query("/library/collections/2/prefs?collectionSort=2", method=guest._session.put)
