"""The task Bug Report and the page's operation, as Stash runs them: whatever else fails, a report comes."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.harness import Setup, eventually, installed, plex_library, stash_library
from tests.support.tasks import answer, run
from worker.storage.database import open_database

TOKEN, KEY = "t0ken-Qx7-of-plex", "k3y-Zw9-of-stash"

#: A name that stands in titles, tags, folders, libraries and settings.
NAME = 'Vrzmgl " and the "Qwxy'


@pytest.fixture
def setup(tmp_path: Path) -> Iterator[Setup]:
    """A Stash with a password, whose one folder, library and scene have the name; another scene is not in Plex."""
    stash, plex = stash_library(2), plex_library(1)
    plex["sections"][0]["title"] = NAME
    plex["sections"][0]["locations"].append(f"/data/{NAME}")
    with installed(tmp_path, stash, plex, password="user:password", api_key=KEY) as setup:
        setup.plex.token = setup.plex._app.token = TOKEN
        setup.settings(never_tags=NAME, only_paths=f"/media/stash; /{NAME}")
        yield setup


def kept(setup: Setup) -> str:
    """The report of the task."""
    assert stat.S_IMODE(os.stat(setup.data.bug_report).st_mode) == 0o600
    return Path(setup.data.bug_report).read_text(encoding="utf-8")


def operated(setup: Setup, **asked: object) -> str:
    """The report as the page gets it."""
    operation = 'mutation Ask($args: Map) { runPluginOperation(plugin_id: "PlexSync", args: $args) }'
    document: Any = setup.stash.graphql(operation, {"args": {"operation": "report", **asked}})
    assert not document.get("errors"), document
    found = document["data"]["runPluginOperation"]
    assert found["name"].endswith(".txt")
    return str(found["text"])


def assert_no_secret(setup: Setup, text: str) -> None:
    connections = [line for one in setup.stash.runs for line in [str(one["input"])]]
    assert connections
    for secret in (TOKEN, KEY, "user:password"):
        assert secret not in text
    assert "plex_token: set" in text
    assert f"plex_url: http://127.0.0.1:{setup.plex.url.rsplit(':', 1)[1]}" in text


def test_it_tells_what_a_helper_has_to_know_and_neither_secret_nor_name(setup: Setup) -> None:
    setup.stash.save(1, title=NAME)
    setup.stash.save(2, title=f"{NAME} 2")
    eventually(lambda: setup.shows(1, title=NAME) and setup.waiting() == [2])
    run(setup, "Bug Report")
    said, text = answer(setup)["output"], kept(setup)
    assert said.startswith(f"The bug report lies in {setup.data.bug_report}; titles and paths are masked in it.")
    assert_no_secret(setup, text)
    assert "Vrzmgl" not in text
    assert "Qwxy" not in text
    for heading in ("Versions", "Settings", "Check Setup", "How things stand", "Files", "Last lines of plexsync.log"):
        assert f"\n== {heading} ==\n" in text
    for line in (
        "PlexSync: 1.0.0",
        "SQLite: 3",
        "Plex: 1.",
        "Stash: v0",
        "✓ A Plex server answers at http://127.0.0.1:",
    ):
        assert line in text
    assert "Scenes: waiting 1, parked 0" in text
    assert "waiting: 1 x its file is not in Plex yet" in text
    assert 'Updated scene 1 "' in text
    assert str(setup.data.root) not in text


def test_the_page_gets_it_as_a_text_with_names_only_where_they_are_wanted(setup: Setup) -> None:
    setup.stash.save(1, title=NAME)
    eventually(lambda: setup.shows(1, title=NAME))
    checked = [f'✓ Library "{NAME}"', f"✗ {TOKEN} {KEY}"]
    masked, shown = operated(setup, checked=checked), operated(setup, checked=checked, mask=False)
    for text in (masked, shown):
        assert_no_secret(setup, text)
    assert "Vrzmgl" not in masked
    assert shown.count("Vrzmgl") >= 3
    assert f'Updated scene 1 "{NAME}"' in shown
    assert not os.path.exists(setup.data.bug_report)


def test_it_comes_while_plex_is_away_and_the_record_is_damaged(setup: Setup) -> None:
    with closing(open_database(_made(setup.data.database))):
        pass
    Path(setup.data.database).write_bytes(b"SQLite format 3\0" + b"\xff" * 8000)
    setup.plex.stop()
    run(setup, "Bug Report")
    for text in (kept(setup), operated(setup)):
        assert "Plex: no answer (" in text
        assert "This cannot be read: " in text
        assert "\n== Files ==\n" in text
        assert_no_secret(setup, text)
    assert "✗ Nothing listens at http://127.0.0.1:" in kept(setup)


def _made(path: str) -> str:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    return path


def test_it_comes_without_the_packages_and_says_why_they_are_missing(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    (site,) = (tmp_path / "venv" / "lib").glob("python*/site-packages")
    (site / "sitecustomize.py").write_text('import sys\nsys.modules["pip"] = sys.modules["ensurepip"] = None\n')
    python, environment = str(tmp_path / "venv" / "bin" / "python"), {"PATH": str(tmp_path)}
    with installed(
        tmp_path, stash_library(1), plex_library(1), python=python, environment=environment, api_key=KEY
    ) as setup:
        setup.stash.save(1, title=NAME)
        job = setup.stash.wait_for_job(setup.stash.run_task("PlexSync", "Bug Report"))
        assert job["status"] == "FINISHED"
        text = kept(setup)
        assert "PlexSync needs the Python package" in text
        assert "Plex: 1." in text
        assert "PlexSync's own packages: not there" in text
        assert setup.plex.token not in text
