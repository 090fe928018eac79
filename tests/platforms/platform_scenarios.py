"""What a user does first, on another platform: the packages install themselves, saves arrive, tasks answer, a killed
worker is followed by another, an update is taken up, a removed plugin is left by its worker."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.platforms.conftest import SCENES, Install, OnPlatform
from tests.support.harness import eventually
from tests.support.tasks import answer, lines, run

TITLE = "Bücher – ✓ 日本"


def save_at_once(setup: OnPlatform, scenes: range, title: str) -> float:
    """Save scenes side by side; every hook must say that it stored its event. Returns the seconds it took."""
    began, before = time.monotonic(), len(setup.stash.hook_runs)
    with ThreadPoolExecutor(len(scenes)) as pool:
        list(pool.map(lambda scene: setup.stash.save(scene, title=f"{title} {scene}"), scenes))
    took = time.monotonic() - began
    hooks = setup.stash.hook_runs[before:]
    assert [(hook["exit_code"], hook["output"]) for hook in hooks] == [(0, "stored")] * len(scenes)
    return took


def test_a_first_save_installs_the_packages_and_reaches_plex(install: Install, folder: Path) -> None:
    with install("first") as setup:
        began = time.monotonic()
        save_at_once(setup, range(1, 9), TITLE)
        for scene in range(1, 9):
            setup.arrives(scene, title=f"{TITLE} {scene}")
        print(f"from the first save to Plex, packages included: {time.monotonic() - began:.0f} s")
        assert setup.log().count("The worker starts.") == len(setup.worker_pids()) == 1
        assert setup.log().count("Installing PlexSync's packages") == 1
        assert " ERROR " not in setup.log()
        shutil.copytree(setup.data.site, folder / "site")


@pytest.fixture(scope="module")
def setup(install: Install) -> Iterator[OnPlatform]:
    """One installation for what follows."""
    with install("second") as setup:
        yield setup


def test_bursts_start_one_worker_and_lose_no_scene(setup: OnPlatform) -> None:
    for number in range(int(os.environ.get("PLEXSYNC_BURSTS", "1"))):
        took = save_at_once(setup, range(1, 31), f"Burst {number}")
        for scene in range(1, 31):
            setup.arrives(scene, title=f"Burst {number} {scene}")
        print(f"burst {number}: thirty saves at once took {took:.1f} s, workers {len(setup.worker_pids())}", flush=True)
    assert setup.log().count("The worker starts.") == len(setup.worker_pids()) == 1
    assert " ERROR " not in setup.log()
    assert os.listdir(setup.data.damaged) == []


def test_a_bulk_save_of_thirty(setup: OnPlatform) -> None:
    began = time.monotonic()
    setup.stash.bulk_save(list(range(1, 31)), details="The same for all.")
    print(f"a bulk save of thirty took {time.monotonic() - began:.1f} s")
    setup.arrives(*range(1, 31), summary="The same for all.")


@pytest.mark.parametrize("task", ["Check Setup", "Sync All Scenes", "Status", "Reconcile Library", "Preview"])
def test_tasks_end_with_an_answer_that_stash_can_read(setup: OnPlatform, task: str) -> None:
    setup.stash.save(40, title=TITLE)
    said = run(setup, task)
    assert said
    assert answer(setup).get("error") is None
    assert not [line for line in lines(setup) if "\ufffd" in line or "Traceback" in line]
    setup.arrives(40, title=TITLE)


def test_a_killed_worker_is_followed_by_another_and_nothing_is_lost(setup: OnPlatform) -> None:
    setup.stash.save(41, title="Before")
    setup.arrives(41, title="Before")
    setup.plex.inject({"type": "slow", "kind": "edit", "seconds": 0.2, "count": None})
    for scene in range(1, 11):
        setup.stash.save(scene, title=f"Killed {scene}")
    setup.kill_worker()
    setup.plex.clear_faults()
    setup.stash.save(42, title="After")
    for scene in range(1, 11):
        setup.arrives(scene, title=f"Killed {scene}")
    setup.arrives(42, title="After")
    assert len(setup.worker_pids()) == 1


def test_an_update_is_taken_up_by_one_new_worker(setup: OnPlatform) -> None:
    setup.stash.save(43, title="Old")
    setup.arrives(43, title="Old")
    before = setup.worker_pids()
    os.utime(setup.plugin / "PlexSync.yml")
    eventually(lambda: len(setup.worker_pids()) == 1 and setup.worker_pids() != before)
    setup.stash.save(43, title="New")
    setup.arrives(43, title="New")
    assert len(setup.worker_pids()) == 1


def test_a_removed_plugin_is_left_by_its_worker_and_by_its_files(install: Install) -> None:
    with install("removed") as setup:
        setup.stash.save(SCENES, title="Last")
        setup.arrives(SCENES, title="Last")
        (setup.plugin / "PlexSync.yml").unlink()
        eventually(lambda: not setup.worker_pids())
        shutil.rmtree(setup.plugin)
        assert not setup.plugin.exists()
