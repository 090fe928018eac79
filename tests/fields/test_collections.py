"""Collections of studios, groups, performers and tags: joined, left, given a picture once, removed when empty."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.stash.pictures import Picture
from tests.support.workbench import Bench, Pair, listed, running_bench

PNG = b"\x89PNG\r\n\x1a\n" + b"a picture of Stash's" * 5
JPEG = b"\xff\xd8\xff" + b"a person's own picture" * 5


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with running_bench(tmp_path) as bench:
        yield bench


def collections(bench: Bench) -> dict[str, dict[str, Any]]:
    """Every collection of Plex's by its title."""
    return {str(item["title"]): item for item in bench.plex.items() if item["type"] == "collection"}


def sync(pair: Pair) -> int:
    """Sync the scene, which must neither wait nor be parked afterwards; how many writes that took."""
    pair.bench.sync(pair.scene)
    assert (pair.bench.parked(), pair.bench.waiting()) == ({}, {})
    return pair.bench.plex.counts()["writes"]


def everything(bench: Bench) -> Pair:
    """A scene with a studio, its parent, two performers, a group and two tags."""
    pair = bench.pair()
    pair.in_stash(
        studio={"name": "Small", "parent": "Large"},
        performers=[{"name": "Ann", "favorite": True}, "Bea"],
        groups=["A Series"],
        tags=["Beach", "Night"],
    )
    return pair


def asked_for_collections(bench: Bench) -> list[str]:
    """The requests of the last sync that were about collections, reads included."""
    found = [one for one in bench.plex.requests if one.kind == "collection" or one.params.get("type") == "18"]
    return [f"{one.method} {one.path}" for one in found]


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
    bench: Bench, settings: dict[str, Any], titles: list[str]
) -> None:
    bench.use(**settings)
    pair = everything(bench)
    sync(pair)
    assert sorted(collections(bench)) == sorted(titles)
    assert sorted(pair.tags("collection")) == sorted(titles)


def test_the_same_scene_again_asks_for_nothing_more(bench: Bench) -> None:
    bench.use(collection_studio=True, collection_groups=True, collection_performers=True)
    pair = everything(bench)
    sync(pair)
    assert sync(pair) == 0
    assert asked_for_collections(bench) == []


def test_joining_a_known_collection_costs_nothing_but_the_edit(bench: Bench) -> None:
    bench.use(collection_studio=True)
    first, second = bench.pair(), bench.pair()
    first.in_stash(studio="Small")
    sync(first)
    second.in_stash(studio="Small")
    assert sync(second) == 1
    assert asked_for_collections(bench) == []


@pytest.mark.parametrize("keeps_empty", [False, True], ids=["Plex removes empty ones", "Plex keeps empty ones"])
@pytest.mark.parametrize(("kind", "setting"), [("studio", "collection_studio"), ("group", "collection_groups")])
def test_renaming_leaves_the_old_collection_and_joins_the_new_one(
    tmp_path: Path, kind: str, setting: str, keeps_empty: bool
) -> None:
    with running_bench(tmp_path, remove_empty_collections=not keeps_empty) as bench:
        bench.use(**{setting: True})
        pairs = [bench.pair() for _ in range(3)]
        for pair in pairs:
            pair.in_stash(**({"studio": "Old"} if kind == "studio" else {"groups": ["Old"]}))
            sync(pair)
        assert set(collections(bench)) == {"Old"}
        bench.entity(kind, "Old").name = "New"
        sync(pairs[0])
        assert set(collections(bench)) == {"Old", "New"}
        bench.sync(pairs[1].scene, pairs[2].scene)
        assert set(collections(bench)) == {"New"}
        assert all(pair.tags("collection") == ["New"] for pair in pairs)


def test_an_empty_collection_of_somebody_else_stays(tmp_path: Path) -> None:
    with running_bench(tmp_path, remove_empty_collections=False) as bench:
        bench.use(collection_studio=True)
        pair, other = bench.pair(), bench.pair(collections=["Small"])
        pair.in_stash(studio="Small")
        sync(pair)
        other.by_hand(**{"collection[].tag.tag-": "Small"})
        pair.in_stash(studio=None)
        sync(pair)
        assert pair.tags("collection") == []
        assert set(collections(bench)) == {"Small"}


def test_what_a_lost_connection_kept_from_being_removed_is_removed_with_the_next_try(tmp_path: Path) -> None:
    with running_bench(tmp_path, remove_empty_collections=False) as bench:
        bench.use(collection_studio=True)
        pair = bench.pair()
        pair.in_stash(studio="Small")
        sync(pair)
        pair.in_stash(studio=None)
        bench.plex.inject({"type": "status", "status": 500, "kind": "collection"})
        bench.sync(pair.scene)
        assert set(collections(bench)) == {"Small"}
        bench.clock.now += 700
        bench.sync()
        assert collections(bench) == {}


