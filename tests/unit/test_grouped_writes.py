"""Where a tag takes 20 seconds, one request for fifty items does what fifty requests would, and harms none of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plex.items import edit_together
from tests.support.pairs import Pair
from tests.support.slowplex import Killed, entries, looked_at, slow_tags, slow_writes
from tests.support.witness import watched_writes
from tests.support.workbench import Workbench
from validation.jobs import UpdateType
from worker.items import grouped
from worker.items.capabilities import Capabilities
from worker.items.grouping import MOST
from worker.rounds import STALE
from worker.storage.journal_entries import Entry, ItemChanges, WriteState
from worker.storage.journal_reading import latest_runs
from worker.storage.to_undo import Chosen


@pytest.fixture
def workbench(tmp_path: Path) -> Iterator[Workbench]:
    with slow_tags(tmp_path) as made:
        yield made


def own_tags(workbench: Workbench, many: int) -> list[Pair]:
    """Items that have tags of their own, each another one."""
    return [workbench.pair(genres=[f"Own {number}", "Theirs"]) for number in range(many)]


def tagged(pairs: list[Pair], *tags: str) -> list[Pair]:
    """The same pairs, whose scenes have these tags now."""
    for pair in pairs:
        pair.in_stash(tags=tags)
    return pairs


def sizes(workbench: Workbench) -> list[int]:
    """Of each edit since the last sync, how many items it was for."""
    return [len(one.params["id"].split(",")) for one in workbench.plex.requests if one.kind == "edit"]


@pytest.mark.parametrize("own", [True, False])
def test_one_tag_for_five_hundred_scenes_takes_twelve_slow_writes(workbench: Workbench, own: bool) -> None:
    pairs = own_tags(workbench, 500) if own else [workbench.pair() for _ in range(500)]
    assert slow_writes(workbench, tagged(pairs, "New")) <= 12
    assert max(sizes(workbench)) == MOST
    for number, pair in enumerate(pairs):
        assert set(pair.tags("genre")) == {"New", *([f"Own {number}", "Theirs"] if own else [])}
        assert pair.shown()["locked"] == ["genre"]
        assert pair.memory().tags["genre"].ours == ("New",)
    looked_at(workbench)
    assert {pair.memory().tags["genre"].unseen for pair in pairs} == {None}
    assert len(entries(workbench)) == 500, "each item has an entry of its own"
    assert {one.state for one in entries(workbench)} == {WriteState.CONFIRMED}
    assert {tag.name for one in entries(workbench) for tag in _genres(one).added} == {"New"}
    assert slow_writes(workbench, pairs) == 0
    assert sizes(workbench) == []


def _genres(entry: Entry) -> Any:
    assert isinstance(entry.changes, ItemChanges)
    return entry.changes.tags["genre"]


def test_once_that_is_known_it_takes_one_for_fifty(workbench: Workbench) -> None:
    pairs = own_tags(workbench, 100)
    slow_writes(workbench, tagged(pairs, "Known"))
    assert slow_writes(workbench, tagged(pairs, "Known", "New")) == 2
    assert slow_writes(workbench, tagged(pairs, "New")) == 2, "taken off"
    assert slow_writes(workbench, tagged(pairs, "Renamed")) == 2
    assert all(set(pair.tags("genre")) == {f"Own {n}", "Theirs", "Renamed"} for n, pair in enumerate(pairs))
    workbench.kill()
    workbench.open()
    assert slow_writes(workbench, tagged(pairs, "Other")) == 3, "the times are measured anew, by one of them"


def test_a_first_sync_with_few_tags_and_a_new_setting_for_collections(workbench: Workbench) -> None:
    pairs = [workbench.pair() for _ in range(200)]
    for number, pair in enumerate(pairs):
        pair.in_stash(title=f"T{number}", studio="S", tags=[f"Tag {number % 3}"])
    assert slow_writes(workbench, pairs) <= 4 * 3 + 2
    assert [pair.shown()["title"] for pair in pairs] == [f"T{number}" for number in range(200)]
    assert [pair.tags("genre") for pair in pairs] == [[f"Tag {number % 3}"] for number in range(200)]
    workbench.use(collection_studio=True)
    assert slow_writes(workbench, pairs) <= 4 + 2
    assert {tuple(pair.tags("collection")) for pair in pairs} == {("S",)}
    looked_at(workbench)
    assert slow_writes(workbench, pairs) == 0


def test_lists_that_change_alike_go_into_one_request(workbench: Workbench) -> None:
    workbench.use(collection_studio=True)
    pairs = [workbench.pair() for _ in range(100)]
    for pair in pairs:
        pair.in_stash(studio="S", tags=["T"])
    assert slow_writes(workbench, pairs) <= 2 + 2
    assert {(*pair.tags("genre"), *pair.tags("collection")) for pair in pairs} == {("T", "S")}


def test_actors_are_written_item_by_item(workbench: Workbench) -> None:
    pairs = [workbench.pair() for _ in range(5)]
    for pair in pairs:
        pair.in_stash(performers=["Ann"], tags=["T"])
    assert slow_writes(workbench, pairs) == 5
    assert sizes(workbench) == [1] * 5


def test_where_tags_are_quick_each_item_has_its_request(tmp_path: Path) -> None:
    with slow_tags(tmp_path, tags_take=0.5) as workbench:
        assert slow_writes(workbench, tagged(own_tags(workbench, 60), "New")) == 60
        assert sizes(workbench) == [1] * 60


def test_a_server_that_replaces_keeps_every_tag_and_gets_whole_lists(tmp_path: Path) -> None:
    with slow_tags(tmp_path, tags="replace") as workbench:
        pairs = own_tags(workbench, 60)
        assert slow_writes(workbench, tagged(pairs, "New")) <= 61, "one of them twice"
        assert set(sizes(workbench)) == {1}
        assert all(set(pair.tags("genre")) == {f"Own {n}", "Theirs", "New"} for n, pair in enumerate(pairs))
        assert Capabilities(workbench.record, _machine(workbench)).replaces_tags
        slow_writes(workbench, tagged(pairs, "Other"))
        assert set(sizes(workbench)) == {1}
        assert all(set(pair.tags("genre")) == {f"Own {n}", "Theirs", "Other"} for n, pair in enumerate(pairs))


def test_lists_that_are_alike_as_a_whole_are_right_on_whatever_server(tmp_path: Path) -> None:
    """Nothing is left out of them, so that a server that replaces takes nothing away."""
    with slow_tags(tmp_path, tags="replace") as workbench:
        pairs = [workbench.pair(genres=["Theirs"]) for _ in range(100)]
        tagged(pairs, "New")
        for pair in pairs[:5]:
            pair.by_hand(**{"genre[0].tag.tag": "Theirs", "genre[1].tag.tag": "Other"})
        slow_writes(workbench, pairs)
        looked_at(workbench)
        others = [{"Theirs", "Other"}] * 5 + [{"Theirs"}] * 95
        assert [set(pair.tags("genre")) for pair in pairs] == [{"New", *other} for other in others]


def _machine(workbench: Workbench) -> str:
    return str(workbench.worker.plex_client.server.machineIdentifier)


def test_a_server_that_replaces_since_an_update_gives_every_tag_back(tmp_path: Path) -> None:
    """It was seen to append, so that fifty items lose their tags at once."""
    with slow_tags(tmp_path, tags="replace") as workbench:
        pairs = own_tags(workbench, 50)
        known = Capabilities(workbench.record, _machine(workbench))
        known.note_appends("genre")
        known.note_edits_together("genre")
        slow_writes(workbench, tagged(pairs, "New"))
        assert MOST - 1 in sizes(workbench)
        looked_at(workbench)
        assert all(set(pair.tags("genre")) == {f"Own {n}", "Theirs", "New"} for n, pair in enumerate(pairs))


@pytest.mark.parametrize("tags", ["append", "replace"])
@pytest.mark.parametrize("before", [True, False], ids=["before it", "after it"])
@pytest.mark.parametrize("request_number", [1, 2, 3])
@pytest.mark.parametrize("keep_edits", [True, False])
def test_a_kill_at_a_grouped_write_loses_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tags: str, before: bool, request_number: int, keep_edits: bool
) -> None:
    with slow_tags(tmp_path, tags=tags) as workbench:
        workbench.use(keep_plex_edits=keep_edits)
        pairs = own_tags(workbench, 20)
        tagged(pairs[:3], "Ours")
        slow_writes(workbench, pairs[:3])
        looked_at(workbench)
        for number, pair in enumerate(pairs):
            pair.in_stash(title=f"T{number}", tags=["New", *(["Ours"] if number < 3 else [])])
        calls = Counter[str]()

        def killed(*given: Any) -> None:
            calls["all"] += 1
            if calls["all"] == request_number and before:
                raise Killed
            edit_together(*given)
            if calls["all"] == request_number:
                raise Killed

        monkeypatch.setattr(grouped, "edit_together", killed)
        for pair in pairs:
            workbench.queue.add(pair.scene, UpdateType.UPDATE)
        try:
            workbench.run()
        except Killed:
            workbench.kill()
            workbench.open()
            workbench.use(keep_plex_edits=keep_edits)
        monkeypatch.undo()
        workbench.run()
        looked_at(workbench)
        for number, pair in enumerate(pairs):
            ours = {"New", "Ours"} if number < 3 else {"New"}
            assert set(pair.tags("genre")) == {f"Own {number}", "Theirs", *ours}
            assert pair.shown()["title"] == f"T{number}"
            assert set(pair.memory().tags["genre"].ours) == ours
        assert slow_writes(workbench, pairs) == 0
        assert [one for one in entries(workbench) if one.state in (WriteState.INTENDED, WriteState.ANSWERED)] == []


def test_each_grouped_write_is_in_the_journal_before_it_is_sent(workbench: Workbench) -> None:
    pairs = own_tags(workbench, 60)
    with watched_writes(workbench) as watched:
        for tags in (["New"], ["Renamed"], ["Renamed", "One, two & three"], []):
            slow_writes(workbench, tagged(pairs, *tags))
    assert watched.missing == []
    assert max(line.count("%2C") for line in watched.sent) >= MOST - 2
    assert all(set(pair.tags("genre")) == {f"Own {n}", "Theirs"} for n, pair in enumerate(pairs))


def test_an_undo_takes_each_item_back(workbench: Workbench) -> None:
    pairs = own_tags(workbench, 20)
    slow_writes(workbench, tagged(pairs, "New"))
    looked_at(workbench)
    pairs[3].by_hand(**{"genre[9].tag.tag": "By hand"})
    (run, *_) = latest_runs(workbench.database, 5)
    undoing = workbench.worker.undoing()
    assert undoing.carry_out(undoing.plan(workbench.record.chosen(Chosen(run.id)))) == []
    for number, pair in enumerate(pairs):
        assert set(pair.tags("genre")) == {f"Own {number}", "Theirs", *(["By hand"] if number == 3 else [])}


def test_a_task_that_takes_over_waits_for_one_request_and_finds_nothing_lost(workbench: Workbench) -> None:
    pairs = own_tags(workbench, 40)
    slow_writes(workbench, tagged(pairs, "Known"))
    looked_at(workbench)
    for number, pair in enumerate(pairs):
        pair.in_stash(title=f"T{number}", tags=["New"])
        workbench.queue.add(pair.scene, UpdateType.UPDATE)
    workbench.plex.reset_counts()
    workbench.worker.run_due()
    assert sizes(workbench) == [1] * 40, "their titles"
    pairs[0].in_stash(title="Once more")
    workbench.plex.reset_counts()
    workbench.worker.run_due(lambda: bool(sizes(workbench)))
    assert sizes(workbench) == [40, 1], "one for all, and what else the scene has whose turn it was"
    assert len(workbench.waiting()) == 39
    assert {one.state for one in entries(workbench)[-39:]} == {WriteState.NOT_CONFIRMED}
    before = workbench.plex.tag_writes
    workbench.run()
    looked_at(workbench)
    assert workbench.plex.tag_writes == before
    assert [pair.shown()["title"] for pair in pairs] == ["Once more", *(f"T{number}" for number in range(1, 40))]
    assert slow_writes(workbench, pairs) == 0


@pytest.mark.parametrize(
    "fault",
    [
        {"type": "status", "status": 400},
        {"type": "status", "status": 404},
        {"type": "status", "status": 500},
        {"type": "reset_after"},
        {"type": "reset_before"},
    ],
    ids=lambda one: str(one.get("status", one["type"])),
)
def test_a_grouped_write_that_fails_is_made_item_by_item(workbench: Workbench, fault: dict[str, Any]) -> None:
    pairs = own_tags(workbench, 40)
    slow_writes(workbench, tagged(pairs, "Known"))
    looked_at(workbench)
    workbench.plex.inject({**fault, "kind": "edit", "count": 1})
    slow_writes(workbench, tagged(pairs, "New"))
    for _ in range(20):
        workbench.clock.now += 60
        workbench.run()
    assert workbench.waiting() == {}
    assert workbench.parked() == {}
    assert all(set(pair.tags("genre")) == {f"Own {n}", "Theirs", "New"} for n, pair in enumerate(pairs))
    assert slow_writes(workbench, pairs) == 0


def test_a_server_that_shows_writes_late_is_written_to_item_by_item(tmp_path: Path) -> None:
    with slow_tags(tmp_path, visibility_delay=1.5) as workbench:
        pairs = own_tags(workbench, 20)
        slow_writes(workbench, tagged(pairs, "New"))
        assert max(sizes(workbench)) <= 2
        workbench.plex.advance(60)
        looked_at(workbench)
        assert all(set(pair.tags("genre")) == {f"Own {n}", "Theirs", "New"} for n, pair in enumerate(pairs))


def test_what_was_written_together_is_finished_however_long_that_took(tmp_path: Path) -> None:
    """And a person who edits an item meanwhile finds the edit again."""
    with slow_tags(tmp_path, tags_take=STALE + 10) as workbench:
        pairs = [workbench.pair() for _ in range(20)]
        for number, pair in enumerate(pairs):
            pair.in_stash(title=f"T{number}", tags=["New"])
        assert slow_writes(workbench, pairs) <= 3
        assert [pair.shown()["title"] for pair in pairs] == [f"T{number}" for number in range(20)]


def test_what_is_planned_anew_is_not_written_with_others(workbench: Workbench) -> None:
    """Its entry in the journal is gone: the first write of tags shows that they take long here."""
    pairs = own_tags(workbench, 20)
    slow_writes(workbench, tagged(pairs, "Known"))
    looked_at(workbench)
    workbench.kill()
    workbench.open()
    for number, pair in enumerate(tagged(pairs, "New")):
        pair.in_stash(title=f"T{number}")
        workbench.queue.add(pair.scene, UpdateType.UPDATE)
    for claimed in workbench.queue.claim(MOST):
        is_last = claimed.job.scene_id == pairs[-1].scene
        workbench.queue.put_back(claimed, claimed.job.model_copy(update={"attempts": int(is_last)}))
    with watched_writes(workbench) as watched:
        workbench.run()
    assert watched.missing == []
    assert all(set(pair.tags("genre")) == {f"Own {n}", "Theirs", "New"} for n, pair in enumerate(pairs))
    assert len(entries(workbench)) == len(pairs) * 3 - 2, (
        "a tag, a title and a tag, of the first and the last both at once"
    )
