"""What was written to Plex is taken back, stays so, and can be written again: by run, by scene, and everything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.stash.pictures import png
from tests.support.changing import CHANGED
from tests.support.collections import collections
from tests.support.pairs import Pair
from tests.support.workbench import Workbench, running_workbench
from validation.jobs import UpdateType
from worker.storage.facts import Fact
from worker.storage.journal_entries import Cause, ItemChanges
from worker.storage.journal_reading import last_run, latest_runs
from worker.storage.to_undo import Chosen
from worker.storage.undo_wishes import TAKEN_BACK, take_back_everything, take_back_scenes, take_back_writes
from worker.storage.wishes import release
from worker.tasks.undo_words import summary

SERVERS: dict[str, dict[str, Any]] = {
    "appends": {},
    "replaces": {"tags": "replace"},
    "tells nothing of locked posters": {"locked_posters_fail": True},
}


@pytest.fixture(params=SERVERS)
def workbench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Workbench]:
    with running_workbench(tmp_path, **SERVERS[request.param]) as made:
        made.use(skip_poster=False, sync_background=True, mirror_exactly=True, collection_studio=True)
        yield made


def state(pair: Pair) -> dict[str, Any]:
    """What Plex shows of an item, but for what it keeps of its own; tags in no order."""
    shown = {name: value for name, value in pair.shown().items() if name not in ("posters", "arts")}
    tags = {kind: sorted(names) for kind, names in shown["tags"].items() if names}
    return {**shown, "tags": tags, "roles": sorted(map(repr, shown["roles"])), "locked": sorted(shown["locked"])}


def a_pair(workbench: Workbench) -> Pair:
    pair = workbench.pair(title="Own", summary="Theirs", genres=["Theirs"], actors=[{"tag": "Somebody", "role": "Me"}])
    pair.by_hand(**{"summary.value": "Theirs", "summary.locked": 1})
    return pair


def first(pair: Pair) -> None:
    pair.in_stash(title="First", tags=["A", "B"], performers=["Ann"], studio="S", cover=png("one"), rating100=80)


def second(pair: Pair) -> None:
    pair.in_stash(title="Second", tags=["B", "C"], details="Ours", studio="T", cover=png("two"), rating100=None)


def server_of(workbench: Workbench) -> str:
    return str(workbench.worker.plex_client.server.machineIdentifier)


def run_of(workbench: Workbench) -> int:
    """The run that wrote last."""
    found = last_run(workbench.database)
    assert found is not None
    return found.id


def undo_run(workbench: Workbench, run: int) -> int:
    """Take a run back; returns the number of the undo."""
    made = take_back_writes(workbench.record, workbench.queue, lambda: workbench.record.chosen(Chosen(run)))
    settle(workbench)
    return made


def settle(workbench: Workbench) -> None:
    """Work off what is noted, and read it back."""
    for _ in range(3):
        workbench.run()
        workbench.clock.now += 40
    assert workbench.record.count_to_undo() == 0
    assert workbench.worker.undo.done.failed == []


def write(workbench: Workbench, pair: Pair) -> None:
    pair.sync()
    settle(workbench)


def test_a_run_is_taken_back_stays_so_and_is_written_again_by_the_undo_of_the_undo(workbench: Workbench) -> None:
    pair = a_pair(workbench)
    first(pair)
    write(workbench, pair)
    before = state(pair)
    second(pair)
    write(workbench, pair)
    after = state(pair)
    made = undo_run(workbench, run_of(workbench))
    assert state(pair) == before
    for kind in (UpdateType.UPDATE, UpdateType.RECONCILE, UpdateType.OVERWRITE):
        assert pair.sync(kind) == []
    workbench.reconcile(everything=True)
    assert state(pair) == before
    assert "studio" in workbench.record.held(pair.scene).fields
    again = undo_run(workbench, made)
    assert state(pair) == after
    assert not workbench.record.held(pair.scene).any
    assert latest_runs(workbench.database, 1)[0].cause is Cause.REDO
    assert pair.sync() == []
    undo_run(workbench, again)
    assert state(pair) == before
    assert workbench.record.held(pair.scene).any


def test_other_fields_are_still_sent(workbench: Workbench) -> None:
    pair = a_pair(workbench)
    first(pair)
    write(workbench, pair)
    pair.in_stash(title="Second")
    write(workbench, pair)
    undo_run(workbench, run_of(workbench))
    pair.in_stash(title="Third", rating100=20)
    write(workbench, pair)
    shown = pair.shown()
    assert (shown["title"], shown["userRating"]) == ("First", 2.0)
    release(workbench.queue, workbench.record, [pair.scene])
    settle(workbench)
    assert pair.shown()["title"] == "Third"


def test_a_scene_gets_everything_back_and_is_held_as_a_whole(workbench: Workbench) -> None:
    pair, other = a_pair(workbench), a_pair(workbench)
    was = state(pair)
    for one in (pair, other):
        first(one)
        write(workbench, one)
    there = state(other)
    second(pair)
    write(workbench, pair)
    after = state(pair)
    made = take_back_scenes(workbench.record, server_of(workbench), [pair.scene])
    settle(workbench)
    assert (state(pair), state(other)) == (was, there)
    assert workbench.record.held(pair.scene).whole
    assert collections(workbench).keys() == {"S"}
    undo_run(workbench, made)
    assert state(pair) == after
    assert not workbench.record.held(pair.scene).any
    assert collections(workbench).keys() == {"S", "T"}


def test_everything_is_given_back_and_nothing_is_written_until_it_is_let_go(workbench: Workbench) -> None:
    pairs = [a_pair(workbench) for _ in range(3)]
    gone = pairs[2]
    was = [state(one) for one in pairs]
    for one in pairs:
        first(one)
        write(workbench, one)
    second(pairs[0])
    write(workbench, pairs[0])
    del workbench.library.scenes[gone.scene]
    workbench.sync(gone.scene, kind=UpdateType.DESTROY)
    after = [state(one) for one in pairs]
    made = take_back_everything(workbench.record, server_of(workbench))
    settle(workbench)
    assert [state(one) for one in pairs] == was
    assert collections(workbench) == {}
    first(pairs[1])
    workbench.sync(pairs[1].scene)
    assert [state(one) for one in pairs] == was
    assert list(workbench.waiting()) == [pairs[1].scene]
    undo_run(workbench, made)
    assert [state(one) for one in pairs] == after
    assert workbench.record.fact(Fact.ALL_HELD) == ""
    take_back_everything(workbench.record, server_of(workbench))
    settle(workbench)
    assert [state(one) for one in pairs] == was
    release(workbench.queue, workbench.record, None)
    workbench.reconcile()
    assert [state(one) for one in pairs] == after[:2] + was[2:]


def test_what_is_noted_to_be_taken_back_is_done_by_the_next_process(workbench: Workbench) -> None:
    pair = a_pair(workbench)
    was = state(pair)
    first(pair)
    write(workbench, pair)
    take_back_scenes(workbench.record, server_of(workbench), [pair.scene])
    workbench.kill()
    workbench.open()
    workbench.use(skip_poster=False, sync_background=True, mirror_exactly=True, collection_studio=True)
    settle(workbench)
    assert state(pair) == was


@pytest.mark.parametrize("name", CHANGED)
def test_a_server_that_changes_values_shows_again_what_it_made_of_them(tmp_path: Path, name: str) -> None:
    switches, was, now, _ = CHANGED[name]
    with running_workbench(tmp_path, **switches) as workbench:
        pair = workbench.pair()
        pair.in_stash(**was)
        write(workbench, pair)
        before = state(pair)
        pair.in_stash(**now)
        write(workbench, pair)
        after = state(pair)
        made = undo_run(workbench, run_of(workbench))
        assert state(pair) == before
        undo_run(workbench, made)
        assert state(pair) == after


@pytest.mark.parametrize("name", ["a tag renamed", "an only tag renamed"])
@pytest.mark.parametrize("mirror", [False, True])
def test_a_tag_that_plex_renames_is_still_ours_once_an_undo_was_taken_back(
    tmp_path: Path, name: str, mirror: bool
) -> None:
    switches, was, _, _ = CHANGED[name]
    with running_workbench(tmp_path, **switches) as workbench:
        workbench.use(mirror_exactly=mirror)
        pair = workbench.pair(genres=["Theirs"])
        before = state(pair)
        pair.in_stash(**was)
        write(workbench, pair)
        after = state(pair)
        made = undo_run(workbench, run_of(workbench))
        assert state(pair) == before
        undo_run(workbench, made)
        assert state(pair) == after
        settle(workbench)
        assert pair.sync() == []
        pair.in_stash(tags=[])
        write(workbench, pair)
        assert state(pair) == before


@pytest.mark.parametrize("name", ["a tag renamed", "an only tag renamed"])
def test_a_tag_that_plex_renames_is_not_given_back_as_a_tag_of_others(tmp_path: Path, name: str) -> None:
    switches, was, _, _ = CHANGED[name]
    with running_workbench(tmp_path, **switches) as workbench:
        pair = workbench.pair(genres=["Theirs"])
        before = state(pair)
        pair.in_stash(**was)
        write(workbench, pair)
        undo_run(workbench, run_of(workbench))
        pair.in_stash(tags=[])
        release(workbench.queue, workbench.record, None)
        settle(workbench)
        assert state(pair) == before


@pytest.mark.parametrize("tags", ["append", "replace"])
def test_what_was_written_twice_since_plex_showed_it_late_comes_back_no_more_than_once(
    tmp_path: Path, tags: str
) -> None:
    with running_workbench(tmp_path, tags=tags, visibility_delay=20.0) as workbench:
        pair = workbench.pair(genres=["Theirs"])
        before = state(pair)

        def save(**fields: Any) -> None:
            pair.in_stash(**fields)
            workbench.sync(pair.scene)

        def shown() -> None:
            workbench.plex.advance(60)
            settle(workbench)

        save(tags=["A", "B"])
        shown()
        save(tags=["C"])
        save(details="Saved again before Plex shows anything of that.")
        shown()
        save(tags=[], details="")
        shown()
        written = [one.changes for one in workbench.record.chosen(Chosen(scenes=[pair.scene]))]
        lists = [one.tags["genre"] for one in written if isinstance(one, ItemChanges) and "genre" in one.tags]
        assert sum([tag.name for tag in one.removed] == ["A", "B"] for one in lists) == 2
        take_back_writes(
            workbench.record, workbench.queue, lambda: workbench.record.chosen(Chosen(scenes=[pair.scene]))
        )
        settle(workbench)
        shown()
        assert state(pair) == before


@pytest.mark.parametrize("name", CHANGED)
def test_what_came_and_went_again_is_not_taken_back_as_something_else(tmp_path: Path, name: str) -> None:
    switches, was, now, _ = CHANGED[name]
    with running_workbench(tmp_path, **switches) as workbench:
        pair = workbench.pair(title="Old", summary="Text", genres=["Theirs"])
        pair.in_stash(studio="S")
        write(workbench, pair)
        before = state(pair)
        first_run = run_of(workbench)
        for fields in (was, now, {"title": "", "details": "", "tags": []}):
            pair.in_stash(**fields)
            write(workbench, pair)
        since = [one for one in workbench.record.chosen(Chosen(scenes=[pair.scene])) if one.run > first_run]
        take_back_writes(workbench.record, workbench.queue, lambda: since)
        settle(workbench)
        there = state(pair)
        names = ("title", "summary", "tags", "studio")
        assert {one: there.get(one) for one in names} == {one: before.get(one) for one in names}


def test_a_value_of_which_plex_made_nothing_is_taken_back_too(tmp_path: Path) -> None:
    with running_workbench(tmp_path, drop_characters="!?") as workbench:
        pair = workbench.pair(title="Old", summary="Their text.")
        before = state(pair)
        pair.in_stash(title="???", details="!?!")
        write(workbench, pair)
        assert (pair.shown()["title"], pair.shown().get("summary")) == ("", None)
        undo_run(workbench, run_of(workbench))
        assert state(pair) == before


@pytest.mark.parametrize("by", ["run", "scene"])
def test_what_another_server_shows_is_left_and_holds_up_nothing(workbench: Workbench, by: str) -> None:
    """The address leads to a server that was set up anew; the number in the summary is that of items, not of
    collections."""
    pairs = [a_pair(workbench), a_pair(workbench)]
    for pair in pairs:
        first(pair)
    workbench.sync(*(pair.scene for pair in pairs))
    settle(workbench)
    run, former = run_of(workbench), server_of(workbench)
    workbench.plex.set_up_anew()
    workbench.worker.plex_client.close()
    assert server_of(workbench) != former
    if by == "run":
        undo_run(workbench, run)
    else:
        take_back_scenes(workbench.record, former, [pair.scene for pair in pairs])
        settle(workbench)
    assert summary(workbench.worker.undo.done) == (
        "There is nothing to take back. 2 items of another Plex server than the one of the settings stay as they are."
    )


@pytest.mark.parametrize("status", [400, 404, 500])
def test_what_plex_refuses_to_take_back_is_not_said_to_be_back(workbench: Workbench, status: int) -> None:
    """It stays held, as the person wanted no more of it, and the hold says why; a later undo does it."""
    pairs = [a_pair(workbench), a_pair(workbench)]
    for pair in pairs:
        pair.in_stash(title="Second")
    workbench.sync(*(pair.scene for pair in pairs))
    settle(workbench)
    run = run_of(workbench)
    workbench.plex.inject(
        {"type": "status", "status": status, "kind": "edit", "match": f"id={pairs[0].key}&", "count": None}
    )
    take_back_writes(workbench.record, workbench.queue, lambda: workbench.record.chosen(Chosen(run)))
    workbench.run()
    assert [pair.shown()["title"] for pair in pairs] == ["Second", "Own"]
    said = summary(workbench.worker.undo.done)
    assert said == "1 item would get back what it showed before. 1 item could not be changed."
    reasons = {one.scene_id: one.reason for one in workbench.record.held_scenes()}
    assert reasons[pairs[0].scene].startswith("could not be taken back: Plex")
    assert reasons[pairs[1].scene] == TAKEN_BACK
    workbench.plex.clear_faults()
    workbench.worker.undo.done.failed.clear()
    undo_run(workbench, run)
    assert pairs[0].shown()["title"] == "Own"
    assert {one.reason for one in workbench.record.held_scenes()} == {TAKEN_BACK}
