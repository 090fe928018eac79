"""Looking without writing, as Stash runs it: the task Preview, and the setting "Only look, write nothing"."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.support.harness import Setup, eventually, installed, plex_library, stash_library
from tests.support.tasks import answer, lines, quietly_save, run
from worker.storage.jobqueue import FILE
from worker.storage.plan_reading import newest_plans, read_plans

HEADLINE = 'NOTHING IS WRITTEN TO PLEX: the setting "Only look, write nothing" is on.'

#: What the worker, or the log of a task, may change meanwhile.
ALLOWED = {
    "plexsync.log",
    "plexsync-tasks.log",
    "preview.jsonl",
    "news",
    "connection.json",
    "worker.lock",
    "owner.lock",
    "task.lock",
}


def kept(setup: Setup) -> dict[str, list[Any]]:
    """The rows of all tables but the worker's own single facts, and the names of all files in the data folder but those
    that come and go."""
    found: dict[str, list[Any]] = {}
    data = setup.data
    for path in (data.database, data.index, os.path.join(data.queue, FILE)):
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            names = connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name != 'facts'"
            ).fetchall()
            for (name,) in names:
                found[f"{path} {name}"] = sorted(connection.execute(f"SELECT * FROM {name}").fetchall(), key=repr)
    files = {os.path.relpath(os.path.join(at, one), data.root) for at, _, some in os.walk(data.root) for one in some}
    found["files"] = sorted(files - ALLOWED)
    return found


def settled(setup: Setup) -> dict[str, list[Any]]:
    """The same once the worker has nothing more to note: it is as it was two looks at Stash ago."""

    def looks() -> int:
        return int(setup.stash.counts()["fields"].get("jobQueue", 0))

    while True:
        before, seen = kept(setup), looks()
        eventually(lambda seen=seen: looks() >= seen + 2)  # type: ignore[misc]
        if kept(setup) == before:
            return before


def test_a_preview_runs_beside_the_worker_and_changes_nothing(tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    environment = {"TMPDIR": str(temporary), "SQLITE_TMPDIR": str(temporary)}
    with installed(tmp_path, stash_library(120), plex_library(118), environment=environment) as setup:
        setup.settings(reconcile_every_hours=-1)  # so that the worker sends nothing else meanwhile
        setup.stash.save(1, title="Sent by a hook")
        eventually(lambda: setup.shows(1, title="Sent by a hook") and setup.idle())
        workers = setup.worker_pids()
        library = setup.stash.stash.library
        with library.lock:  # with no new time of change, so that the worker does not find them by itself
            for scene in (2, 3):
                library.scenes[scene].title = f"Title {scene}"
        before, writes = settled(setup), setup.plex.counts()["writes"]
        said = run(setup, "Preview")
        assert kept(setup) == before
        assert setup.plex.counts()["writes"] == writes
        assert setup.worker_pids() == workers
        assert "A task takes over." not in setup.log()
        assert said[-1] == answer(setup)["output"]
        assert said[-1].startswith(
            "Preview, nothing was written: 120 scenes: 116 already right, 2 to be updated, 2 not in Plex."
        )
        assert "Title would be written in 2 scenes." in said
        assert 'scene 2 "Title 2": title scene.0002 → Title 2' in said
        progress = [value for _, plugin, value in setup.stash.progress if plugin == "PlexSync"]
        assert (progress, progress[-1]) == (sorted(progress), 1.0)
        assert os.stat(setup.data.preview).st_mode & 0o077 == 0
        summary = read_plans(setup.data.preview, 0, 1).summary
        assert summary is not None
        assert summary["ended"] == {"unchanged": 116, "to update": 2, "missing": 2}
        assert os.listdir(temporary) == []
        text = Path(setup.data.preview).read_text(encoding="utf-8")
        assert setup.plex.token not in text


def test_a_preview_before_anything_else_leaves_only_its_report(setup: Setup) -> None:
    quietly_save(setup, 2, title="Title 2")
    assert "1 to be updated" in run(setup, "Preview")[-1]
    assert setup.worker_pids() == []
    files = {one for _, _, some in os.walk(setup.data.root) for one in some}
    assert files <= {"plexsync-tasks.log", "preview.jsonl"}


def test_a_preview_that_is_killed_leaves_nothing(tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    environment = {"TMPDIR": str(temporary), "SQLITE_TMPDIR": str(temporary)}
    with installed(tmp_path, stash_library(600), plex_library(600), environment=environment) as setup:
        setup.settings(reconcile_every_hours=-1)  # so that the worker sends nothing else meanwhile
        setup.stash.save(1, title="Sent by a hook")
        eventually(lambda: setup.shows(1, title="Sent by a hook") and setup.idle())
        before = settled(setup)
        for details in (1, 4, 9):
            setup.plex.reset_counts()
            job = setup.stash.run_task("PlexSync", "Preview")
            eventually(lambda at=details: setup.plex.counts().get("details", 0) >= at)  # type: ignore[misc]
            setup.stash.stop_job(job)  # Stash kills
            assert setup.stash.wait_for_job(job)["status"] == "CANCELLED"
            assert not os.path.exists(setup.data.preview)
            assert os.listdir(temporary) == []
            assert kept(setup) == before


def test_while_it_only_looks_everything_says_so_and_nothing_is_written(setup: Setup) -> None:
    setup.settings(only_look=True)
    setup.stash.save(5, title="Looked at")
    eventually(lambda: newest_plans(setup.data.looked_at))
    quietly_save(setup, 6, title="Of no hook")
    assert run(setup, "Sync All Scenes")[-1] == f"{HEADLINE} 50 scenes: 48 already right, 2 to be updated."
    assert run(setup, "Reconcile Library")[-1].startswith(HEADLINE)
    assert run(setup, "Forget Parked Scenes")[-1].startswith(HEADLINE)
    said = run(setup, "Status")
    assert said[0] == HEADLINE
    assert said[-1].startswith(HEADLINE)
    assert "Scenes that would be updated, among those that were looked at last: 2." in said
    assert any(HEADLINE in line for line in run(setup, "Check Setup"))
    assert HEADLINE in setup.log()
    assert setup.plex.counts()["writes"] == 0
    with closing(sqlite3.connect(setup.data.database)) as record:
        tables = ("outcomes", "memories")
        assert [record.execute(f"SELECT count(*) FROM {one}").fetchone() for one in tables] == [(0,), (0,)]
    setup.settings()
    setup.stash.save(7, title="Written again")
    eventually(lambda: setup.shows(7, title="Written again"))
    eventually(lambda: setup.shows(5, title="Looked at") and setup.shows(6, title="Of no hook"))
    assert "Plex is written to again." in setup.log()
    assert lines(setup)
