"""Times of rows: text in the offset that the server had, compared and sorted as text (pkg/sqlite/timestamp.go)."""

from typing import Any

import pytest
import requests

from tests.contract.stash.support import data, post, updated_at
from tests.doubles.stash import StashDouble

NEWEST = '{findScenes(filter:{sort:"updated_at",direction:DESC,page:%d,per_page:%d}){scenes{id}}}'


def _scene(number: int, moment: str, title: str = "") -> dict[str, Any]:
    return {"id": number, "title": title, "updated_at": moment}


def _newest(stash: StashDouble, page: int = 1, size: int = 25) -> list[int]:
    return [int(scene["id"]) for scene in data(stash, NEWEST % (page, size))["findScenes"]["scenes"]]


def test_scenes_are_sorted_by_the_text_and_not_by_the_time() -> None:
    """03:00 in an offset of two hours is earlier than 02:30 in UTC, and yet comes first of the newest."""
    library = {"scenes": [_scene(1, "2024-05-01T02:30:00Z"), _scene(2, "2024-05-01T03:00:00+02:00")]}
    with StashDouble(library) as stash:
        shown = data(stash, "{findScenes{scenes{id updated_at}}}")["findScenes"]["scenes"]

        assert [scene["updated_at"] for scene in shown] == ["2024-05-01T02:30:00Z", "2024-05-01T03:00:00+02:00"]
        assert _newest(stash) == [2, 1]


def test_a_row_keeps_the_offset_that_it_was_written_in() -> None:
    with StashDouble({"scenes": [_scene(1, "2024-05-01"), _scene(2, "2024-05-01")]}, utc_offset_minutes=600) as stash:
        stash.save(1, title="in the offset of before")
        first = updated_at(stash, 1)
        requests.post(f"{stash.url}/__double__/offset", json={"minutes": -300}, timeout=10).raise_for_status()
        stash.advance(60)
        stash.save(2, title="a minute later")
        second = updated_at(stash, 2)

        assert (first[-6:], second[-6:], updated_at(stash, 1)) == ("+10:00", "-05:00", first)
        assert _newest(stash) == [1, 2], "the later one stands fifteen hours further down"
        stash.set_offset(0)
        stash.save(2, title="again")
        assert updated_at(stash, 2).endswith("Z")


def test_a_clock_that_is_set_back_puts_the_newest_below() -> None:
    with StashDouble({"scenes": [_scene(1, "2024-05-01"), _scene(2, "2024-05-01")]}) as stash:
        stash.save(1, title="before")
        requests.post(f"{stash.url}/__double__/advance", json={"seconds": -7200}, timeout=10).raise_for_status()
        stash.save(2, title="after")

        assert updated_at(stash, 2) < updated_at(stash, 1)
        assert _newest(stash) == [1, 2]


def test_pages_of_the_newest_where_many_bear_the_same_second() -> None:
    """Those without a title by id, then by title, numbers by value, whatever the direction."""
    titles = {1: "scene 10", 2: "Scene 9", 3: "", 4: "alone", 5: ""}
    library = {"scenes": [_scene(number, "2024-05-01T10:00:00Z", title) for number, title in titles.items()]}
    with StashDouble(library) as stash:
        assert [_newest(stash, page, 2) for page in (1, 2, 3, 4)] == [[3, 5], [4, 2], [1], []]
        stash.save(1, title="scene 10")
        assert _newest(stash, 1, 2) == [1, 3]


@pytest.mark.parametrize(("since", "found"), [("2024-05-01T02:45:00Z", [2]), ("2024-05-01T01:00:00+02:00", [1, 2])])
def test_filters_compare_the_text(since: str, found: list[int]) -> None:
    library = {"scenes": [_scene(1, "2024-05-01T02:30:00Z"), _scene(2, "2024-05-01T03:00:00+02:00")]}
    query = """query($since:String!){
        findScenes(scene_filter:{updated_at:{value:$since,modifier:GREATER_THAN}}){scenes{id}}}"""
    with StashDouble(library) as stash:
        answer = post(stash, query, {"since": since}).json()

    assert [int(scene["id"]) for scene in answer["data"]["findScenes"]["scenes"]] == found
