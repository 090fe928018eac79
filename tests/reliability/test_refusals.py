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

REFUSALS = [400, 403, 404, 405, 409, 410, 413, 414, 415, 422, 501]


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


#: What becomes of an address of more than 8 KiB.
TOO_LONG: dict[str, dict[str, Any]] = {
    "414": {"type": "status", "status": 414},
    "413": {"type": "status", "status": 413},
    "400": {"type": "status", "status": 400},
    "403": {"type": "status", "status": 403},
    "cut": {"type": "reset_before"},
    "closed": {"type": "hang", "seconds": 0},
}
#: A value that somebody pastes, what it is called, and another one in its place.
LONG_VALUES: dict[str, tuple[dict[str, Any], str, dict[str, Any]]] = {
    "a title": ({"title": "x" * 20_000}, "the title of 20,000 characters", {"title": "Short"}),
    "a summary": ({"details": "x" * 20_000}, "the summary of 20,000 characters", {"details": "Short"}),
    "a studio": ({"studio": "x" * 20_000}, "the studio of 20,000 characters", {"studio": "Short"}),
    "a tag": ({"tags": ["A", "x" * 20_000, "Z"]}, "a name of 20,000 characters in the field tags", {"tags": ["A"]}),
    "a performer": (
        {"performers": ["A", "x" * 20_000]},
        "a name of 20,000 characters in the field performers",
        {"performers": ["A"]},
    ),
}


@pytest.mark.parametrize("replaces", [False, True], ids=["appends", "replaces"])
@pytest.mark.parametrize("what", LONG_VALUES)
@pytest.mark.parametrize("how", TOO_LONG)
def test_a_value_that_is_too_long_for_the_way_to_plex_is_named_and_keeps_nothing_else_away(
    tmp_path: Path, how: str, what: str, replaces: bool
) -> None:
    value, named, short = LONG_VALUES[what]
    with running_workbench(tmp_path, tags="replace" if replaces else "append") as bench:
        bench.pair()
        if replaces:  # which is seen at the first list that is spread over several edits
            (seen,) = scenes(bench, 1)
            seen.in_stash(tags=[f"Tag {number} of many" for number in range(500)])
            seen.sync()
            assert bench.worker.tally.counts()
        bench.plex.inject({**TOO_LONG[how], "longer": 8192, "count": None})
        pairs = scenes(bench, 20)
        bad = pairs[0]
        bad.in_stash(**{"title": "Stash's", "rating100": 80, **value})
        bench.sync(*(pair.scene for pair in pairs))
        assert all(right(pairs[1:])), "nobody waits for it"
        go_on(bench, 2 * HOUR)
        assert set(bench.parked()) == {bad.scene}
        assert named in bench.parked()[bad.scene]
        if how.isdigit():
            assert f"HTTP {how}" in bench.parked()[bad.scene]
        assert bad.shown()["userRating"] == 8.0
        assert what == "a title" or right([bad]) == [True]
        assert (bench.waiting(), bench.worker.gate.paused_because) == ({}, "")
        asked = bench.plex.counts()["edit"]
        assert asked <= 20 + 3 * 8 + 4, "its tries, each with a look whether others get through"
        go_on(bench, HOUR)
        assert bench.plex.counts()["edit"] == asked
        bad.in_stash(**short)
        bench.sync(bad.scene)
        assert (bench.parked(), bench.waiting()) == ({}, {})


def test_while_no_edit_gets_through_none_is_called_too_long(bench: Workbench) -> None:
    refuse(bench, 414)
    pairs = scenes(bench, 5)
    for pair in pairs:
        pair.in_stash(details="x" * 20_000)
    bench.sync(*(pair.scene for pair in pairs))
    go_on(bench, HOUR)
    assert bench.parked() == {}
    assert not [reason for reason in bench.waiting().values() if "characters" in reason]
    assert "HTTP 414" in bench.worker.gate.paused_because


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


@pytest.mark.parametrize("status", [400, 405, 409, 410, 413, 414, 415, 422])
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
