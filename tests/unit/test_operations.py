"""What the page reads and drops: structured answers from the data folder alone, and events that are checked."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.clock import Clock
from tests.support.harness import at_work
from validation.jobs import Job, UpdateType, parse_event
from validation.outcomes import Ended
from validation.scenes import Scene
from validation.wishes import Action, ActionKind, Question, parse_inbox
from worker.datadir import DataDir
from worker.hook import store
from worker.metadata.item_files import ItemFile
from worker.metadata.memory import Held, ItemMemory, TagsMemory, TextMemory
from worker.operations import entry, files, wishes
from worker.operations.overview import fingerprint
from worker.operations.wishes import NotOffered
from worker.storage import reading
from worker.storage.database import open_database
from worker.storage.facts import Fact
from worker.storage.inbox import Inbox
from worker.storage.jobqueue import JobQueue
from worker.storage.journal_entries import Cause, ItemChanges, TextChange
from worker.storage.plan_files import PreviewFile, keep_looked_at
from worker.storage.record import Record

CONNECTION = {"Scheme": "http", "Host": "", "Port": 9999, "SessionCookie": None}


@pytest.fixture
def data(tmp_path: Path) -> Iterator[DataDir]:
    with at_work(tmp_path) as made:
        yield made


def scene(number: int) -> Scene:
    return Scene.of({"id": number, "files": [{"path": f"/media/{number}.mp4", "size": number}]})


@contextmanager
def owned(data: DataDir, clock: Clock | None = None) -> Iterator[tuple[JobQueue, Record]]:
    clock = clock or Clock()
    with closing(open_database(data.database)) as database, closing(JobQueue(data.queue, clock)) as queue:
        yield queue, Record(database, clock)


def look(data: DataDir, **at: object) -> dict[str, Any]:
    return entry.answer({"operation": "look", "at": at}, CONNECTION, data)


def scenes(data: DataDir, **asked: object) -> dict[str, Any]:
    found: dict[str, Any] = look(data, scenes=asked)["scenes"]
    return found


def test_before_anything_was_done_there_is_nothing_to_see(data: DataDir) -> None:
    seen = look(data, overview={}, scenes={"state": "parked", "tag": "mine"}, scene={"id": 1})
    assert seen["version"] == "1.0.0"
    assert seen["overview"]["plex"] == {"silent": "", "since": None}
    assert seen["overview"]["record"] is False
    assert set(seen["overview"]["counts"].values()) == {0}
    assert seen["scenes"] == {"tag": "mine", "total": 0, "rows": [], "reasons": []}
    assert seen["scene"]["outcome"] is None


def test_the_overview_counts_each_state(data: DataDir) -> None:
    with owned(data) as (queue, record):
        for number in (1, 2, 3):
            record.finished(scene(number), written="title" if number == 1 else "")
        record.finished(scene(4), left_out="it is not organized")
        record.finished(scene(5), kept="title")
        record.finished(scene(6), not_shown="summary")
        record.park(Job(scene_id=7), "two items hold its file", Ended.AMBIGUOUS)
        queue.add(8, UpdateType.UPDATE)
        record.ended("Sync All Scenes", "3 scenes: 3 already right.")
        record.set_fact(Fact.PAUSED, "The token is wrong.")
        record.set_fact(Fact.SETTING_FAULTS, json.dumps(["The setting is wrong."]))
        record.set_fact(Fact.RECONCILE_AT, "1234.5")
        store(b'{"hook":{"id":9,"type":"Scene.Update.Post"}}', data)
        seen = look(data, overview={})["overview"]
    assert seen["counts"] == {
        "waiting": 2,
        "in_flight": 0,
        "parked": 1,
        "left_out": 1,
        "kept": 1,
        "not_shown": 1,
        "refused": 0,
        "held": 0,
        "in_step": 4,
    }
    assert seen["worker"] == {"running": True, "installing": None, "failed": ""}
    assert (seen["paused"], seen["faults"], seen["next_comparison"]) == (
        "The token is wrong.",
        ["The setting is wrong."],
        1234.5,
    )
    assert [run["summary"] for run in seen["runs"]] == ["3 scenes: 3 already right."]
    assert [(one["scene"], one["what"]) for one in seen["written"]] == [(1, "title")]


def test_a_question_of_the_page_is_nothing_that_waits(data: DataDir) -> None:
    entry.answer({"operation": "ask", "question": "links"}, CONNECTION, data)
    store(b'{"hook":{"id":9,"type":"Scene.Update.Post"}}', data)
    assert look(data, overview={})["overview"]["counts"]["waiting"] == 1


def test_the_pages_files_have_a_fingerprint_that_changes_with_any_of_them(
    data: DataDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = tmp_path / "plugin"
    (plugin / "page").mkdir(parents=True)
    (plugin / "PlexSync.yml").write_text("version: 1.0.0")
    files = [plugin / "page" / name for name in ("main.js", "page.css")]
    for file in files:
        file.write_text("one")
    monkeypatch.setattr("worker.operations.overview.PLUGIN_FOLDER", str(plugin))
    found = {fingerprint()}
    for file in files:
        file.write_text("two")
        found.add(fingerprint())
    assert len(found) == 3
    os.utime(files[0], (1, 1))
    assert fingerprint() in found  # the same files, copied anew
    assert look(data)["files"] == fingerprint()


def test_no_look_goes_through_all_outcomes(data: DataDir, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    with owned(data) as (_, record):
        record.finished(scene(1), left_out="it is not organized")
        record.hold(1, Held(whole=True, reason="by you"))
    opened = reading.open_for_reading

    def traced(*given: Any) -> Any:
        found = opened(*given)
        if found is not None:
            found.set_trace_callback(asked.append)
        return found

    monkeypatch.setattr(files, "open_for_reading", traced)
    look(data, overview={}, scenes={"state": "left_out", "page": 3}, scene={"id": 1})
    monkeypatch.undo()
    with closing(open_database(data.database)) as database:
        queries = [one for one in asked if "outcomes" in one and "sqlite_master" not in one]
        assert len(queries) > 5
        read = [row[3] for query in queries for row in database.execute(f"EXPLAIN QUERY PLAN {query}")]
    assert [line for line in read if "outcomes" in line and "INDEX" not in line and "PRIMARY KEY" not in line] == []
    assert not [line for line in read if "left_out=?" in line]  # that is, by an index, all that are not left out


def test_a_preview_comes_in_pages_and_by_what_it_says(data: DataDir) -> None:
    seen = look(data, preview={})["preview"]
    assert (seen["summary"], seen["rows"], seen["next"]) == (None, [], None)
    with closing(PreviewFile(data)) as file:
        for number in range(1, 8):
            texts = {"title": ["A", "B"]} if number % 2 else {"summary": ["A", "B"]}
            items = [{"item": "7", "changes": {"texts": texts}}]
            file.add({"scene": number, "ended": "to update" if number < 7 else "missing", "items": items})
        assert look(data, preview={})["preview"]["summary"] is None  # before it is whole
        file.finish({"at": 5})
    first = look(data, preview={"size": 4})["preview"]
    assert (first["summary"], [row["scene"] for row in first["rows"]]) == ({"at": 5}, [1, 2, 3, 4])
    second = look(data, preview={"size": 4, "from": first["next"]})["preview"]
    assert ([row["scene"] for row in second["rows"]], second["next"]) == ([5, 6, 7], None)
    chosen = look(data, preview={"ended": "to update", "field": "title"})["preview"]
    assert [row["scene"] for row in chosen["rows"]] == [1, 3, 5]


def test_what_was_only_looked_at_comes_newest_first(data: DataDir) -> None:
    with owned(data) as (_, record):
        record.set_fact(Fact.ONLY_LOOK, "123.0")
    assert look(data, overview={})["overview"]["only_look"] == 123.0
    for number in (1, 2, 3):
        keep_looked_at(data, {"scene": number, "ended": "to update"})
    first = look(data, preview={"only_look": True, "size": 2})["preview"]
    assert ([row["scene"] for row in first["rows"]], first["next"]) == ([3, 2], 2)
    assert [row["scene"] for row in look(data, preview={"only_look": True, "from": 2})["preview"]["rows"]] == [1]


def test_an_installation_of_packages_is_seen_as_it_goes_and_as_it_failed(data: DataDir) -> None:
    os.makedirs(os.path.join(data.site, "draft.cpython"))
    Path(data.site, "pip.log").write_text("Collecting a\nCollecting b\n")
    Path(data.install_failed).write_text("There is no room for it.")
    worker = look(data, overview={})["overview"]["worker"]
    assert worker["installing"]["done"] == 2
    assert worker["installing"]["of"] > 5
    assert worker["failed"] == "There is no room for it."


def test_scenes_come_in_pages_with_their_reasons_counted(data: DataDir) -> None:
    with owned(data) as (_, record):
        for number in range(1, 61):
            record.park(Job(scene_id=number), "one" if number % 3 else "other", Ended.PARKED)
    first = scenes(data, state="parked", size=25)
    assert [row["scene"] for row in first["rows"]] == list(range(1, 26))
    assert first["total"] == 60
    assert first["reasons"] == [{"reason": "one", "count": 40}, {"reason": "other", "count": 20}]
    assert [row["scene"] for row in scenes(data, state="parked", page=2, size=25)["rows"]] == list(range(51, 61))
    other = scenes(data, state="parked", reason="other")
    assert (other["total"], other["rows"][0]["scene"]) == (20, 3)
    assert [row["scene"] for row in scenes(data, state="parked", among=[5, 6, 99])["rows"]] == [5, 6]
    assert scenes(data, state="parked", among=[])["rows"] == []
    assert scenes(data, state="no such")["rows"] == []
    assert len(scenes(data, state="parked", size=10**9, page=-5)["rows"]) == 60


def test_what_waits_is_first_what_nobody_has_taken_up(data: DataDir) -> None:
    with owned(data) as (queue, _):
        for number in range(1, 31):
            queue.add(number, UpdateType.UPDATE)
        (claimed,) = queue.claim(1)
        queue.put_back(claimed, claimed.job.model_copy(update={"reason": "its file is not in Plex yet"}))
        for number in (100, 101):
            store(b'{"hook":{"id":%d,"type":"Scene.Update.Post"}}' % number, data)
        store(b'{"hook":{"id":7,"type":"Tag.Update.Post"}}', data)
        store(b"no event", data)
        seen = scenes(data, state="waiting", size=10)
        assert [row["scene"] for row in seen["rows"]] == [100, 101, *range(1, 9)]
        assert seen["total"] == 32
        assert [row["scene"] for row in scenes(data, state="waiting", size=10, page=1)["rows"]] == list(range(9, 19))
        assert {one["reason"]: one["count"] for one in seen["reasons"]} == {"": 29, "its file is not in Plex yet": 1}
        missing = scenes(data, state="waiting", reason="its file is not in Plex yet")
        assert [row["scene"] for row in missing["rows"]] == [claimed.job.scene_id]
        assert [row["scene"] for row in scenes(data, state="waiting", among=[101, 5])["rows"]] == [101, 5]


def test_one_scene_shows_items_files_and_what_was_written(data: DataDir) -> None:
    with owned(data) as (queue, record):
        record.finished(scene(5), written="title", kept="studio")
        memory = ItemMemory(
            texts={"title": TextMemory(written="New", before="Old")}, tags={"genre": TagsMemory(ours=("Beach",))}
        )
        record.remember(5, "machine", "77", memory, 12, files=(ItemFile("/media/5.mp4", "5.mp4", 5),))
        queue.add(5, UpdateType.UPDATE)
        seen = look(data, scene={"id": 5})["scene"]
    assert seen["outcome"]["written"] == "title"
    assert seen["outcome"]["kept"] == "studio"
    assert seen["waiting"]["reason"] == ""
    (item,) = seen["items"]
    assert (item["server"], item["item"], item["files"]) == ("machine", "77", [{"path": "/media/5.mp4", "size": 5}])
    assert item["fields"] == [
        {"name": "title", "label": "title", "written": "New", "before": "Old"},
        {"name": "genre", "label": "tags", "written": ["Beach"], "before": []},
    ]


def test_a_folder_of_an_older_version_is_not_misread(data: DataDir) -> None:
    import sqlite3

    with closing(sqlite3.connect(data.database)) as old, old:
        old.execute("CREATE TABLE outcomes (scene INTEGER PRIMARY KEY, left_out TEXT NOT NULL DEFAULT '')")
        old.execute("INSERT INTO outcomes VALUES (1, '')")
    seen = look(data, overview={}, scenes={"state": "left_out"})
    assert seen["overview"]["record"] is False
    assert seen["scenes"]["total"] == 0


@pytest.mark.parametrize("broken", [b"", b"no database at all" * 1000])
def test_a_damaged_file_is_one_sentence(data: DataDir, broken: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    Path(data.database).write_bytes(broken)
    code = entry.perform({"operation": "look", "at": {"overview": {}}}, CONNECTION, data)
    document = json.loads(capsys.readouterr().out)
    if broken:
        assert code == 1
        assert document["error"].startswith("PlexSync's data in ")
    else:
        assert document["output"]["overview"]["record"] is False


@pytest.mark.parametrize(
    "arguments",
    [{}, {"operation": "no such"}, {"operation": "look"}, {"operation": "look", "at": {"secrets": {}}},
     {"operation": "look", "at": []}, {"operation": "act"}, {"operation": "act", "action": "retry"},
     {"operation": "act", "action": "retry", "scenes": [0]}, {"operation": "act", "action": "retry", "scenes": ["1"]},
     {"operation": "act", "action": "retry", "scenes": []}, {"operation": "act", "action": "sync", "scenes": [True]},
     {"operation": "act", "action": "sync", "scenes": list(range(1, 2000))}, {"operation": "ask", "question": "token"},
     {"operation": "ask", "question": "compare", "scene": -1}],
)  # fmt: skip
def test_what_is_no_operation_is_refused_and_stores_nothing(data: DataDir, arguments: dict[str, Any]) -> None:
    with pytest.raises(NotOffered):
        entry.answer(arguments, CONNECTION, data)
    assert os.listdir(data.inbox) == []


def test_actions_and_questions_lie_in_the_inbox_as_the_worker_reads_them(data: DataDir) -> None:
    entry.answer({"operation": "act", "action": "retry", "scenes": [3, 4]}, CONNECTION, data)
    entry.answer({"operation": "act", "action": "forget", "scenes": "all"}, CONNECTION, data)
    number = entry.answer({"operation": "ask", "question": "compare", "scene": 9}, CONNECTION, data)["id"]
    found = [parse_inbox(Path(data.inbox, name).read_bytes()) for name in sorted(os.listdir(data.inbox))]
    retry, forget, compare = found
    assert isinstance(retry, Action)
    assert isinstance(forget, Action)
    assert isinstance(compare, Question)
    assert (retry.kind, retry.scenes, retry.connection) == (ActionKind.RETRY, (3, 4), CONNECTION)
    assert forget.scenes is None
    assert (compare.id, compare.scene) == (number, 9)
    assert "SessionCookie" not in repr(found)


def test_the_page_and_the_worker_know_the_same_wishes() -> None:
    from validation.wishes import MOST_SCENES, QuestionKind

    assert list(wishes.ACTIONS) == [kind.value for kind in ActionKind]
    assert list(wishes.QUESTIONS) == [kind.value for kind in QuestionKind]
    assert wishes.MOST_SCENES == MOST_SCENES


@pytest.mark.parametrize(
    "raw",
    [b'{"action": 1}', b'{"action": {"kind": "retry"}}', b'{"action": {"kind": "erase", "scenes": [1]}}',
     b'{"action": {"kind": "retry", "scenes": [-1]}}', b'{"action": {"kind": "retry", "scenes": null, "more": 1}}',
     b'{"question": {"kind": "compare", "id": "../../x", "asked": 1}}', b'{"action": {}, "hook": {}}'],
)  # fmt: skip
def test_what_is_no_wish_is_set_aside(data: DataDir, raw: bytes) -> None:
    with pytest.raises(ValueError, match="PlexSync's"):
        parse_inbox(raw)
    store(raw, data)
    with owned(data) as (queue, record):
        Inbox(data).take(queue, record)
        assert len(queue) == 0
    assert len(os.listdir(data.damaged)) == 1


def test_a_hook_is_read_as_before() -> None:
    raw = b'{"hook":{"id":9,"type":"Scene.Update.Post"}}'
    assert parse_inbox(raw) == parse_event(raw)


def test_each_action_has_its_effect_on_some_and_on_all(data: DataDir) -> None:
    clock = Clock()
    with owned(data, clock) as (queue, record):
        for number in (1, 2, 3, 4):
            record.park(Job(scene_id=number), "why", Ended.PARKED)
        record.finished(scene(5), kept="title")

        def act(action: str, which: object) -> None:
            entry.answer({"operation": "act", "action": action, "scenes": which}, CONNECTION, data)
            assert Inbox(data).take(queue, record) == CONNECTION
            assert os.listdir(data.inbox) == []

        act("retry", [1, 99])
        assert 1 in queue
        assert 99 not in queue  # it was not parked
        assert [one.scene_id for one in record.parked()] == [2, 3, 4]
        act("forget", [2])
        assert [one.scene_id for one in record.left_out()] == [2]
        act("retry", "all")
        assert record.parked() == []
        assert 4 in queue
        act("overwrite", "all")
        act("sync", [6])
        assert {one.job.scene_id: one.job.update_type for one in queue.claim(9)} == {
            1: UpdateType.UPDATE,
            3: UpdateType.UPDATE,
            4: UpdateType.UPDATE,
            5: UpdateType.OVERWRITE,
            6: UpdateType.UPDATE,
        }
        queue.add(7, UpdateType.UPDATE, after=3600)
        assert queue.count_due() == 0
        act("sync", "all")
        assert queue.count_due() == 1
        act("wake", None)


def test_holding_releasing_and_taking_back_are_noted_for_the_worker(data: DataDir) -> None:
    with owned(data) as (queue, record):
        record.remember(1, "machine", "77", ItemMemory(texts={"title": TextMemory(written="New", before="Old")}))

        def act(action: str, **more: object) -> None:
            entry.answer({"operation": "act", "action": action, **more}, CONNECTION, data)
            Inbox(data).take(queue, record)
            assert os.listdir(data.inbox) == []

        act("hold", scenes=[1])
        assert record.held(1).whole
        held = scenes(data, state="held")
        assert [(row["scene"], row["reason"]) for row in held["rows"]] == [(1, "held by you")]
        assert look(data, scene={"id": 1})["scene"]["held"]["reason"] == "held by you"
        act("release", scenes=[1])
        assert not record.held(1).whole
        assert 1 in queue
        act("give_back", scenes=[1, 2])
        assert record.held(1).whole
        assert record.count_to_undo() == 1
        act("release", scenes="all")
        assert record.held_scenes() == []
        nobodies: list[object] = ["all", [], None]
        for nobody in nobodies:
            with pytest.raises(NotOffered):
                act("give_back", scenes=nobody)
        with pytest.raises(NotOffered):
            act("undo", scenes=[1])


def test_history_is_read_by_run_and_by_scene(data: DataDir) -> None:
    with owned(data) as (queue, record):
        for number in (1, 2):
            with record.because(Cause.HOOK, number):
                record.intend("machine", str(number), ItemChanges("T", {"title": TextChange("Old", f"New {number}")}))
            record.nothing_waits()
        seen = look(data, history={"tag": "all"})["history"]
        assert seen["tag"] == "all"
        assert [one["entries"] for one in seen["runs"]] == [1, 1]
        assert [one["scene"] for one in seen["entries"]] == [2, 1]
        (first,) = look(data, history={"scene": 1})["history"]["entries"]
        assert first["fields"] == [{"label": "title", "before": "Old", "after": "New 1"}]
        assert first["cause"] == "hook"
        run = seen["runs"][0]["id"]
        assert [one["scene"] for one in look(data, history={"run": run})["history"]["entries"]] == [2]
        entry.answer({"operation": "act", "action": "undo", "run": run}, CONNECTION, data)
        Inbox(data).take(queue, record)
        assert record.count_to_undo() == 1


def test_an_answer_is_read_by_its_number_and_by_nothing_else(data: DataDir) -> None:
    os.makedirs(data.answers)
    number = "0123456789abcdef" * 2
    Path(data.answers, f"{number}.json").write_text('{"libraries": []}')
    assert look(data, answer={"id": number})["answer"] == {"ready": True, "answer": {"libraries": []}}
    for other in ("f" * 32, "../../connection", "", None, 7):
        assert look(data, answer={"id": other})["answer"] == {"ready": False}


def test_a_look_starts_a_worker_only_when_something_waits(data: DataDir, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[DataDir] = []
    monkeypatch.setattr("worker.operations.wishes.ensure_worker", started.append)
    monkeypatch.setattr("worker.operations.entry.runs", lambda _: False)
    look(data, overview={})
    assert started == []
    store(b'{"hook":{"id":9,"type":"Scene.Update.Post"}}', data)
    look(data, overview={})
    assert started == [data]
    assert len(os.listdir(data.inbox)) == 2  # the wake brings the newest way to Stash


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_wishes_can_be_read_by_nobody_else(data: DataDir) -> None:
    entry.answer({"operation": "act", "action": "wake"}, CONNECTION, data)
    (name,) = os.listdir(data.inbox)
    assert stat.S_IMODE(os.stat(os.path.join(data.inbox, name)).st_mode) == 0o600
