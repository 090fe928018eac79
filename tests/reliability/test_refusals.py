"""While nothing works, nobody is at fault: whatever is refused to all is a pause, whatever to one is that one's own."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.clock import HOUR, MINUTE
from tests.support.pairs import Pair
from tests.support.workbench import Workbench, running_workbench
from validation.jobs import UpdateType

REFUSALS = [400, 403, 404, 405, 410, 501]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with running_workbench(tmp_path) as made:
        made.pair()  # no item of a test has the number of the section
        yield made


def scenes(bench: Workbench, count: int, title: str = "Stash's") -> list[Pair]:
    """New scenes, each with its item."""
    pairs = [bench.pair() for _ in range(count)]
    for pair in pairs:
        pair.in_stash(title=title)
    return pairs


def refuse(bench: Workbench, status: int, kind: str = "writes", **which: Any) -> None:
    bench.plex.inject(
        {"type": "status", "status": status, "body": "<html>no</html>", "kind": kind, "count": None, **which}
    )


def go_on(bench: Workbench, seconds: float, step: float = MINUTE) -> None:
    """Time passes, in which the worker works."""
    end = bench.clock.now + seconds
    while bench.clock.now < end:
        bench.clock.now += step
        bench.run()


def right(pairs: Sequence[Pair], title: str = "Stash's") -> list[bool]:
    return [pair.shown()["title"] == title for pair in pairs]


@pytest.mark.parametrize("count", [1, 2, 20])
@pytest.mark.parametrize("status", REFUSALS)
@pytest.mark.parametrize("worked", [False, True], ids=["at once", "after it worked"])
def test_refusals_of_everything_park_nobody_and_it_goes_on_by_itself(
    bench: Workbench, status: int, count: int, worked: bool
) -> None:
    if worked:
        bench.sync(*(pair.scene for pair in scenes(bench, 1)))
    refuse(bench, status)
    pairs = scenes(bench, count)
    bench.sync(*(pair.scene for pair in pairs))
    go_on(bench, 10 * HOUR, 10 * MINUTE)
    assert bench.parked() == {}
    assert set(bench.waiting()) == {pair.scene for pair in pairs}
    assert any(f"HTTP {status}" in reason for reason in bench.waiting().values())
    if count > 2 or worked or status == 403:
        assert f"HTTP {status}" in bench.worker.gate.paused_because
    bench.plex.clear_faults()
    go_on(bench, 15 * MINUTE)
    assert all(right(pairs))
    assert (bench.parked(), bench.waiting(), bench.worker.gate.paused_because) == ({}, {}, "")


@pytest.mark.parametrize("status", REFUSALS)
@pytest.mark.parametrize("bad", [[0], [7], [19], [0, 1, 2, 3], [16, 17, 18, 19]])
def test_what_is_refused_while_others_are_written_is_parked_and_nobody_waits_for_it(
    bench: Workbench, status: int, bad: list[int]
) -> None:
    pairs = scenes(bench, 20)
    refused = [pairs[number] for number in bad]
    for pair in refused:
        refuse(bench, status, rating_key=pair.key)
    bench.sync(*(pair.scene for pair in pairs))
    go_on(bench, 10 * MINUTE)
    assert all(right([pair for pair in pairs if pair not in refused]))
    assert set(bench.parked()) == {pair.scene for pair in refused}
    assert all(f"HTTP {status}" in reason for reason in bench.parked().values())
    assert (bench.waiting(), bench.worker.gate.paused_because) == ({}, "")


def test_a_single_scene_that_is_refused_is_parked_once_another_was_written(bench: Workbench) -> None:
    first, second = scenes(bench, 2)
    refuse(bench, 400, rating_key=first.key)
    bench.sync(first.scene)
    go_on(bench, HOUR)
    assert bench.parked() == {}
    assert "HTTP 400" in bench.waiting()[first.scene]
    bench.sync(second.scene)
    assert right([second]) == [True]
    go_on(bench, 15 * MINUTE)
    assert set(bench.parked()) == {first.scene}


def test_a_refusal_that_comes_and_goes_parks_nobody(bench: Workbench) -> None:
    pairs = scenes(bench, 20)
    bench.queue.add(scenes(bench, 1)[0].scene, UpdateType.UPDATE)
    bench.sync(*(pair.scene for pair in pairs[:3]))
    for start in range(3, 20):
        refuse(bench, 405)
        bench.sync(*(pair.scene for pair in pairs[start:]))
        go_on(bench, 5 * MINUTE)
        bench.plex.clear_faults()
        bench.plex.inject({"type": "status", "status": 405, "kind": "edit", "skip": 1, "count": None})
        go_on(bench, 5 * MINUTE)
        bench.plex.clear_faults()
        assert bench.parked() == {}
    go_on(bench, 15 * MINUTE)
    assert all(right(pairs))


def test_a_proxy_that_refuses_all_is_tried_once_a_minute_and_named_once(
    bench: Workbench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    pairs = scenes(bench, 20)
    refuse(bench, 405)
    bench.sync(*(pair.scene for pair in pairs))
    bench.plex.reset_counts()
    go_on(bench, HOUR, 5.0)
    assert bench.plex.counts()["edit"] <= 60
    said = [record.message for record in caplog.records if "HTTP 405" in record.message]
    assert len(said) == 1
    assert "let PUT, POST and DELETE through" in said[0]
    bench.plex.clear_faults()
    go_on(bench, 15 * MINUTE)
    assert [record.message for record in caplog.records if "going on" in record.message] == [
        "Plex takes changes again; going on."
    ]


@pytest.mark.parametrize("status", [400, 405, 410])
def test_details_that_nobody_may_read_park_nobody(bench: Workbench, status: int) -> None:
    bench.sync(*(pair.scene for pair in scenes(bench, 1)))
    pairs = scenes(bench, 5)
    refuse(bench, status, "details")
    bench.sync(*(pair.scene for pair in pairs))
    go_on(bench, 10 * HOUR, 10 * MINUTE)
    assert bench.parked() == {}
    bench.plex.clear_faults()
    go_on(bench, 15 * MINUTE)
    assert all(right(pairs))


def test_a_server_that_begins_to_fail_at_every_edit_parks_nobody(bench: Workbench) -> None:
    bench.sync(*(pair.scene for pair in scenes(bench, 3)))
    pairs, same = scenes(bench, 5), scenes(bench, 1, "As scanned")
    refuse(bench, 500, "edit")
    bench.sync(*(pair.scene for pair in (*pairs, *same)))
    go_on(bench, 10 * HOUR, 10 * MINUTE)
    assert bench.parked() == {}
    bench.plex.clear_faults()
    go_on(bench, 15 * MINUTE)
    assert all(right(pairs))


def test_what_shows_that_plex_works_changes_nothing(bench: Workbench) -> None:
    good, bad = scenes(bench, 2)
    bench.sync(good.scene)
    before = good.shown()
    refuse(bench, 400, rating_key=bad.key)
    bench.sync(bad.scene)
    assert set(bench.parked()) == {bad.scene}
    assert good.shown() == before
    good.by_hand(**{"title.value": "By hand", "title.locked": 0})
    before = good.shown()
    bench.sync(bad.scene)
    assert good.shown() == before


def test_a_pause_that_a_restart_outlives_ends_when_it_works(bench: Workbench) -> None:
    pairs = scenes(bench, 5)
    refuse(bench, 405)
    bench.sync(*(pair.scene for pair in pairs))
    assert bench.worker.gate.paused_because
    bench.kill()
    bench.plex.clear_faults()
    bench.open()
    go_on(bench, 15 * MINUTE)
    assert all(right(pairs))
    assert bench.worker.gate.paused_because == ""


def test_a_scene_without_a_file_is_left_out_with_that_reason_and_comes_back_with_one(bench: Workbench) -> None:
    (pair,) = scenes(bench, 1)
    files = bench.library.scenes[pair.scene].files
    pair.in_stash(files=[])
    bench.sync(pair.scene)
    assert (bench.parked(), bench.waiting(), bench.tally) == ({}, {}, {"left out": 1})
    assert [(one.reason, one.scene_id) for one in bench.record.left_out()] == [("it has no file", pair.scene)]
    bench.reconcile()
    assert not bench.reconcile().gaps
    pair.in_stash(files=files)
    bench.reconcile()
    assert right([pair]) == [True]