def test_a_scene_given_back_leaves_its_collections_and_the_empty_ones_go(tmp_path: Path) -> None:
    with running_bench(tmp_path, remove_empty_collections=False) as bench:
        bench.use(collection_studio=True, give_back_on_destroy=True)
        pair = bench.pair(collections=["Mine"])
        pair.in_stash(studio="Small")
        sync(pair)
        del bench.library.scenes[pair.scene]
        bench.sync(pair.scene)
        assert pair.tags("collection") == ["Mine"]
        assert set(collections(bench)) == {"Mine"}


def test_an_item_put_into_a_collection_by_somebody_else_stays_in_it(bench: Bench) -> None:
    bench.use(collection_studio=True)
    pair, other = bench.pair(collections=["Mine"]), bench.pair()
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
    assert set(collections(bench)) == {"Small", "Mine"}


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
    bench: Bench, settings: dict[str, Any], scene: dict[str, Any]
) -> None:
    bench.use(**settings)
    pairs = [bench.pair() for _ in range(3)]
    pairs[0].in_stash(**scene)
    sync(pairs[0])
    assert bench.plex.counts()["poster"] == 1
    key = collections(bench)["Named"]["ratingKey"]
    assert bench.person.get(f"{bench.plex.url}/library/metadata/{key}/thumb").content == PNG
    for pair in pairs[1:]:
        pair.in_stash(**scene)
        sync(pair)
        assert "poster" not in bench.plex.counts()


def test_a_picture_that_a_person_chose_is_never_replaced(bench: Bench) -> None:
    bench.use(collection_studio=True)
    other, pair = bench.pair(collections=["Named"]), bench.pair()
    key = collections(bench)["Named"]["ratingKey"]
    address = f"{bench.plex.url}/library/metadata/{key}"
    assert bench.person.post(f"{address}/posters", data=JPEG).status_code == 200
    pair.in_stash(studio={"name": "Named", "image": Picture(PNG)})
    sync(pair)
    assert other.tags("collection") == pair.tags("collection") == ["Named"]
    assert "poster" not in bench.plex.counts()
    assert bench.person.get(f"{address}/thumb").content == JPEG


def test_a_picture_that_stash_gets_later_is_given_then(bench: Bench) -> None:
    bench.use(collection_studio=True)
    pair = bench.pair()
    pair.in_stash(studio="Named")
    sync(pair)
    assert "poster" not in bench.plex.counts()
    bench.entity("studio", "Named").image = Picture(PNG)
    sync(pair)
    assert bench.plex.counts()["poster"] == 1
    sync(pair)
    assert bench.plex.counts().get("poster", 0) == 0


def test_a_picture_that_plex_refuses_holds_up_no_scene(bench: Bench) -> None:
    bench.use(collection_studio=True)
    bench.plex.inject({"type": "status", "status": 413, "kind": "poster", "count": None})
    pair = bench.pair()
    pair.in_stash(studio={"name": "Named", "image": Picture(PNG)}, title="A title")
    sync(pair)
    assert pair.shown()["title"] == "A title"
    sync(pair)
    assert "poster" not in bench.plex.counts()


@pytest.mark.parametrize("title", ["A, B & C", "50% more?", "#1+2", "Ünïcode 東京", 'It\'s "quoted"', "a/b"])
def test_a_collection_is_found_by_any_title(bench: Bench, title: str) -> None:
    bench.use(collection_studio=True)
    pair, namesake = bench.pair(), bench.pair(collections=[f"More of {title}"])
    pair.in_stash(studio={"name": title, "image": Picture(PNG)})
    sync(pair)
    assert pair.tags("collection") == [title]
    assert bench.plex.counts()["poster"] == 1
    assert namesake.tags("collection") == [f"More of {title}"]


def test_a_picture_that_stash_cannot_deliver_holds_up_no_scene(bench: Bench) -> None:
    bench.use(collection_studio=True)
    first, second = bench.pair(), bench.pair()
    first.in_stash(studio={"name": "Broken", "image": Picture(PNG)}, title="First")
    second.in_stash(title="Second")
    bench.stash.inject({"kind": "status", "status": 500, "match": "image", "count": None})
    bench.sync(first.scene, second.scene)
    assert (first.shown()["title"], second.shown()["title"]) == ("First", "Second")


def test_a_picture_that_stash_could_not_deliver_is_asked_for_again_with_the_next_change(bench: Bench) -> None:
    bench.use(collection_studio=True)
    pair = bench.pair()
    pair.in_stash(studio={"name": "Named", "image": Picture(PNG)})
    bench.stash.inject({"kind": "reset", "match": "image"})
    sync(pair)
    assert "poster" not in bench.plex.counts()
    sync(pair)
    assert bench.plex.counts()["poster"] == 1
