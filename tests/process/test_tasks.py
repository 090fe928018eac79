"""The task buttons, run by Stash's own queue."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.harness import PLEX_ROOT, STASH_ROOT, Setup, eventually, installed, plex_library, stash_library
from tests.support.tasks import answer, lines, quietly_save, run
from worker.tasks.sending import FILLING


def test_sync_all_brings_every_scene_to_plex_and_ends_in_one_line(setup: Setup) -> None:
    for scene in (1, 2, 3):
        quietly_save(setup, scene, title=f"Title {scene}")
    said = run(setup, "Sync All Scenes")
    assert said[-1] == "50 scenes: 47 already right, 3 updated."
    assert all(setup.shows(n, title=f"Title {n}") for n in (1, 2, 3))
    assert setup.plex.counts()["edit"] == 3
    assert answer(setup)["output"] == said[-1]
    progress = [value for _, plugin, value in setup.stash.progress if plugin == "PlexSync"]
    assert progress == sorted(progress)
    assert progress[-1] == 1.0
    # Reading both libraries is a part of it, before the first scene is sent.
    assert progress[0] <= FILLING
    assert run(setup, "Sync All Scenes")[-1] == "50 scenes: 50 already right."
    assert setup.plex.counts()["edit"] == 3


def test_the_progress_bar_moves_with_every_scene(setup: Setup) -> None:
    run(setup, "Sync All Scenes")
    shares = [value for _, plugin, value in setup.stash.progress if plugin == "PlexSync"]
    assert shares == [round(FILLING + (1 - FILLING) * scene / 50, 4) for scene in range(51)]


def test_the_counts_name_what_plex_does_not_have(tmp_path: Path) -> None:
    with installed(tmp_path, stash_library(12), plex_library(10)) as setup:
        assert run(setup, "Sync All Scenes")[-1] == "12 scenes: 10 already right, 2 not in Plex."
        said = "\n".join(run(setup, "Status"))
        assert "Scenes that wait: 2." in said
        assert "its file is not in Plex yet (scene 11, 12)" in said


def test_sync_all_in_large_libraries_pages_through_stash(tmp_path: Path) -> None:
    with installed(tmp_path, stash_library(1203), plex_library(1203)) as setup:
        setup.stash.reset_counts()
        assert run(setup, "Sync All Scenes")[-1] == "1,203 scenes: 1,203 already right."
        assert setup.plex.counts() == {"root": 1, "sections": 1, "list": 3, "details": 25, "writes": 0}


def test_reconciling_finds_what_no_hook_told_and_then_nothing_more(setup: Setup) -> None:
    assert run(setup, "Reconcile Library")[-1] == "50 scenes: 50 already right."
    for scene in (1, 2, 3):
        quietly_save(setup, scene, title=f"Title {scene}")
    run(setup, "Reconcile Library")
    assert all(setup.shows(n, title=f"Title {n}") for n in (1, 2, 3))
    assert setup.plex.counts()["edit"] == 3

    def costs_next_to_nothing() -> bool:
        # Scenes read within the second of their last change are read once more: so not at the first try.
        setup.plex.reset_counts()
        setup.stash.reset_counts()
        assert run(setup, "Reconcile Library")[-1] == "50 scenes: 50 already right."
        quiet = setup.plex.counts() == {"root": 1, "sections": 1, "writes": 0}
        # The worker in the background looks at the settings, and what was changed, whenever its time has come.
        asked = [one["fields"] for one in setup.stash.requests if "configuration" not in one["fields"]]
        lists = ["findPerformers", "findStudios", "findTags", "findGroups"]
        return quiet and sorted(asked) == [lists, ["findScenes"], ["findScenes"]]

    eventually(costs_next_to_nothing)


def test_stop_loses_nothing_and_the_worker_does_the_rest(tmp_path: Path) -> None:
    with installed(tmp_path, stash_library(300), plex_library(300)) as setup:
        setup.stash.graphql("mutation { setPluginsEnabled(enabledMap: {PlexSync: false}) }")
        setup.stash.bulk_save(range(1, 301), details="To be sent.")
        setup.stash.graphql("mutation { setPluginsEnabled(enabledMap: {PlexSync: true}) }")
        job = setup.stash.run_task("PlexSync", "Sync All Scenes")
        eventually(lambda: setup.plex.counts().get("edit", 0) > 20)
        setup.stash.stop_job(job)
        assert setup.stash.wait_for_job(job)["status"] == "CANCELLED"
        eventually(lambda: all(setup.shows(n, summary="To be sent.") for n in range(1, 301)))
        eventually(setup.idle)
        assert len(setup.worker_pids()) == 1


def test_events_during_a_task_are_not_left_lying(setup: Setup) -> None:
    job = setup.stash.run_task("PlexSync", "Sync All Scenes")
    setup.stash.save(9, title="Saved meanwhile")
    setup.stash.wait_for_job(job)
    eventually(lambda: setup.shows(9, title="Saved meanwhile"))
    eventually(setup.idle)


def test_sync_all_says_plainly_that_plex_is_down(setup: Setup) -> None:
    setup.plex.stop()
    run(setup, "Sync All Scenes")
    assert answer(setup)["error"].startswith("Plex does not answer")
    setup.plex.start()


@pytest.mark.parametrize("missing", ["plex_url", "plex_token"])
def test_a_missing_setting_is_named(setup: Setup, missing: str) -> None:
    setup.settings(**{missing: ""})
    run(setup, "Sync All Scenes")
    title = {"plex_url": "Plex address", "plex_token": "Plex token"}[missing]
    assert f'The setting "{title}" is empty' in answer(setup)["error"]


def test_status_of_a_fresh_installation(tmp_path: Path) -> None:
    with installed(tmp_path, stash_library(1), plex_library(1), configured=False) as setup:
        said = "\n".join(run(setup, "Status"))
        assert "The background worker is not running; the next saved scene starts it." in said
        assert 'The setting "Plex address" is empty; enter it under Settings > Plugins > PlexSync.' in said
        assert "No scene waits." in said
        assert lines(setup, "Error") == []


@contextmanager
def with_twins(tmp_path: Path) -> Iterator[Setup]:
    """Five scenes; Plex has two items that may be the sixth scene's, which nobody can tell apart."""
    stash_has, plex_has = stash_library(6), plex_library(5)
    stash_has["scenes"][5]["files"][0]["path"] = f"{STASH_ROOT}/twin.mp4"
    plex_has["sections"][0]["items"] += [
        {"title": "twin", "file": f"{PLEX_ROOT}/{folder}/twin.mp4", "size": 1006} for folder in ("A", "B")
    ]
    with installed(tmp_path, stash_has, plex_has) as setup:
        setup.stash.save(6, title="Six")
        eventually(lambda: "is parked" in setup.log())
        yield setup


