"""The collection of a group shows its scenes in the order that Stash has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.doubles.stash.model import SceneGroup
from tests.support.collections import asked_for_collections, collections, sync
from tests.support.pairs import Pair, listed
from tests.support.workbench import Workbench, running_workbench
from worker.items.collection_order import Move, move_needed


@pytest.fixture
def workbench(tmp_path: Path) -> Iterator[Workbench]:
    with running_workbench(tmp_path) as workbench:
        workbench.use(collection_groups=True)
        yield workbench


def put(pair: Pair, **places: int | None) -> None:
    """Put a scene into groups, each at its place."""
    with pair.workbench.library.lock:
        scene = pair.workbench.library.scenes[pair.scene]
        scene.groups = [SceneGroup(pair.workbench.entity("group", name), place) for name, place in places.items()]


def series(workbench: Workbench, *places: int | None) -> list[Pair]:
    """Scenes of the group "Series", synced one after the other."""
    pairs = [workbench.pair() for _ in places]
    for pair, place in zip(pairs, places, strict=True):
        put(pair, Series=place)
        sync(pair)
    return pairs


def order(workbench: Workbench, title: str = "Series") -> list[int]:
    """The keys of a collection's members as Plex shows them."""
    key = collections(workbench)[title]["ratingKey"]
    answer = workbench.person.get(
        f"{workbench.plex.url}/library/collections/{key}/children", headers={"Accept": "application/json"}
    )
    return [int(row["ratingKey"]) for row in answer.json()["MediaContainer"]["Metadata"]]


@pytest.mark.parametrize("places", [(1, 2, 3), (3, 2, 1), (2, 3, 1), (30, -4, 0), (1, 2, 3, 5, 4, 9, 7)])
def test_scenes_stand_by_their_index_in_whatever_order_they_are_synced(
    workbench: Workbench, places: tuple[int, ...]
) -> None:
    pairs = series(workbench, *places)
    assert order(workbench) == [pair.key for _, pair in sorted(zip(places, pairs, strict=True), key=lambda one: one[0])]


def test_one_more_scene_costs_one_look_at_the_members_and_one_move(workbench: Workbench) -> None:
    series(workbench, 1, 3)
    series(workbench, 2)
    key = collections(workbench)["Series"]["ratingKey"]
    moved = f"/library/collections/{key}/items/"
    asked = asked_for_collections(workbench)
    assert asked[0] == f"GET /library/collections/{key}/children"
    assert [line.startswith(f"PUT {moved}") for line in asked[1:]] == [True]


def test_a_scene_that_stands_right_is_not_moved(workbench: Workbench) -> None:
    series(workbench, 1, 2)
    series(workbench, 3)
    key = collections(workbench)["Series"]["ratingKey"]
    assert asked_for_collections(workbench) == [f"GET /library/collections/{key}/children"]


def test_nothing_changed_asks_for_nothing(workbench: Workbench) -> None:
    for pair in series(workbench, 2, 1, None):
        assert sync(pair) == 0
        assert asked_for_collections(workbench) == []


def test_a_changed_index_moves_the_item(workbench: Workbench) -> None:
    first, second, third = series(workbench, 1, 2, 3)
    put(first, Series=9)
    sync(first)
    assert order(workbench) == [second.key, third.key, first.key]
    put(third, Series=0)
    sync(third)
    assert order(workbench) == [third.key, second.key, first.key]


def test_an_index_given_later_brings_the_order(workbench: Workbench) -> None:
    first, second = series(workbench, None, None)
    assert "collectionSort" not in collections(workbench)["Series"]
    put(first, Series=2)
    sync(first)
    put(second, Series=1)
    sync(second)
    assert order(workbench) == [second.key, first.key]


def test_the_order_is_switched_to_custom_once(workbench: Workbench) -> None:
    pairs = series(workbench, 1, 2)
    key = collections(workbench)["Series"]["ratingKey"]
    assert collections(workbench)["Series"]["collectionSort"] == 2
    by_hand = workbench.person.put(f"{workbench.plex.url}/library/collections/{key}/prefs?collectionSort=1")
    assert by_hand.status_code == 200
    for pair, place in zip(pairs, (4, 3), strict=True):
        put(pair, Series=place)
        sync(pair)
    assert collections(workbench)["Series"]["collectionSort"] == 1


