"""Floods of events: nothing lost, one worker, no more memory for four thousand than for one thousand."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.harness import Setup, eventually, hook_input, installed, plex_library, stash_library
from worker.hook import read_hook, store
from worker.storage.queue_file import read_jobs
from worker.storage.reading import open_for_reading
from worker.storage.record import Record

#: What 3,000 more waiting jobs may cost: a few hundred bytes each, and what the allocator keeps.
SLACK = 8 * 1024 * 1024


def resident(pid: int) -> int:
    """The memory of a process, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return 1024 * int(status.partition("VmRSS:")[2].split()[0])


def flood(setup: Setup, scenes: range) -> None:
    """The events of so many scenes, and one real hook that sees to the worker."""
    for scene in scenes[1:]:
        store(read_hook(hook_input(setup.stash, scene)), setup.data)
    script = str(setup.plugin / "PlexSync.py")
    subprocess.run(
        [sys.executable, "-S", "-E", script],
        input=hook_input(setup.stash, scenes[0]),
        check=True,
        capture_output=True,
        env={"PLEXSYNC_TIME_SCALE": "20"},
    )


def finished(setup: Setup) -> int:
    database = open_for_reading(setup.data.database)
    if database is None:
        return 0
    try:
        return Record(database, lambda: 0.0).count_finished()
    finally:
        database.close()


def test_four_thousand_events_while_plex_is_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)  # of the events that this process stores
    count = 4000
    stash_has = stash_library(count)
    for scene in stash_has["scenes"][9::10]:
        scene["title"] = f"Title {scene['id']}"
    with installed(tmp_path, stash_has, plex_library(count)) as setup:
        setup.data.create()
        flood(setup, range(1, 151))  # so that listing Plex and reading ahead stand in what is compared with
        eventually(lambda: all(setup.shows(n, title=f"Title {n}") for n in range(10, 151, 10)))
        eventually(setup.idle)
        setup.plex.stop()
        flood(setup, range(1, 1001))
        eventually(lambda: not setup.inbox())
        assert len(setup.waiting()) == 1000
        eventually(lambda: "Plex does not answer" in setup.log())
        (worker,) = setup.worker_pids()
        small = resident(worker)
        flood(setup, range(1001, count + 1))
        eventually(lambda: not setup.inbox())
        assert setup.waiting() == list(range(1, count + 1))
        assert {job.attempts for job in read_jobs(setup.data.queue)} == {0}
        assert setup.worker_pids() == [worker]
        assert resident(worker) - small < SLACK
        setup.plex.start()
        eventually(lambda: finished(setup) == count)
        eventually(setup.idle)
        assert all(setup.shows(n, title=f"Title {n}") for n in range(10, count + 1, 10))
        assert setup.plex.counts()["edit"] == count // 10
        assert setup.worker_pids() == [worker]
        assert "is parked" not in setup.log()
        assert resident(worker) - small < SLACK


def test_a_bulk_edit_of_five_hundred(tmp_path: Path) -> None:
    """Stash runs five hundred hooks, one after the other, while the worker is at work."""
    count = 500
    with installed(tmp_path, stash_library(count), plex_library(count)) as setup:
        setup.stash.bulk_save(range(1, count + 1), details="The same for all.")
        runs = setup.stash.hook_runs
        assert [run["exit_code"] for run in runs] == [0] * count
        assert sorted(run["id"] for run in runs) == list(range(1, count + 1))
        eventually(setup.idle)
        assert all(setup.shows(n, summary="The same for all.") for n in range(1, count + 1))
        assert setup.plex.counts()["edit"] == count
        assert setup.log().count("The worker starts.") == 1
        assert len(setup.worker_pids()) == 1
