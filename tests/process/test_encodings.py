"""Stash reads UTF-8 from hook, task and worker, whatever the system's language and the code page of its streams."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.harness import Setup, eventually, hook_input, installed, plex_library, stash_library
from tests.support.tasks import answer, lines, run

TITLE = "Bücher – ✓ 日本"

#: Runs the plugin with streams as Windows opens them in the western world.
WESTERN = """
import io, runpy, sys
for name in ("stdout", "stderr"):
    setattr(sys, name, io.TextIOWrapper(getattr(sys, name).buffer, encoding="cp1252"))
sys.argv = [sys.argv[1]]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.fixture
def latin(tmp_path: Path) -> Iterator[Setup]:
    """A system whose language is written in Latin-1; that language is made by the C library's own tool."""
    if shutil.which("localedef") is None:
        pytest.skip("the program localedef, which makes the language, is not installed")
    made = subprocess.run(
        ["localedef", "-i", "en_US", "-f", "ISO-8859-1", str(tmp_path / "latin")], capture_output=True
    )
    environment = {"LOCPATH": str(tmp_path), "LC_ALL": "latin", "PYTHONCOERCECLOCALE": "0"}
    asked = [sys.executable, "-S", "-E", "-c", "import sys; print(sys.stderr.encoding)"]
    spoken = subprocess.run(asked, env=environment, capture_output=True, text=True).stdout.strip()
    if made.returncode or spoken.lower() not in ("iso-8859-1", "iso8859-1", "latin-1"):
        pytest.skip("the sources of languages are not installed")
    with installed(tmp_path, stash_library(3), plex_library(3), environment=environment) as setup:
        yield setup


def test_hook_worker_and_tasks_on_a_system_in_latin_1(latin: Setup) -> None:
    latin.stash.save(1, title=TITLE)
    eventually(lambda: latin.shows(1, title=TITLE) and latin.idle())
    run(latin, "Check Setup")
    said = lines(latin)
    assert any("✓" in line for line in said)
    assert not [line for line in said if "\ufffd" in line or "\\u" in line]
    assert answer(latin).get("error") is None
    assert "The worker starts." in latin.log()  # which is read as UTF-8


def test_streams_of_another_code_page_speak_utf8_all_the_same(tmp_path: Path) -> None:
    with installed(tmp_path, stash_library(3), plex_library(3)) as setup:
        kind = "Grüße → 日本"
        command = [sys.executable, "-S", "-E", "-c", WESTERN, str(setup.plugin / "PlexSync.py")]
        hook = subprocess.run(command, input=hook_input(setup.stash, 1, kind), capture_output=True)
        assert f"does not know the hook {kind!r}" in hook.stderr.decode("utf-8")
        document = json.loads(hook_input(setup.stash, 1))
        document["args"] = {"mode": "check-setup"}
        task = subprocess.run(command, input=json.dumps(document).encode(), capture_output=True)
        assert task.returncode == 0, task.stderr
        assert "✓" in task.stderr.decode("utf-8")
        assert "output" in json.loads(task.stdout)
