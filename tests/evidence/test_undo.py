"""What was written is taken back: Plex shows again what it showed, but for what a person changed since."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.stash.pictures import png
from tests.support.collections import collections
from tests.support.pairs import Pair
from tests.support.pictures import chosen
from tests.support.witness import watched_writes
from tests.support.workbench import Workbench, running_workbench
from worker.storage.journal_entries import Cause, WriteState
from worker.storage.journal_reading import last_run, latest_entries, latest_runs
from worker.storage.to_undo import Chosen
from worker.storage.undo_wishes import take_back_writes

SERVERS: dict[str, dict[str, Any]] = {
    "appends": {},
    "replaces": {"tags": "replace"},
    "shows changes late": {"visibility_delay": 1.0},
    "tells nothing of locked posters": {"locked_posters_fail": True},
}


@pytest.fixture(params=SERVERS)
def workbench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Workbench]:
    with running_workbench(tmp_path, **SERVERS[request.param]) as made:
        made.use(skip_poster=False, mirror_exactly=True, collection_studio=True)
        yield made


def state(pair: Pair) -> dict[str, Any]:
    """What Plex shows of an item, but for what it keeps of its own, and the order of tags."""
    left = {name: value for name, value in pair.shown().items() if name not in ("posters", "arts", "thumb", "art")}
    tags = {kind: sorted(names) for kind, names in left.pop("tags").items() if names}
    return {**left, "tags": tags, "chosen": chosen(pair)}


def settle(workbench: Workbench) -> None:
    """What is shown late is shown, and read back."""
    for _ in range(3):
        workbench.clock.now += 40
        workbench.plex.advance(40)
        workbench.run()


def undo(workbench: Workbench, run: int | None = None) -> list[str]:
    """Take a run back, the last one unless it is named; the fields that a person changed since."""
    found = run if run is not None else getattr(last_run(workbench.database), "id", 0)
    done = workbench.worker.undo.done
    before = len(done.changed)
    take_back_writes(workbench.record, workbench.queue, lambda: workbench.record.chosen(Chosen(found)))
    workbench.run()
    settle(workbench)
    assert done.failed == []
    return [name for one in done.changed[before:] for name in one.fields]


def synced(workbench: Workbench) -> tuple[Pair, dict[str, Any], dict[str, Any]]:
    """A scene that was written once and then changed; what Plex showed before the last run, and after it."""
    pair = workbench.pair(title="Own", genres=["Theirs"], actors=["Somebody"], summary="Theirs")
    pair.by_hand(**{"summary.value": "Theirs", "summary.locked": 1})
    pair.in_stash(title="First", tags=["A", "B"], performers=["Ann"], studio="S", cover=png("one"), rating100=80)
    pair.sync()
    settle(workbench)
    before = state(pair)
    pair.in_stash(title="Second", tags=["B", "C"], performers=["Bea"], details="Ours", cover=png("two"), rating100=None)
    pair.sync()
    settle(workbench)
    after = state(pair)
    assert before != after
    return pair, before, after


def test_a_run_is_taken_back_and_the_undo_too(workbench: Workbench) -> None:
    pair, before, after = synced(workbench)
    with watched_writes(workbench) as watched:
        assert undo(workbench) == []
        assert watched.sent
        assert watched.missing == []
    assert state(pair) == before
    pair.sync()
    assert state(pair) == before, "it stays so"
    newest = latest_runs(workbench.database, 1)[0]
    assert newest.cause is Cause.UNDO
    assert {one.state for one in workbench.record.chosen(Chosen(newest.id))} == {WriteState.CONFIRMED}
    assert {one.scene for one in workbench.record.chosen(Chosen(newest.id))} == {pair.scene}
    undo(workbench, newest.id)
    assert state(pair) == after


def test_what_is_taken_back_twice_costs_no_write(workbench: Workbench) -> None:
    synced(workbench)
    undo(workbench)
    writes = workbench.plex.counts()["writes"]
    undo(workbench)
    looks = 2 if workbench.plex._state.switches.locked_posters_fail else 0  # to look behind a lock is a write
    assert workbench.plex.counts()["writes"] == writes + looks


def test_what_a_person_changed_since_stays(workbench: Workbench) -> None:
    pair, before, _ = synced(workbench)
    pair.by_hand(**{"title.value": "By hand", "title.locked": 1})
    settle(workbench)
    assert undo(workbench) == ["title"]
    assert state(pair) == {**before, "title": "By hand", "titleSort": state(pair)["titleSort"]}


def test_the_first_run_leads_back_to_what_was_there_before_plexsync(workbench: Workbench) -> None:
    pair = workbench.pair(title="Own", genres=["Theirs"], actors=["Somebody"])
    first = state(pair)
    pair.in_stash(title="First", tags=["A"], performers=["Ann"], studio="S", cover=png("one"), rating100=80)
    pair.sync()
    settle(workbench)
    assert "S" in collections(workbench)
    undo(workbench)
    assert state(pair) == first
    assert "S" not in collections(workbench)
    memory = pair.memory()
    assert (memory.texts, memory.tags) == ({}, {}), "nothing counts as written any more"


def test_an_item_that_holds_another_file_by_now_is_left_alone(workbench: Workbench) -> None:
    pair, *_ = synced(workbench)
    entries = latest_entries(workbench.database, 10)
    with workbench.database:
        workbench.database.execute("UPDATE memory_files SET path_key = 'other', name_key = 'other', size = 1")
    planned = workbench.worker.undoing().plan(entries)
    assert [one.item.writes for one in planned] == [False]
    assert pair.shown()["title"] == "Second"
