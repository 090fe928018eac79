"""What the page reads of what came back from Plex, and how it asks to take it from Stash again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.clock import Clock
from tests.support.harness import at_work
from validation.wishes import Action, ActionKind, parse_inbox
from worker.datadir import DataDir
from worker.operations import entry, wishes
from worker.operations.wishes import NotOffered
from worker.storage.database import open_database
from worker.storage.inbox import Inbox
from worker.storage.jobqueue import JobQueue
from worker.storage.journal_entries import Cause, ReturnKind
from worker.storage.record import Record
from worker.storage.returned import PlexNews, ReturnState
from worker.storage.wishes import carry_out

CONNECTION = {"Scheme": "http", "Host": "", "Port": 9999, "SessionCookie": None}


@pytest.fixture
def data(tmp_path: Path) -> Iterator[DataDir]:
    with at_work(tmp_path) as made:
        yield made


@contextmanager
def record_of(data: DataDir) -> Iterator[Record]:
    with closing(open_database(data.database)) as database:
        yield Record(database, Clock())


def look(data: DataDir, **asked: Any) -> Any:
    return entry.answer({"operation": "look", "at": {"returns": asked}}, CONNECTION, data)["returns"]


def arrived(record: Record, kind: ReturnKind, scene: int, before: float | None, after: float | None) -> int:
    """Something came back and stands in Stash; its number."""
    field = "rating100" if kind is ReturnKind.RATING else "plays"
    source = f"{kind.value} {scene} {after}"
    number = record.note_return(PlexNews(kind, scene, "server", str(scene), source, 1000, {field: after}))
    assert number is not None
    (one,) = [one for one in record.open_returns() if one.id == number]
    record.intend_return(one, {field: before}, {field: after}, ReturnState.INTENDED)
    record.finish_return(number, ReturnState.DONE, Cause.SEEN)
    return number


def test_before_anything_came_back_there_is_nothing(data: DataDir) -> None:
    nothing = {"tag": "a", "counts": {"play": 0, "position": 0, "rating": 0}, "under_way": 0, "entries": []}
    assert look(data, tag="a") == {**nothing, "heard": {"since": None, "silent": ""}}


def test_what_came_back_is_counted_and_listed_by_kind_and_by_scene(data: DataDir) -> None:
    with record_of(data) as record:
        arrived(record, ReturnKind.PLAY, 1, 0, 1)
        arrived(record, ReturnKind.RATING, 1, 73, 90)
        arrived(record, ReturnKind.RATING, 2, None, 40)
        record.note_return(PlexNews(ReturnKind.PLAY, 3, "server", "3", "history 9", 2000, {}))
    seen = look(data)
    assert (seen["counts"], seen["under_way"]) == ({"play": 1, "position": 0, "rating": 2}, 1)
    assert [(one["scene"], one["kind"], one["state"]) for one in seen["entries"]] == [
        (3, "play", "due"),
        (2, "rating", "done"),
        (1, "rating", "done"),
        (1, "play", "done"),
    ]
    (first, _) = look(data, scene=1)["entries"]
    assert (first["before"], first["after"]) == ({"rating100": 73}, {"rating100": 90})
    assert [one["scene"] for one in look(data, kind="rating", size=1)["entries"]] == [2]
    overview = entry.answer({"operation": "look", "at": {"overview": {}}}, CONNECTION, data)["overview"]
    assert overview["returned"] == {"play": 1, "position": 0, "rating": 2}  # type: ignore[index]


def test_taking_back_is_an_action_about_one_entry(data: DataDir) -> None:
    with record_of(data) as record:
        number = arrived(record, ReturnKind.RATING, 1, 73, 90)
    wishes.act(data, CONNECTION, {"action": "take_back", "entry": number})
    (name,) = Inbox(data).names()
    action = parse_inbox((Path(data.inbox) / name).read_bytes())
    assert isinstance(action, Action)
    assert (action.kind, action.entry) == (ActionKind.TAKE_BACK, number)
    with record_of(data) as record, closing(JobQueue(data.queue, Clock())) as queue:
        carry_out(action, queue, record)
        carry_out(action, queue, record)  # an event that comes twice
        assert [one.id for one in record.open_returns()] == [number]
        assert record.held(1).fields == ("userRating",)


@pytest.mark.parametrize("given", [{}, {"entry": 0}, {"entry": -1}, {"run": 1}])
def test_without_a_number_nothing_is_taken_back(data: DataDir, given: dict[str, Any]) -> None:
    with pytest.raises(NotOffered):
        wishes.act(data, CONNECTION, {"action": "take_back", **given})
    raw = json.dumps({"action": {"kind": "take_back", "scenes": [], **given}}).encode()
    with pytest.raises(ValueError, match="no wish"):
        parse_inbox(raw)
