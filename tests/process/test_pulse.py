"""What no hook tells of, with real processes: taken up by the pulse, and by a worker that was away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.support.harness import STASH_ROOT, Setup, eventually, file_name, installed, plex_library, stash_library
from tests.support.tasks import run


def save_once(setup: Setup) -> None:
    setup.stash.save(1, title="One")
    eventually(lambda: setup.shows(1, title="One"))


def ask(setup: Setup, mutation: str) -> dict[str, Any]:
    answer = setup.stash.graphql(f"mutation {{ {mutation} }}")
    assert not answer.get("errors"), answer
    return answer


def enable(setup: Setup, enabled: str) -> None:
    ask(setup, f"setPluginsEnabled(enabledMap: {{PlexSync: {enabled}}})")


def uploaded(setup: Setup, *scenes: int) -> bool:
    return all(any(poster.startswith("upload:") for poster in setup.shown(scene)["posters"]) for scene in scenes)


def test_a_merge_reaches_plex_and_the_scene_that_is_gone_is_closed(setup: Setup) -> None:
    save_once(setup)
    setup.stash.save(2, title="Two")
    eventually(lambda: setup.shows(2, title="Two"))
    ask(setup, 'sceneMerge(input: {source: ["2"], destination: "1", values: {id: "1", title: "Both"}}) { id }')
    eventually(lambda: setup.shows(1, 2, title="Both"))
    eventually(setup.idle)
    said = "Scenes that Plex showed as Stash did when they were last compared: 1."
    eventually(lambda: said in run(setup, "Status"), what="the record of the merged scene is closed")


def test_auto_tag_reaches_plex_also_in_a_stash_that_was_killed_and_started_again(tmp_path: Path) -> None:
    performers = [{"id": 1, "name": "scene.0003"}]
    with installed(tmp_path, stash_library(5, performers=performers), plex_library(5)) as setup:
        save_once(setup)
        (pid,) = setup.worker_pids()
        setup.stash.stop()
        eventually(lambda: "Stash does not answer" in setup.log())
        setup.stash.start()
        ask(setup, 'metadataAutoTag(input: {performers: ["*"]})')
        eventually(lambda: setup.shown(3)["tags"].get("actor") == ["scene.0003"])
        assert setup.worker_pids() == [pid]


def test_covers_that_a_scan_makes_after_its_hooks_become_posters(tmp_path: Path) -> None:
    new = range(2, 14)
    with installed(tmp_path, stash_library(1), plex_library(13)) as setup:
        save_once(setup)
        for number in new:
            setup.stash.stash.disk.put(f"{STASH_ROOT}/{file_name(number)}", size=1000 + number)
        ask(setup, "metadataScan(input: {scanGenerateCovers: true})")
        eventually(lambda: uploaded(setup, *new))
        eventually(setup.idle)


def test_edits_made_while_the_plugin_was_off_arrive_without_a_button(tmp_path: Path) -> None:
    library = {**stash_library(5), "tags": [{"id": 1, "name": "Beach"}]}
    library["scenes"][2]["tags"] = [1]
    with installed(tmp_path, library, plex_library(5)) as setup:
        setup.settings(give_back_on_destroy=True)
        former = setup.shown(4)["title"]
        for scene in (2, 3, 4):
            setup.stash.save(scene, title="Before")
        save_once(setup)
        eventually(lambda: setup.shows(2, 3, 4, title="Before") and setup.idle())
        enable(setup, "false")
        eventually(lambda: not setup.worker_pids())
        setup.stash.save(2, title="While it was off")
        ask(setup, 'tagUpdate(input: {id: "1", name: "Sea"}) { id }')
        ask(setup, 'sceneDestroy(input: {id: "4"})')
        enable(setup, "true")
        setup.stash.save(1, title="Another")
        eventually(lambda: setup.shows(1, title="Another") and setup.shows(2, title="While it was off"))
        eventually(lambda: setup.shown(3)["tags"]["genre"] == ["Sea"])
        eventually(lambda: setup.shows(4, title=former))
