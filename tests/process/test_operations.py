"""What the page asks, through Stash's ``runPluginOperation``, and what comes of what it wants done."""

from __future__ import annotations

import os
import stat
import urllib.request
from base64 import b64encode
from pathlib import Path
from typing import Any, cast

import pytest

from plex.pictures import read_small_picture
from plex.protocols import Server
from tests.doubles.stash.pictures import Picture
from tests.support.harness import (
    PLEX_ROOT,
    STASH_ROOT,
    Setup,
    eventually,
    file_name,
    installed,
    plex_library,
    stash_library,
)
from tests.support.pictures import JPEG

OPERATION = 'mutation Ask($args: Map) { runPluginOperation(plugin_id: "PlexSync", args: $args) }'


def ask(setup: Setup, **arguments: object) -> Any:
    answer = setup.stash.graphql(OPERATION, {"args": arguments})
    assert not answer.get("errors"), answer
    return answer["data"]["runPluginOperation"]


def look(setup: Setup, **at: object) -> Any:
    return ask(setup, operation="look", at=at)


def test_a_parked_scene_is_seen_with_its_reason_and_tried_again_by_the_page(tmp_path: Path) -> None:
    plex = plex_library(1)
    (item,) = plex["sections"][0]["items"]
    copies = [f"{PLEX_ROOT}/{folder}/scene.0001.mp4" for folder in ("One", "Two")]
    plex["sections"][0]["items"] = [{**item, "file": path} for path in copies]
    with installed(tmp_path, stash_library(1), plex) as setup:
        setup.settings(path_map="")
        setup.stash.save(1, title="New")
        eventually(lambda: look(setup, overview={})["overview"]["counts"]["parked"] == 1)
        (row,) = look(setup, scenes={"state": "parked"})["scenes"]["rows"]
        assert row["scene"] == 1
        assert "neither size nor folder" in row["reason"]
        setup.settings(path_map=f"{STASH_ROOT}/Studio 1 => {PLEX_ROOT}/One")
        ask(setup, operation="act", action="retry", scenes=[1])
        eventually(lambda: setup.plex.find(copies[0])["title"] == "New")
        eventually(lambda: look(setup, overview={})["overview"]["counts"]["in_step"] == 1)
        assert "token" not in str(look(setup, overview={}, scene={"id": 1})).replace("plex_token", "").lower()
        assert setup.plex.token not in str(look(setup, overview={}, scene={"id": 1}))


def test_sync_now_writes_what_nobody_told_of(setup: Setup) -> None:
    setup.stash.save(1, title="One")
    eventually(lambda: setup.shows(1, title="One"))
    scene = setup.stash.stash.library.scenes[1]
    scene.title = "Two"
    ask(setup, operation="act", action="sync", scenes=[1])
    eventually(lambda: setup.shows(1, title="Two"))


def test_a_wrong_setting_is_named_by_the_overview(setup: Setup) -> None:
    setup.settings(plex_read_timeout=100_000)
    ask(setup, operation="act", action="wake")
    eventually(lambda: look(setup, overview={})["overview"]["faults"])
    (fault,) = look(setup, overview={})["overview"]["faults"]
    assert fault.startswith('The setting "Plex read timeout" cannot be used')
    setup.settings()
    eventually(lambda: not look(setup, overview={})["overview"]["faults"])


def answered(setup: Setup, question: str, **more: object) -> Any:
    number = ask(setup, operation="ask", question=question, **more)["id"]
    eventually(lambda: look(setup, answer={"id": number})["answer"]["ready"])
    return look(setup, answer={"id": number})["answer"]["answer"]


def test_libraries_are_listed_with_what_the_settings_say_at_that_moment(setup: Setup) -> None:
    found = answered(setup, "libraries")
    assert [(one["title"], one["chosen"]) for one in found["libraries"]] == [("Clips", True)]
    assert found["libraries"][0]["locations"] == [PLEX_ROOT]
    setup.settings(plex_token="")
    assert answered(setup, "libraries") == {
        "error": 'The setting "Plex token" is empty; enter it under Settings > Plugins > PlexSync.'
    }
    setup.settings(plex_token="wrong-token")
    assert "token" in answered(setup, "libraries")["error"]
    assert "wrong-token" not in setup.log()
    if os.name != "nt":
        modes = {stat.S_IMODE(entry.stat().st_mode) for entry in os.scandir(setup.data.answers)}
        assert modes == {0o600}


def test_the_checklist_proposes_a_path_map_that_can_be_taken_over(setup: Setup) -> None:
    setup.settings(path_map="")
    found = answered(setup, "checklist")
    assert found["path_map"] == f"{STASH_ROOT} => {PLEX_ROOT}"
    assert {line["kind"] for line in found["lines"]} <= {"right", "wrong", "hint", "note"}
    setup.settings(path_map=found["path_map"])
    assert answered(setup, "checklist")["path_map"] == ""


def test_a_scene_is_compared_without_a_write(setup: Setup) -> None:
    setup.stash.save(1, title="One")
    eventually(lambda: setup.shows(1, title="One"))
    scene = setup.stash.stash.library.scenes[1]
    scene.title = "Two"
    setup.plex.reset_counts()
    (item,) = answered(setup, "compare", scene=1)["items"]
    assert item["fields"] == [{"label": "title", "plex": "One", "stash": "Two", "kept": False}]
    (proof,) = item["proofs"]
    assert (proof["by"], proof["plex"], item["library"]) == ("path", f"{PLEX_ROOT}/{file_name(1)}", "Clips")
    assert setup.plex.counts()["writes"] == 0
    assert "its file is not in Plex" not in str(answered(setup, "compare", scene=1))
    assert answered(setup, "compare", scene=999)["error"] == "Stash has no such scene any more."


