"""The index knows which rating Plex last showed of an item: by its lists, and by details that are newer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from plex.items import Stars
from tests.support.workbench import Workbench, running_workbench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with running_workbench(tmp_path) as made:
        yield made


def test_a_list_in_full_tells_every_rating_and_when_it_was_given(bench: Workbench) -> None:
    rated, other = bench.pair(), bench.pair()
    rated.rated_by_hand(7.5)
    server = bench.worker.plex_client.server
    bench.index.refresh(server, ())
    found = bench.index.stars(str(rated.key))
    assert found is not None
    assert (found.rating, found.rated_at > 0) == ("7.5", True)
    assert bench.index.stars(str(other.key)) == Stars()
    assert bench.index.stars("99999") is None
    rated.rated_by_hand(-1)
    bench.index.refresh(server, (), sweep=True)
    assert bench.index.stars(str(rated.key)) == Stars()


def test_details_that_are_read_are_newer_than_the_lists(bench: Workbench) -> None:
    pair = bench.pair()
    bench.index.refresh(bench.worker.plex_client.server, ())
    pair.rated_by_hand(9)
    pair.sync()
    found = bench.index.stars(str(pair.key))
    assert found is not None
    assert found.rating == "9"


def test_a_rating_of_ours_is_known_once_it_was_read_back(bench: Workbench) -> None:
    pair = bench.pair()
    pair.in_stash(rating100=40)
    pair.sync()
    found = bench.index.stars(str(pair.key))
    assert found is not None
    assert found.rating == "4"
