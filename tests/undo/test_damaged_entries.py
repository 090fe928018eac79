"""An entry of the journal that cannot be read stays in Plex as it was written, is named, and keeps nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.pairs import Pair
from tests.support.workbench import Workbench, running_workbench
from worker.storage.journal_documents import read_changes
from worker.storage.journal_reading import last_run
from worker.storage.to_undo import Chosen
from worker.storage.undo_wishes import TAKEN_BACK, take_back_scenes, take_back_writes
from worker.tasks.questions.undoing import foresee
from worker.tasks.undo_words import summary

#: By what is wrong: the column of the journal, and what stands there.
DAMAGES: dict[str, tuple[str, object]] = {
    "no JSON": ("content", "{"),
    "a list for a title": ("content", '{"texts":{"title":[["Own"],"Second"]}}'),
    "a number for a title": ("content", '{"texts":{"title":[5,"Second"]}}'),
    "half a character": ("content", '{"texts":{"title":["Own \\ud800","Second"]}}'),
    "nested without end": ("content", "[" * 100_000),
    "bytes in its content": ("content", b'{"texts":{"title":["Own\xff","Second"]}}'),
    "another state": ("state", "odd"),
    "another cause": ("cause", "odd"),
    "a time that is none": ("at", "odd"),
}


@pytest.fixture
def workbench(tmp_path: Path) -> Iterator[Workbench]:
    with running_workbench(tmp_path) as made:
        yield made


def a_run(workbench: Workbench) -> tuple[list[Pair], int]:
    """Two items, written to in one run."""
    pairs = [workbench.pair(title="Own"), workbench.pair(title="Own")]
    for pair in pairs:
        pair.in_stash(title="Second")
    workbench.sync(*(pair.scene for pair in pairs))
    work_off(workbench)
    run = last_run(workbench.database)
    assert run is not None
    return pairs, run.id


def work_off(workbench: Workbench) -> None:
    for _ in range(3):
        workbench.run()
        workbench.clock.now += 40


def damage(workbench: Workbench, table: str, column: str, value: object, scene: int) -> None:
    workbench.database.execute("PRAGMA ignore_check_constraints=ON")
    given = "CAST(? AS TEXT)" if isinstance(value, bytes) else "?"
    with workbench.database:
        workbench.database.execute(f"UPDATE {table} SET {column} = {given} WHERE scene = ?", (value, scene))


@pytest.mark.parametrize("where", DAMAGES)
def test_one_that_cannot_be_read_stays_and_the_others_are_taken_back(workbench: Workbench, where: str) -> None:
    pairs, run = a_run(workbench)
    damage(workbench, "journal", *DAMAGES[where], scene=pairs[0].scene)
    entries = list(workbench.record.chosen(Chosen(run)))
    left = foresee(entries, workbench.worker.undoing())["left"]
    assert isinstance(left, list)
    assert [(one["why"], one["count"]) for one in left] == [("damaged", 1)]
    take_back_writes(workbench.record, workbench.queue, lambda: workbench.record.chosen(Chosen(run)))
    work_off(workbench)
    assert workbench.record.count_to_undo() == 0
    assert [pair.shown()["title"] for pair in pairs] == ["Second", "Own"]
    said = summary(workbench.worker.undo.done)
    assert said == "1 item would get back what it showed before. 1 item could not be changed."
    reasons = {one.scene_id: one.reason for one in workbench.record.held_scenes()}
    assert reasons[pairs[1].scene] == TAKEN_BACK
    assert reasons[pairs[0].scene].startswith("could not be taken back: what PlexSync noted of it")


@pytest.mark.parametrize("content", ["{", '{"texts":{"title":{"written":["Second"]}}}', b'{"texts":{}}\xff'])
@pytest.mark.parametrize("in_full", [False, True])
def test_an_item_of_which_the_memory_cannot_be_read_stays_and_the_others_are_taken_back(
    workbench: Workbench, content: str | bytes, in_full: bool
) -> None:
    pairs, run = a_run(workbench)
    damage(workbench, "memories", "content", content, scene=pairs[0].scene)
    if in_full:
        machine = str(workbench.worker.plex_client.server.machineIdentifier)
        take_back_scenes(workbench.record, machine, [pair.scene for pair in pairs])
    else:
        take_back_writes(workbench.record, workbench.queue, lambda: workbench.record.chosen(Chosen(run)))
    work_off(workbench)
    assert workbench.record.count_to_undo() == 0
    assert [pair.shown()["title"] for pair in pairs] == ["Second", "Own"]
    assert workbench.worker.undo.done.could_not == 1
    reasons = {one.scene_id: one.reason for one in workbench.record.held_scenes()}
    assert "memories" in reasons[pairs[0].scene]


def test_a_wish_for_an_item_that_is_none_asks_plex_for_nothing(workbench: Workbench) -> None:
    pairs, run = a_run(workbench)
    damage(workbench, "journal", "item", "../../identity", scene=pairs[0].scene)
    take_back_writes(workbench.record, workbench.queue, lambda: workbench.record.chosen(Chosen(run)))
    work_off(workbench)
    assert workbench.record.count_to_undo() == 0
    assert [pair.shown()["title"] for pair in pairs] == ["Second", "Own"]


@pytest.mark.parametrize("kind", ["texts", "tags", "pictures", "collection", "returned", "title"])
def test_nothing_of_the_wrong_type_is_read_as_a_change(kind: str) -> None:
    """Neither where a text belongs nor where a list does."""
    sound = {
        "texts": {"title": ["Own", "Second", 0, 1]},
        "tags": {"genre": {"+": ["A", ("Ann", "Me", "")], "-": ["B"], "photos": [["Ann", "", "x"]], "locks": [0, 1]}},
        "pictures": {"poster": [None, "upload://x", 0, 1]},
        "collection": ["moved", "Title", "1", "2", "3", "4"],
        "returned": [1, "play", "session 1 of 2", 3, {"a": None}, {"a": 1.5}, 0],
        "title": "Title",
    }[kind]
    read_changes(json.dumps({kind: sound}))
    tried = list(broken(sound))
    assert tried
    for one in tried:
        with pytest.raises(ValueError, match="journal"):
            read_changes(json.dumps({kind: one}))


def broken(document: object) -> Iterator[object]:
    """The same with each part of it, in turn, replaced by something that does not belong there."""
    yield {"odd": {"odd": [{}]}}
    if isinstance(document, list | dict):  # a tag, here a tuple, may be a text
        yield "ab"
    if isinstance(document, list):
        for at, one in enumerate(document):
            yield from ([*document[:at], other, *document[at + 1 :]] for other in broken(one))
    elif isinstance(document, dict):
        for name, one in document.items():
            yield from ({**document, name: other} for other in broken(one))
