"""The worker's start against the bare import of the same packages, in turns, both from the plugin's own folder."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.table import Row
from tests.support.harness import install_plugin
from worker.datadir import DataDir
from worker.packages.folder import LOCK, own_folder
from worker.storage.ownership import Lock

ROUNDS = 30

#: What the worker cannot do without.
PACKAGES = "import plexapi.server, requests, tenacity, persistqueue; from pydantic import BaseModel, Field"


def start_rows(quick: bool = False) -> Iterator[Row]:
    """From the worker's start until it asks for its lock, which another process holds: it ends there."""
    with tempfile.TemporaryDirectory() as folder:
        plugin = install_plugin(Path(folder))
        data = DataDir(str(plugin / "data"))
        data.create()
        own = own_folder(data)
        os.makedirs(own)
        packages = sysconfig.get_path("purelib")
        for name in os.listdir(packages):  # as if installed, without pip and a network
            os.symlink(os.path.join(packages, name), os.path.join(own, name))
        shutil.copyfile(LOCK, os.path.join(own, os.path.basename(LOCK)))
        running = Lock(data.worker_lock)
        running.take()
        try:
            worker = [sys.executable, "-S", "-E", str(plugin / "PlexSync.py"), "--worker"]
            bare = [sys.executable, "-S", "-E", "-c", f"import sys; sys.path.insert(0, {own!r}); {PACKAGES}"]
            _seconds(worker)  # compiles what is not compiled yet
            pairs = [(_seconds(worker), _seconds(bare)) for _ in range(ROUNDS // 5 if quick else ROUNDS)]
        finally:
            running.release()
        ours, baseline = (statistics.median(times) * 1000 for times in zip(*pairs, strict=True))
        yield Row("worker, cold start (baseline: import of its packages)", ours, baseline, "ms", 1.6)


def _seconds(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return time.perf_counter() - started
