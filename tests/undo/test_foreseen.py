"""What an undo is told to do beforehand: by the item, by the server, and bounded in time."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.workbench import Workbench, running_workbench
from validation.errors import PermanentError
from worker.items.undoing import AT_ONCE
from worker.items.undone import UndoSum
from worker.storage.journal_entries import Direction, Entry, ReturnChange, ReturnKind
from worker.storage.to_undo import Chosen
from worker.tasks.questions.undoing import EXAMPLES, PATIENCE, foresee
from worker.tasks.undo import undo
from worker.tasks.undo_words import examples


def written(workbench: Workbench, count: int) -> list[Entry]:
    """What was written to so many items."""
    for number in range(count):
        pair = workbench.pair(title=f"Own {number}")
        pair.in_stash(title=f"Title {number}")
        pair.sync()
    return list(workbench.record.chosen(Chosen()))


def test_of_a_large_run_some_are_looked_at_and_all_are_counted(tmp_path: Path) -> None:
    with running_workbench(tmp_path) as workbench:
        entries, passed = written(workbench, AT_ONCE + 3), iter([0.0, 0.0, PATIENCE + 1])
        found = foresee(entries, workbench.worker.undoing(), lambda: next(passed))
        assert (found["items"], found["looked_at"], found["back"]) == (AT_ONCE + 3, AT_ONCE, AT_ONCE)


def test_what_is_on_another_server_is_left_and_a_few_are_named(tmp_path: Path) -> None:
    with running_workbench(tmp_path) as workbench:
        entries = [replace(one, server="another") for one in written(workbench, EXAMPLES + 2)]
        found: dict[str, Any] = foresee(entries, workbench.worker.undoing())
        assert (found["items"], found["back"]) == (0, 0)
        ((why, count, examples),) = [(one["why"], one["count"], one["examples"]) for one in found["left"]]
        assert (why, count, len(examples)) == ("elsewhere", EXAMPLES + 2, EXAMPLES)


def test_what_came_from_plex_is_counted_by_kind(tmp_path: Path) -> None:
    with running_workbench(tmp_path) as workbench:
        (one,) = written(workbench, 1)
        kinds = (ReturnKind.PLAY, ReturnKind.PLAY, ReturnKind.RATING)
        came = [
            replace(one, direction=Direction.FROM_PLEX, changes=ReturnChange(1, kind, "session", None, {}, {}))
            for kind in kinds
        ]
        found: dict[str, Any] = foresee(came, workbench.worker.undoing())
        assert (found["back"], found["left"]) == (0, [])
        assert found["returned"] == [{"kind": "play", "count": 2}, {"kind": "rating", "count": 1}]


def test_of_a_run_of_a_whole_library_no_more_is_held_than_is_looked_at_at_once(tmp_path: Path) -> None:
    with running_workbench(tmp_path) as workbench:
        (one,) = written(workbench, 1)
        made, held = list[weakref.ref[Entry]](), list[int]()

        def read() -> Iterator[Entry]:
            for number in range(10 * AT_ONCE):
                entry = replace(one, id=number, item=str(10**6 + number // 2))
                made.append(weakref.ref(entry))
                held.append(sum(ref() is not None for ref in made))
                yield entry

        found: dict[str, Any] = foresee(read(), workbench.worker.undoing())
        assert (found["items"], found["looked_at"], found["back"]) == (5 * AT_ONCE, 5 * AT_ONCE, 0)
        assert [(left["why"], left["count"]) for left in found["left"]] == [("gone", 5 * AT_ONCE)]
        assert max(held) <= 4 * AT_ONCE + 3, "two lots of items, each written to twice"


def test_a_run_that_there_never_was_is_named_as_that(tmp_path: Path) -> None:
    with running_workbench(tmp_path) as workbench:
        written(workbench, 1)
        for go_ahead in ({}, {"confirm": "yes"}):
            with pytest.raises(PermanentError, match=r'^The journal has no run 99; the task "History" lists those'):
                workbench.task(undo, {}, run="99", **go_ahead)


def test_items_that_are_gone_from_plex_are_counted(tmp_path: Path) -> None:
    with running_workbench(tmp_path) as workbench:
        items = [one.item for one in written(workbench, 3)]
        numbers = ", ".join(str(one.scene) for one in workbench.record.chosen(Chosen()))
        for item in items[:2]:
            workbench.person.delete(f"{workbench.plex.url}/library/metadata/{item}")
        rest = "back what it showed before. 2 items are not in Plex any more."
        for chosen in ({"since": "1"}, {"scene_ids": numbers}):
            assert workbench.task(undo, {}, **chosen).startswith(f"1 item would get {rest}")
        assert workbench.task(undo, {}, since="1", confirm="yes").startswith(f"1 item got {rest}")


def test_where_all_are_gone_from_plex_that_is_why_nothing_is_taken_back(tmp_path: Path) -> None:
    with running_workbench(tmp_path) as workbench:
        (one,) = written(workbench, 1)
        workbench.person.delete(f"{workbench.plex.url}/library/metadata/{one.item}")
        for go_ahead in ({}, {"confirm": "yes"}):
            said = workbench.task(undo, {}, since="1", **go_ahead)
            assert said == "There is nothing to take back. 1 item is not in Plex any more."


def test_an_example_is_one_line_whatever_the_title(tmp_path: Path) -> None:
    """Stash's log takes one line, of a limited length."""
    with running_workbench(tmp_path) as workbench:
        pair = workbench.pair(title="Own")
        pair.in_stash(title="One\nTwo " + "x" * 5000)
        pair.sync()
        found = UndoSum()
        found.add(workbench.worker.undoing().plan(workbench.record.chosen(Chosen())))
        (line,) = examples(found)
        assert line.startswith(f'Scene {pair.scene}, "One Two xxx')
        assert line.endswith('…": title')
        assert len(line) < 100
