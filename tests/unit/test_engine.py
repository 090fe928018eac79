"""The reconciliation engine on both doubles: what it finds, what it costs, and that it converges."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from reconciliation.engine import Findings, ReconciliationEngine
from reconciliation.gaps import Gap
from tests.doubles.plex import PlexDouble
from tests.doubles.stash import StashDouble
from tests.support.harness import PLEX_ROOT, file_name, plex_library, stash_library
from tests.unit.test_processor import Bench
from validation.jobs import UpdateType
from worker.storage.database import open_database


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with ExitStack() as stack:
        stash = stack.enter_context(StashDouble(stash_library(60)))
        plex = stack.enter_context(PlexDouble(plex_library(55)))
        database = stack.enter_context(closing(open_database(str(tmp_path / "plexsync.db"))))
        yield stack.enter_context(closing(Bench(tmp_path, stash, plex, database)))


def reconcile(bench: Bench, everything: bool = False) -> Findings:
    """One pass and what follows from it, as the task does it."""
    bench.worker.tally.clear()
    worker = bench.worker
    engine = ReconciliationEngine(
        bench.client,
        worker.plex_client,
        bench.queue,
        bench.record,
        bench.index,
        worker.config,
        worker.tally.note,
        bench.clock,
    )
    findings = engine.enqueue(everything)
    bench.run()
    bench.index.refresh(worker.plex_client.server, ())
    bench.record.see_written(str(worker.plex_client.server.machineIdentifier), bench.index.updated_at)
    return findings


def found(bench: Bench) -> dict[Gap, int]:
    return dict(reconcile(bench).gaps)


def test_the_first_pass_sends_everything_and_the_next_finds_nothing(bench: Bench) -> None:
    bench.stash.bulk_save(range(1, 61), details="Text.")
    bench.stash.advance(60)
    assert found(bench) == {Gap.NEVER_SYNCED: 60}
    assert bench.worker.tally.counts() == {"updated": 55, "missing": 5}
    bench.plex.reset_counts()
    assert found(bench) == {}
    assert bench.worker.tally.counts() == {"unchanged": 55, "missing": 5}
    assert bench.plex.counts() == {"sections": 2, "writes": 0}


def test_an_edit_no_hook_told_of_is_found(bench: Bench) -> None:
    reconcile(bench)
    bench.stash.advance(60)
    bench.stash.save(7, title="Quietly")
    bench.stash.advance(60)
    assert found(bench) == {Gap.STALE: 1}
    assert bench.title(7) == "Quietly"
    assert found(bench) == {}


def test_a_renamed_or_destroyed_tag_reaches_the_scenes_that_showed_it(bench: Bench) -> None:
    tag = bench.stash.graphql('mutation { tagCreate(input: {name: "Old"}) { id } }')["data"]["tagCreate"]["id"]
    bench.stash.bulk_save([1, 2, 3], tag_ids={"ids": [tag], "mode": "SET"})
    bench.stash.advance(60)
    reconcile(bench)
    bench.stash.advance(60)
    bench.stash.graphql(f'mutation {{ tagUpdate(input: {{id: {tag}, name: "New"}}) {{ id }} }}')
    assert found(bench) == {Gap.RENAMED: 3}
    assert bench.plex.find(f"{PLEX_ROOT}/{file_name(2)}")["tags"]["genre"] == ["New"]
    bench.stash.graphql(f"mutation {{ tagDestroy(input: {{id: {tag}}}) }}")
    assert found(bench) == {Gap.RENAMED: 3}
    assert "genre" not in bench.plex.find(f"{PLEX_ROOT}/{file_name(2)}")["tags"]
    assert found(bench) == {}


def test_a_change_made_in_plex_is_found_and_taken_back(bench: Bench) -> None:
    bench.stash.bulk_save([1, 2], title="Mine")
    bench.stash.advance(60)
    reconcile(bench)
    bench.plex.advance(60)
    section = bench.worker.plex_client.server.library.section("Clips")
    section.fetchItem(int(bench.plex.find(f"{PLEX_ROOT}/{file_name(1)}")["ratingKey"])).editTitle("Somebody's")
    assert found(bench) == {Gap.DRIFTED: 1}
    assert bench.title(1) == "Mine"
    assert found(bench) == {}


def test_a_tag_changed_in_plex_is_found_by_the_thorough_pass(bench: Bench) -> None:
    tag = bench.stash.graphql('mutation { tagCreate(input: {name: "Kept"}) { id } }')["data"]["tagCreate"]["id"]
    bench.stash.save(1, tag_ids=[tag])
    bench.stash.advance(60)
    reconcile(bench)
    item = bench.worker.plex_client.server.fetchItem(int(bench.plex.find(f"{PLEX_ROOT}/{file_name(1)}")["ratingKey"]))
    item.removeGenre("Kept")
    assert reconcile(bench, everything=True).gaps == {Gap.ASKED_FOR: 60}
    assert bench.plex.find(f"{PLEX_ROOT}/{file_name(1)}")["tags"]["genre"] == ["Kept"]


def test_a_scene_gone_from_stash_is_closed(bench: Bench) -> None:
    reconcile(bench)
    bench.stash.graphql("mutation { sceneDestroy(input: {id: 60}) }")
    bench.stash.graphql("mutation { sceneDestroy(input: {id: 3}) }")
    assert found(bench) == {Gap.GONE_FROM_STASH: 1}  # 60 waited for Plex, and its job finds it gone
    bench.clock.now += 3600
    bench.run()
    assert found(bench) == {}


def test_a_parked_scene_comes_back_when_its_file_is_in_plex(bench: Bench) -> None:
    bench.stash.save(60, title="At last")
    bench.stash.advance(60)
    reconcile(bench)
    while not bench.parked():
        bench.clock.now = bench.queue.next_due() or bench.clock.now
        bench.run()
    assert found(bench) == {}
    assert bench.worker.tally.counts()["missing"] == 5
    bench.plex.advance(3600)
    bench.plex.add_item(1, f"{PLEX_ROOT}/{file_name(60)}", 1060)
    assert found(bench) == {Gap.NEW_IN_PLEX: 1}
    assert bench.title(60) == "At last"


def test_what_the_selection_leaves_out_is_counted_and_not_asked_about_again(bench: Bench) -> None:
    bench.worker.reconfigure(bench.config(only_organized=True))
    bench.stash.bulk_save([1, 2], organized=True)
    bench.stash.advance(60)
    reconcile(bench)
    assert bench.worker.tally.counts() == {"unchanged": 2, "left out": 58}
    assert found(bench) == {}
    assert bench.worker.tally.counts() == {"unchanged": 2, "left out": 58}


def test_a_waiting_job_is_not_queued_twice(bench: Bench) -> None:
    reconcile(bench)
    bench.queue.add(60, UpdateType.UPDATE)
    before = len(bench.queue)
    bench.plex.reset_counts()
    reconcile(bench)
    assert len(bench.queue) == before
