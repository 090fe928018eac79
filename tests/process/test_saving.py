"""A saved scene reaches Plex: real hook processes, a real worker, real sockets."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.harness import (
    PLEX_ROOT,
    Setup,
    eventually,
    file_name,
    hook_input,
    installed,
    plex_library,
    stash_library,
)
from worker.storage.ownership import Lock
from worker.storage.queue_file import read_jobs


def test_a_saved_scene_reaches_plex_with_one_read_and_one_write_and_is_read_back_once(setup: Setup) -> None:
    setup.stash.save(1, title="Warm up", details="Text.", date="2020", studio_id="2")
    eventually(lambda: setup.shows(1, title="Warm up"))
    eventually(lambda: setup.plex.counts()["details"] == 2)
    eventually(setup.idle)
    setup.plex.reset_counts()
    setup.stash.save(7, title="A title", details="What happens.", date="2024-03", studio_id="1")
    eventually(lambda: setup.shows(7, title="A title"))
    shown = setup.shown(7)
    assert shown["summary"] == "What happens."
    assert shown["studio"] == "A Studio"
    assert shown["originallyAvailableAt"] == "2024-03-01"
    eventually(setup.idle)
    eventually(lambda: setup.plex.counts()["details"] == 2)
    assert setup.plex.counts() == {"details": 2, "edit": 1, "writes": 1}
    assert setup.plex.edits_without_id == 0


def test_only_what_changed_is_written_and_nothing_when_equal(setup: Setup) -> None:
    setup.stash.save(1, title="One", details="Text.")
    eventually(lambda: setup.shows(1, title="One"))
    eventually(lambda: setup.plex.counts()["details"] == 2)  # read, and read back
    eventually(setup.idle)
    setup.plex.reset_counts()
    setup.stash.save(1, title="Uno")
    eventually(lambda: setup.shows(1, title="Uno"))
    edit = next(request for request in setup.plex.requests if request.kind == "edit")
    assert "title.value" in edit.query
    assert "summary.value" not in edit.query
    setup.stash.save(1, title="Uno")
    eventually(setup.idle)
    eventually(lambda: setup.plex.counts().get("details") == 3)  # the same, and the look that finds nothing to write
    assert setup.plex.counts()["writes"] == 1


def test_a_bulk_edit_is_read_in_one_go(setup: Setup) -> None:
    setup.stash.save(1, title="Warm up")
    eventually(lambda: setup.shows(1, title="Warm up"))
    setup.plex.reset_counts()
    setup.stash.bulk_save(list(range(1, 51)), details="The same for all.")
    eventually(lambda: all(setup.shows(n, summary="The same for all.") for n in range(1, 51)))
    assert setup.plex.counts()["edit"] == 50
    assert "list" not in setup.plex.counts()


def test_an_emptied_field_gives_back_what_plex_showed_before(setup: Setup) -> None:
    setup.stash.save(3, title="Three", details="Text.")
    eventually(lambda: setup.shows(3, title="Three", summary="Text."))
    setup.stash.save(3, title="", details="", date="2020")
    eventually(lambda: setup.shows(3, originallyAvailableAt="2020-01-01"))
    assert setup.shows(3, title="scene.0003")
    assert not setup.shown(3).get("summary")


def test_an_empty_scene_blanks_nothing(tmp_path: Path) -> None:
    plex_has = plex_library(1)
    plex_has["sections"][0]["items"][0] |= {"summary": "By hand.", "genres": ["Mine"], "studio": "Theirs"}
    with installed(tmp_path, stash_library(1), plex_has) as setup:
        setup.stash.save(1, organized=True)
        eventually(lambda: setup.plex.counts().get("details"))
        eventually(setup.idle)
        assert setup.plex.counts()["writes"] == 0


def test_renaming_a_tag_reaches_every_scene_that_shows_it(setup: Setup) -> None:
    tag = setup.stash.graphql('mutation { tagCreate(input: {name: "Beach"}) { id } }')["data"]["tagCreate"]["id"]
    setup.stash.bulk_save(range(1, 31), tag_ids={"ids": [tag], "mode": "SET"})
    eventually(lambda: all(setup.shown(n)["tags"].get("genre") == ["Beach"] for n in range(1, 31)))
    setup.stash.graphql(f'mutation {{ tagUpdate(input: {{id: {tag}, name: "Seaside"}}) {{ id }} }}')
    eventually(lambda: all(setup.shown(n)["tags"].get("genre") == ["Seaside"] for n in range(1, 31)))
    setup.stash.graphql(f"mutation {{ tagDestroy(input: {{id: {tag}}}) }}")
    eventually(lambda: all("genre" not in setup.shown(n)["tags"] for n in range(1, 31)))


def test_a_hook_sends_no_request_at_all(setup: Setup) -> None:
    setup.data.create()
    running = Lock(setup.data.worker_lock)
    assert running.take()  # as a worker holds it, so that none is started
    setup.stash.reset_counts()
    setup.stash.save(1, title="One")
    assert [run["exit_code"] for run in setup.stash.hook_runs] == [0]
    assert len(setup.inbox()) == 1
    assert [request for request in setup.stash.requests if "sceneUpdate" not in str(request)] == []
    assert setup.plex.requests == []
    running.release()


def test_two_hundred_hooks_at_once_store_two_hundred_events_and_start_one_worker(setup: Setup) -> None:
    script = str(setup.plugin / "PlexSync.py")

    def run(scene: int) -> int:
        # Events only: the Stash they name is asked by the worker.
        done = subprocess.run(
            [sys.executable, "-S", "-E", script], input=hook_input(setup.stash, scene), capture_output=True
        )
        return done.returncode

    setup.plex.stop()  # so that all two hundred are still there to be counted
    with ThreadPoolExecutor(200) as pool:
        codes = list(pool.map(run, [n % 50 + 1 for n in range(200)]))
    assert codes == [0] * 200
    eventually(lambda: len(setup.worker_pids()) == 1)
    eventually(lambda: not setup.inbox())
    jobs = list(read_jobs(setup.data.queue))
    assert sorted(job.scene_id for job in jobs) == list(range(1, 51))
    assert sum(map(int, re.findall(r"Events taken in: (\d+)", setup.log()))) == 200
    assert setup.log().count("The worker starts.") == 1
    setup.plex.start()
    eventually(setup.idle)


@pytest.mark.parametrize("after", [0, 1, 7, 24, 49])
def test_a_killed_worker_loses_nothing(setup: Setup, after: int) -> None:
    """kill -9 after some of fifty scenes reached Plex, then one more hook."""
    setup.stash.bulk_save(list(range(1, 51)), details="Wave one.")
    eventually(lambda: setup.plex.counts().get("edit", 0) >= after)
    for pid in setup.worker_pids():
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: not setup.worker_runs())
    setup.stash.save(50, title="One more")
    eventually(lambda: all(setup.shows(n, summary="Wave one.") for n in range(1, 51)))
    eventually(lambda: setup.shows(50, title="One more"))
    eventually(setup.idle)
    assert len(setup.worker_pids()) == 1
    assert setup.plex.edits_without_id == 0
    assert "is parked" not in setup.log()


def test_a_scene_that_appears_in_plex_later_gets_its_metadata(tmp_path: Path) -> None:
    with installed(tmp_path, stash_library(3), plex_library(2)) as setup:
        setup.stash.save(3, title="New here")
        eventually(lambda: "is not in Plex yet" in " ".join(job.reason for job in read_jobs(setup.data.queue)))
        setup.plex.add_item(1, f"{PLEX_ROOT}/{file_name(3)}", 1003)
        eventually(lambda: setup.shows(3, title="New here"))
        eventually(setup.idle)


def test_plex_down_makes_everything_wait_and_recovers_without_another_event(setup: Setup) -> None:
    setup.stash.save(1, title="Before")
    eventually(lambda: setup.shows(1, title="Before"))
    setup.plex.stop()
    setup.stash.bulk_save([1, 2, 3], details="While Plex was down.")
    eventually(lambda: "Changed scenes wait until it is back" in setup.log())
    eventually(lambda: setup.waiting() == [1, 2, 3])
    setup.plex.start()
    eventually(lambda: all(setup.shows(n, summary="While Plex was down.") for n in (1, 2, 3)))
    assert setup.log().count("Plex does not answer") == 1
    assert setup.log().count("Plex answers again") == 1


def test_a_wrong_token_pauses_the_worker_and_no_scene_pays(setup: Setup) -> None:
    setup.settings(plex_token="wrong-token")
    setup.stash.bulk_save([1, 2, 3], details="Text.")
    eventually(lambda: "Plex does not accept the token" in setup.log())
    eventually(lambda: setup.waiting() == [1, 2, 3])
    setup.settings()
    eventually(lambda: all(setup.shows(n, summary="Text.") for n in (1, 2, 3)))
    assert "wrong-token" not in setup.log()


def test_one_scene_that_plex_refuses_does_not_hold_up_the_others(setup: Setup) -> None:
    setup.stash.save(1, title="Warm up")
    eventually(lambda: setup.shows(1, title="Warm up"))
    key = setup.shown(2)["ratingKey"]
    setup.plex.inject({"type": "status", "status": 500, "kind": "edit", "rating_key": int(key), "count": None})
    setup.stash.bulk_save([2, 3, 4, 5], details="Text.")
    eventually(lambda: all(setup.shows(n, summary="Text.") for n in (3, 4, 5)))
    eventually(lambda: setup.waiting() == [2])
    setup.plex.clear_faults()
    eventually(lambda: setup.shows(2, summary="Text."))


def test_an_edit_that_was_applied_but_timed_out_ends_right(setup: Setup) -> None:
    setup.settings(plex_read_timeout=2)
    setup.stash.save(1, title="Warm up")
    eventually(lambda: setup.shows(1, title="Warm up"))
    setup.plex.reset_counts()
    setup.plex.inject({"type": "hang_after", "seconds": 4, "kind": "edit", "count": 1})
    setup.stash.save(2, title="Two")
    eventually(lambda: setup.shows(2, title="Two"))
    eventually(setup.idle)
    assert setup.plex.counts()["edit"] == 1


def test_a_destroyed_scene_leaves_plex_alone(setup: Setup) -> None:
    setup.stash.save(4, title="Four")
    eventually(lambda: setup.shows(4, title="Four"))
    setup.plex.reset_counts()
    setup.stash.graphql("mutation { sceneDestroy(input: {id: 4}) }")
    eventually(lambda: any(run["type"] == "Scene.Destroy.Post" for run in setup.stash.hook_runs))
    eventually(setup.idle)
    assert setup.shows(4, title="Four")
    assert setup.plex.counts()["writes"] == 0


def test_a_title_is_shown_while_plex_takes_long_for_the_tags_of_many_scenes(tmp_path: Path) -> None:
    """One of them among those whose tags are under way."""
    stash = stash_library(60, tags=[{"id": 1, "name": "A Tag"}])
    slow = {"tag_write_seconds": 110.0}
    with installed(tmp_path, stash, plex_library(60), plex_switches=slow) as setup:
        bulk = "mutation ($i: BulkSceneUpdateInput!) { bulkSceneUpdate(input: $i) { id } }"
        ids = [str(number) for number in range(1, 51)]
        setup.stash.graphql(bulk, {"i": {"ids": ids, "tag_ids": {"ids": ["1"], "mode": "ADD"}}})
        eventually(lambda: setup.plex.tag_writes == 1)
        setup.stash.save(7, title="Among them")
        setup.stash.save(55, title="Another")
        eventually(lambda: setup.shows(7, title="Among them") and setup.shows(55, title="Another"))
        assert setup.plex.tag_writes == 1
        assert not any(setup.shown(number)["tags"].get("genre") for number in range(1, 51))
