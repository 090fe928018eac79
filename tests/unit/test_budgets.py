"""What passes over libraries cost in requests, by the doubles' counters; times are in bench/."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from plex.listing import PAGE as PLEX_PAGE
from stash.paging import PAGE as STASH_PAGE
from tests.doubles.plex import PlexDouble
from tests.doubles.stash import StashDouble
from tests.support.harness import plex_library, stash_library
from tests.unit.test_engine import reconcile
from tests.unit.test_processor import Bench
from validation.jobs import UpdateType
from worker.storage.database import open_database

SCENES = 1_200
PAGES = -(-SCENES // PLEX_PAGE)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A library that was sent before: every scene has a title that Plex shows."""
    folder = tmp_path_factory.mktemp("budgets")
    library = plex_library(SCENES)
    for number, item in enumerate(library["sections"][0]["items"], start=1):
        item["title"] = f"Title {number}"
    with ExitStack() as stack:
        stash_side = stash_library(SCENES)
        for scene in stash_side["scenes"]:
            scene["title"] = f"Title {scene['id']}"
        stash = stack.enter_context(StashDouble(stash_side))
        plex = stack.enter_context(PlexDouble(library))
        database = stack.enter_context(closing(open_database(str(folder / "plexsync.db"))))
        database.execute("PRAGMA synchronous=OFF")
        made = stack.enter_context(closing(Bench(folder, stash, plex, database)))
        made.worker.reconfigure(made.config(skip_poster=True))
        reconcile(made)
        made.stash.advance(60)
        made.plex.advance(60)
        yield made


def measured(bench: Bench, everything: bool = False) -> tuple[dict[str, int], int]:
    """Plex requests by kind and the number of Stash requests of one pass and its work; what is 0 is left out."""
    bench.plex.reset_counts()
    bench.stash.reset_counts()
    reconcile(bench, everything)
    plex = {kind: count for kind, count in bench.plex.counts().items() if count}
    return plex, int(bench.stash.counts()["requests"])


#: A Stash request per page, one that tells the end where the last page is full, one for what scenes show.
USUAL = SCENES // STASH_PAGE + 2


def test_a_pass_over_an_unchanged_library_costs_only_its_pages(bench: Bench) -> None:
    assert measured(bench) == ({"sections": 2}, USUAL)


def test_ten_thousand_scenes_stay_within_their_budget() -> None:
    assert 10_000 // STASH_PAGE + 2 <= 30
    assert 10_000 // PLEX_PAGE + 1 + 3 <= 25  # a full sweep, connecting, and two looks at the change counter


def test_the_daily_sweep_costs_the_pages_of_plex_and_no_details(bench: Bench) -> None:
    bench.clock.now += 25 * 3600
    assert measured(bench) == ({"sections": 2, "list": PAGES}, USUAL)


def test_a_hundred_changed_scenes_cost_two_reads_two_details_and_a_hundred_writes(bench: Bench) -> None:
    bench.stash.bulk_save([1], details="Warm up: the first write of a field is read back.")
    bench.stash.advance(60)
    reconcile(bench)
    bench.plex.advance(300)  # past the overlap of two deltas
    bench.stash.bulk_save(range(101, 201), details="Changed.")
    bench.stash.advance(60)
    plex, stash = measured(bench)
    assert plex == {"sections": 2, "list": 1, "details": 2, "edit": 100, "writes": 100}
    assert stash == USUAL + 2
    assert measured(bench) == ({"sections": 2}, USUAL)


def test_a_thorough_pass_reads_everything_in_batches_and_writes_nothing(bench: Bench) -> None:
    batches = -(-SCENES // 50)
    assert measured(bench, everything=True) == ({"sections": 2, "list": PAGES, "details": batches}, USUAL + batches)


def test_a_file_that_plex_lacks_costs_one_look_at_the_change_counter(bench: Bench) -> None:
    place = {"ids": ["700"], "destination_folder": "/media/stash", "destination_basename": "elsewhere.mp4"}
    bench.stash.graphql("mutation($i:MoveFilesInput!){moveFiles(input:$i)}", {"i": place})
    bench.queue.add(700, UpdateType.UPDATE)
    bench.clock.now += 60
    bench.plex.reset_counts()
    bench.run()
    assert bench.worker.tally.counts()["missing"] == 1
    assert {kind: count for kind, count in bench.plex.counts().items() if count} == {"sections": 1}
