"""Every fault, seen by a client that was not written for the double."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.contract.stash.support import data, post, scenes
from tests.doubles.stash import StashDouble

ASK = '{findScene(id:"1"){id title}}'
SAVE = 'mutation{sceneUpdate(input:{id:1,title:"new"}){id}}'


@pytest.fixture
def stash() -> Iterator[StashDouble]:
    with StashDouble(scenes(3)) as double:
        yield double


def _title(stash: StashDouble) -> str:
    return str(data(stash, ASK)["findScene"]["title"])


def test_connections_are_refused_for_a_time(stash: StashDouble) -> None:
    stash.inject({"kind": "refused", "count": None})
    with pytest.raises(requests.ConnectionError):
        post(stash, ASK)
    stash.clear_faults()

    assert _title(stash) == "Scene 1"


def test_connections_are_refused_until_the_time_is_over(stash: StashDouble) -> None:
    stash.inject({"kind": "refused", "seconds": 0.2})
    refused = 0
    while True:
        try:
            assert _title(stash) == "Scene 1"
            break
        except requests.ConnectionError:
            refused += 1

    assert refused > 0


def test_refused_over_the_control_api_still_answers_whoever_asked(stash: StashDouble) -> None:
    fault = {"kind": "refused", "seconds": 60}
    assert requests.post(f"{stash.url}/__double__/faults", json=fault, timeout=10).json() == {"ok": True}
    with pytest.raises(requests.ConnectionError):
        post(stash, ASK)
    stash.clear_faults()
    assert _title(stash) == "Scene 1"


@pytest.mark.parametrize(("when", "title"), [("before", "Scene 1"), ("after", "new")])
def test_reset_before_and_after_the_change(stash: StashDouble, when: str, title: str) -> None:
    stash.inject({"kind": "reset", "when": when})
    with pytest.raises(requests.ConnectionError) as caught:
        post(stash, SAVE)

    assert "reset" in str(caught.value)
    assert _title(stash) == title


@pytest.mark.parametrize(("when", "title"), [("before", "Scene 1"), ("after", "new")])
def test_no_answer_before_and_after_the_change(stash: StashDouble, when: str, title: str) -> None:
    stash.inject({"kind": "hang", "when": when, "seconds": 60})
    with pytest.raises(requests.ReadTimeout):
        post(stash, SAVE, timeout=1.0)

    assert _title(stash) == title


def test_a_hang_ends_with_the_connection(stash: StashDouble) -> None:
    stash.inject({"kind": "hang", "seconds": 0.1})
    with pytest.raises(requests.ConnectionError):
        post(stash, ASK)


def test_a_slow_answer_is_late_and_right(stash: StashDouble) -> None:
    stash.inject({"kind": "slow", "seconds": 0.2})
    answer = post(stash, ASK)

    assert answer.elapsed.total_seconds() >= 0.2
    assert answer.json()["data"]["findScene"]["title"] == "Scene 1"


def test_an_answer_that_drips(stash: StashDouble) -> None:
    stash.inject({"kind": "drip", "seconds": 0.3})
    url, body = f"{stash.url}/graphql", {"query": ASK}
    with requests.post(url, json=body, stream=True, timeout=10) as answer:
        whole = b"".join(answer.iter_content(1))

    assert json.loads(whole)["data"]["findScene"]["title"] == "Scene 1"


@pytest.mark.parametrize("query", [ASK, "{__schema{types{name description fields{name description}}}}"])
def test_an_answer_cut_short(stash: StashDouble, query: str) -> None:
    """With its length told, and in chunks."""
    stash.inject({"kind": "truncated"})
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        post(stash, query)
    assert _title(stash) == "Scene 1"


@pytest.mark.parametrize(("when", "title"), [("before", "Scene 1"), ("after", "new")])
@pytest.mark.parametrize("status", [400, 404, 429, 500, 502, 503])
def test_statuses(stash: StashDouble, status: int, when: str, title: str) -> None:
    stash.inject({"kind": "status", "status": status, "body": "no", "when": when})
    answer = post(stash, SAVE)

    assert (answer.status_code, answer.text) == (status, "no")
    assert _title(stash) == title


def test_an_expired_session(stash: StashDouble) -> None:
    stash.inject({"kind": "unauthorized"})
    answer = post(stash, ASK)

    assert (answer.status_code, answer.content) == (401, b"")


def test_a_page_instead_of_data(stash: StashDouble) -> None:
    stash.inject({"kind": "html"})
    answer = post(stash, ASK)

    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.text.startswith("<!DOCTYPE html>")


def test_broken_json(stash: StashDouble) -> None:
    stash.inject({"kind": "invalid_json"})
    answer = post(stash, ASK)

    assert answer.status_code == 200
    with pytest.raises(requests.exceptions.JSONDecodeError):
        answer.json()


def test_one_scene_that_cannot_be_read(stash: StashDouble) -> None:
    """Its alias is null, the others are there."""
    stash.inject({"kind": "graphql_error", "scene": 2, "message": "database is locked", "count": None})
    answer = post(stash, "{a:findScene(id:1){id} b:findScene(id:2){id} c:findScene(id:3){id}}")
    several = post(stash, "{findScenes(filter:{per_page:-1}){scenes{id}}}")

    assert answer.status_code == 200
    assert answer.json() == {
        "errors": [{"message": "database is locked", "path": ["b"]}],
        "data": {"a": {"id": "1"}, "b": None, "c": {"id": "3"}},
    }
    assert several.json() == {"errors": [{"message": "database is locked", "path": ["findScenes"]}], "data": None}


def test_one_field_of_one_scene_that_cannot_be_read(stash: StashDouble) -> None:
    stash.inject({"kind": "graphql_error", "scene": 2, "field": "studio", "count": None})
    stash.inject({"kind": "graphql_error", "scene": 3, "field": "tags", "count": None})
    nullable = post(stash, "{findScenes(ids:[1,2]){scenes{id studio{name}}}}").json()
    required = post(stash, "{a:findScene(id:1){id} b:findScene(id:3){id tags{name}}}").json()

    assert nullable["errors"][0]["path"] == ["findScenes", "scenes", 1, "studio"]
    assert nullable["data"]["findScenes"]["scenes"][1] == {"id": "2", "studio": None}
    assert required["errors"][0]["path"] == ["b", "tags"]
    assert required["data"] == {"a": {"id": "1"}, "b": None}


def test_a_whole_operation_that_fails(stash: StashDouble) -> None:
    stash.inject({"kind": "graphql_error", "match": "findScenes"})

    assert post(stash, "{findScenes{count}}").json()["data"] is None
    assert post(stash, "{findScenes{count}}").json()["data"] == {"findScenes": {"count": 3}}


def test_a_whole_request_that_fails(stash: StashDouble) -> None:
    """Each of its parts says so, and the next request is answered."""
    stash.inject({"kind": "graphql_error", "match": "graphql"})
    query = "{a:findScene(id:1){id} b:findScene(id:2){id} jobQueue{id}}"
    answer = post(stash, query)

    assert answer.status_code == 200
    assert answer.json()["data"] == {"a": None, "b": None, "jobQueue": None}
    assert [error["path"] for error in answer.json()["errors"]] == [["a"], ["b"], ["jobQueue"]]
    assert {error["message"] for error in answer.json()["errors"]} == {"database is locked"}
    assert post(stash, query).json()["data"]["a"] == {"id": "1"}


def test_a_field_of_any_object_that_cannot_be_read() -> None:
    """Null at its path where the schema allows it; else null goes up to the next place that may be null."""
    library = {
        "tags": [{"id": 1, "name": "A"}, {"id": 2, "name": "B"}],
        "scenes": [{"id": n, "studio": "S", "tags": [n], "date": "2024-01-01"} for n in (1, 2)],
    }
    with StashDouble(library) as stash:
        ask = "{a:findScene(id:1){date studio{name} tags{id}} b:findScene(id:2){date studio{name} tags{id}}}"
        stash.inject({"kind": "graphql_error", "field": "Scene.studio", "count": None})
        every = post(stash, ask).json()
        stash.clear_faults()
        stash.inject({"kind": "graphql_error", "field": "date", "message": "busy"})
        once = post(stash, ask).json()
        stash.inject({"kind": "graphql_error", "field": "Tag.id", "id": 2, "count": None})
        required = post(stash, ask).json()
        listed = post(stash, "{findTags{tags{id}} version{version}}").json()

    assert [error["path"] for error in every["errors"]] == [["a", "studio"], ["b", "studio"]]
    assert [every["data"][alias]["studio"] for alias in "ab"] == [None, None]
    assert once["errors"] == [{"message": "busy", "path": ["a", "date"]}]
    assert [once["data"][alias]["date"] for alias in "ab"] == [None, "2024-01-01"]
    assert required["errors"][0]["path"] == ["b", "tags", 0, "id"]
    assert (required["data"]["a"]["tags"], required["data"]["b"]) == ([{"id": "1"}], None)
    assert (listed["errors"][0]["path"], listed["data"]) == (["findTags", "tags", 1, "id"], None)


@pytest.mark.parametrize(
    ("question", "left"),
    [
        ("{plugins{id} version{version}}", {"plugins": None, "version": {"version": "v0.30.1"}}),
        ("{jobQueue{id} version{version}}", {"jobQueue": None, "version": {"version": "v0.30.1"}}),
        ("{findPerformers{count} version{version}}", None),
    ],
)
def test_a_list_that_cannot_be_read(stash: StashDouble, question: str, left: Any) -> None:
    """Where a list may be null, it looks like one with nothing in it to whoever reads no errors."""
    name = question[1:].partition("{")[0]
    stash.inject({"kind": "graphql_error", "match": name})
    answer = post(stash, question).json()

    assert [error["path"] for error in answer["errors"]] == [[name]]
    assert answer["data"] == left


@pytest.mark.parametrize(
    "body", ["{}", '{"data": null}', '{"data": {}}', '{"MediaContainer": {"size": 0}}', "[]", "null"]
)
@pytest.mark.parametrize(("when", "title"), [("before", "Scene 1"), ("after", "new")])
def test_json_that_is_no_answer(stash: StashDouble, body: str, when: str, title: str) -> None:
    """Of a proxy, of another program at the same port, of a Stash that lost its thread: all with status 200."""
    stash.inject({"kind": "json", "body": body, "when": when})
    answer = post(stash, SAVE)

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.json() == json.loads(body)
    assert _title(stash) == title


def test_which_requests_how_many_and_after_how_many(stash: StashDouble) -> None:
    stash.inject({"kind": "status", "status": 503, "match": "findScene", "skip": 1, "count": 2})
    statuses = [post(stash, ASK).status_code for _ in range(4)]
    image = requests.get(f"{stash.url}/scene/1/screenshot", timeout=10).status_code
    other = post(stash, "{version{version}}").status_code
    assert (statuses, image, other) == ([200, 503, 503, 200], 200, 200)

    stash.inject({"kind": "status", "status": 500, "match": "image", "count": None})
    assert requests.get(f"{stash.url}/scene/1/screenshot", timeout=10).status_code == 500
    assert post(stash, ASK).status_code == 200

    stash.clear_faults()
    assert requests.get(f"{stash.url}/scene/1/screenshot", timeout=10).status_code == 200
    stash.inject({"kind": "status", "status": 500, "match": "graphql", "probability": 0.5, "count": None})
    assert {post(stash, ASK).status_code for _ in range(40)} == {200, 500}


def test_the_doubles_own_helpers_meet_no_fault(stash: StashDouble) -> None:
    stash.inject({"kind": "reset", "count": None})
    stash.save(1, title="new")
    stash.clear_faults()

    assert _title(stash) == "new"


@pytest.mark.parametrize(
    "fault", [{"kind": "earthquake"}, {"kind": "reset", "when": "never"}, {"kind": "reset", "colour": 1}, {}]
)
def test_an_unknown_fault_is_told(stash: StashDouble, fault: dict[str, Any]) -> None:
    answer = requests.post(f"{stash.url}/__double__/faults", json=fault, timeout=10)

    assert answer.status_code == 400
    assert answer.json()["error"]


def test_clients_that_go_away_leave_no_trace(stash: StashDouble, capfd: pytest.CaptureFixture[str]) -> None:
    stash.inject({"kind": "slow", "seconds": 0.1, "count": None})
    for _ in range(3):
        with pytest.raises(requests.ReadTimeout):
            post(stash, ASK, timeout=0.03)
    stash.clear_faults()
    _title(stash)
    stash.close()

    assert capfd.readouterr().err == ""
