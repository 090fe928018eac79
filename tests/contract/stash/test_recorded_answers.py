"""The double answers the recorded requests with the recorded statuses and bodies."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.contract.stash.recorded_library import LIBRARY
from tests.contract.stash.support import RECORDED, recorded
from tests.doubles.stash import StashDouble

PROBE = """
name: Probe
version: 0.1.0
exec: [python, "{pluginDir}/probe.py"]
interface: raw
tasks:
  - {name: Long, description: x}
  - {name: Echo, description: x}
hooks:
  - name: h
    triggeredBy: [Scene.Create.Post, Scene.Update.Post, Scene.Destroy.Post, Performer.Update.Post,
      Performer.Destroy.Post, Studio.Update.Post, Studio.Destroy.Post, Tag.Update.Post, Tag.Merge.Post,
      Tag.Destroy.Post, Group.Update.Post, Group.Destroy.Post]
settings:
  a_string: {displayName: A string, type: STRING}
  a_bool: {displayName: A bool, type: BOOLEAN}
  a_number: {displayName: A number, type: NUMBER}
"""


@pytest.fixture(scope="module")
def stash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StashDouble]:
    home = tmp_path_factory.mktemp("plugins") / "Probe"
    home.mkdir()
    (home / "Probe.yml").write_text(PROBE)
    with StashDouble(LIBRARY, plugins=home.parent, version="", api_key="scrubbed-api-key") as double:
        yield double


@pytest.mark.parametrize("name", sorted(path.stem for path in (RECORDED / "graphql").glob("*.json")))
def test_answers_as_recorded(stash: StashDouble, name: str) -> None:
    exchange = recorded(f"graphql/{name}.json")
    headers = {"Host": "127.0.0.1:9999"}
    if name == "wrong-api-key":
        headers["ApiKey"] = "wrong"

    answer = requests.post(f"{stash.url}/graphql", json=exchange["request"], headers=headers, timeout=10)

    assert answer.status_code == exchange["status"]
    if exchange["body"] == "":
        assert answer.content == b""
    else:
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.json() == exchange["body"]
        assert list(answer.json()) == list(exchange["body"])


def test_an_id_given_twice_fails_the_whole_answer(stash: StashDouble) -> None:
    query = "query($v:[ID!]){findScenes(ids:$v){scenes{id}}}"

    answer = requests.post(
        f"{stash.url}/graphql", json={"query": query, "variables": {"v": ["3", "1", "3"]}}, timeout=10
    )

    assert answer.status_code == 200
    assert answer.json() == {
        "errors": [{"message": "validating ids: duplicate id found: 3", "path": ["findScenes"]}],
        "data": None,
    }


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"query": "{findScene(id:"}, 422, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{findScenes(sort:1){count}}"}, 422, "GRAPHQL_VALIDATION_FAILED"),
        (
            {"query": "query($n:Int){findScenes(filter:{per_page:$n}){count}}", "variables": {"n": "x"}},
            422,
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            {"query": "query($id:ID!){findScene(id:$id){id}}", "variables": {"id": None}},
            422,
            "GRAPHQL_VALIDATION_FAILED",
        ),
    ],
)
def test_what_is_no_valid_request_is_unprocessable(
    stash: StashDouble, body: dict[str, Any], status: int, code: str
) -> None:
    answer = requests.post(f"{stash.url}/graphql", json=body, timeout=10)

    assert answer.status_code == status
    assert answer.json()["data"] is None
    assert answer.json()["errors"][0]["extensions"] == {"code": code}


def test_what_is_no_json_is_a_bad_request(stash: StashDouble) -> None:
    headers = {"Content-Type": "application/json"}

    assert requests.post(f"{stash.url}/graphql", data=b"{", headers=headers, timeout=10).status_code == 400
    assert requests.post(f"{stash.url}/graphql", data=b"{}", timeout=10).status_code == 400