def test_status_says_what_waits_what_is_parked_and_what_was_done(tmp_path: Path) -> None:
    with with_twins(tmp_path) as setup:
        setup.stash.save(1, title="One")
        eventually(lambda: setup.shows(1, title="One"))
        eventually(setup.idle)
        said = "\n".join(run(setup, "Status"))
        assert "The background worker is running." in said
        assert "Plex answers:" in said
        assert "Libraries written to: Clips." in said
        assert "Parked until they change in Stash: 1." in said
        assert '2 items in Plex hold a file called "twin.mp4"' in said
        assert "scene 1: title written." in said
        assert setup.plex.token not in said


def test_an_unknown_mode_is_one_clear_sentence(setup: Setup) -> None:
    job = setup.stash.run_task("PlexSync", None, {"mode": "nonsense"})
    setup.stash.wait_for_job(job)
    assert answer(setup)["error"].startswith("PlexSync has no task of the mode 'nonsense'; it knows: reconcile")


def test_the_last_line_adds_up_and_says_where_the_missing_ones_are(tmp_path: Path) -> None:
    stash_has = stash_library(12)
    stash_has["scenes"] += [
        {"id": n, "title": "", "files": [{"path": f"/media/new/{n}.mp4", "size": n}]} for n in (13, 14)
    ]
    with installed(tmp_path, stash_has, plex_library(10)) as setup:
        said = run(setup, "Reconcile Library")
        assert said[-1] == (
            "14 scenes: 10 already right, 4 not in Plex (2 under /media/new, which no Plex library contains)."
        )
        assert "2: its file is not in Plex yet (scene 11, 12)" in said
        assert "2: no Plex library contains the folder /media/new (scene 13, 14)" in said
        assert run(setup, "Reconcile Library")[-1] == said[-1]


def test_history_lists_what_was_written_and_what_stood_there(tmp_path: Path) -> None:
    with installed(tmp_path, stash_library(5), plex_library(5)) as setup:
        assert run(setup, "History")[-1] == "Nothing was written to Plex yet."
        run(setup, "Reconcile Library")
        before = setup.shown(2)["title"]
        quietly_save(setup, 2, title="Anew")
        run(setup, "Reconcile Library")
        said = run(setup, "History")
        assert any('task "Reconcile Library": 1 write' in line for line in said)
        assert any(line.startswith("Scene 2: ") and f"by a task: title {before} → Anew" in line for line in said)
        stash = setup.stash
        for arguments, wanted in (({"scene_ids": "2", "limit": 1}, 1), ({"run": "1"}, 1), ({"scene_ids": "99"}, 0)):
            stash.wait_for_job(stash.run_task("PlexSync", None, {"mode": "history", **arguments}))
            lines = 0 if "nothing" in answer(setup)["output"] else int(answer(setup)["output"].split()[0])
            assert lines == wanted, arguments


