"""What passes over libraries cost in requests, by the doubles' counters; times are in bench/."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from plex.listing import PAGE as PLEX_PAGE
from stash.paging import PAGE as STASH_PAGE
from tests.support.harness import plex_library, stash_library
from tests.support.workbench import Workbench, loaded_workbench
from validation.jobs import UpdateType
from validation.outcomes import Ended

SCENES = 1_200
PAGES = -(-SCENES // PLEX_PAGE)


@pytest.fixture(scope="module")
def workbench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """A library that was sent before: every scene has a title that Plex shows."""
    folder = tmp_path_factory.mktemp("budgets")
    library = plex_library(SCENES)
    for number, item in enumerate(library["sections"][0]["items"], start=1):
        item["title"] = f"Title {number}"
    stash_side = stash_library(SCENES)
    for scene in stash_side["scenes"]:
        scene["title"] = f"Title {scene['id']}"
    with loaded_workbench(folder, stash_side, library, {"skip_poster": True}) as made:
        made.database.execute("PRAGMA synchronous=OFF")
        made.reconcile()
        made.stash.advance(60)
        made.plex.advance(60)
        yield made


@pytest.fixture(autouse=True)
def _settled(workbench: Workbench) -> None:
    """Each test begins after a scene and a pass of which nothing came, whichever ran before it."""
    workbench.plex.advance(300)  # past the overlap of two deltas
    workbench.sync(1)  # after some minutes, Plex is asked whether it is the same one before anything is written
    workbench.reconcile()
    workbench.reconcile()


def measured(workbench: Workbench, everything: bool = False) -> tuple[dict[str, int], int]:
    """Plex requests by kind and the number of Stash requests of one pass and its work; what is 0 is left out."""
    workbench.plex.reset_counts()
    workbench.stash.reset_counts()
    workbench.reconcile(everything)
    plex = {kind: count for kind, count in workbench.plex.counts().items() if count}
    return plex, int(workbench.stash.counts()["requests"])


#: A Stash request per page, one that tells the end where the last page is full, one for what scenes show.
USUAL = SCENES // STASH_PAGE + 2


def test_a_pass_over_an_unchanged_library_costs_only_its_pages(workbench: Workbench) -> None:
    assert measured(workbench) == ({"sections": 1}, USUAL)


def test_ten_thousand_scenes_stay_within_their_budget() -> None:
    assert 10_000 // STASH_PAGE + 2 <= 30
    assert 10_000 // PLEX_PAGE + 1 + 3 <= 25  # a full sweep, connecting, and two looks at the change counter


def test_the_daily_sweep_costs_the_pages_of_plex_and_no_details(workbench: Workbench) -> None:
    workbench.clock.now += 25 * 3600
    assert measured(workbench) == ({"sections": 1, "list": PAGES}, USUAL)


def test_a_hundred_changed_scenes_cost_two_reads_a_hundred_writes_and_four_details(
    workbench: Workbench,
) -> None:
    workbench.plex.advance(300)  # past the overlap of two deltas
    workbench.stash.bulk_save([1], details="So that the index has met something newer than the whole library.")
    workbench.stash.advance(60)
    workbench.reconcile()
    workbench.reconcile()
    workbench.plex.advance(300)
    workbench.stash.bulk_save(range(101, 201), details="Changed.")
    workbench.stash.advance(60)
    plex, stash = measured(workbench)
    assert plex == {"sections": 1, "details": 4, "edit": 100, "writes": 100}
    assert stash == USUAL + 2
    assert measured(workbench) == ({"sections": 1, "list": 2}, USUAL), "what changed is listed once and counted"
    workbench.plex.advance(300)
    assert measured(workbench) == ({"sections": 1}, USUAL)


def test_a_thorough_pass_reads_everything_in_batches_and_writes_nothing(workbench: Workbench) -> None:
    batches = -(-SCENES // 50)
    assert measured(workbench, everything=True) == ({"sections": 1, "list": PAGES, "details": batches}, USUAL + batches)


def test_a_file_that_plex_lacks_costs_one_look_at_the_change_counter(workbench: Workbench) -> None:
    place = {"ids": ["700"], "destination_folder": "/media/stash", "destination_basename": "elsewhere.mp4"}
    workbench.stash.graphql("mutation($i:MoveFilesInput!){moveFiles(input:$i)}", {"i": place})
    workbench.queue.add(700, UpdateType.UPDATE)
    workbench.clock.now += 60
    workbench.plex.reset_counts()
    workbench.run()
    assert workbench.worker.tally.counts()[Ended.MISSING] == 1
    assert {kind: count for kind, count in workbench.plex.counts().items() if count} == {"sections": 1}
