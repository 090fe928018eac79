"""What a real Plex does and PlexSync does not reckon with yet: one small story for each, with the fault named."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doubles.stash.pictures import png
from tests.support.workbench import Workbench, running_workbench


@pytest.fixture
def workbench(tmp_path: Path) -> Iterator[Workbench]:
    with running_workbench(tmp_path) as workbench:
        yield workbench


def test_a_title_that_comes_and_goes_leaves_the_unlocked_sort_title_as_it_was(workbench: Workbench) -> None:
    pair = workbench.pair(title="Old", titleSort="By hand")
    pair.in_stash(title="New")
    pair.sync()
    pair.in_stash(title="")
    pair.sync()
    assert (pair.shown()["title"], pair.shown()["titleSort"]) == ("Old", "By hand")


def test_a_sort_title_that_comes_and_goes_leaves_the_one_that_plex_makes(workbench: Workbench) -> None:
    workbench.use(sort_title_template="[{code}]")
    pair = workbench.pair(title="The Élan")
    pair.in_stash(code="AA-1")
    pair.sync()
    pair.in_stash(code="")
    pair.sync()
    assert pair.shown()["titleSort"] is None


def test_going_back_to_an_earlier_cover_shows_it_again(workbench: Workbench) -> None:
    workbench.use(skip_poster=False)
    pair = workbench.pair()
    for cover in (png("one"), png("two"), png("one")):
        pair.in_stash(cover=cover)
        pair.sync()
    assert pair.shown()["selected"]["thumb"].endswith(hashlib.sha1(png("one")).hexdigest())
