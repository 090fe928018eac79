"""Lines about Python, packages, the data folder, Stash and the worker."""

from __future__ import annotations

import logging
import os
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests

from stash.client import StashClient
from stash.connection import StashConnection
from tests.support.checklist import Check, crosses, hints, text
from tests.support.harness import Setup, installed, plex_library, stash_library
from validation.config import PlexSyncConfig
from validation.jobs import Job, UpdateType
from validation.outcomes import Ended
from validation.scenes import Scene
from worker.datadir import PLUGIN_FOLDER, DataDir
from worker.logs import SecretsFilter
from worker.storage.database import open_database
from worker.storage.facts import Fact
from worker.storage.jobqueue import JobQueue
from worker.storage.ownership import Lock
from worker.storage.record import Record
from worker.tasks.checkup import surroundings
from worker.tasks.checkup.task import check_setup
from worker.tasks.checkup.worker_side import worker_lines
from worker.tasks.context import TaskContext
from worker.timing import Timing


def test_python_and_its_packages_are_named_with_their_places() -> None:
    first, *packages = map(str, surroundings.python_lines())
    assert first == f"✓ Python {sys.version.split()[0]}, {sys.executable}."
    said = " ".join(packages)
    for name in surroundings.PACKAGES:
        assert f"{name} " in said
    assert all(line.startswith("✓ Packages from ") for line in packages)
    required = (Path(PLUGIN_FOLDER) / "requirements.txt").read_text(encoding="utf-8")
    assert [name for name in surroundings.PACKAGES if name not in required] == []


def test_a_package_without_its_papers_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surroundings, "PACKAGES", ("plexapi", "no-such-package"))
    assert str([*surroundings.python_lines()][-1]) == "→ Packages whose version nothing tells: no-such-package."


def test_a_data_folder_that_can_be_written_is_left_as_it_was(tmp_path: Path) -> None:
    for root in (tmp_path, tmp_path / "not" / "made" / "yet"):
        (line,) = surroundings.data_lines(DataDir(str(root)))
        assert str(line) == f"✓ The data folder {root} can be written to."
    assert list(tmp_path.iterdir()) == []


def test_a_data_folder_that_cannot_be_written_is_a_cross(tmp_path: Path, setup: Setup, check: Check) -> None:
    (tmp_path / "file").write_text("no folder")
    broken = Setup(setup.stash, setup.plex, setup.plugin, DataDir(str(tmp_path / "file" / "data")))
    said = check(broken)
    (cross,) = crosses(said)
    assert cross.startswith(f"✗ The data folder {broken.data.root} cannot be written to (")
    assert "PLEXSYNC_DATA" in cross
    assert "30 of 30 scenes are found in Plex" in text(said)  # and the rest is checked all the same
    assert said[-1][1].startswith("Next: Let the user that runs Stash write to ")


def test_a_file_of_another_user_is_a_cross(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = DataDir(str(tmp_path))
    Path(data.database).touch()
    monkeypatch.setattr(os, "access", lambda path, mode: path != data.database)
    (line,) = surroundings.data_lines(data)
    assert str(line).startswith(f"✗ {data.database} belongs to another user and cannot be written to. Let the user")


def test_a_full_disk_is_a_hint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surroundings, "LITTLE_SPACE", 1 << 60)
    _, line = surroundings.data_lines(DataDir(str(tmp_path)))
    assert str(line).startswith("! Its disk has only ")


def test_stash_without_a_login(setup: Setup, check: Check) -> None:
    assert f"✓ Stash v0.30.1 answers at {setup.stash.url}, which asks for no login." in text(check(setup))


def test_stash_with_a_password_knows_us_by_cookie_or_by_key(tmp_path: Path, check: Check) -> None:
    switches: dict[str, Any] = {"password": "me:secret"}
    with installed(tmp_path / "cookie", stash_library(1), plex_library(1), **switches) as setup:
        cookie = log_in(setup)
        assert "with the session of the one who pressed the button." in text(check(setup, cookie))
        said = check(setup, "worth-nothing")
        assert crosses(said)[0].startswith(f"✗ Stash at {setup.stash.url} does not accept the session it handed over.")
        assert "! Settings, Plex and paths were not checked, since the settings are kept in Stash." in text(said)
        assert "worker" in text(said)
        assert said[-1][1].startswith("Next: Log in to Stash once more.")
    with installed(tmp_path / "key", stash_library(1), plex_library(1), api_key="the-key", **switches) as setup:
        cookie = log_in(setup)
        said = check(setup, cookie)
        assert "with its API key." in text(said)
        assert "the-key" not in text(said)


def test_stash_that_does_not_answer(setup: Setup, check: Check) -> None:
    url = setup.stash.url
    setup.stash.stop()
    said = check(setup)
    setup.stash.start()
    assert crosses(said)[0].startswith(f"✗ Stash does not answer at {url}")
    assert "Check Stash's host and port under Settings > System" in said[-1][1]


def test_what_is_secret_is_masked_in_every_line(tmp_path: Path) -> None:
    with installed(tmp_path, stash_library(1), plex_library(1), password="me:secret", api_key="the-key") as setup:
        cookie, secrets = log_in(setup), SecretsFilter()
        with StashClient(StashConnection(setup.stash.url, cookie)) as stash:
            check_setup(TaskContext(stash, PlexSyncConfig(), setup.data, Timing(), secrets, {}))
        record = logging.makeLogRecord({"msg": f"the-key {setup.plex.token}"})
        assert secrets.filter(record)
        assert record.getMessage() == "*** ***"


