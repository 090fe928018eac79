"""A collection is ours when all its members, listed now, were put there by us, or when we made it. A person's is joined
and left, and never arranged, given a picture or removed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from plex import listing, wire
from tests.doubles.stash.model import SceneGroup
from tests.doubles.stash.pictures import Picture
from tests.support.collections import collections, sync
from tests.support.pairs import Pair, listed
from tests.support.workbench import MEDIA, Workbench, loaded_workbench, running_workbench
from worker.storage.collections import CollectionName, Standing, Whose

PNG = b"\x89PNG\r\n\x1a\n" + b"a picture of Stash's" * 5


@pytest.fixture
def workbench(tmp_path: Path) -> Iterator[Workbench]:
    with running_workbench(tmp_path) as workbench:
        workbench.use(collection_groups=True)
        yield workbench


def join(pair: Pair, title: str, place: int | None = 1, picture: bool = True) -> None:
    """The scene is put into a group with a picture, at a place."""
    image = {"front_image": Picture(PNG)} if picture else {}
    group = pair.workbench.entity("group", {"name": title, **image})
    pair.in_stash(title=f"T{pair.scene}")
    with pair.workbench.library.lock:
        pair.workbench.library.scenes[pair.scene].groups = [SceneGroup(group, place)]
    pair.workbench.sync(pair.scene)


def leave(pair: Pair) -> None:
    pair.in_stash(groups=[])
    pair.workbench.sync(pair.scene)


def touched(workbench: Workbench) -> list[str]:
    """What the last sync wrote to collections themselves."""
    keys = [str(one["ratingKey"]) for one in workbench.plex.items() if one["type"] == "collection"]
    paths = [f"/library/{kind}/{key}" for key in keys for kind in ("collections", "metadata")]
    written = [one for one in workbench.plex.requests if one.write and one.path.startswith(tuple(paths))]
    return [f"{one.method} {one.path}" for one in written]


def whose(workbench: Workbench, title: str) -> Whose | None:
    standing = standing_of(workbench, title)
    return standing.whose if standing else None


def standing_of(workbench: Workbench, title: str) -> Standing | None:
    machine = str(workbench.worker.plex_client.server.machineIdentifier)
    return workbench.record.standing(CollectionName(machine, "1", title.lower()))


def delete(workbench: Workbench, title: str) -> None:
    key = collections(workbench)[title]["ratingKey"]
    assert workbench.person.delete(f"{workbench.plex.url}/library/collections/{key}").status_code == 200


def library(*of_a_person: dict[str, Any], members: Sequence[str] = ()) -> dict[str, Any]:
    section = {"key": 1, "title": "Clips", "type": "movie", "agent": "tv.plex.agents.none", "locations": [MEDIA]}
    items = [{"file": f"{MEDIA}/{name}.mp4", "size": 5} for name in members]
    return {"sections": [{**section, "items": items, "collections": list(of_a_person)}]}


@pytest.mark.parametrize("empties_stay", [False, True])
def test_a_smart_collection_of_the_same_name_is_left_alone(tmp_path: Path, empties_stay: bool) -> None:
    smart = {"title": "Series", "smart": "type=1", "ratingKey": 900}
    switches = {"remove_empty_collections": not empties_stay}
    with loaded_workbench(tmp_path, {}, library(smart), {"skip_poster": True}, **switches) as workbench:
        workbench.use(collection_groups=True)
        pairs = [workbench.pair(), workbench.pair()]
        before = workbench.plex.item(900)
        for place, pair in enumerate(pairs):
            join(pair, "Series", place)
            assert not [line for line in touched(workbench) if "/900" in line]
        regular = [one for one in workbench.plex.items() if one["title"] == "Series" and one["ratingKey"] != 900]
        assert len(regular) == 1
        assert whose(workbench, "series") is Whose.ORDERED
        for pair in pairs:
            leave(pair)
            assert not [line for line in touched(workbench) if "/900" in line]
        assert workbench.plex.item(900) == before
        assert [one["title"] for one in workbench.plex.items() if one["type"] == "collection"] == ["Series"]


@pytest.mark.parametrize("delay", [0.0, 30.0], ids=["shown at once", "shown late"])
def test_a_persons_collection_stays_theirs_however_late_plex_shows_things(tmp_path: Path, delay: float) -> None:
    with running_workbench(tmp_path, visibility_delay=delay, remove_empty_collections=False) as workbench:
        workbench.use(collection_groups=True)
        theirs, ours = workbench.pair(), workbench.pair()
        theirs.by_hand(**listed("collection", ["Series"]))
        workbench.plex.advance(60)
        join(ours, "Series")
        assert touched(workbench) == []
        assert whose(workbench, "series") is Whose.THEIRS
        workbench.plex.advance(60)
        workbench.sync(ours.scene)
        assert whose(workbench, "series") is Whose.THEIRS
        assert touched(workbench) == []
        theirs.by_hand(**{"collection[].tag.tag-": "Series"})
        leave(ours)
        workbench.plex.advance(60)
        workbench.sync(ours.scene)
        assert ours.tags("collection") == []
        assert "Series" in collections(workbench)


def test_one_of_ours_that_plex_shows_late_is_ours_once_it_is_shown(tmp_path: Path) -> None:
    with running_workbench(tmp_path, visibility_delay=30) as workbench:
        workbench.use(collection_groups=True)
        pair = workbench.pair()
        join(pair, "Series")
        assert whose(workbench, "series") is None
        workbench.plex.advance(60)
        sync(pair)
        assert whose(workbench, "series") is Whose.ORDERED
        assert "poster" in workbench.plex.counts()


def test_an_empty_collection_of_ours_that_plex_shows_late_is_removed_with_the_next_sync(tmp_path: Path) -> None:
    with running_workbench(tmp_path, visibility_delay=30, remove_empty_collections=False) as workbench:
        workbench.use(collection_groups=True)
        pair = workbench.pair()
        join(pair, "Series")
        workbench.plex.advance(60)
        sync(pair)
        leave(pair)
        assert set(collections(workbench)) == {"Series"}
        workbench.plex.advance(60)
        sync(pair)
        assert collections(workbench) == {}


def test_of_several_with_one_title_the_one_the_item_is_in_is_looked_after(tmp_path: Path) -> None:
    dead = {"title": "Series", "ratingKey": 900}, {"title": "Series", "ratingKey": 901}
    with loaded_workbench(tmp_path, {}, library(*dead), {"skip_poster": True}) as workbench:
        workbench.use(collection_groups=True)
        pair = workbench.pair()
        join(pair, "Series")
        standing = standing_of(workbench, "series")
        assert standing
        assert all(f"/{standing.rating_key}/" in line for line in touched(workbench))
        held = workbench.person.get(
            f"{workbench.plex.url}/library/collections/{standing.rating_key}/children",
            headers={"Accept": "application/json"},
        ).json()["MediaContainer"]["Metadata"]
        assert [int(row["ratingKey"]) for row in held] == [pair.key]


@pytest.mark.parametrize("place", [None, 1], ids=["without a place", "with a place"])
def test_one_that_a_person_made_in_place_of_ours_is_theirs(workbench: Workbench, place: int | None) -> None:
    mine, theirs = [workbench.pair() for _ in range(4)], [workbench.pair(), workbench.pair()]
    for pair in mine:
        join(pair, "Series", place)
    delete(workbench, "Series")
    for pair in theirs:
        pair.by_hand(**listed("collection", ["Series"]))
    shown = collections(workbench)["Series"]
    for pair in mine:
        workbench.sync(pair.scene)
        assert touched(workbench) == []
        assert pair.tags("collection") == ["Series"]
    assert whose(workbench, "series") is Whose.THEIRS
    assert "collectionSort" not in collections(workbench)["Series"]
    assert collections(workbench)["Series"]["posters"] == shown["posters"]


def test_one_that_a_person_made_in_place_of_ours_is_theirs_for_a_scene_that_comes_later(workbench: Workbench) -> None:
    mine, later, theirs = workbench.pair(), workbench.pair(), workbench.pair()
    join(mine, "Series")
    delete(workbench, "Series")
    theirs.by_hand(**listed("collection", ["Series"]))
    join(later, "Series", 0)
    assert touched(workbench) == []
    assert whose(workbench, "series") is Whose.THEIRS


def test_one_of_ours_stays_ours_when_a_person_adds_a_film(workbench: Workbench) -> None:
    first, second, theirs = workbench.pair(), workbench.pair(), workbench.pair()
    join(first, "Series", 2)
    theirs.by_hand(**listed("collection", ["Series"]))
    join(second, "Series", 1)
    assert whose(workbench, "series") is Whose.ORDERED
    assert [line.partition(" ")[0] for line in touched(workbench)] == ["PUT"]


def test_one_of_ours_in_which_only_a_persons_film_is_left_is_theirs(workbench: Workbench) -> None:
    ours, theirs = workbench.pair(), workbench.pair()
    join(ours, "Series")
    theirs.by_hand(**listed("collection", ["Series"]))
    leave(ours)
    assert theirs.tags("collection") == ["Series"]
    join(ours, "Series")
    assert whose(workbench, "series") is Whose.THEIRS
    assert touched(workbench) == []


def test_a_persons_collection_without_a_picture_is_given_none(workbench: Workbench) -> None:
    workbench.pair(collections=["Series"])
    ours = workbench.pair()
    join(ours, "Series", None)
    assert "poster" not in workbench.plex.counts()
    assert touched(workbench) == []


def test_a_rating_key_that_once_was_ours_makes_no_member_ours(workbench: Workbench) -> None:
    theirs, ours = workbench.pair(), workbench.pair()
    machine = str(workbench.worker.plex_client.server.machineIdentifier)
    workbench.record.put_into(CollectionName(machine, "1", "series"), str(theirs.key), 1)
    theirs.by_hand(**listed("collection", ["Series"]))
    join(ours, "Series")
    assert whose(workbench, "series") is Whose.THEIRS
    assert touched(workbench) == []


def cut_short(monkeypatch: pytest.MonkeyPatch, hidden: Sequence[int]) -> None:
    """Plex's lists of members lack some, and yet count them: they went out of sight between two pages."""
    real = wire.get_each

    def get_each(server: Any, path: str, headers: Any = None) -> Any:
        answer = real(server, path, headers)
        if "/children" not in path:
            return answer
        seen = (one for one in answer.elements if int(one.get("ratingKey", "0")) not in hidden)
        return replace(answer, elements=seen)

    monkeypatch.setattr(listing, "get_each", get_each)


def test_a_persons_member_that_is_out_of_sight_makes_the_collection_nobodys(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs, pair = workbench.pair(collections=["Series"]), workbench.pair()
    with monkeypatch.context() as lists:
        cut_short(lists, [theirs.key])
        join(pair, "Series")
        assert (touched(workbench), whose(workbench, "Series")) == ([], None)
        assert workbench.waiting() == {}
    pair.in_stash(title="Again")
    pair.sync()
    assert (touched(workbench), whose(workbench, "Series")) == ([], Whose.THEIRS)


def test_a_collection_of_ours_that_seems_empty_is_not_removed(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair, other = workbench.pair(), workbench.pair()
    join(pair, "Series")
    other.by_hand(**listed("collection", ["Series"]))
    with monkeypatch.context() as lists:
        cut_short(lists, [pair.key, other.key])
        leave(pair)
    assert "Series" in collections(workbench)
    assert pair.tags("collection") == []
