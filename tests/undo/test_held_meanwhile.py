"""A hold counts from the moment it is set: what was planned before, and is not begun, is not written any more."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from plex.items import PlexItem
from tests.support.pairs import Pair
from tests.support.scanner import failing, windows_says
from tests.support.slowplex import slow_tags
from tests.support.workbench import Workbench, running_workbench
from validation.jobs import UpdateType
from worker.datadir import DataDir
from worker.hook import store
from worker.items.grouped import GroupedWrites
from worker.items.grouping import Step
from worker.items.sender import Sender
from worker.metadata.memory import Held
from worker.operations import wishes

MANY = 20


@pytest.fixture
def workbench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workbench]:
    monkeypatch.setattr(wishes, "ensure_worker", lambda _: None)
    with running_workbench(tmp_path) as made:
        yield made


def pairs_to_write(workbench: Workbench, many: int = MANY) -> list[Pair]:
    """Scenes that are due, whose items show something else; lists of tags are known to be written quickly."""
    warm = workbench.pair()
    warm.in_stash(tags=["A"])
    warm.sync()
    pairs = [workbench.pair(title="Own") for _ in range(many)]
    for pair in pairs:
        pair.in_stash(title="New", tags=["A"])
        workbench.queue.add(pair.scene, UpdateType.UPDATE)
    return pairs


def hold_on_the_page(pair: Pair) -> None:
    wishes.act(pair.workbench.data, None, {"action": "hold", "scenes": [pair.scene]})


def at_the_first_edit(monkeypatch: pytest.MonkeyPatch, do: Callable[[], object]) -> list[str]:
    """Do something while the first edit is under way; returns the titles of the items that are edited."""
    edited: list[str] = []
    real = PlexItem.edit

    def edit(item: PlexItem, **changes: str | int) -> None:
        edited.append(str(item.ratingKey))
        if len(edited) == 1:
            do()
        real(item, **changes)

    monkeypatch.setattr(PlexItem, "edit", edit)
    return edited


def run(workbench: Workbench) -> int:
    """Work as the service does, which takes in events between two goes; returns how many goes that took."""
    inbox, goes = workbench.inbox, 0
    while True:
        inbox.take(workbench.queue, workbench.record)
        if not workbench.worker.run_due(has_hold=inbox.has_hold) and not inbox.has_hold():
            return goes
        goes += 1


def titles(pairs: list[Pair]) -> list[str]:
    return [str(pair.shown()["title"]) for pair in pairs]


@pytest.mark.parametrize("which", [1, 2, MANY - 1], ids=["handed over next", "handed over", "only planned"])
def test_a_hold_set_on_the_page_stops_the_writes_that_are_planned(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch, which: int
) -> None:
    pairs = pairs_to_write(workbench)
    held = pairs[which]
    edited = at_the_first_edit(monkeypatch, lambda: hold_on_the_page(held))
    run(workbench)
    assert titles(pairs) == ["Own" if pair is held else "New" for pair in pairs]
    assert len(edited) == MANY - 1
    assert (held.memory().texts, held.memory().tags) == ({}, {})
    assert workbench.waiting() == {}
    assert held.scene in {one.scene_id for one in workbench.record.held_scenes()}


def test_nothing_is_begun_before_such_a_wish_is_taken_in(workbench: Workbench) -> None:
    """It came since events were taken in."""
    pairs = pairs_to_write(workbench)
    workbench.inbox.take(workbench.queue, workbench.record)
    hold_on_the_page(pairs[0])
    workbench.worker.run_due(has_hold=workbench.inbox.has_hold)
    assert titles(pairs) == ["Own"] * MANY
    assert len(workbench.waiting()) == MANY
    assert run(workbench) <= 2
    assert titles(pairs) == ["Own", *["New"] * (MANY - 1)]


def test_a_wish_behind_more_events_than_are_taken_in_at_once_is_waited_for(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = pairs_to_write(workbench)
    monkeypatch.setattr("worker.storage.inbox.MOST", 3)
    for pair in pairs[1:8]:
        store(json.dumps({"hook": {"id": pair.scene, "type": "Scene.Update.Post"}}).encode(), workbench.data)
    hold_on_the_page(pairs[0])
    workbench.inbox.take(workbench.queue, workbench.record)
    assert workbench.inbox.has_new()
    workbench.worker.run_due(has_hold=workbench.inbox.has_hold)
    assert titles(pairs) == ["Own"] * MANY
    assert run(workbench) <= 4
    assert titles(pairs) == ["Own", *["New"] * (MANY - 1)]


def test_it_is_seen_without_listing_the_events(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked before each write, where thousands of events may lie."""
    (pair,) = pairs_to_write(workbench, 1)
    inbox = workbench.inbox
    with monkeypatch.context() as patched:
        patched.setattr(os, "listdir", lambda path: pytest.fail(f"{path} is listed"))
        assert not inbox.has_hold()
        hold_on_the_page(pair)
        assert inbox.has_hold()
    inbox.take(workbench.queue, workbench.record)
    assert not inbox.has_hold()
    assert workbench.record.held(pair.scene).whole