def test_posters_come_as_data_small_where_plex_makes_them_so(setup: Setup) -> None:
    setup.stash.stash.library.scenes[1].cover = Picture(JPEG)
    setup.stash.save(1, title="One")
    eventually(lambda: setup.shows(1, title="One"))
    eventually(lambda: setup.idle())
    shown = f"data:image/jpeg;base64,{b64encode(JPEG).decode()}"
    (item,) = answered(setup, "posters", scene=1)["items"]
    assert (item["title"], item["poster"]) == ("One", shown)
    setup.plex.inject({"type": "status", "status": 500, "kind": "image", "count": 1})  # nothing is made small
    assert answered(setup, "posters", scene=1)["items"][0]["poster"] == shown
    setup.plex.inject({"type": "status", "status": 404, "kind": "image", "count": 2})
    assert answered(setup, "posters", scene=1)["items"][0]["poster"] == ""
    assert answered(setup, "posters", scene=999) == {"items": []}


@pytest.mark.parametrize("address", ["http://elsewhere.test/thumb", "//elsewhere.test/thumb", "", "thumb"])
def test_the_token_goes_nowhere_for_a_picture_that_lies_elsewhere(address: str) -> None:
    class Nobody:
        def __getattr__(self, name: str) -> object:
            raise AssertionError(f"asked for {name}")

    assert read_small_picture(cast(Server, Nobody()), address, 1.0) == b""


def by_hand(setup: Setup, method: str, path: str) -> None:
    """A person does something in Plex."""
    request = urllib.request.Request(
        f"{setup.plex.url}{path}", method=method, headers={"X-Plex-Token": setup.plex.token}
    )
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request):
        pass


def test_an_undo_is_foreseen_with_what_it_leaves_and_why(setup: Setup) -> None:
    for number in (1, 2, 3, 4):
        setup.stash.stash.library.scenes[number].title = f"Title {number}"
    setup.stash.wait_for_job(setup.stash.run_task("PlexSync", "Sync All Scenes"))
    eventually(lambda: setup.idle())
    (run,) = [one for one in look(setup, history={})["history"]["runs"] if one["name"] == "Sync All Scenes"]
    keys = {number: setup.shown(number)["ratingKey"] for number in (2, 3, 4)}
    by_hand(setup, "PUT", f"/library/sections/1/all?type=1&id={keys[2]}&title.value=By%20hand")
    by_hand(setup, "DELETE", f"/library/metadata/{keys[3]}")
    by_hand(setup, "PUT", f"/library/sections/1/all?type=1&id={keys[4]}&title.value=scene.0004&title.locked=0")
    setup.plex.reset_counts()
    found = answered(setup, "undo", run=run["id"])
    assert (found["items"], found["looked_at"], found["back"]) == (4, 4, 1)
    assert found["fields"] == [{"label": "title", "count": 1}]
    left = {one["why"]: [(of["scene"], of["fields"]) for of in one["examples"]] for one in found["left"]}
    assert left == {"changed": [(2, ["title"])], "gone": [(3, [])], "same": [(4, [])]}
    assert {one["count"] for one in found["left"]} == {1}
    assert setup.plex.counts()["writes"] == 0
    assert look(setup, scene={"id": 1})["scene"]["held"] is None
    assert answered(setup, "undo", run=999)["items"] == 0


def test_a_template_is_tried_with_the_scene_changed_last(setup: Setup) -> None:
    setup.stash.advance(60)
    setup.stash.save(3, title="Three", code="X1")
    assert answered(setup, "template", text="[{code}: ]{title}")["text"] == "X1: Three"
    assert "error" in answered(setup, "template", text="{nothing}")


def test_whoever_looks_learns_at_once_that_plex_does_not_answer(setup: Setup) -> None:
    answered(setup, "links")
    eventually(lambda: look(setup, overview={})["overview"]["plex"]["since"])
    assert look(setup, overview={})["overview"]["plex"]["silent"] == ""
    setup.plex.stop()
    answered(setup, "links")
    seen = look(setup, overview={})["overview"]
    assert (seen["plex"]["silent"], seen["stash"]["silent"]) == ("Plex does not answer.", "")


def test_while_a_task_owns_the_data_it_answers(setup: Setup) -> None:
    setup.plex.inject({"type": "slow", "kind": "edit", "seconds": 0.3, "count": None})
    for number in range(1, 21):
        setup.stash.stash.library.scenes[number].title = f"Title {number}"
    job = setup.stash.run_task("PlexSync", "Sync All Scenes")
    eventually(lambda: setup.shown(1)["title"] == "Title 1")
    assert answered(setup, "libraries")["libraries"]
    setup.stash.wait_for_job(job)


def test_an_operation_that_is_none_is_one_clear_error(setup: Setup) -> None:
    answer = setup.stash.graphql(OPERATION, {"args": {"operation": "erase"}})
    assert "PlexSync does not know the operation 'erase'" in str(answer["errors"])
