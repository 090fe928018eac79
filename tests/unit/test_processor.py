"""SyncWorker on real connections to both doubles, with the clock in the test's hand."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import pytest

from plex.exceptions import PlexPermanentError
from plex.index import LibraryIndex
from plex.items import PlexItem
from stash.client import StashClient
from stash.connection import StashConnection
from tests.doubles.plex import PlexDouble
from tests.doubles.stash import StashDouble
from tests.support.harness import PLEX_ROOT, STASH_ROOT, file_name, plex_library, stash_library
from validation.config import PlexSyncConfig
from validation.jobs import Job, UpdateType
from validation.paths import parse_path_map
from worker.processor import SyncWorker
from worker.storage.database import open_database
from worker.storage.index_file import open_index
from worker.storage.jobqueue import JobQueue, read_jobs
from worker.storage.record import Record
from worker.timing import MOST_ATTEMPTS, MOST_ATTEMPTS_ALONE

HOUR = 3600.0


class Clock:
    def __init__(self) -> None:
        self.now = 2_000_000_000.0

    def __call__(self) -> float:
        return self.now


class Bench:
    """Both doubles and a SyncWorker between them."""

    def __init__(self, folder: Path, stash: StashDouble, plex: PlexDouble, database: sqlite3.Connection) -> None:
        self.stash, self.plex, self.clock = stash, plex, Clock()
        self.folder = str(folder / "queue")
        self.queue = JobQueue(self.folder, self.clock)
        self.record = Record(database, self.clock)
        self.client = StashClient(StashConnection(stash.url))
        self._index_file = open_index(str(folder / "index.db"))
        self.index = LibraryIndex(self._index_file, self.clock)
        self.worker = SyncWorker(
            self.queue,
            self.record,
            self.config(),
            stash=self.client,
            index=self.index,
            clock=self.clock,
            chance=lambda: 1.0,
        )

    def config(self, **changed: Any) -> PlexSyncConfig:
        known = {"plex_url": self.plex.url, "plex_token": self.plex.token, "plex_read_timeout": 2.0}
        return PlexSyncConfig(**{**known, "path_map": parse_path_map(f"{STASH_ROOT} => {PLEX_ROOT}"), **changed})

    def edit(self, *scenes: int, **fields: object) -> None:
        for scene in scenes:
            self.stash.save(scene, **fields)
            self.queue.add(scene, UpdateType.UPDATE)

    def run(self) -> None:
        while self.worker.run_due():
            pass

    def title(self, scene: int) -> str:
        return str(self.plex.find(f"{PLEX_ROOT}/{file_name(scene)}")["title"])

    def jobs(self) -> list[Job]:
        return read_jobs(self.folder)

    def reasons(self) -> dict[int, str]:
        return {job.scene_id: job.reason for job in self.jobs()}

    def parked(self) -> dict[int, str]:
        return {parked.scene_id: parked.reason for parked in self.record.parked()}

    def close(self) -> None:
        self.worker.close()
        self.client.close()
        self.queue.close()
        self._index_file.close()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with ExitStack() as stack:
        stash = stack.enter_context(StashDouble(stash_library(60)))
        plex = stack.enter_context(PlexDouble(plex_library(55)))
        database = stack.enter_context(closing(open_database(str(tmp_path / "plexsync.db"))))
        yield stack.enter_context(closing(Bench(tmp_path, stash, plex, database)))


def test_fifty_scenes_cost_one_read_of_stash_and_one_details_request(bench: Bench) -> None:
    bench.edit(1, details="Warm up")
    bench.run()
    bench.edit(*range(1, 51), details="Text.")
    bench.plex.reset_counts()
    bench.stash.reset_counts()
    bench.run()
    assert bench.plex.counts() == {"details": 1, "edit": 50, "writes": 50}
    assert bench.stash.counts()["graphql"] == 1


def test_a_scene_leaves_the_queue_only_when_the_record_has_it(bench: Bench, tmp_path: Path) -> None:
    bench.edit(1, 2, 3, title="Anew")
    with closing(sqlite3.connect(tmp_path / "plexsync.db")) as other, other:
        other.execute(
            "CREATE TRIGGER full BEFORE INSERT ON items WHEN NEW.scene = 3 BEGIN SELECT RAISE(ROLLBACK, 'full'); END"
        )
    with pytest.raises(sqlite3.Error, match="full"):
        bench.worker.run_due()
    known = bench.record.known_between(1, 3)
    assert {job.scene_id for job in bench.jobs()} | set(known) == {1, 2, 3}


def test_unchanged_scenes_cost_no_write(bench: Bench) -> None:
    bench.edit(*range(1, 51), title="Same")
    bench.run()
    for scene in range(1, 51):
        bench.queue.add(scene, UpdateType.UPDATE)
    bench.plex.reset_counts()
    bench.run()
    assert bench.plex.counts() == {"details": 1, "writes": 0}
    assert bench.worker.tally.counts() == {"unchanged": 50}


def test_a_missing_file_is_looked_for_in_minutes_then_hours_and_parked_after_a_day(bench: Bench) -> None:
    bench.edit(60, title="Not there")
    bench.run()
    started, looks = bench.clock.now, []
    while not bench.parked():
        due = bench.queue.next_due()
        assert due is not None
        looks.append(due - bench.clock.now)
        bench.clock.now = due
        bench.run()
    assert looks[0] == 60.0
    assert max(looks) == 2 * HOUR
    assert sorted(looks) == looks
    assert len(looks) < 50
    assert bench.clock.now - started == pytest.approx(24 * HOUR, rel=0.1)
    assert "looked for it for 24 hours" in bench.parked()[60]


def test_many_misses_cost_one_look_at_plexs_change_counter(bench: Bench) -> None:
    bench.edit(1, title="Warm up")
    bench.run()
    bench.edit(*range(56, 61), title="Not there")
    bench.clock.now += 100
    bench.plex.reset_counts()
    bench.run()
    # The warm-up moved the counter, so that what changed is listed once; the details request has nothing to ask.
    assert bench.plex.counts() == {"sections": 1, "list": 1, "writes": 0}
    assert len(bench.reasons()) == 5


def test_a_file_outside_every_library_is_named_so(bench: Bench) -> None:
    bench.worker.reconfigure(bench.config(path_map=parse_path_map(f"{STASH_ROOT} => /elsewhere")))
    bench.edit(60, title="Not there")
    bench.run()
    assert "no Plex library contains the folder /elsewhere/Studio 0" in bench.reasons()[60]


def test_an_outage_costs_no_scene_anything_and_few_probes(bench: Bench) -> None:
    bench.edit(1, title="Before")
    bench.run()
    bench.plex.stop()
    bench.edit(*range(1, 51), title="During")
    started, probes = bench.clock.now, 0
    while bench.clock.now - started < 10 * HOUR:
        before = bench.worker.gate.breaker.next_probe
        bench.run()
        probes += bench.worker.gate.breaker.next_probe != before
        bench.clock.now += 5
    assert probes <= 10 * HOUR / 60 + 10
    assert bench.parked() == {}
    assert {job.attempts for job in bench.jobs()} == {0}
    bench.plex.start()
    bench.clock.now += 60
    bench.run()
    assert all(bench.title(scene) == "During" for scene in range(1, 51))


@pytest.mark.parametrize("fault", [{"type": "starting_up"}, {"type": "maintenance"}])
def test_a_plex_that_starts_makes_everything_wait(bench: Bench, fault: dict[str, object]) -> None:
    bench.plex.inject({**fault, "count": None})
    bench.edit(1, 2, title="Soon")
    for _ in range(100):
        bench.run()
        bench.clock.now += 60
    assert {job.attempts for job in bench.jobs()} == {0}
    bench.plex.clear_faults()
    bench.run()
    assert bench.title(1) == bench.title(2) == "Soon"


def test_a_library_that_cannot_be_listed_is_no_scenes_fault(bench: Bench) -> None:
    bench.plex.inject({"type": "status", "status": 500, "kind": "list", "count": None})
    bench.edit(1, 2, title="Soon")
    bench.plex.reset_counts()
    for _ in range(100):
        bench.run()
        bench.clock.now += 60
    assert bench.parked() == {}
    assert {job.attempts for job in bench.jobs()} == {0}
    assert bench.plex.counts()["list"] <= 110
    bench.plex.clear_faults()
    bench.clock.now += 60
    bench.run()
    assert bench.title(1) == bench.title(2) == "Soon"


def test_a_listing_that_fails_takes_nothing_back_of_the_scenes_before(bench: Bench) -> None:
    """Both stand in one transaction, for one sync of the disk."""
    bench.edit(1, title="Warm up")
    bench.run()
    bench.plex.add_item(1, f"{PLEX_ROOT}/new.mp4", 5)
    bench.clock.now += 3600
    bench.plex.inject({"type": "status", "status": 500, "kind": "list", "count": None})
    bench.edit(2, title="Written")
    bench.edit(60, title="Makes Plex be listed")
    bench.run()
    assert bench.title(2) == "Written"
    assert [job.scene_id for job in bench.jobs()] == [60]
    assert set(bench.record.known_between(1, 60)) == {1, 2}


def test_a_scene_changed_while_it_is_read_ahead_is_read_again(bench: Bench) -> None:
    bench.edit(*range(1, 56), title="First")
    edited: list[int] = []

    def interrupted() -> bool:
        if not edited:
            edited.append(bench.worker.in_hand)
            bench.edit(55, title="Second")
        return False

    while bench.worker.run_due(interrupted):
        pass
    assert edited == [5]
    assert bench.title(55) == "Second"
    assert bench.jobs() == []


def test_what_is_read_ahead_waits_again_when_a_task_wants_to_work(bench: Bench) -> None:
    bench.edit(*range(1, 56), title="First")
    assert bench.worker.run_due(lambda: True) == 50
    assert bench.worker.in_hand == 0
    assert len(bench.queue) == 55
    assert bench.queue.count_due() == 55


@pytest.mark.parametrize(
    "fault",
    [
        {"type": "status", "status": 500},
        {"type": "status", "status": 429},
        {"type": "status", "status": 520},
        {"type": "reset_before"},
    ],
)
def test_a_poison_scene_is_parked_after_its_tries_and_slows_nobody(bench: Bench, fault: dict[str, Any]) -> None:
    bench.edit(1, title="Warm up")
    bench.run()
    key = bench.plex.find(f"{PLEX_ROOT}/{file_name(2)}")["ratingKey"]
    bench.plex.inject({**fault, "kind": "edit", "rating_key": int(key), "count": None})
    bench.edit(2, 3, 4, title="All of us")
    bench.run()
    assert bench.title(3) == bench.title(4) == "All of us"
    for _ in range(MOST_ATTEMPTS):
        due = bench.queue.next_due()
        bench.clock.now = max(bench.clock.now, due or 0.0) + 61
        bench.run()
    assert set(bench.parked()) == {2}
    assert f"tried {MOST_ATTEMPTS} times" in bench.parked()[2]


@pytest.mark.parametrize("fault", ["reset_before", "html_200", "hang"])
def test_an_edit_that_never_arrived_is_made_again(bench: Bench, fault: str) -> None:
    bench.edit(1, title="Warm up")
    bench.run()
    bench.plex.inject({"type": fault, "kind": "edit", "seconds": 3})
    bench.edit(2, title="Once")
    for _ in range(3):
        bench.run()
        bench.clock.now += 700
    assert bench.title(2) == "Once"
    assert len(bench.queue) == 0


@pytest.mark.parametrize("fault", ["reset_after", "broken_xml", "html_200", "empty_200"])
def test_an_edit_whose_answer_is_lost_or_odd_is_not_made_twice(bench: Bench, fault: str) -> None:
    bench.edit(1, title="Warm up")
    bench.run()
    bench.plex.reset_counts()
    after = {"after": True} if fault in ("html_200", "empty_200") else {}
    bench.plex.inject({"type": fault, "kind": "edit", **after})
    bench.edit(2, title="Once")
    for _ in range(3):
        bench.run()
        bench.clock.now += 700
    assert bench.title(2) == "Once"
    assert len(bench.queue) == 0
    assert bench.plex.applied_writes == 2
    assert bench.parked() == {}


def test_an_edit_plex_refuses_is_parked_at_once_with_the_reason(bench: Bench) -> None:
    key = bench.plex.find(f"{PLEX_ROOT}/{file_name(2)}")["ratingKey"]
    bench.plex.inject({"type": "status", "status": 409, "kind": "edit", "rating_key": int(key), "count": None})
    bench.edit(2, title="Refused")
    bench.run()
    assert bench.parked() == {2: "Plex refused the request (HTTP 409)."}


def test_a_token_without_rights_pauses_and_no_scene_pays(bench: Bench) -> None:
    bench.plex.inject({"type": "status", "status": 403, "kind": "edit", "count": None})
    bench.edit(1, 2, 3, title="Waiting")
    bench.run()
    assert "does not accept the token" in bench.worker.gate.paused_because
    assert bench.plex.counts()["edit"] == 1
    assert {job.attempts for job in bench.jobs()} == {0}
    bench.plex.clear_faults()
    bench.worker.reconfigure(bench.config(plex_read_timeout=3.0))
    bench.run()
    assert bench.title(3) == "Waiting"
    assert bench.worker.gate.paused_because == ""


def test_two_items_that_cannot_be_told_apart_are_parked_and_not_touched(bench: Bench) -> None:
    for folder in ("x", "y"):
        bench.plex.add_item(1, f"{PLEX_ROOT}/{folder}/scene.0060.mp4", 1060)
    bench.plex.reset_counts()
    bench.edit(60, title="Which?")
    bench.run()
    assert '2 items in Plex hold a file called "scene.0060.mp4"' in bench.parked()[60]
    assert bench.plex.counts()["writes"] == 0


def test_an_item_that_holds_another_file_by_now_is_not_written(bench: Bench) -> None:
    bench.edit(1, title="Warm up")
    bench.run()
    bench.plex.move_file(f"{PLEX_ROOT}/{file_name(2)}", f"{PLEX_ROOT}/moved/away.mp4")
    bench.worker.plex_client.server.library.section("Clips").update()
    bench.plex.advance(120)
    bench.plex.reset_counts()
    bench.edit(2, title="Not yours")
    bench.run()
    assert bench.plex.counts()["writes"] == 0
    assert 2 in bench.reasons()


def test_a_scene_stash_cannot_deliver_harms_only_itself(bench: Bench) -> None:
    bench.edit(1, 2, 3, title="Fine")
    bench.stash.inject({"kind": "graphql_error", "scene": 2})
    bench.run()
    assert bench.title(1) == bench.title(3) == "Fine"
    assert 2 in bench.parked()


def test_a_scene_that_is_gone_from_stash_is_closed(bench: Bench) -> None:
    bench.queue.add(999, UpdateType.UPDATE)
    bench.queue.add(1, UpdateType.DESTROY)
    bench.run()
    assert bench.worker.tally.counts() == {"gone": 2}
    assert len(bench.queue) == 0


def test_an_item_without_a_proper_key_is_never_edited() -> None:
    video = Element("Video", {"type": "movie", "title": "a"})
    with pytest.raises(PlexPermanentError, match="cannot be edited safely"):
        PlexItem(None, video, "1").edit(**{"title.value": "everything"})
    show = Element("Directory", {"type": "show", "ratingKey": "5"})
    with pytest.raises(PlexPermanentError):
        PlexItem(None, show, "1").edit(**{"title.value": "everything"})


def test_a_cover_that_stash_does_not_deliver_holds_up_nothing(bench: Bench) -> None:
    bench.stash.inject({"kind": "status", "status": 500, "match": "image", "count": None})
    bench.edit(1, 2, title="Without its cover")
    bench.run()
    assert bench.title(1) == bench.title(2) == "Without its cover"


def test_a_stash_that_fails_at_a_batch_is_asked_for_each_scene(bench: Bench) -> None:
    bench.edit(1, 2, title="One by one")
    bench.stash.inject({"kind": "status", "status": 500, "match": "findScene", "count": 1})
    bench.run()
    assert bench.title(1) == bench.title(2) == "One by one"


def test_a_server_that_fails_at_every_scene_for_hours_parks_none(bench: Bench) -> None:
    """Its database is being tidied up, say: it says who it is, and fails at every edit."""
    bench.plex.inject({"type": "status", "status": 500, "kind": "edit", "count": None})
    bench.edit(1, 2, 3, title="Later")
    for _ in range(60):
        bench.run()
        bench.clock.now += 300
    assert bench.parked() == {}
    bench.plex.clear_faults()
    bench.clock.now += 700
    bench.run()
    assert bench.title(1) == bench.title(2) == bench.title(3) == "Later"


def test_a_scene_at_which_stash_always_fails_is_parked_after_its_tries(bench: Bench) -> None:
    bench.edit(1, title="Never read")
    bench.stash.inject({"kind": "status", "status": 500, "match": "findScene", "count": None})
    for _ in range(MOST_ATTEMPTS_ALONE):
        assert bench.parked() == {}
        bench.run()
        bench.clock.now += 700
    assert "Stash fails to describe scene 1" in bench.parked()[1]


def test_control_characters_do_not_reach_plex_and_cost_no_second_write(bench: Bench) -> None:
    bench.edit(1, title="A\x0btitle\x00", details="Line one\r\nline two")
    bench.run()
    assert bench.title(1) == "Atitle"
    bench.queue.add(1, UpdateType.UPDATE)
    bench.plex.reset_counts()
    bench.run()
    assert bench.plex.counts()["writes"] == 0


def test_what_an_edit_replaced_is_given_back_even_if_its_answer_was_lost(bench: Bench) -> None:
    before = bench.title(2)
    bench.edit(1, title="Warm up")
    bench.run()
    bench.plex.inject({"type": "reset_after", "kind": "edit"})
    bench.edit(2, title="Mine")
    for _ in range(3):
        bench.run()
        bench.clock.now += 700
    assert bench.title(2) == "Mine"
    bench.edit(2, title="")
    bench.run()
    assert bench.title(2) == before


def test_a_redirect_is_not_followed_and_the_token_goes_nowhere_else(bench: Bench) -> None:
    with PlexDouble(plex_library(1)) as elsewhere:
        bench.plex.inject({"type": "redirect", "location": elsewhere.url + "/", "count": None})
        bench.edit(1, title="Waiting")
        bench.run()
        assert elsewhere.requests == []
    assert "forwards to another one" in bench.worker.gate.paused_because
