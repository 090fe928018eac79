"""A rating that Plex does not take is named and remembered; the scene counts as done, and the rest of it arrives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clock import HOUR, MINUTE
from tests.support.pairs import Pair
from tests.support.workbench import Workbench, running_workbench
from validation.jobs import UpdateType


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with running_workbench(tmp_path) as made:
        yield made


def rated(bench: Workbench, rating: int = 80) -> Pair:
    pair = bench.pair()
    pair.in_stash(title="Stash's", rating100=rating)
    return pair


def go_on(bench: Workbench, hours: float) -> None:
    end = bench.clock.now + hours * HOUR
    while bench.clock.now < end:
        bench.clock.now += 5 * MINUTE
        bench.run()


@pytest.mark.parametrize("status", [400, 403, 404, 405, 500, 501])
def test_it_parks_nobody_and_is_asked_for_once(bench: Workbench, status: int) -> None:
    bench.plex.inject({"type": "status", "status": status, "kind": "rate", "count": None})
    pairs = [rated(bench) for _ in range(5)]
    bench.sync(*(pair.scene for pair in pairs))
    go_on(bench, 2)
    assert (bench.parked(), bench.waiting(), bench.worker.gate.paused_because) == ({}, {}, "")
    assert [pair.shown()["title"] for pair in pairs] == ["Stash's"] * 5
    refused = bench.record.refused()
    assert [one.scene_id for one in refused] == [pair.scene for pair in pairs]
    assert all(one.reason.startswith("rating: ") for one in refused)
    first = pairs[0]
    assert first.sync() == [], "not asked for again"
    first.in_stash(title="Another")
    assert first.sync() == ["PUT title.locked=1; title.value=Another"]
    assert len(bench.record.refused()) == 5
    bench.plex.clear_faults()
    first.in_stash(rating100=60)
    assert first.sync() == ["RATE 6.0"]
    assert pairs[1].sync(UpdateType.OVERWRITE) == ["RATE 8.0"]
    assert [one.scene_id for one in bench.record.refused()] == [pair.scene for pair in pairs[2:]]
    first.in_stash(rating100=None)
    assert first.sync() == ["RATE -1"]


def test_while_nothing_is_taken_it_is_everybodys_fault(bench: Workbench) -> None:
    bench.plex.inject({"type": "status", "status": 405, "kind": "writes", "count": None})
    pairs = [bench.pair(title="Stash's", locked=["title"]) for _ in range(4)]
    for pair in pairs:
        pair.in_stash(title="Stash's", rating100=80)
    bench.sync(*(pair.scene for pair in pairs))
    go_on(bench, 2)
    assert (bench.parked(), bench.record.refused()) == ({}, [])
    assert "HTTP 405" in bench.worker.gate.paused_because
    bench.plex.clear_faults()
    go_on(bench, 1)
    assert [pair.shown()["userRating"] for pair in pairs] == [8.0] * 4


def test_a_rating_that_fails_for_a_moment_arrives(bench: Workbench) -> None:
    bench.plex.inject({"type": "status", "status": 500, "kind": "rate", "count": 2})
    pair = rated(bench)
    bench.sync(pair.scene)
    assert pair.shown()["title"] == "Stash's"
    go_on(bench, 1)
    assert (pair.shown()["userRating"], bench.waiting(), bench.record.refused()) == (8.0, {}, [])
    pair.in_stash(rating100=None)
    assert pair.sync() == ["RATE -1"]


@pytest.mark.parametrize("locked", [True, False], ids=["locked", "unlocked"])
def test_after_a_refused_rating_a_title_is_locked_as_it_was_written(bench: Workbench, locked: bool) -> None:
    bench.plex.inject({"type": "status", "status": 405, "kind": "rate", "count": None})
    pair = bench.pair(title="Own", locked=["title"] if locked else [])
    pair.in_stash(title="Stash's", rating100=80)
    pair.sync()
    assert "title" in pair.shown()["locked"]
    pair.in_stash(title="", rating100=60)
    pair.sync()
    assert ("title" in pair.shown()["locked"], pair.shown()["title"]) == (locked, "Own")
    assert pair.writes()[-1] == f"PUT title.locked={int(locked)}", "the proof"


#: What no rating is, as a damaged database or another program may leave it.
UNREADABLE = ["abc", "NaN", "nan", "inf", "1e400", "1e308", "8,5", " "]


@pytest.mark.parametrize("value", UNREADABLE)
def test_a_rating_that_cannot_be_read_harms_no_other_item_and_nothing_follows_from_it(
    bench: Workbench, value: str
) -> None:
    pairs = [rated(bench) for _ in range(3)]
    bench.sync(*(pair.scene for pair in pairs))
    bad = pairs[1]
    bench.plex.spoil(bad.key, userRating=value)
    for pair in pairs:
        pair.in_stash(title="Another", rating100=60)
    bench.sync(*(pair.scene for pair in pairs))
    assert [pair.shown()["title"] for pair in pairs] == ["Another"] * 3
    assert [pair.shown()["userRating"] for pair in pairs] == [6.0, 8.0, 6.0]
    assert (bench.parked(), bench.waiting()) == ({}, {})
    bench.index.refresh(bench.worker.plex_client.server, ())
    stars = bench.index.stars(str(bad.key))
    assert stars is not None
    assert stars.rating == "8", "as it was last read"
    bench.plex.spoil(bad.key)
    bad.in_stash(title="Readable")
    assert bad.sync() == ["PUT title.locked=1; title.value=Readable", "RATE 6.0"]


@pytest.mark.parametrize("value", UNREADABLE)
def test_a_rating_that_cannot_be_read_is_not_taken_for_one_that_was_taken_away(bench: Workbench, value: str) -> None:
    bench.use(ratings_from_plex=True)
    pair = rated(bench)
    pair.sync()
    bench.worker.look_at_written()
    bench.plex.spoil(pair.key, userRating=value)
    pair.in_stash(title="Another")
    bench.sync(pair.scene)
    assert pair.shown()["title"] == "Another"
    assert bench.library.scenes[pair.scene].rating100 == 80
    bench.plex.spoil(pair.key)
    assert pair.sync() == []
    assert bench.library.scenes[pair.scene].rating100 == 80