def test_a_plugin_that_is_switched_off(setup: Setup, check: Check) -> None:
    setup.stash.graphql("mutation { setPluginsEnabled(enabledMap: {PlexSync: false}) }")
    assert hints(check(setup)) == ["! The plugin is switched off in Stash, so saved scenes are not noticed."]


def log_in(setup: Setup) -> str:
    form = {"username": "me", "password": "secret"}
    answer = requests.post(f"{setup.stash.url}/login", data=form, allow_redirects=False, timeout=10)
    return answer.headers["Set-Cookie"].partition("session=")[2].partition(";")[0]


def worker_said(data: DataDir, works: bool = False) -> str:
    return "\n".join(str(line) for line in worker_lines(data, works))


def test_a_worker_that_runs_one_that_does_not_and_one_that_is_not_wanted(tmp_path: Path) -> None:
    data = DataDir(str(tmp_path))
    nothing = "→ Waiting: 0. Parked: 0."
    assert worker_said(data) == (f"→ The background worker is not running; the next saved scene starts it.\n{nothing}")
    assert list(tmp_path.iterdir()) == []  # looking made no lock
    lock = Lock(data.worker_lock)
    assert lock.take()
    assert "✓ The background worker is running." in worker_said(data)
    lock.release()
    assert "→ The background worker is not running" in worker_said(data)


def test_what_waits_is_parked_or_holds_everything_up(tmp_path: Path) -> None:
    data = DataDir(str(tmp_path))
    data.create()
    queue = JobQueue(data.queue, time.time)
    for scene in (1, 2):
        queue.add(scene, UpdateType.UPDATE)
    queue.sync()
    queue.close()
    database = open_database(data.database)
    record = Record(database, time.time)
    record.park(Job(scene_id=7), "no file", Ended.PARKED)
    record.set_fact(Fact.PAUSED, "Plex does not accept the token.")
    record.set_fact(Fact.GUARD, "A comparison stopped by itself.")
    said = worker_said(data)
    assert "! The worker is paused: Plex does not accept the token. It goes on by itself within minutes" in said
    assert "! A comparison stopped by itself." in said
    said = worker_said(data, works=True)
    assert "→ What the worker was paused for is put right, and it goes on within a minute: Plex does not" in said
    assert "is paused" not in said
    record.set_fact(Fact.REFUSED_SINCE, "1")
    assert "✗ The worker is paused: Plex does not accept the token. It goes on" in worker_said(data, works=True)
    assert "→ Waiting: 2. Parked: 1." in said
    database.close()


def test_a_record_of_a_newer_version_stops_the_worker_and_is_a_cross(tmp_path: Path) -> None:
    data = DataDir(str(tmp_path))
    with closing(open_database(data.database)) as database:
        database.execute("PRAGMA user_version = 99")
    said = worker_said(data)
    assert f"✗ The worker cannot start: {data.database} was written by a newer PlexSync. Update the plugin" in said


def test_a_damaged_record_is_a_hint(tmp_path: Path) -> None:
    data = DataDir(str(tmp_path))
    Path(data.database).write_bytes(b"no database at all" * 100)
    assert "! What the worker does could not be seen: " in worker_said(data)


@pytest.mark.parametrize("mended", [False, True])
def test_a_pause_is_told_as_it_is_at_this_moment(setup: Setup, check: Check, mended: bool) -> None:
    setup.data.create()
    with closing(open_database(setup.data.database)) as database:
        Record(database, time.time).set_fact(Fact.PAUSED, "Plex does not accept the token.")
    setup.settings(**({} if mended else {"plex_token": "wrong"}))
    said = check(setup)
    assert ("is paused" in text(said)) is not mended
    assert ("What the worker was paused for is put right" in text(said)) is mended
    assert said[-1][1].startswith("Everything is right: 30 of 30" if mended else "Next: Enter the token of the account")


def test_what_blocks_everything_is_named_before_what_does_not(setup: Setup, check: Check) -> None:
    setup.settings(skip_tags="maybe", plex_token="wrong")
    said = check(setup)
    assert crosses(said)[0].startswith('✗ The setting "Skip tags" cannot be used')
    assert said[-1][1].startswith("Next: Enter the token of the account that owns the server")
    assert said[-1][1].endswith("1 more line has a cross.")


def test_at_the_end_it_says_what_to_do_now_and_how_many_scenes_that_sends(setup: Setup, check: Check) -> None:
    setup.settings(never_tags="No such tag", never_paths="/media/stash/Studio 0")
    assert check(setup)[-1][1].endswith('or press "Sync All Scenes", which sends about 20 scenes.')
    setup.settings(only_look=True)
    assert check(setup)[-1][1].endswith('see with the task "Preview" what would be written, then switch that off.')
    setup.settings()
    setup.data.create()
    with closing(open_database(setup.data.database)) as database:
        for number in range(1, 31):
            Record(database, time.time).finished(Scene(id=number))
    assert check(setup)[-1][1].endswith("Next: save a scene and look at it in Plex; every other one was sent before.")
