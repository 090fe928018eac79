"""Collections of studios, groups, performers and tags: joined, left, given a picture once, removed when empty."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.stash.pictures import Picture
from tests.support.collections import asked_for_collections, collections, sync
from tests.support.pairs import Pair, listed
from tests.support.workbench import Workbench, running_workbench

PNG = b"\x89PNG\r\n\x1a\n" + b"a picture of Stash's" * 5
JPEG = b"\xff\xd8\xff" + b"a person's own picture" * 5


@pytest.fixture
def workbench(tmp_path: Path) -> Iterator[Workbench]:
    with running_workbench(tmp_path) as workbench:
        yield workbench


def everything(workbench: Workbench) -> Pair:
    """A scene with a studio, its parent, two performers, a group and two tags."""
    pair = workbench.pair()
    pair.in_stash(
        studio={"name": "Small", "parent": "Large"},
        performers=[{"name": "Ann", "favorite": True}, "Bea"],
        groups=["A Series"],
        tags=["Beach", "Night"],
    )
    return pair


@pytest.mark.parametrize(
    ("settings", "titles"),
    [
        ({}, []),
        ({"collection_studio": True}, ["Small"]),
        ({"collection_parent_studio": True}, ["Large"]),
        ({"collection_groups": True}, ["A Series"]),
        ({"collection_performers": True}, ["Ann", "Bea"]),
        ({"collection_favorites": True}, ["Ann"]),
        ({"collection_tags": ["BEACH", "Nothing"]}, ["Beach"]),
        ({"collection_studio": True, "collection_groups": True, "collection_prefix": "Stash: "},
         ["Stash: Small", "Stash: A Series"]),
    ],
)  # fmt: skip
def test_a_scene_is_in_the_collections_that_are_switched_on(
    workbench: Workbench, settings: dict[str, Any], titles: list[str]
) -> None:
    workbench.use(**settings)
    pair = everything(workbench)
    sync(pair)
    assert sorted(collections(workbench)) == sorted(titles)
    assert sorted(pair.tags("collection")) == sorted(titles)


def test_the_same_scene_again_asks_for_nothing_more(workbench: Workbench) -> None:
    workbench.use(collection_studio=True, collection_groups=True, collection_performers=True)
    pair = everything(workbench)
    sync(pair)
    assert sync(pair) == 0
    assert asked_for_collections(workbench) == []


def test_joining_a_known_collection_costs_nothing_but_the_edit(workbench: Workbench) -> None:
    workbench.use(collection_studio=True)
    first, second = workbench.pair(), workbench.pair()
    first.in_stash(studio="Small")
    sync(first)
    second.in_stash(studio="Small")
    assert sync(second) == 1
    assert asked_for_collections(workbench) == []


@pytest.mark.parametrize("keeps_empty", [False, True], ids=["Plex removes empty ones", "Plex keeps empty ones"])
@pytest.mark.parametrize(("kind", "setting"), [("studio", "collection_studio"), ("group", "collection_groups")])
def test_renaming_leaves_the_old_collection_and_joins_the_new_one(
    tmp_path: Path, kind: str, setting: str, keeps_empty: bool
) -> None:
    with running_workbench(tmp_path, remove_empty_collections=not keeps_empty) as workbench:
        workbench.use(**{setting: True})
        pairs = [workbench.pair() for _ in range(3)]
        for pair in pairs:
            pair.in_stash(**({"studio": "Old"} if kind == "studio" else {"groups": ["Old"]}))
            sync(pair)
        assert set(collections(workbench)) == {"Old"}
        workbench.entity(kind, "Old").name = "New"
        sync(pairs[0])
        assert set(collections(workbench)) == {"Old", "New"}
        workbench.sync(pairs[1].scene, pairs[2].scene)
        assert set(collections(workbench)) == {"New"}
        assert all(pair.tags("collection") == ["New"] for pair in pairs)


def test_an_empty_collection_of_somebody_else_stays(tmp_path: Path) -> None:
    with running_workbench(tmp_path, remove_empty_collections=False) as workbench:
        workbench.use(collection_studio=True)
        pair, other = workbench.pair(), workbench.pair(collections=["Small"])
        pair.in_stash(studio="Small")
        sync(pair)
        other.by_hand(**{"collection[].tag.tag-": "Small"})
        pair.in_stash(studio=None)
        sync(pair)
        assert pair.tags("collection") == []
        assert set(collections(workbench)) == {"Small"}


def test_what_a_lost_connection_kept_from_being_removed_is_removed_with_the_next_try(tmp_path: Path) -> None:
    with running_workbench(tmp_path, remove_empty_collections=False) as workbench:
        workbench.use(collection_studio=True)
        pair = workbench.pair()
        pair.in_stash(studio="Small")
        sync(pair)
        pair.in_stash(studio=None)
        workbench.plex.inject({"type": "status", "status": 500, "kind": "collection"})
        workbench.sync(pair.scene)
        assert set(collections(workbench)) == {"Small"}
        workbench.clock.now += 700
        workbench.sync()
        assert collections(workbench) == {}


def test_a_scene_given_back_leaves_its_collections_and_the_empty_ones_go(tmp_path: Path) -> None:
    with running_workbench(tmp_path, remove_empty_collections=False) as workbench:
        workbench.use(collection_studio=True, give_back_on_destroy=True)
        pair = workbench.pair(collections=["Mine"])
        pair.in_stash(studio="Small")
        sync(pair)
        del workbench.library.scenes[pair.scene]
        workbench.sync(pair.scene)
        assert pair.tags("collection") == ["Mine"]
        assert set(collections(workbench)) == {"Mine"}


def test_an_item_put_into_a_collection_by_somebody_else_stays_in_it(workbench: Workbench) -> None:
    workbench.use(collection_studio=True)
    pair, other = workbench.pair(collections=["Mine"]), workbench.pair()
    pair.in_stash(studio="Small")
    sync(pair)
    other.by_hand(**listed("collection", ["Small"]))
    other.in_stash(title="A title")
    sync(other)
    assert pair.tags("collection") == ["Small", "Mine"]
    pair.in_stash(studio=None)
    sync(pair)
    assert pair.tags("collection") == ["Mine"]
    assert other.tags("collection") == ["Small"]
    assert set(collections(workbench)) == {"Small", "Mine"}


@pytest.mark.parametrize(
    ("settings", "scene"),
    [
        ({"collection_studio": True}, {"studio": {"name": "Named", "image": Picture(PNG)}}),
        ({"collection_groups": True}, {"groups": [{"name": "Named", "front_image": Picture(PNG)}]}),
        ({"collection_performers": True}, {"performers": [{"name": "Named", "image": Picture(PNG)}]}),
        ({"collection_favorites": True}, {"performers": [{"name": "Named", "image": Picture(PNG), "favorite": True}]}),
    ],
)
def test_a_new_collection_is_given_its_picture_once(
    workbench: Workbench, settings: dict[str, Any], scene: dict[str, Any]
) -> None:
    workbench.use(**settings)
    pairs = [workbench.pair() for _ in range(3)]
    pairs[0].in_stash(**scene)
    sync(pairs[0])
    assert workbench.plex.counts()["poster"] == 1
    key = collections(workbench)["Named"]["ratingKey"]
    assert workbench.person.get(f"{workbench.plex.url}/library/metadata/{key}/thumb").content == PNG
    for pair in pairs[1:]:
        pair.in_stash(**scene)
        sync(pair)
        assert "poster" not in workbench.plex.counts()


def test_a_picture_that_a_person_chose_is_never_replaced(workbench: Workbench) -> None:
    workbench.use(collection_studio=True)
    other, pair = workbench.pair(collections=["Named"]), workbench.pair()
    key = collections(workbench)["Named"]["ratingKey"]
    address = f"{workbench.plex.url}/library/metadata/{key}"
    assert workbench.person.post(f"{address}/posters", data=JPEG).status_code == 200
    pair.in_stash(studio={"name": "Named", "image": Picture(PNG)})
    sync(pair)
    assert other.tags("collection") == pair.tags("collection") == ["Named"]
    assert "poster" not in workbench.plex.counts()
    assert workbench.person.get(f"{address}/thumb").content == JPEG


def test_a_picture_that_stash_gets_later_is_given_then(workbench: Workbench) -> None:
    workbench.use(collection_studio=True)
    pair = workbench.pair()
    pair.in_stash(studio="Named")
    sync(pair)
    assert "poster" not in workbench.plex.counts()
    workbench.entity("studio", "Named").image = Picture(PNG)
    sync(pair)
    assert workbench.plex.counts()["poster"] == 1
    sync(pair)
    assert workbench.plex.counts().get("poster", 0) == 0


def test_a_picture_that_plex_refuses_holds_up_no_scene(workbench: Workbench) -> None:
    workbench.use(collection_studio=True)
    workbench.plex.inject({"type": "status", "status": 413, "kind": "poster", "count": None})
    pair = workbench.pair()
    pair.in_stash(studio={"name": "Named", "image": Picture(PNG)}, title="A title")
    sync(pair)
    assert pair.shown()["title"] == "A title"
    sync(pair)
    assert "poster" not in workbench.plex.counts()


@pytest.mark.parametrize("title", ["A, B & C", "50% more?", "#1+2", "Ünïcode 東京", 'It\'s "quoted"', "a/b"])
def test_a_collection_is_found_by_any_title(workbench: Workbench, title: str) -> None:
    workbench.use(collection_studio=True)
    pair, namesake = workbench.pair(), workbench.pair(collections=[f"More of {title}"])
    pair.in_stash(studio={"name": title, "image": Picture(PNG)})
    sync(pair)
    assert pair.tags("collection") == [title]
    assert workbench.plex.counts()["poster"] == 1
    assert namesake.tags("collection") == [f"More of {title}"]


def test_a_picture_that_stash_cannot_deliver_holds_up_no_scene(workbench: Workbench) -> None:
    workbench.use(collection_studio=True)
    first, second = workbench.pair(), workbench.pair()
    first.in_stash(studio={"name": "Broken", "image": Picture(PNG)}, title="First")
    second.in_stash(title="Second")
    workbench.stash.inject({"kind": "status", "status": 500, "match": "image", "count": None})
    workbench.sync(first.scene, second.scene)
    assert (first.shown()["title"], second.shown()["title"]) == ("First", "Second")


def test_a_picture_that_stash_could_not_deliver_is_asked_for_again_with_the_next_change(workbench: Workbench) -> None:
    workbench.use(collection_studio=True)
    pair = workbench.pair()
    pair.in_stash(studio={"name": "Named", "image": Picture(PNG)})
    workbench.stash.inject({"kind": "reset", "match": "image"})
    sync(pair)
    assert "poster" not in workbench.plex.counts()
    sync(pair)
    assert workbench.plex.counts()["poster"] == 1
