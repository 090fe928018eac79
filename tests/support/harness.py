"""The real plugin, installed into a Stash double, with a Plex double behind it."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from tests.doubles.plex import PlexDouble
from tests.doubles.stash import StashDouble
from tools.package import files_of_folder, make_zip
from worker.datadir import DataDir
from worker.storage.ownership import Lock
from worker.storage.queue_file import read_jobs

ROOT = Path(__file__).parent.parent.parent
STASH_ROOT, PLEX_ROOT = "/media/stash", "/data/plex"


@cache
def package() -> bytes:
    """The package as Stash would fetch it, of the files as they lie here now: a test sees what a user gets."""
    return make_zip(files_of_folder(str(ROOT)), datetime(2024, 1, 1, tzinfo=timezone.utc))


def install_plugin(plugins: Path) -> Path:
    """Unpack the package, as Stash does, into a folder of plugins."""
    folder = plugins / "PlexSync"
    with zipfile.ZipFile(io.BytesIO(package())) as archive:
        archive.extractall(folder)
    return folder


def hand_over_no_locks(plugin: Path) -> Path:
    """Let the installed plugin do as on Windows; returns a file that gets one byte for each process it starts."""
    starts, module = plugin.parent / "starts", plugin / "worker" / "system.py"
    source = module.read_text(encoding="utf-8")
    noted = f"    with open({str(starts)!r}, 'a') as file:\n        file.write('.')\n    import subprocess"
    for old, new in (
        ("LOCKS_ARE_INHERITED = not WINDOWS", "LOCKS_ARE_INHERITED = False"),
        ("    import subprocess", noted),
    ):
        assert source.count(old) == 1
        source = source.replace(old, new)
    module.write_text(source, encoding="utf-8")
    starts.touch()
    return starts


#: Seconds after which nobody expects any more what has not happened, on however busy a machine.
LONG = 240.0


def eventually(true: Callable[[], object], seconds: float = LONG, what: str = "") -> None:
    """Wait until something is true; fail when it has not become so for a very long time."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"it never happened: {what or true}"
        time.sleep(0.02)