def test_undo_says_what_it_would_do_and_does_it_when_it_is_confirmed(tmp_path: Path) -> None:
    with installed(tmp_path, stash_library(5), plex_library(5)) as setup:
        assert run(setup, "Undo Last Run")[-1] == "There is nothing to take back."
        first = [setup.shown(n)["title"] for n in (1, 2, 3)]
        for scene in (1, 2, 3):
            quietly_save(setup, scene, title="Sent")
        run(setup, "Reconcile Library")
        quietly_save(setup, 2, title="Anew")
        run(setup, "Reconcile Library")
        said = run(setup, "Undo Last Run")
        assert said[-1].startswith("1 item would get back what it showed before. Nothing was changed yet.")
        assert "title of 1 item" in said
        assert setup.shown(2)["title"] == "Anew"
        assert confirmed(setup, "undo").startswith("1 item got back what it showed before.")
        assert setup.shown(2)["title"] == "Sent"
        assert run(setup, "Reconcile Library")[-1] == "5 scenes: 4 already right, 1 held as they are in Plex."
        assert 'Held in Plex as they are until "Release Holds": 1.' in run(setup, "Status")
        assert run(setup, "Release Holds")[-1] == "1 scene: 1 updated."
        assert setup.shown(2)["title"] == "Anew"
        said = run(setup, "Give Everything Back")
        assert "title of 3 items" in said
        assert said[-1].startswith("3 items would get back what they showed")
        assert setup.shown(2)["title"] == "Anew"
        given_back = confirmed(setup, "give-back")
        assert given_back.startswith("3 items got back what they showed before.")
        assert given_back.endswith('nothing is written to Plex, until you run the task "Release Holds".')
        assert [setup.shown(n)["title"] for n in (1, 2, 3)] == first
        setup.stash.save(1, title="While all is held")
        assert any("Everything was given back" in line for line in run(setup, "Status"))
        assert "Everything was given back" in run(setup, "Sync All Scenes")[-1]
        assert setup.shown(1)["title"] == first[0]
        run(setup, "Release Holds")
        eventually(lambda: setup.shows(1, title="While all is held") and setup.shows(2, title="Anew"))


def confirmed(setup: Setup, mode: str) -> str:
    """Start a task with the argument ``confirm``; its last line."""
    setup.stash.wait_for_job(setup.stash.run_task("PlexSync", None, {"mode": mode, "confirm": "yes"}))
    return answer(setup)["output"]


def test_parked_scenes_can_be_retried_and_forgotten(tmp_path: Path) -> None:
    with with_twins(tmp_path) as setup:
        assert run(setup, "Retry Parked Scenes")[-1] == "1 scene: 1 ambiguous."
        assert run(setup, "Forget Parked Scenes")[-1] == "Parked scenes forgotten: 1."
        said = "\n".join(run(setup, "Status"))
        assert "No scene is parked." in said
        assert "forgotten by you when it was parked (scene 6)" in said


def test_stop_during_a_reconciliation_loses_nothing(tmp_path: Path) -> None:
    with installed(tmp_path, stash_library(300), plex_library(300)) as setup:
        setup.stash.graphql("mutation { setPluginsEnabled(enabledMap: {PlexSync: false}) }")
        setup.stash.bulk_save(range(1, 301), details="To be sent.")
        setup.stash.graphql("mutation { setPluginsEnabled(enabledMap: {PlexSync: true}) }")
        job = setup.stash.run_task("PlexSync", "Reconcile Library")
        eventually(lambda: setup.plex.counts().get("edit", 0) > 20)
        setup.stash.stop_job(job)
        eventually(lambda: all(setup.shows(n, summary="To be sent.") for n in range(1, 301)))
        eventually(setup.idle)


def test_the_last_line_says_what_stash_could_not_read(tmp_path: Path) -> None:
    with installed(tmp_path, stash_library(12), plex_library(12)) as setup:
        run(setup, "Reconcile Library")
        setup.stash.inject({"kind": "graphql_error", "scene": 5, "count": None})
        setup.stash.inject({"kind": "graphql_error", "match": "findTags", "count": None})
        said = run(setup, "Reconcile Library")
        assert said[-1] == (
            "12 scenes: 11 already right, 1 to be tried again. Stash could not read 1 of 4 lists (tags): "
            "what was renamed there is found by the next comparison."
        )
        assert any(line.startswith("1: Stash reports: database is locked (scene 5)") for line in said)
        setup.stash.clear_faults()
        run(setup, "Reconcile Library")
        eventually(lambda: run(setup, "Reconcile Library")[-1] == "12 scenes: 12 already right.")
