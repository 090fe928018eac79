"""Plays, O's, resume points and ratings, with the traps that Stash's own have."""

from typing import Any

import pytest

from tests.contract.stash.support import data, post, updated_at
from tests.doubles.stash import StashDouble

OLD, NEW = "2024-01-01T10:00:00Z", "2024-02-01T10:00:00Z"
LIBRARY: dict[str, Any] = {
    "scenes": [{"id": 1, "updated_at": "2024-03-01", "play_history": [OLD, NEW], "o_history": [OLD, NEW]}]
}
KINDS = pytest.mark.parametrize(("kind", "field"), [("Play", "play_history"), ("O", "o_history")])


def _change(stash: StashDouble, mutation: str, times: Any, scene: int = 1) -> Any:
    query = f"mutation($id:ID!,$times:[Timestamp!]){{{mutation}(id:$id,times:$times){{count history}}}}"
    return data(stash, query, {"id": scene, "times": times})[mutation]


@KINDS
def test_they_come_newest_first_and_move_nothing(kind: str, field: str) -> None:
    with StashDouble(LIBRARY) as stash:
        before = updated_at(stash, 1)
        added = _change(stash, f"sceneAdd{kind}", ["2024-01-15T12:00:00+02:00", OLD, "2099-01-01T00:00:00.5Z"])
        scene = data(stash, f"{{findScene(id:1){{{field}}}}}")["findScene"]

        assert added == {"count": 5, "history": scene[field]}
        assert scene[field] == ["2099-01-01T00:00:00Z", NEW, "2024-01-15T10:00:00Z", OLD, OLD]
        assert (updated_at(stash, 1), stash.runs) == (before, [])


def test_counts_and_the_last_play() -> None:
    with StashDouble(LIBRARY) as stash:
        scene = data(stash, "{findScene(id:1){play_count o_counter last_played_at}}")["findScene"]

    assert scene == {"play_count": 2, "o_counter": 2, "last_played_at": NEW}


@KINDS
def test_without_times_one_is_added_now(kind: str, field: str) -> None:
    with StashDouble({"scenes": [{"id": 1}]}, utc_offset_minutes=120) as stash:
        assert _change(stash, f"sceneAdd{kind}", [])["count"] == 1
        (moment,) = data(stash, f"{{findScene(id:1){{{field}}}}}")["findScene"][field]
        assert moment.endswith("Z"), "kept in UTC, wherever the server is"


@KINDS
@pytest.mark.parametrize("times", [[], None])
def test_an_empty_list_deletes_the_newest(kind: str, field: str, times: Any) -> None:
    with StashDouble(LIBRARY) as stash:
        assert _change(stash, f"sceneDelete{kind}", times) == {"count": 1, "history": [OLD]}


@KINDS
def test_one_row_goes_for_each_time_that_is_there(kind: str, field: str) -> None:
    with StashDouble(LIBRARY) as stash:
        _change(stash, f"sceneAdd{kind}", [OLD])
        left = _change(stash, f"sceneDelete{kind}", ["2024-01-01T11:00:00+01:00", "1999-01-01T00:00:00Z"])

        assert left == {"count": 2, "history": [NEW, OLD]}


@KINDS
def test_a_scene_that_is_gone(kind: str, field: str) -> None:
    query = f"mutation{{sceneAdd{kind}(id:99){{count}}}}"
    with StashDouble(LIBRARY) as stash:
        assert "FOREIGN KEY constraint failed" in post(stash, query).json()["errors"][0]["message"]
        assert _change(stash, f"sceneDelete{kind}", [OLD], scene=99) == {"count": 0, "history": []}


@pytest.mark.parametrize(("times", "message"), [([1704103200], "not a string"), (["yesterday"], "<yesterday>")])
def test_what_is_no_timestamp(times: Any, message: str) -> None:
    query = "mutation($times:[Timestamp!]){sceneAddPlay(id:1,times:$times){count}}"
    with StashDouble(LIBRARY) as stash:
        answer = post(stash, query, {"times": times})

        assert (answer.status_code, answer.json()["data"]) == (200, None)
        assert message in answer.json()["errors"][0]["message"]
        assert data(stash, "{findScene(id:1){play_count}}")["findScene"] == {"play_count": 2}


def test_the_resume_point_is_set_and_the_duration_added() -> None:
    asked = "{findScene(id:1){resume_time play_duration}}"
    with StashDouble(LIBRARY) as stash:
        for _ in range(2):
            data(stash, "mutation{sceneSaveActivity(id:1,resume_time:30,playDuration:20)}")
        assert data(stash, asked)["findScene"] == {"resume_time": 30, "play_duration": 40}

        data(stash, "mutation{sceneResetActivity(id:1)}")
        data(stash, "mutation{sceneResetActivity(id:1,reset_resume:true)}")
        assert data(stash, asked)["findScene"] == {"resume_time": 0, "play_duration": 40}
        data(stash, "mutation{sceneResetActivity(id:1,reset_duration:true)}")
        assert data(stash, asked)["findScene"] == {"resume_time": 0, "play_duration": 0}


@pytest.mark.parametrize("rating", [0, 101, -5])
def test_a_rating_is_stored_as_given(rating: int) -> None:
    with StashDouble(LIBRARY) as stash:
        data(stash, f"mutation{{sceneUpdate(input:{{id:1,rating100:{rating}}}){{id}}}}")
        assert data(stash, "{findScene(id:1){rating100}}")["findScene"] == {"rating100": rating}
