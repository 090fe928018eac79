"""An event leaves the inbox only when it is safe in the queue, and one that cannot be dealt with holds up no other."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.support.clock import HOUR
from tests.support.harness import stash_library
from tests.support.workbench import EMPTY_PLEX, Workbench, loaded_workbench
from validation.errors import StashUnavailable
from worker import hook
from worker.storage.jobqueue import JobQueue


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Workbench]:
    library = {**stash_library(30), "tags": [{"id": n, "name": f"T{n}"} for n in range(1, 31)]}
    for scene in library["scenes"]:
        scene["tags"] = [scene["id"]]
    with loaded_workbench(tmp_path, library, EMPTY_PLEX) as made:
        yield made


def told(made: Workbench, kind: str, number: int) -> None:
    hook.store(b'{"hook":{"id":%d,"type":"%s"}}' % (number, kind.encode()), made.data)


def take(made: Workbench) -> None:
    made.inbox.take(made.queue, made.record, made.client)


def fails_at(made: Workbench, monkeypatch: pytest.MonkeyPatch, tags: set[str]) -> list[float]:
    """Stash cannot say which scenes have these tags; returns when it was asked."""
    real, asked = made.client.execute, list[float]()

    def execute(query: str, variables: Any = None) -> dict[str, Any]:
        if "ScenesShowing" in query and tags & set(variables["filter"]["tags"]["value"]):
            asked.append(made.clock.now)
            raise StashUnavailable("What answers is not Stash (HTTP 500).")
        return real(query, variables)

    monkeypatch.setattr(made.client, "execute", execute)
    return asked


def test_an_event_stays_while_a_reader_keeps_the_queue_from_being_synced(made: Workbench) -> None:
    told(made, "Scene.Update.Post", 1)
    take(made)
    assert made.inbox.names() == []
    with closing(sqlite3.connect(Path(made.data.queue) / "jobs.db")) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM ack_queue_default").fetchone() == (1,)
        told(made, "Scene.Update.Post", 2)
        for _ in range(3):
            take(made)
        assert len(made.inbox.names()) == 1
        assert not made.queue.sync()
        made.run()
        take(made)
        assert 2 not in [job.scene_id for job in made.jobs() if not job.reason]  # it is not sent again and again
    take(made)
    assert made.inbox.names() == []
    assert made.queue.sync()


def test_what_was_synced_is_in_the_database_without_its_log(made: Workbench, tmp_path: Path) -> None:
    told(made, "Scene.Update.Post", 7)
    take(made)
    database = Path(made.data.queue) / "jobs.db"
    copy = tmp_path / "power cut"
    copy.mkdir()
    (copy / "jobs.db").write_bytes(database.read_bytes())
    with closing(JobQueue(str(copy), made.clock)) as queue:
        assert 7 in queue


def test_one_tag_that_cannot_be_listed_holds_up_no_other(made: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    fails_at(made, monkeypatch, {"1"})
    for tag in (1, 2, 3):
        told(made, "Tag.Update.Post", tag)
    told(made, "Scene.Update.Post", 9)
    for _ in range(3):
        take(made)
    assert sorted(job.scene_id for job in made.jobs()) == [2, 3, 9]
    assert len(made.inbox.names()) == 1


def test_it_is_tried_again_at_growing_intervals_and_counted(
    made: Workbench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asked = fails_at(made, monkeypatch, {"1"})
    told(made, "Tag.Update.Post", 1)
    for _ in range(2 * 3600):
        take(made)
        made.clock.now += 0.5
    waits = [later - before for before, later in pairwise(asked)]
    assert waits == sorted(waits)
    assert waits[1] >= 1
    assert len(asked) <= 16
    assert f"tried {len(asked)} times" in caplog.messages[-1]
    monkeypatch.undo()
    made.clock.now += HOUR
    take(made)
    assert made.inbox.names() == []
    assert [job.scene_id for job in made.jobs()] == [1]


def test_many_that_cannot_be_listed_are_not_asked_for_in_haste(
    made: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = fails_at(made, monkeypatch, {str(n) for n in range(1, 30)})
    for tag in range(1, 31):
        told(made, "Tag.Update.Post", tag)
    for _ in range(600):
        take(made)
        made.clock.now += 0.5
    for second in range(int(asked[0]) + 1, int(asked[-1])):
        assert sum(second <= at < second + 1 for at in asked) <= 1
    made.clock.now += HOUR
    monkeypatch.undo()
    for _ in range(3):
        take(made)
    assert made.inbox.names() == []
    assert len(made.jobs()) == 30


def test_events_that_need_stash_keep_no_scene_from_being_taken_while_it_is_silent(made: Workbench) -> None:
    for tag in range(1, 601):
        told(made, "Tag.Update.Post", tag)
    told(made, "Scene.Update.Post", 5)
    made.stash.stop()
    for _ in range(3):
        take(made)
    assert [job.scene_id for job in made.jobs()] == [5]
    made.stash.start()
