"""The plugin run by another platform's Python, with the doubles on this machine.

PLEXSYNC_PYTHON is what Stash starts the plugin with, PLEXSYNC_FOLDER where it is installed: for Windows inside Wine's
drive C:, a folder called drive_c. PLEXSYNC_BURSTS says how many bursts follow each other in their scenario.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from tests.support.harness import Setup, eventually, installed, plex_library, stash_library

SCENES = 50

#: Opens an installation of its own, of the given name.
Install = Callable[[str], AbstractContextManager["OnPlatform"]]


class OnPlatform(Setup):
    """An installation whose processes another platform's Python runs."""

    def worker_pids(self) -> list[int]:
        """Background workers of this installation; under Wine, a process is called as on Windows."""
        mark, found = on_platform(self.plugin / "PlexSync.py").encode(), []
        for entry in Path("/proc").iterdir():
            try:
                command = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
            except OSError:
                continue
            if mark in command and b"--worker" in command:
                found.append(int(entry.name))
        return found

    def kill_worker(self) -> None:
        """Let the worker die where it is."""
        for pid in self.worker_pids():
            os.kill(pid, signal.SIGKILL)
        eventually(lambda: not self.worker_pids())

    def arrives(self, *scenes: int, **fields: object) -> None:
        """Wait until Plex shows these values."""
        try:
            eventually(lambda: self.shows(*scenes, **fields))
        except AssertionError:
            missing = [scene for scene in scenes if not self.shows(scene, **fields)]
            runs = [(run["id"], run["exit_code"], run["stdout"], run["error"]) for run in self.stash.hook_runs]
            pytest.fail(f"never shown: {missing}; inbox {self.inbox()}; hooks {runs}; log:\n{self.log()[-6000:]}")


def on_platform(path: Path) -> str:
    """A path as the other Python sees it."""
    before, drive, inside = str(path).partition("/drive_c/")
    return "C:\\" + inside.replace("/", "\\") if drive else before


@pytest.fixture(scope="session")
def folder() -> Path:
    """Where everything is installed."""
    try:
        folder = Path(os.environ["PLEXSYNC_FOLDER"])
    except KeyError:
        pytest.skip("no Python of another platform was named: make test-windows, make test-musl")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


@pytest.fixture(scope="session")
def install(folder: Path) -> Install:
    """Opens installations; the packages that the first one fetched serve the others."""

    @contextmanager
    def install(name: str) -> Iterator[OnPlatform]:
        python = os.environ["PLEXSYNC_PYTHON"]
        libraries = stash_library(SCENES), plex_library(SCENES)
        with installed(folder / name, *libraries, python=python, kind=OnPlatform) as setup:
            assert isinstance(setup, OnPlatform)
            if "/drive_c/" in str(folder):
                _mend_wine(setup.plugin)
            if (folder / "site").exists():
                setup.data.create()
                shutil.copytree(folder / "site", setup.data.site)
            yield setup

    return install


def _mend_wine(plugin: Path) -> None:
    """Wine's _locking() says nothing of why it fails, where Microsoft's says EACCES (ucrt's documentation)."""
    module = plugin / "worker" / "system.py"
    source = module.read_text(encoding="utf-8")
    assert source.count("_HELD = (") == 1
    module.write_text(source.replace("_HELD = (", "_HELD = (0, "), encoding="utf-8")