def test_others_keep_their_places_between_ours(workbench: Workbench) -> None:
    first, second = series(workbench, 1, 3)
    stranger = workbench.pair()
    stranger.by_hand(**listed("collection", ["Series"]))
    key = collections(workbench)["Series"]["ratingKey"]
    workbench.person.put(f"{workbench.plex.url}/library/collections/{key}/items/{stranger.key}/move")
    (third,) = series(workbench, 2)
    assert order(workbench) == [stranger.key, first.key, third.key, second.key]


def test_a_collection_of_somebody_else_keeps_its_order(workbench: Workbench) -> None:
    other = workbench.pair(collections=["Series"])
    first, second = series(workbench, 2, 1)
    assert order(workbench) == [other.key, first.key, second.key]
    assert "collectionSort" not in collections(workbench)["Series"]


def test_a_scene_in_two_groups_has_its_place_in_each(workbench: Workbench) -> None:
    first, second = workbench.pair(), workbench.pair()
    put(first, One=1, Two=2)
    put(second, One=2, Two=1)
    workbench.sync(first.scene, second.scene)
    assert order(workbench, "One") == [first.key, second.key]
    assert order(workbench, "Two") == [second.key, first.key]


def test_a_collection_that_somebody_removed_is_made_and_arranged_again(workbench: Workbench) -> None:
    pairs = series(workbench, 2, 1)
    key = collections(workbench)["Series"]["ratingKey"]
    workbench.person.delete(f"{workbench.plex.url}/library/collections/{key}")
    for pair in pairs:
        sync(pair)
    assert order(workbench) == [pairs[1].key, pairs[0].key]
    assert collections(workbench)["Series"]["collectionSort"] == 2


@pytest.mark.parametrize("address", ["/prefs", "/move"])
@pytest.mark.parametrize("status", [404, 400])
def test_a_server_without_custom_order_is_asked_once(workbench: Workbench, address: str, status: int) -> None:
    workbench.plex.inject({"type": "status", "status": status, "match": address, "count": None})
    pairs = series(workbench, 3, 2, 1)
    refused = [entry for entry in workbench.plex.requests if entry.fault]
    assert refused == []  # of the last sync: the server had said so before
    assert workbench.record.fields_left_out() == ["order of collections"]
    assert all(pair.tags("collection") == ["Series"] for pair in pairs)


@pytest.mark.parametrize("fault", [{"type": "status", "status": 500}, {"type": "reset_after"}])
@pytest.mark.parametrize("match", ["/prefs", "/move", "/children"])
def test_a_fault_on_the_way_is_made_good_with_the_next_try(
    workbench: Workbench, match: str, fault: Mapping[str, object]
) -> None:
    pairs = [workbench.pair() for _ in range(3)]
    workbench.plex.inject({**fault, "match": match})
    for pair, place in zip(pairs, (3, 2, 1), strict=True):
        put(pair, Series=place)
    workbench.sync(*(pair.scene for pair in pairs))
    for _ in range(2):
        workbench.clock.now += 700
        workbench.sync()
    assert order(workbench) == [pair.key for pair in reversed(pairs)]
    assert workbench.parked() == {}
    assert workbench.waiting() == {}


def test_a_server_that_shows_an_edit_later_ends_in_order(tmp_path: Path) -> None:
    with running_workbench(tmp_path, visibility_delay=30) as workbench:
        workbench.use(collection_groups=True)
        pairs = series(workbench, 2, 1)
        workbench.plex.advance(60)
        for pair in pairs:
            sync(pair)
        assert order(workbench) == [pairs[1].key, pairs[0].key]


def test_who_stands_behind_the_right_one_is_left_alone() -> None:
    places = {"a": 1, "b": 2, "c": 3}
    assert move_needed(["a", "x", "b", "c"], places, "b") is None
    assert move_needed(["b", "a", "c"], places, "b") == Move(after="a")
    assert move_needed(["x", "b", "a"], places, "a") == Move(after=None)
    assert move_needed(["c", "a", "b"], places, "c") == Move(after="b")
    assert move_needed(["x", "a"], {"a": 1}, "a") is None
