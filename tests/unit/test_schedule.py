"""The scheduled pass, with the clock in the test's hand: when it runs, when it does not, and when it stops itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from reconciliation.schedule import GUARD, ScheduledPass
from tests.doubles.plex import PlexDouble
from tests.doubles.stash import StashDouble
from tests.support.harness import plex_library, stash_library
from tests.unit.test_processor import HOUR, Bench
from worker.storage.database import open_database
from worker.storage.ownership import Owned
from worker.timing import Timing, missing_delay


class Scheduled:
    """A bench with the scheduled pass on it."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.owned = Owned(bench.queue, bench.record, bench.index)
        self.chore = ScheduledPass(Timing(), bench.clock, chance=lambda: 0.5)

    def idle(self) -> bool:
        """One idle moment; says whether Plex was looked at."""
        self.bench.plex.reset_counts()
        self.chore(self.owned, self.bench.worker)
        looked = self.bench.plex.counts().get("sections", 0) > 0
        self.bench.run()
        return looked

    def settle(self) -> None:
        """Everything right, and seen to be."""
        self.idle()
        self.bench.clock.now += 25 * HOUR
        assert self.idle()
        self.bench.clock.now += 27 * HOUR
        assert self.idle()


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Scheduled]:
    with ExitStack() as stack:
        stash = stack.enter_context(StashDouble(stash_library(110)))
        plex = stack.enter_context(PlexDouble(plex_library(110)))
        database = stack.enter_context(closing(open_database(str(tmp_path / "plexsync.db"))))
        yield Scheduled(stack.enter_context(closing(Bench(tmp_path, stash, plex, database))))


def test_the_first_pass_comes_one_interval_after_the_first_start(made: Scheduled) -> None:
    assert not made.idle()
    made.bench.clock.now += 23 * HOUR
    assert not made.idle()
    made.bench.clock.now += 2 * HOUR
    assert made.idle()
    assert not made.idle()


@pytest.mark.parametrize(("hours", "after"), [(-1, None), (1, 1), (24, 24), (100, 100)])
def test_the_interval_is_a_setting(made: Scheduled, hours: int, after: int | None) -> None:
    made.bench.worker.reconfigure(made.bench.config(reconcile_every_hours=hours))
    assert not made.idle()
    made.bench.clock.now += (after or 1000) * HOUR - 60
    assert not made.idle()
    made.bench.clock.now += 120
    assert made.idle() is (after is not None)


def test_it_is_remembered_across_restarts(made: Scheduled) -> None:
    made.idle()
    made.bench.clock.now += 25 * HOUR
    again = Scheduled(made.bench)
    assert again.idle()


def test_a_clock_that_was_set_back_does_not_put_it_off_for_years(made: Scheduled) -> None:
    made.idle()
    made.bench.clock.now -= 1000 * HOUR
    made.idle()
    made.bench.clock.now += 27 * HOUR
    assert made.idle()


def test_it_does_not_run_while_stash_has_tasks(made: Scheduled) -> None:
    made.idle()
    made.bench.clock.now += 25 * HOUR
    made.bench.stash.stash.jobs.hold(True)
    made.bench.stash.graphql("mutation { metadataScan(input: {}) }")
    assert not made.idle()
    made.bench.stash.stash.jobs.hold(False)
    while made.bench.stash.graphql("{ jobQueue { id } }")["data"]["jobQueue"]:
        pass
    assert not made.idle()
    made.bench.clock.now += 400
    assert made.idle()


@pytest.mark.parametrize(
    ("changed", "soon"),
    [({"title_template": "{title}!"}, True), ({"skip_tags": True}, True), ({"plex_read_timeout": 3.0}, False)],
)
def test_a_setting_that_changes_what_is_written_brings_it_forward(
    made: Scheduled, changed: dict[str, Any], soon: bool
) -> None:
    made.idle()
    made.bench.worker.reconfigure(made.bench.config(**changed))
    assert not made.idle()
    made.bench.clock.now += 400
    assert made.idle() is soon


def test_another_version_of_the_plugin_brings_it_forward(made: Scheduled) -> None:
    made.idle()
    with patch("reconciliation.schedule._version", lambda: "version: 1.0.1"):
        assert not made.idle()
        made.bench.clock.now += 400
        assert made.idle()


def test_a_changed_setting_is_carried_out_on_every_scene(made: Scheduled) -> None:
    made.bench.stash.bulk_save(range(1, 111), title="Same")
    made.settle()
    made.bench.worker.reconfigure(made.bench.config(title_template="{title}!"))
    made.idle()
    made.bench.clock.now += 400
    assert made.idle()
    assert made.bench.title(1) == made.bench.title(110) == "Same!"


