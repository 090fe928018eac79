"""The scheduled pass, with the clock in the test's hand: when it runs, when it does not, and when it stops itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from plex.exceptions import PlexNotFound
from tests.support.clock import HOUR
from tests.support.harness import plex_library, stash_library
from tests.support.scheduled import Scheduled
from tests.support.workbench import loaded_workbench
from validation.scenes import Scene, SceneFile
from worker.items.finder import ItemFinder
from worker.storage.facts import Fact
from worker.timing import Timing, missing_delay


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Scheduled]:
    with loaded_workbench(tmp_path, stash_library(110), plex_library(110)) as made:
        yield Scheduled(made)


def test_the_first_pass_comes_one_interval_after_the_first_start(made: Scheduled) -> None:
    assert not made.idle()
    made.workbench.clock.now += 23 * HOUR
    assert not made.idle()
    made.workbench.clock.now += 2 * HOUR
    assert made.idle()
    assert not made.idle()


@pytest.mark.parametrize(("hours", "after"), [(-1, None), (1, 1), (24, 24), (100, 100)])
def test_the_interval_is_a_setting(made: Scheduled, hours: int, after: int | None) -> None:
    made.workbench.worker.reconfigure(made.workbench.config(reconcile_every_hours=hours))
    assert not made.idle()
    made.workbench.clock.now += (after or 1000) * HOUR - 60
    assert not made.idle()
    made.workbench.clock.now += 120
    assert made.idle() is (after is not None)


def test_it_is_remembered_across_restarts(made: Scheduled) -> None:
    made.idle()
    made.workbench.clock.now += 25 * HOUR
    again = Scheduled(made.workbench)
    assert again.idle()


def test_a_further_worker_begins_with_one_and_goes_on_with_the_usual_interval(made: Scheduled) -> None:
    assert not made.idle()
    made.workbench.clock.now += 2 * HOUR
    again = Scheduled(made.workbench)
    assert again.idle()
    assert not again.idle()
    made.workbench.clock.now += 23 * HOUR + 60
    assert not again.idle()
    made.workbench.clock.now += 2 * HOUR
    assert again.idle()


def test_a_further_worker_does_not_compare_where_that_is_switched_off(made: Scheduled) -> None:
    assert not made.idle()
    made.workbench.worker.reconfigure(made.workbench.config(reconcile_every_hours=-1))
    assert not Scheduled(made.workbench).idle()


def test_a_clock_that_was_set_back_does_not_put_it_off_for_years(made: Scheduled) -> None:
    made.idle()
    made.workbench.clock.now -= 1000 * HOUR
    made.idle()
    made.workbench.clock.now += 27 * HOUR
    assert made.idle()


def test_it_does_not_run_while_stash_has_tasks(made: Scheduled) -> None:
    made.idle()
    made.workbench.clock.now += 25 * HOUR
    made.workbench.stash.stash.jobs.hold(True)
    made.workbench.stash.graphql("mutation { metadataScan(input: {}) }")
    assert not made.idle()
    made.workbench.stash.stash.jobs.hold(False)
    while made.workbench.stash.graphql("{ jobQueue { id } }")["data"]["jobQueue"]:
        pass
    assert not made.idle()
    made.workbench.clock.now += 400
    assert made.idle()


def test_a_task_that_never_ends_keeps_it_away_for_an_hour_and_no_longer(made: Scheduled) -> None:
    workbench, waited = made.workbench, 0.0
    made.idle()
    workbench.clock.now += 25 * HOUR
    workbench.stash.endless_job("Watching folders...")
    while not made.idle():
        assert workbench.record.fact(Fact.WAITED_FOR).endswith(
            'is at "Watching folders..."; after an hour it runs beside that.'
        )
        assert waited < 1.2 * HOUR
        workbench.clock.now += 300
        waited += 300
    assert waited >= HOUR
    assert "waited an hour for Stash" in workbench.record.fact(Fact.WAITED_FOR)
    workbench.stash.stash.jobs.cancel_all()
    while workbench.stash.graphql("{ jobQueue { id } }")["data"]["jobQueue"]:
        pass
    workbench.clock.now += 27 * HOUR
    assert made.idle()
    assert workbench.record.fact(Fact.WAITED_FOR) == workbench.record.fact(Fact.POSTPONED) == ""


@pytest.mark.parametrize(
    ("changed", "soon"),
    [({"title_template": "{title}!"}, True), ({"skip_tags": True}, True), ({"plex_read_timeout": 3.0}, False)],
)
def test_a_setting_that_changes_what_is_written_brings_it_forward(
    made: Scheduled, changed: dict[str, Any], soon: bool
) -> None:
    made.idle()
    made.workbench.worker.reconfigure(made.workbench.config(**changed))
    assert not made.idle()
    made.workbench.clock.now += 400
    assert made.idle() is soon


def test_another_version_of_the_plugin_brings_it_forward(made: Scheduled) -> None:
    made.idle()
    with patch("reconciliation.schedule._version", lambda: "version: 1.0.1"):
        assert not made.idle()
        made.workbench.clock.now += 400
        assert made.idle()


def test_a_changed_setting_is_carried_out_on_every_scene(made: Scheduled) -> None:
    made.workbench.stash.bulk_save(range(1, 111), title="Same")
    made.settle()
    made.workbench.worker.reconfigure(made.workbench.config(title_template="{title}!"))
    made.idle()
    made.workbench.clock.now += 400
    assert made.idle()
    assert made.workbench.title(1) == made.workbench.title(110) == "Same!"


def test_a_long_outage_brings_it_forward(made: Scheduled) -> None:
    made.workbench.edit(1, title="Before")
    made.workbench.run()
    made.idle()
    made.workbench.plex.stop()
    made.workbench.edit(1, title="During")
    made.workbench.run()
    made.workbench.clock.now += 3 * HOUR
    made.workbench.plex.start()
    made.workbench.run()
    assert made.workbench.title(1) == "During"
    made.workbench.clock.now += 400
    assert made.idle()


def test_an_empty_plex_stops_it(made: Scheduled) -> None:
    made.settle()
    for item in made.workbench.plex.items():
        made.workbench.worker.plex_client.server.query(
            f"/library/metadata/{item['ratingKey']}", made.workbench.worker.plex_client.server._session.delete
        )
    made.workbench.clock.now += 27 * HOUR
    assert made.idle()
    assert "stopped" in made.workbench.record.fact(Fact.GUARD)
    assert len(made.workbench.queue) == 0


def test_an_empty_stash_stops_it(made: Scheduled) -> None:
    made.settle()
    made.workbench.stash.graphql(
        "mutation($ids: [ID!]!) { scenesDestroy(input: {ids: $ids}) }", {"ids": [str(n) for n in range(1, 111)]}
    )
    made.workbench.clock.now += 27 * HOUR
    assert made.idle()
    assert "stopped" in made.workbench.record.fact(Fact.GUARD)
    assert len(made.workbench.queue) == 0


def test_missing_files_are_looked_for_in_minutes_then_hours() -> None:
    timing = Timing()
    delays = [missing_delay(timing, hours * HOUR) for hours in (0.0, 0.5, 3.0, 12.0, 24.0)]
    assert delays == pytest.approx([60.0, 300.0, 1800.0, 7200.0, None])


def test_plex_is_asked_to_scan_the_folder_of_a_missing_file_once(made: Scheduled) -> None:
    workbench = made.workbench
    workbench.worker.reconfigure(workbench.config(plex_scan_missing=True))
    workbench.plex.add_file(1, "/data/plex/Studio 0/scene.0111.mp4", 1111)
    created = workbench.stash.graphql('mutation { sceneCreate(input: {title: "New"}) { id } }')
    scene = int(created["data"]["sceneCreate"]["id"])
    workbench.stash.stash.disk.put("/media/stash/Studio 0/scene.0111.mp4", size=1111)
    workbench.stash.graphql("mutation { metadataScan(input: {}) }")
    while workbench.stash.graphql("{ jobQueue { id } }")["data"]["jobQueue"]:
        pass
    found = workbench.stash.graphql(
        '{ findScenes(scene_filter: {path: {value: "scene.0111", modifier: INCLUDES}}) { scenes { id } } }'
    )
    (scene,) = [int(one["id"]) for one in found["data"]["findScenes"]["scenes"]]
    workbench.edit(scene, title="New here")
    workbench.run()
    assert workbench.plex.counts().get("scan") == 1
    workbench.plex.advance(10)
    workbench.clock.now += 70
    workbench.run()
    assert workbench.plex.find("/data/plex/Studio 0/scene.0111.mp4")["title"] == "New here"
    assert workbench.plex.counts().get("scan") == 1


def test_folders_that_plex_scanned_long_ago_are_forgotten(made: Scheduled) -> None:
    workbench = made.workbench
    workbench.worker.reconfigure(workbench.config(plex_scan_missing=True))
    workbench.run()
    finder = workbench.worker.finder
    assert isinstance(finder, ItemFinder)
    for folder in range(3):
        scene = Scene(1, files=(SceneFile(f"/media/stash/New {folder}/a.mp4", 5),))
        with pytest.raises(PlexNotFound):
            finder.find(scene)
        workbench.clock.now += Timing().rescan
    assert workbench.plex.counts()["scan"] == 3
    assert list(finder._scanned) == ["/data/plex/New 2"]


def test_a_stash_that_cannot_answer_puts_the_pass_off_and_ends_nothing(made: Scheduled) -> None:
    made.idle()
    made.workbench.clock.now += 25 * HOUR
    made.workbench.stash.inject(
        {"kind": "status", "status": 422, "body": '{"errors": [{"message": "no groups here"}]}', "match": "findGroups"}
    )
    made.idle()
    assert len(made.workbench.queue) == 0
    made.workbench.clock.now += 400
    assert made.idle()
    assert made.workbench.record.count_finished() == 110
