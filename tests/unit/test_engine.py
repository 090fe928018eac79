"""The reconciliation engine on both doubles: what it finds, what it costs, and that it converges."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciliation.gaps import Gap
from tests.support.harness import PLEX_ROOT, file_name, plex_library, stash_library
from tests.support.workbench import Workbench, loaded_workbench
from validation.jobs import UpdateType
from validation.outcomes import Ended


@pytest.fixture
def workbench(tmp_path: Path) -> Iterator[Workbench]:
    with loaded_workbench(tmp_path, stash_library(60), plex_library(55)) as made:
        yield made


def found(workbench: Workbench) -> dict[Gap, int]:
    return dict(workbench.reconcile().gaps)


def test_the_first_pass_sends_everything_and_the_next_finds_nothing(workbench: Workbench) -> None:
    workbench.stash.bulk_save(range(1, 61), details="Text.")
    workbench.stash.advance(60)
    assert found(workbench) == {Gap.NEVER_SYNCED: 60}
    assert workbench.worker.tally.counts() == {"updated": 55, "missing": 5}
    workbench.plex.reset_counts()
    assert found(workbench) == {}
    assert workbench.worker.tally.counts() == {"unchanged": 55, "missing": 5}
    assert workbench.plex.counts() == {"sections": 1, "list": 2, "writes": 0}


def test_an_edit_no_hook_told_of_is_found(workbench: Workbench) -> None:
    workbench.reconcile()
    workbench.stash.advance(60)
    workbench.stash.save(7, title="Quietly")
    workbench.stash.advance(60)
    assert found(workbench) == {Gap.STALE: 1}
    assert workbench.title(7) == "Quietly"
    assert found(workbench) == {}


def test_a_renamed_or_destroyed_tag_reaches_the_scenes_that_showed_it(workbench: Workbench) -> None:
    tag = workbench.stash.graphql('mutation { tagCreate(input: {name: "Old"}) { id } }')["data"]["tagCreate"]["id"]
    workbench.stash.bulk_save([1, 2, 3], tag_ids={"ids": [tag], "mode": "SET"})
    workbench.stash.advance(60)
    workbench.reconcile()
    workbench.stash.advance(60)
    workbench.stash.graphql(f'mutation {{ tagUpdate(input: {{id: {tag}, name: "New"}}) {{ id }} }}')
    assert found(workbench) == {Gap.RENAMED: 3}
    assert workbench.plex.find(f"{PLEX_ROOT}/{file_name(2)}")["tags"]["genre"] == ["New"]
    workbench.stash.graphql(f"mutation {{ tagDestroy(input: {{id: {tag}}}) }}")
    assert found(workbench) == {Gap.RENAMED: 3}
    assert "genre" not in workbench.plex.find(f"{PLEX_ROOT}/{file_name(2)}")["tags"]
    assert found(workbench) == {}


def test_a_change_made_in_plex_is_found_and_taken_back(workbench: Workbench) -> None:
    workbench.stash.bulk_save([1, 2], title="Mine")
    workbench.stash.advance(60)
    workbench.reconcile()
    workbench.plex.advance(60)
    section = workbench.worker.plex_client.server.library.section("Clips")
    section.fetchItem(int(workbench.plex.find(f"{PLEX_ROOT}/{file_name(1)}")["ratingKey"])).editTitle("Somebody's")
    assert found(workbench) == {Gap.DRIFTED: 1}
    assert workbench.title(1) == "Mine"
    assert found(workbench) == {}


def test_a_tag_changed_in_plex_is_found_by_the_thorough_pass(workbench: Workbench) -> None:
    tag = workbench.stash.graphql('mutation { tagCreate(input: {name: "Kept"}) { id } }')["data"]["tagCreate"]["id"]
    workbench.stash.save(1, tag_ids=[tag])
    workbench.stash.advance(60)
    workbench.reconcile()
    item = workbench.worker.plex_client.server.fetchItem(
        int(workbench.plex.find(f"{PLEX_ROOT}/{file_name(1)}")["ratingKey"])
    )
    item.removeGenre("Kept")
    assert workbench.reconcile(everything=True).gaps == {Gap.ASKED_FOR: 60}
    assert workbench.plex.find(f"{PLEX_ROOT}/{file_name(1)}")["tags"]["genre"] == ["Kept"]


def test_a_scene_gone_from_stash_is_closed(workbench: Workbench) -> None:
    workbench.reconcile()
    workbench.stash.graphql("mutation { sceneDestroy(input: {id: 60}) }")
    workbench.stash.graphql("mutation { sceneDestroy(input: {id: 3}) }")
    assert found(workbench) == {Gap.GONE_FROM_STASH: 1}  # 60 waited for Plex, and its job finds it gone
    workbench.clock.now += 3600
    workbench.run()
    assert found(workbench) == {}


def test_a_parked_scene_comes_back_when_its_file_is_in_plex(workbench: Workbench) -> None:
    workbench.stash.save(60, title="At last")
    workbench.stash.advance(60)
    workbench.reconcile()
    while not workbench.parked():
        workbench.clock.now = workbench.next_due() or workbench.clock.now
        workbench.run()
    assert found(workbench) == {}
    assert workbench.worker.tally.counts()[Ended.MISSING] == 5
    workbench.plex.advance(3600)
    workbench.plex.add_item(1, f"{PLEX_ROOT}/{file_name(60)}", 1060)
    assert found(workbench) == {Gap.NEW_IN_PLEX: 1}
    assert workbench.title(60) == "At last"


def test_what_the_selection_leaves_out_is_counted_and_not_asked_about_again(workbench: Workbench) -> None:
    workbench.worker.reconfigure(workbench.config(only_organized=True))
    workbench.stash.bulk_save([1, 2], organized=True)
    workbench.stash.advance(60)
    workbench.reconcile()
    assert workbench.worker.tally.counts() == {"unchanged": 2, "left out": 58}
    assert found(workbench) == {}
    assert workbench.worker.tally.counts() == {"unchanged": 2, "left out": 58}


def test_a_waiting_job_is_not_queued_twice(workbench: Workbench) -> None:
    workbench.reconcile()
    workbench.queue.add(60, UpdateType.UPDATE)
    before = len(workbench.queue)
    workbench.plex.reset_counts()
    workbench.reconcile()
    assert len(workbench.queue) == before