def test_one_that_is_taken_in_before_it_is_marked_is_taken_in_once(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    (pair,) = pairs_to_write(workbench, 1)
    inbox = workbench.inbox

    def store_slowly(event: bytes, data: DataDir, mark: str = "") -> bool:
        stored = store(event, data, mark)
        inbox.take(workbench.queue, workbench.record)
        return stored

    monkeypatch.setattr(wishes, "store", store_slowly)
    hold_on_the_page(pair)
    assert workbench.record.held(pair.scene).whole
    assert run(workbench) <= 2
    assert not inbox.has_hold()
    assert titles([pair]) == ["Own"]


@pytest.mark.parametrize("what", ["lstat", "unlink"])
def test_one_that_another_program_uses_is_waited_for(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """A virus scanner on Windows looks at the event, or at what marks it."""
    monkeypatch.setattr("worker.storage.inbox.IN_USE", 0.0)
    pairs = pairs_to_write(workbench)
    hold_on_the_page(pairs[0])
    (event,) = workbench.inbox.names()
    data = workbench.data
    path = os.path.join(data.inbox, event) if what == "lstat" else data.holding
    failing(monkeypatch, what, path, windows_says(32), windows_says(32))
    for _ in range(2):
        workbench.inbox.take(workbench.queue, workbench.record)
        assert workbench.inbox.has_hold()
        workbench.worker.run_due(has_hold=workbench.inbox.has_hold)
        assert titles(pairs) == ["Own"] * MANY
    run(workbench)
    assert titles(pairs) == ["Own", *["New"] * (MANY - 1)]


def test_what_else_comes_meanwhile_calls_nothing_off(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = pairs_to_write(workbench)

    def others() -> None:
        wishes.act(workbench.data, None, {"action": "release", "scenes": "all"})
        wishes.act(workbench.data, None, {"action": "wake"})
        wishes.ask(workbench.data, None, {"question": "libraries"})

    at_the_first_edit(monkeypatch, others)
    workbench.inbox.take(workbench.queue, workbench.record)
    workbench.worker.run_due(has_hold=workbench.inbox.has_hold)
    assert titles(pairs) == ["New"] * MANY


@pytest.mark.parametrize("held", [Held(whole=True), Held(fields=("title",)), Held(fields=("genre",))])
def test_a_hold_that_is_noted_while_others_are_written_counts(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch, held: Held
) -> None:
    """As where a wish is taken in while another write takes long."""
    monkeypatch.setattr("worker.rounds.AHEAD", 1)
    pairs = pairs_to_write(workbench, 3)
    one = pairs[2]
    real: Any = Sender.hand_over
    sent: list[None] = []

    def hand_over(sender: Sender, *given: Any) -> Any:
        if not sent:
            workbench.record.hold(one.scene, held)
        sent.append(None)
        return real(sender, *given)

    monkeypatch.setattr(Sender, "hand_over", hand_over)
    workbench.run()
    assert titles(pairs) == ["New", "New", "Own" if held.holds("title") else "New"]
    assert one.tags("genre") == ([] if held.holds("genre") else ["A"])
    assert (workbench.waiting(), workbench.parked()) == ({}, {})


def test_a_hold_set_while_tags_go_to_some_items_at_once_keeps_one_out_of_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wish is taken in while the first of such writes is under way."""
    with slow_tags(tmp_path) as workbench:
        pairs = [workbench.pair(title="Own") for _ in range(40)]
        for pair in pairs:
            pair.in_stash(title="Own", tags=["A"])
        held, real, sizes = pairs[-1], GroupedWrites._answered, list[int]()

        def answered(self: GroupedWrites, step: Step) -> None:
            sizes.append(len(step.items))
            if len(sizes) == 1:
                workbench.record.hold(held.scene, Held(whole=True))
            real(self, step)

        monkeypatch.setattr(GroupedWrites, "_answered", answered)
        workbench.sync(*(pair.scene for pair in pairs))
        assert len(sizes) >= 2
        assert [pair.tags("genre") for pair in pairs] == [[] if pair is held else ["A"] for pair in pairs]
        assert workbench.waiting() == {}


def test_a_scene_that_is_gone_and_held_meanwhile_is_left(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    workbench.use(give_back_on_destroy=True)
    first, gone = pairs_to_write(workbench, 2)
    workbench.run()
    del workbench.library.scenes[gone.scene]
    first.in_stash(title="Newer")
    workbench.queue.add(first.scene, UpdateType.UPDATE)
    workbench.queue.add(gone.scene, UpdateType.DESTROY)
    at_the_first_edit(monkeypatch, lambda: hold_on_the_page(gone))
    run(workbench)
    assert titles([first, gone]) == ["Newer", "New"]


def test_a_hold_is_looked_up_no_more_often_for_that(workbench: Workbench) -> None:
    pairs_to_write(workbench, 50)
    asked: list[str] = []
    workbench.database.set_trace_callback(lambda said: asked.append(said) if "FROM holds" in said else None)
    workbench.run()
    workbench.database.set_trace_callback(None)
    assert len(asked) <= 2 * 50