def self_signed(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate of our own for a host name, and its key; skips the test where there is no openssl."""
    pem, key = folder / "cert.pem", folder / "key.pem"
    if shutil.which("openssl") is None:
        pytest.skip("the program openssl, which makes the certificate, is not installed")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test"]
    command += ["-addext", f"subjectAltName=DNS:{name}", "-keyout", str(key), "-out", str(pem)]
    subprocess.run(command, check=True, capture_output=True)
    return pem, key


def file_name(number: int) -> str:
    return f"Studio {number % 3}/scene.{number:04d}.mp4"


def stash_library(count: int, **extra: Any) -> dict[str, Any]:
    """Scenes 1 to ``count``, each with one file and no metadata yet."""
    return {
        "studios": [{"id": 1, "name": "A Studio"}, {"id": 2, "name": "Another Studio"}],
        "scenes": [
            {"id": n, "title": "", "files": [{"path": f"{STASH_ROOT}/{file_name(n)}", "size": 1000 + n}]}
            for n in range(1, count + 1)
        ],
        **extra,
    }


def plex_library(count: int) -> dict[str, Any]:
    """One movie library with the same files under another root, as Plex shows them after a scan."""
    items = [
        {"title": Path(file_name(n)).stem, "file": f"{PLEX_ROOT}/{file_name(n)}", "size": 1000 + n}
        for n in range(1, count + 1)
    ]
    section = {"key": 1, "title": "Clips", "type": "movie", "agent": "tv.plex.agents.none", "locations": [PLEX_ROOT]}
    return {"sections": [{**section, "items": items}]}


class BothSides:
    """A Stash and a Plex with the same files under two roots."""

    stash: StashDouble
    plex: PlexDouble
    #: Settings that work in every test of the kind, beside address, token and roots.
    also: Mapping[str, object] = MappingProxyType({})

    def settings(self, **changed: object) -> None:
        """Set the plugin's settings in Stash: those that work, and what is changed."""
        working = {"plex_url": self.plex.url, "plex_token": self.plex.token, "path_map": f"{STASH_ROOT} => {PLEX_ROOT}"}
        self.stash.settings("PlexSync", **{**working, **self.also, **changed})

    def shown(self, number: int) -> dict[str, Any]:
        """What Plex shows for the file of a scene."""
        return self.plex.find(f"{PLEX_ROOT}/{file_name(number)}")

    def shows(self, *numbers: int, **fields: object) -> bool:
        """Whether Plex shows these values for the files of these scenes."""
        return all(self.shown(number).get(name) == value for number in numbers for name, value in fields.items())


@dataclass
class Setup(BothSides):
    """Both doubles and the installed plugin."""

    stash: StashDouble
    plex: PlexDouble
    plugin: Path
    data: DataDir

    def worker_runs(self) -> bool:
        """Whether a background worker holds the lock."""
        return Lock(self.data.worker_lock).is_held_elsewhere()

    def worker_pids(self) -> list[int]:
        """Background workers of this installation, by a look at the processes."""
        mark = str(self.plugin / "PlexSync.py").encode()
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    command = (entry / "cmdline").read_bytes().split(b"\0")
                except OSError:
                    continue
                if mark in command and b"--worker" in command:
                    found.append(int(entry.name))
        return found

    def inbox(self) -> list[str]:
        """Names of the events in the inbox."""
        return sorted(os.listdir(self.data.inbox)) if os.path.isdir(self.data.inbox) else []

    def waiting(self) -> list[int]:
        """Scenes that have a job, waiting or in flight."""
        return sorted(job.scene_id for job in read_jobs(self.data.queue))

    def log(self) -> str:
        """The worker's log file."""
        try:
            return Path(self.data.log).read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""

    def idle(self) -> bool:
        """Whether nothing waits anywhere."""
        return not self.inbox() and not self.waiting()


@contextmanager
def installed(
    folder: Path,
    stash_has: Mapping[str, Any],
    plex_has: Mapping[str, Any],
    *,
    time_scale: float = 20.0,
    configured: bool = True,
    python: str = sys.executable,
    environment: Mapping[str, str] | None = None,
    kind: type[Setup] = Setup,
    plex_switches: Mapping[str, Any] | None = None,
    **stash_switches: Any,
) -> Iterator[Setup]:
    """The plugin in both doubles; waiting times are ``time_scale`` times shorter. No process outlives it.

    ``python`` is the one that Stash starts the plugin with, ``environment`` what it adds to the environment, ``kind``
    how it is looked at.
    """
    plugin = install_plugin(folder / "plugins")
    data = DataDir(str(plugin / "data"))
    environment = {"PLEXSYNC_TIME_SCALE": str(time_scale), **(environment or {})}
    with (
        PlexDouble(plex_has, **(plex_switches or {})) as plex,
        StashDouble(
            dict(stash_has),
            plugins=folder / "plugins",
            python=python,
            environment=environment,
            **stash_switches,
        ) as stash,
    ):
        setup = kind(stash, plex, plugin, data)
        if configured:
            setup.settings()
        try:
            yield setup
        finally:
            (plugin / "PlexSync.yml").unlink(missing_ok=True)  # a worker ends when its plugin is gone
            eventually(lambda: not setup.worker_pids(), what="the worker ends with its plugin")


def hook_input(stash: StashDouble, scene_id: int, kind: str = "Scene.Update.Post") -> bytes:
    """What Stash hands to a hook, for tests that start the hook themselves."""
    port = int(stash.url.rsplit(":", 1)[1])
    connection = {
        "Scheme": "http",
        "Host": "0.0.0.0",
        "Port": port,
        "SessionCookie": None,
        "Dir": "/",
        "PluginDir": "/",
    }
    arguments = {"hookContext": {"id": scene_id, "type": kind, "input": None}}
    return json.dumps({"server_connection": connection, "args": arguments}, separators=(",", ":")).encode()


@contextmanager
def at_work(folder: Path) -> Iterator[DataDir]:
    """A data folder whose worker runs: nobody starts another."""
    made = DataDir(str(folder / "data"))
    made.create()
    lock = Lock(made.worker_lock)
    lock.take()
    try:
        yield made
    finally:
        lock.release()
