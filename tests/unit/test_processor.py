"""SyncWorker on real connections to both doubles, with the clock in the test's hand."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest.mock import Mock
from xml.etree.ElementTree import Element

import pytest

from plex.exceptions import PlexPermanentError
from plex.items import PlexItem
from tests.doubles.plex import PlexDouble
from tests.support.clock import HOUR
from tests.support.harness import PLEX_ROOT, STASH_ROOT, file_name, plex_library, stash_library
from tests.support.workbench import Workbench, loaded_workbench
from validation.jobs import UpdateType
from validation.paths import parse_path_map
from worker.items.finder import OUTSIDE, folder_outside
from worker.metadata.unlisted import WATCHED
from worker.timing import MOST_ATTEMPTS, MOST_ATTEMPTS_ALONE


@pytest.fixture
def workbench(tmp_path: Path) -> Iterator[Workbench]:
    with loaded_workbench(tmp_path, stash_library(60), plex_library(55)) as made:
        yield made


def test_fifty_scenes_cost_one_read_of_stash_and_one_details_request_before_and_after(workbench: Workbench) -> None:
    workbench.edit(1, details="Warm up")
    workbench.run()
    workbench.edit(*range(1, 51), details="Text.")
    workbench.plex.reset_counts()
    workbench.stash.reset_counts()
    workbench.run()
    assert workbench.plex.counts() == {"details": 2, "edit": 50, "writes": 50}
    assert workbench.stash.counts()["graphql"] == 1


def test_a_scene_leaves_the_queue_only_when_the_record_has_it(workbench: Workbench, tmp_path: Path) -> None:
    workbench.edit(1, 2, 3, title="Anew")
    with closing(sqlite3.connect(tmp_path / "plexsync.db")) as other, other:
        other.execute(
            "CREATE TRIGGER full BEFORE INSERT ON memories WHEN NEW.scene = 3 BEGIN SELECT RAISE(ROLLBACK, 'full'); END"
        )
    with pytest.raises(sqlite3.Error, match="full"):
        workbench.worker.run_due()
    known = workbench.record.known_between(1, 3)
    assert {job.scene_id for job in workbench.jobs()} | set(known) == {1, 2, 3}


def test_unchanged_scenes_cost_no_write(workbench: Workbench) -> None:
    workbench.edit(*range(1, 51), title="Same")
    workbench.run()
    for scene in range(1, 51):
        workbench.queue.add(scene, UpdateType.UPDATE)
    workbench.plex.reset_counts()
    workbench.run()
    assert workbench.plex.counts() == {"details": 1, "writes": 0}
    assert workbench.worker.tally.counts() == {"unchanged": 50}


def test_a_missing_file_is_looked_for_in_minutes_then_hours_and_parked_after_a_day(workbench: Workbench) -> None:
    workbench.edit(60, title="Not there")
    workbench.run()
    started, looks = workbench.clock.now, []
    while not workbench.parked():
        due = workbench.next_due()
        assert due is not None
        looks.append(due - workbench.clock.now)
        workbench.clock.now = due
        workbench.run()
    assert looks[0] == 60.0
    assert max(looks) == 2 * HOUR
    assert sorted(looks) == looks
    assert len(looks) < 50
    assert workbench.clock.now - started == pytest.approx(24 * HOUR, rel=0.1)
    assert "looked for it for 24 hours" in workbench.parked()[60]


def test_many_misses_cost_one_look_at_plexs_change_counter(workbench: Workbench) -> None:
    workbench.edit(1, title="Warm up")
    workbench.run()
    workbench.edit(*range(56, 61), title="Not there")
    workbench.clock.now += 100
    workbench.plex.reset_counts()
    workbench.run()
    # The warm-up moved the counter, so that what changed is listed, and counted, once; no details are asked for.
    assert workbench.plex.counts() == {"sections": 1, "list": 2, "writes": 0}
    assert len(workbench.waiting()) == 5


def test_a_folder_outside_every_library_is_the_same_one_for_scenes_that_are_parked_for_it() -> None:
    waits = f"{OUTSIDE}/media/one; two"
    assert {folder_outside(reason) for reason in (waits, f"{waits}; {WATCHED}")} == {"/media/one; two"}
    assert folder_outside(f"its file is not in Plex yet; {WATCHED}") == ""


def test_a_file_outside_every_library_is_named_so(workbench: Workbench) -> None:
    workbench.worker.reconfigure(workbench.config(path_map=parse_path_map(f"{STASH_ROOT} => /elsewhere")))
    workbench.edit(60, title="Not there")
    workbench.run()
    assert "no Plex library contains the folder /elsewhere/Studio 0" in workbench.waiting()[60]


def test_an_outage_costs_no_scene_anything_and_few_probes(workbench: Workbench) -> None:
    workbench.edit(1, title="Before")
    workbench.run()
    workbench.plex.stop()
    workbench.edit(*range(1, 51), title="During")
    started, probes = workbench.clock.now, 0
    while workbench.clock.now - started < 10 * HOUR:
        before = workbench.worker.gate.breaker.next_probe
        workbench.run()
        probes += workbench.worker.gate.breaker.next_probe != before
        workbench.clock.now += 5
    assert probes <= 10 * HOUR / 60 + 10
    assert workbench.parked() == {}
    assert {job.attempts for job in workbench.jobs()} == {0}
    workbench.plex.start()
    workbench.clock.now += 60
    workbench.run()
    assert all(workbench.title(scene) == "During" for scene in range(1, 51))


@pytest.mark.parametrize("fault", [{"type": "starting_up"}, {"type": "maintenance"}])
def test_a_plex_that_starts_makes_everything_wait(workbench: Workbench, fault: dict[str, object]) -> None:
    workbench.plex.inject({**fault, "count": None})
    workbench.edit(1, 2, title="Soon")
    for _ in range(100):
        workbench.run()
        workbench.clock.now += 60
    assert {job.attempts for job in workbench.jobs()} == {0}
    workbench.plex.clear_faults()
    workbench.run()
    assert workbench.title(1) == workbench.title(2) == "Soon"


def test_a_library_that_cannot_be_listed_is_no_scenes_fault(workbench: Workbench) -> None:
    workbench.plex.inject({"type": "status", "status": 500, "kind": "list", "count": None})
    workbench.edit(1, 2, title="Soon")
    workbench.plex.reset_counts()
    for _ in range(100):
        workbench.run()
        workbench.clock.now += 60
    assert workbench.parked() == {}
    assert {job.attempts for job in workbench.jobs()} == {0}
    assert workbench.plex.counts()["list"] <= 110
    workbench.plex.clear_faults()
    workbench.clock.now += 60
    workbench.run()
    assert workbench.title(1) == workbench.title(2) == "Soon"


def test_a_listing_that_fails_takes_nothing_back_of_the_scenes_before(workbench: Workbench) -> None:
    """Both stand in one transaction, for one sync of the disk."""
    workbench.edit(1, title="Warm up")
    workbench.run()
    workbench.plex.add_item(1, f"{PLEX_ROOT}/new.mp4", 5)
    workbench.clock.now += 3600
    workbench.plex.inject({"type": "status", "status": 500, "kind": "list", "count": None})
    workbench.edit(2, title="Written")
    workbench.edit(60, title="Makes Plex be listed")
    workbench.run()
    assert workbench.title(2) == "Written"
    assert [job.scene_id for job in workbench.jobs()] == [60]
    assert set(workbench.record.known_between(1, 60)) == {1, 2}


def test_a_scene_changed_while_it_is_read_ahead_is_read_again(workbench: Workbench) -> None:
    workbench.edit(*range(1, 56), title="First")
    edited: list[int] = []

    def interrupted() -> bool:
        if not edited:
            edited.append(workbench.worker.in_hand)
            workbench.edit(55, title="Second")
        return False

    while workbench.worker.run_due(interrupted):
        pass
    assert edited == [5]
    assert workbench.title(55) == "Second"
    assert workbench.jobs() == []


def test_what_is_read_ahead_waits_again_when_a_task_wants_to_work(workbench: Workbench) -> None:
    workbench.edit(*range(1, 56), title="First")
    assert workbench.worker.run_due(lambda: True) == 50
    assert workbench.worker.in_hand == 0
    assert len(workbench.queue) == 55
    assert workbench.queue.count_due() == 55


@pytest.mark.parametrize(
    "fault",
    [
        {"type": "status", "status": 500},
        {"type": "status", "status": 429},
        {"type": "status", "status": 520},
        {"type": "reset_before"},
    ],
)
def test_a_poison_scene_is_parked_after_its_tries_and_slows_nobody(workbench: Workbench, fault: dict[str, Any]) -> None:
    workbench.edit(1, title="Warm up")
    workbench.run()
    key = workbench.plex.find(f"{PLEX_ROOT}/{file_name(2)}")["ratingKey"]
    workbench.plex.inject({**fault, "kind": "edit", "rating_key": int(key), "count": None})
    workbench.edit(2, 3, 4, title="All of us")
    workbench.run()
    assert workbench.title(3) == workbench.title(4) == "All of us"
    for _ in range(MOST_ATTEMPTS):
        due = workbench.next_due()
        workbench.clock.now = max(workbench.clock.now, due or 0.0) + 61
        workbench.run()
    assert set(workbench.parked()) == {2}
    assert f"tried {MOST_ATTEMPTS} times" in workbench.parked()[2]


@pytest.mark.parametrize("fault", ["reset_before", "html_200", "hang"])
def test_an_edit_that_never_arrived_is_made_again(workbench: Workbench, fault: str) -> None:
    workbench.edit(1, title="Warm up")
    workbench.run()
    workbench.use(plex_read_timeout=2.0)  # less than Plex hangs
    workbench.plex.inject({"type": fault, "kind": "edit", "seconds": 3})
    workbench.edit(2, title="Once")
    for _ in range(3):
        workbench.run()
        workbench.clock.now += 700
    assert workbench.title(2) == "Once"
    assert len(workbench.queue) == 0


@pytest.mark.parametrize("fault", ["reset_after", "broken_xml", "html_200", "empty_200"])
def test_an_edit_whose_answer_is_lost_or_odd_is_not_made_twice(workbench: Workbench, fault: str) -> None:
    workbench.edit(1, title="Warm up")
    workbench.run()
    workbench.plex.reset_counts()
    after = {"after": True} if fault in ("html_200", "empty_200") else {}
    workbench.plex.inject({"type": fault, "kind": "edit", **after})
    workbench.edit(2, title="Once")
    for _ in range(3):
        workbench.run()
        workbench.clock.now += 700
    assert workbench.title(2) == "Once"
    assert len(workbench.queue) == 0
    assert workbench.plex.applied_writes == 2
    assert workbench.parked() == {}


def test_an_edit_plex_refuses_while_it_takes_others_is_parked_at_once_with_the_reason(workbench: Workbench) -> None:
    workbench.edit(1, title="Taken")
    workbench.run()
    key = workbench.plex.find(f"{PLEX_ROOT}/{file_name(2)}")["ratingKey"]
    workbench.plex.inject({"type": "status", "status": 409, "kind": "edit", "rating_key": int(key), "count": None})
    workbench.edit(2, title="Refused")
    workbench.run()
    assert workbench.parked() == {2: "Plex refused the request (HTTP 409)."}


def test_a_token_without_rights_pauses_and_no_scene_pays(workbench: Workbench) -> None:
    workbench.plex.inject({"type": "status", "status": 403, "kind": "edit", "count": None})
    workbench.edit(1, 2, 3, title="Waiting")
    workbench.run()
    assert "does not accept the token" in workbench.worker.gate.paused_because
    assert workbench.plex.counts()["edit"] == 1
    assert {job.attempts for job in workbench.jobs()} == {0}
    workbench.plex.clear_faults()
    workbench.worker.reconfigure(workbench.config(plex_read_timeout=3.0))
    workbench.run()
    assert workbench.title(3) == "Waiting"
    assert workbench.worker.gate.paused_because == ""


def test_two_items_that_cannot_be_told_apart_are_parked_and_not_touched(workbench: Workbench) -> None:
    for folder in ("x", "y"):
        workbench.plex.add_item(1, f"{PLEX_ROOT}/{folder}/scene.0060.mp4", 1060)
    workbench.plex.reset_counts()
    workbench.edit(60, title="Which?")
    workbench.run()
    assert '2 items in Plex hold a file called "scene.0060.mp4"' in workbench.parked()[60]
    assert workbench.plex.counts()["writes"] == 0


def test_an_item_that_holds_another_file_by_now_is_not_written(workbench: Workbench) -> None:
    workbench.edit(1, title="Warm up")
    workbench.run()
    workbench.plex.move_file(f"{PLEX_ROOT}/{file_name(2)}", f"{PLEX_ROOT}/moved/away.mp4")
    workbench.worker.plex_client.server.library.section("Clips").update()
    workbench.plex.advance(120)
    workbench.plex.reset_counts()
    workbench.edit(2, title="Not yours")
    workbench.run()
    assert workbench.plex.counts()["writes"] == 0
    assert 2 in workbench.waiting()


def test_a_scene_stash_cannot_deliver_harms_only_itself(workbench: Workbench) -> None:
    workbench.edit(1, 2, 3, title="Fine")
    workbench.stash.inject({"kind": "graphql_error", "scene": 2})
    workbench.run()
    assert workbench.title(1) == workbench.title(3) == "Fine"
    assert "Stash reports: database is locked" in workbench.waiting()[2]


def test_a_scene_that_is_gone_from_stash_is_closed(workbench: Workbench) -> None:
    workbench.queue.add(999, UpdateType.UPDATE)
    workbench.queue.add(1, UpdateType.DESTROY)
    workbench.run()
    assert workbench.worker.tally.counts() == {"gone": 2}
    assert len(workbench.queue) == 0


def test_an_item_without_a_proper_key_is_never_edited() -> None:
    video = Element("Video", {"type": "movie", "title": "a"})
    with pytest.raises(PlexPermanentError, match="cannot be edited safely"):
        PlexItem(Mock(), video, "1").edit(**{"title.value": "everything"})
    show = Element("Directory", {"type": "show", "ratingKey": "5"})
    with pytest.raises(PlexPermanentError):
        PlexItem(Mock(), show, "1").edit(**{"title.value": "everything"})


def test_a_cover_that_stash_does_not_deliver_holds_up_nothing(workbench: Workbench) -> None:
    workbench.stash.inject({"kind": "status", "status": 500, "match": "image", "count": None})
    workbench.edit(1, 2, title="Without its cover")
    workbench.run()
    assert workbench.title(1) == workbench.title(2) == "Without its cover"


def test_a_stash_that_fails_at_a_batch_is_asked_for_each_scene(workbench: Workbench) -> None:
    workbench.edit(1, 2, title="One by one")
    workbench.stash.inject({"kind": "status", "status": 500, "match": "findScene", "count": 1})
    workbench.run()
    assert workbench.title(1) == workbench.title(2) == "One by one"


def test_a_server_that_fails_at_every_scene_for_hours_parks_none(workbench: Workbench) -> None:
    """Its database is being tidied up, say: it says who it is, and fails at every edit."""
    workbench.plex.inject({"type": "status", "status": 500, "kind": "edit", "count": None})
    workbench.edit(1, 2, 3, title="Later")
    for _ in range(60):
        workbench.run()
        workbench.clock.now += 300
    assert workbench.parked() == {}
    workbench.plex.clear_faults()
    workbench.clock.now += 700
    workbench.run()
    assert workbench.title(1) == workbench.title(2) == workbench.title(3) == "Later"


def test_a_scene_at_which_stash_always_fails_is_parked_after_its_tries(workbench: Workbench) -> None:
    workbench.edit(1, title="Never read")
    workbench.stash.inject({"kind": "graphql_error", "scene": 1, "count": None})
    for _ in range(MOST_ATTEMPTS_ALONE):
        assert workbench.parked() == {}
        workbench.run()
        workbench.clock.now += 700
    assert "Stash reports: database is locked (scene 1)" in workbench.parked()[1]


def test_a_stash_that_fails_at_every_scene_for_days_parks_none(workbench: Workbench) -> None:
    workbench.edit(1, title="Later")
    workbench.stash.inject({"kind": "status", "status": 500, "match": "findScene", "count": None})
    for _ in range(MOST_ATTEMPTS_ALONE + 1):
        workbench.run()
        workbench.clock.now += 700
    assert workbench.parked() == {}
    workbench.stash.clear_faults()
    workbench.run()
    assert workbench.title(1) == "Later"


def test_control_characters_do_not_reach_plex_and_cost_no_second_write(workbench: Workbench) -> None:
    workbench.edit(1, title="A\x0btitle\x00", details="Line one\r\nline two")
    workbench.run()
    assert workbench.title(1) == "Atitle"
    workbench.queue.add(1, UpdateType.UPDATE)
    workbench.plex.reset_counts()
    workbench.run()
    assert workbench.plex.counts()["writes"] == 0


def test_what_an_edit_replaced_is_given_back_even_if_its_answer_was_lost(workbench: Workbench) -> None:
    before = workbench.title(2)
    workbench.edit(1, title="Warm up")
    workbench.run()
    workbench.plex.inject({"type": "reset_after", "kind": "edit"})
    workbench.edit(2, title="Mine")
    for _ in range(3):
        workbench.run()
        workbench.clock.now += 700
    assert workbench.title(2) == "Mine"
    workbench.edit(2, title="")
    workbench.run()
    assert workbench.title(2) == before


def test_a_redirect_is_not_followed_and_the_token_goes_nowhere_else(workbench: Workbench) -> None:
    with PlexDouble(plex_library(1)) as elsewhere:
        workbench.plex.inject({"type": "redirect", "location": elsewhere.url + "/", "count": None})
        workbench.edit(1, title="Waiting")
        workbench.run()
        assert elsewhere.requests == []
    assert "forwards to another one" in workbench.worker.gate.paused_because
