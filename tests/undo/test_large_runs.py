"""A run can be of a whole library: what takes it back reads it bit by bit, and holds none of it for its last line."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.pairs import Pair
from tests.support.workbench import Workbench, running_workbench
from validation.wishes import Action, ActionKind
from worker.items import undoing
from worker.items.undoing import AT_ONCE, in_fifties
from worker.items.undone import EXAMPLES
from worker.storage import journal_reading
from worker.storage.journal_entries import ItemChanges
from worker.storage.to_undo import Chosen
from worker.storage.wishes import carry_out

MANY = 3 * AT_ONCE + 7


@pytest.fixture
def workbench(tmp_path: Path) -> Iterator[Workbench]:
    with running_workbench(tmp_path) as workbench:
        yield workbench


class Alive:
    """Counts how many of the results of a function there are at once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> None:
        real, self.most = getattr(module, name), 0
        self._made = weakref.WeakValueDictionary[int, object]()

        def made(*given: Any) -> Any:
            result = real(*given)
            self._made[id(result)] = result
            self.most = max(self.most, len(self._made))
            return result

        monkeypatch.setattr(module, name, made)


def written(workbench: Workbench) -> list[Pair]:
    """Scenes that were all written in one run."""
    pairs = [workbench.pair(title=f"Own {number}") for number in range(MANY)]
    for pair in pairs:
        pair.in_stash(title="Written")
    workbench.sync(*(pair.scene for pair in pairs))
    return pairs


def run_of(pair: Pair) -> int:
    """The run in which it was written last."""
    return pair.workbench.newest_entry(pair.scene).run


def test_a_run_of_many_items_is_taken_back_bit_by_bit(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = written(workbench)
    entries = Alive(monkeypatch, journal_reading, "read_changes")
    planned = Alive(monkeypatch, undoing, "plan_undo")
    run = run_of(pairs[0])
    carry_out(Action(kind=ActionKind.UNDO, scenes=None, run=run), workbench.queue, workbench.record)
    assert workbench.record.count_to_undo() == MANY
    assert 0 < entries.most <= 3, "the one that is read, and the one before it"
    workbench.run()
    assert [pair.shown()["title"] for pair in pairs] == [f"Own {number}" for number in range(MANY)]
    assert 0 < planned.most <= AT_ONCE + 1
    assert entries.most <= 3 * AT_ONCE
    done = workbench.worker.undo.done
    assert (done.items, done.back, done.fields["title"]) == (MANY, MANY, MANY)
    assert len(done.examples) == EXAMPLES


def test_what_waits_is_counted_once_and_not_for_each_fifty(workbench: Workbench) -> None:
    pairs = written(workbench)
    counted: list[str] = []
    workbench.database.set_trace_callback(lambda said: counted.append(said) if "DISTINCT server, run" in said else None)
    for left in (MANY, 2 * MANY):
        carry_out(Action(kind=ActionKind.UNDO, scenes=None, run=run_of(pairs[0])), workbench.queue, workbench.record)
        assert workbench.record.count_to_undo() == left
    while left:
        left -= workbench.worker.run_due()
        assert workbench.record.count_to_undo() == left
    workbench.database.set_trace_callback(None)
    assert len(counted) == 2


def test_so_is_its_own_undo(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = written(workbench)
    for wanted in ("Own", "Written"):
        entries = Alive(monkeypatch, journal_reading, "read_changes")
        action = Action(kind=ActionKind.UNDO, scenes=None, run=run_of(pairs[0]))
        carry_out(action, workbench.queue, workbench.record)
        assert 0 < entries.most <= 3
        monkeypatch.undo()
        workbench.run()
        assert all(str(pair.shown()["title"]).startswith(wanted) for pair in pairs)
    assert workbench.record.held_scenes() == []


def test_what_a_task_would_take_back_is_told_bit_by_bit(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = written(workbench)
    entries = Alive(monkeypatch, journal_reading, "read_changes")
    planned = Alive(monkeypatch, undoing, "plan_undo")
    work, sizes = workbench.worker.undoing(), list[int]()
    for some in in_fifties(workbench.record.chosen(Chosen(run_of(pairs[0])))):
        sizes.append(len(work.plan(some)))
    assert sizes == [AT_ONCE, AT_ONCE, AT_ONCE, 7]
    assert planned.most <= 2 * AT_ONCE
    assert entries.most <= 3 * AT_ONCE


def test_what_is_chosen_is_met_together(workbench: Workbench) -> None:
    one, other = (workbench.pair(title="Own") for _ in range(2))
    for title in ("First", "Second"):
        workbench.clock.now += 3600
        for pair in (one, other):
            pair.in_stash(title=title)
            pair.sync()
    record = workbench.record
    newest = run_of(other)
    since = workbench.newest_entry(one.scene).at

    def found(what: Chosen) -> list[tuple[int | None, str]]:
        entries = [(entry.scene, entry.changes) for entry in record.chosen(what)]
        return [(scene, made.texts["title"].after) for scene, made in entries if isinstance(made, ItemChanges)]

    of_one, of_other = [(one.scene, "First"), (one.scene, "Second")], [(other.scene, "First"), (other.scene, "Second")]
    assert found(Chosen()) == of_one + of_other
    assert found(Chosen(scenes=[other.scene])) == of_other
    assert found(Chosen(scenes=[])) == []
    assert found(Chosen(since=since, scenes=[one.scene])) == of_one[1:]
    assert set(found(Chosen(run=newest, scenes=[other.scene]))) <= set(of_other)
    assert found(Chosen(run=newest + 1)) == []