def test_a_long_outage_brings_it_forward(made: Scheduled) -> None:
    made.bench.edit(1, title="Before")
    made.bench.run()
    made.idle()
    made.bench.plex.stop()
    made.bench.edit(1, title="During")
    made.bench.run()
    made.bench.clock.now += 3 * HOUR
    made.bench.plex.start()
    made.bench.run()
    assert made.bench.title(1) == "During"
    made.bench.clock.now += 400
    assert made.idle()


def test_a_pass_that_would_change_more_than_half_stops_and_says_so(made: Scheduled) -> None:
    made.settle()
    made.bench.stash.advance(60)
    made.bench.stash.bulk_save(range(1, 61), title="Who did this?")
    made.bench.clock.now += 27 * HOUR
    assert made.idle()
    assert made.bench.plex.counts()["writes"] == 0
    assert "would have changed 60 of 110" in made.bench.record.said(GUARD)
    assert len(made.bench.queue) == 0


def test_a_pass_that_changes_less_than_half_goes_on(made: Scheduled) -> None:
    made.settle()
    made.bench.stash.advance(60)
    made.bench.stash.bulk_save(range(1, 51), title="I did")
    made.bench.clock.now += 27 * HOUR
    assert made.idle()
    assert made.bench.title(50) == "I did"
    assert made.bench.record.said(GUARD) == ""


def test_an_empty_plex_stops_it(made: Scheduled) -> None:
    made.settle()
    for item in made.bench.plex.items():
        made.bench.worker.plex_client.server.query(
            f"/library/metadata/{item['ratingKey']}", made.bench.worker.plex_client.server._session.delete
        )
    made.bench.clock.now += 27 * HOUR
    assert made.idle()
    assert "stopped" in made.bench.record.said(GUARD)
    assert len(made.bench.queue) == 0


def test_an_empty_stash_stops_it(made: Scheduled) -> None:
    made.settle()
    made.bench.stash.graphql(
        "mutation($ids: [ID!]!) { scenesDestroy(input: {ids: $ids}) }", {"ids": [str(n) for n in range(1, 111)]}
    )
    made.bench.clock.now += 27 * HOUR
    assert made.idle()
    assert "stopped" in made.bench.record.said(GUARD)
    assert len(made.bench.queue) == 0


def test_missing_files_are_looked_for_in_minutes_then_hours() -> None:
    timing = Timing()
    delays = [missing_delay(timing, hours * HOUR) for hours in (0.0, 0.5, 3.0, 12.0, 24.0)]
    assert delays == pytest.approx([60.0, 300.0, 1800.0, 7200.0, None])


def test_plex_is_asked_to_scan_the_folder_of_a_missing_file_once(made: Scheduled) -> None:
    bench = made.bench
    bench.worker.reconfigure(bench.config(plex_scan_missing=True))
    bench.plex.add_file(1, "/data/plex/Studio 0/scene.0111.mp4", 1111)
    created = bench.stash.graphql('mutation { sceneCreate(input: {title: "New"}) { id } }')
    scene = int(created["data"]["sceneCreate"]["id"])
    bench.stash.stash.disk.put("/media/stash/Studio 0/scene.0111.mp4", size=1111)
    bench.stash.graphql("mutation { metadataScan(input: {}) }")
    while bench.stash.graphql("{ jobQueue { id } }")["data"]["jobQueue"]:
        pass
    found = bench.stash.graphql(
        '{ findScenes(scene_filter: {path: {value: "scene.0111", modifier: INCLUDES}}) { scenes { id } } }'
    )
    (scene,) = [int(one["id"]) for one in found["data"]["findScenes"]["scenes"]]
    bench.edit(scene, title="New here")
    bench.run()
    assert bench.plex.counts().get("scan") == 1
    bench.plex.advance(10)
    bench.clock.now += 70
    bench.run()
    assert bench.plex.find("/data/plex/Studio 0/scene.0111.mp4")["title"] == "New here"
    assert bench.plex.counts().get("scan") == 1


def test_a_pass_that_stopped_itself_waits_for_the_button(made: Scheduled) -> None:
    made.settle()
    made.bench.stash.advance(60)
    made.bench.stash.bulk_save(range(1, 61), title="Who did this?")
    made.bench.clock.now += 27 * HOUR
    assert made.idle()
    for _ in range(5):
        made.bench.clock.now += 27 * HOUR
        assert not made.idle()
    made.bench.record.say(GUARD, "")  # as the button does
    assert made.idle()


def test_a_stash_that_cannot_answer_puts_the_pass_off_and_ends_nothing(made: Scheduled) -> None:
    made.idle()
    made.bench.clock.now += 25 * HOUR
    made.bench.stash.inject(
        {"kind": "status", "status": 422, "body": '{"errors": [{"message": "no groups here"}]}', "match": "findGroups"}
    )
    made.idle()
    assert len(made.bench.queue) == 0
    made.bench.clock.now += 400
    assert made.idle()
    assert made.bench.record.count_finished() == 110
