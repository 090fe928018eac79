"""One worker in a burst of saves, also where a held lock is not handed to the process that is started: on Windows."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.harness import Setup, eventually, hand_over_no_locks, installed, plex_library, stash_library
from worker import launcher
from worker.datadir import DataDir
from worker.storage.ownership import Lock
from worker.system import try_lock


@pytest.fixture
def alone(setup: Setup) -> Path:
    """Locks are not inherited, and no Plex answers; the file that counts the started processes."""
    return hand_over_no_locks(setup.plugin)


def test_thirty_saves_at_once_start_one_worker(setup: Setup, alone: Path) -> None:
    with ThreadPoolExecutor(30) as pool:
        list(pool.map(lambda scene: setup.stash.save(scene, title=f"T{scene}"), range(1, 31)))
    assert [run["exit_code"] for run in setup.stash.hook_runs] == [0] * 30
    eventually(lambda: all(setup.shows(scene, title=f"T{scene}") for scene in range(1, 31)))
    assert alone.read_text() == "."
    assert setup.log().count("The worker starts.") == len(setup.worker_pids()) == 1


def test_an_update_hands_over_to_one_worker(setup: Setup, alone: Path) -> None:
    setup.stash.save(1, title="One")
    eventually(lambda: setup.shows(1, title="One"))
    before = setup.worker_pids()
    os.utime(setup.plugin / "PlexSync.yml")
    eventually(lambda: setup.worker_pids() not in ([], before) and len(setup.worker_pids()) == 1)
    setup.stash.save(2, title="Two")
    eventually(lambda: setup.shows(2, title="Two"))
    assert alone.read_text() == ".."
    assert setup.log().count("The worker starts.") == 2


def test_where_one_was_killed_before_it_had_its_lock_a_later_save_starts_another(tmp_path: Path) -> None:
    with installed(tmp_path, stash_library(2), plex_library(2)) as setup:
        starts = hand_over_no_locks(setup.plugin)
        setup.data.create()
        starting = Path(setup.data.starting)
        starting.touch()
        setup.stash.save(1, title="One")
        assert (starts.read_text(), len(setup.inbox())) == ("", 1)  # as far as it can know, one is on its way
        past = time.time() - launcher.STARTING - 1
        os.utime(starting, (past, past))
        setup.stash.save(2, title="Two")
        eventually(lambda: setup.shows(1, title="One") and setup.shows(2, title="Two"))
        assert starts.read_text() == "."
        assert not starting.exists()


def test_a_worker_waits_for_a_look_at_its_lock_and_not_for_another_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, waits = DataDir(str(tmp_path / "data")), []
    data.create()
    other = Lock(data.worker_lock)
    assert other.take()

    def rest(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            other.release()

    monkeypatch.setattr("worker.launcher.time.sleep", rest)
    lock = launcher.take_lock(data, [])
    assert try_lock(lock)
    assert len(waits) == 3
    monkeypatch.setattr(launcher, "LOOKED_AT", 0.0)
    with pytest.raises(SystemExit):
        launcher.take_lock(data, [])
    os.close(lock)
