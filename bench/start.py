"""The start of the worker, and of the task "Status", against the bare import of the same packages, in turns, all from
the plugin's own folder."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

from bench.doubles import doubles
from bench.table import Row
from tests.support.harness import install_plugin
from worker.datadir import DataDir
from worker.packages.folder import LOCK, own_folder
from worker.storage.ownership import Lock
from worker.tasks.running import LAST_LINE

ROUNDS = 30

#: What the worker cannot do without.
PACKAGES = "import plexapi.server, requests, tenacity, persistqueue; from pydantic import BaseModel, Field"


def start_rows(quick: bool = False) -> Iterator[Row]:
    """From the worker's start until it opens its database, which a newer version wrote: it ends there. The whole of a
    "Status", but for its wait at the end, while no worker has to be started and no Plex is set up."""
    rounds = ROUNDS // 5 if quick else ROUNDS
    with tempfile.TemporaryDirectory() as folder, doubles(10, folder, synced=True) as both:
        plugin = install_plugin(Path(folder))
        data = DataDir(str(plugin / "data"))
        data.create()
        own = own_folder(data)
        os.makedirs(own)
        packages = sysconfig.get_path("purelib")
        for name in os.listdir(packages):  # as if installed, without pip and a network
            os.symlink(os.path.join(packages, name), os.path.join(own, name))
        shutil.copyfile(LOCK, os.path.join(own, os.path.basename(LOCK)))
        script = [sys.executable, "-S", "-E", str(plugin / "PlexSync.py")]
        bare = [sys.executable, "-S", "-E", "-c", f"import sys; sys.path.insert(0, {own!r}); {PACKAGES}"]
        newer = _newer_database(data.database)
        ours, baseline = _in_turns([*script, "--worker"], bare, b"", rounds, code=1)
        yield Row("worker, cold start (baseline: import of its packages)", ours, baseline, "ms", 1.6)
        os.unlink(newer)
        running = Lock(data.worker_lock)
        running.take()
        try:
            ours, baseline = _in_turns(script, bare, _status(both.stash_url), rounds)
            yield Row("Status by task (baseline: import of its packages)", ours - LAST_LINE * 1000, baseline, "ms", 2.0)
        finally:
            running.release()


def _status(stash: str) -> bytes:
    address = urlsplit(stash)
    connection = {
        "Scheme": address.scheme,
        "Host": address.hostname,
        "Port": address.port,
        "Dir": "/",
        "PluginDir": "/",
    }
    return json.dumps({"server_connection": connection, "args": {"mode": "status"}}).encode()


def _newer_database(path: str) -> str:
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 1000")
    return path


def _in_turns(ours: list[str], bare: list[str], content: bytes, rounds: int, code: int = 0) -> tuple[float, float]:
    """Milliseconds of either, in the middle. ``code``: with which ours ends."""
    _seconds(ours, content, code)  # compiles what is not compiled yet
    pairs = [(_seconds(ours, content, code), _seconds(bare, b"")) for _ in range(rounds)]
    first, second = (statistics.median(times) * 1000 for times in zip(*pairs, strict=True))
    return first, second


def _seconds(command: list[str], content: bytes, code: int = 0) -> float:
    started = time.perf_counter()
    done = subprocess.run(command, input=content, capture_output=True)
    assert done.returncode == code, done
    return time.perf_counter() - started
