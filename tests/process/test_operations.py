"""What the page asks, through Stash's ``runPluginOperation``, and what comes of what it wants done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.support.harness import PLEX_ROOT, STASH_ROOT, Setup, eventually, installed, plex_library, stash_library

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


def test_an_operation_that_is_none_is_one_clear_error(setup: Setup) -> None:
    answer = setup.stash.graphql(OPERATION, {"args": {"operation": "erase"}})
    assert "PlexSync does not know the operation 'erase'" in str(answer["errors"])
