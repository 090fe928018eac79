"""The hook against ``python -c pass`` of the same interpreter, in turns, with a worker running already."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.table import Row
from tests.support.harness import install_plugin
from worker.datadir import DataDir
from worker.hook import store
from worker.storage.ownership import Lock

ROUNDS = 100
#: An edit of one scene on Stash's edit page, and one with a cover of three megabytes.
SMALL, LARGE = 400, 3_000_000


def hook_rows(quick: bool = False) -> Iterator[Row]:
    """The whole hook process: small and large input, an empty inbox and one with 10,000 events."""
    with tempfile.TemporaryDirectory() as folder:
        plugin = install_plugin(Path(folder))
        data = DataDir(str(plugin / "data"))
        data.create()
        worker = Lock(data.worker_lock)
        worker.take()
        script = str(plugin / "PlexSync.py")
        hook = [sys.executable, "-S", "-E", script]
        rounds = ROUNDS // 5 if quick else ROUNDS
        yield _compare("hook, worker running (aim 1.3)", hook, _input(SMALL), rounds)
        yield _compare("hook with a cover of 3 MB in its input", hook, _input(LARGE), rounds)
        for _ in range(10_000 - 2 * rounds):
            store(b"{}", data)
        yield _compare("hook with 10,000 events in the inbox", hook, _input(SMALL), rounds)
        worker.release()


def _compare(measure: str, hook: list[str], content: bytes, rounds: int) -> Row:
    ours, baseline = [], []
    bare = [sys.executable, "-c", "pass"]
    _seconds(hook, content)  # compiles what is not compiled yet
    for _ in range(rounds):
        baseline.append(_seconds(bare, b""))
        ours.append(_seconds(hook, content))
    return Row(measure, statistics.median(ours) * 1000, statistics.median(baseline) * 1000, "ms", 2.0)


def _seconds(command: list[str], content: bytes) -> float:
    started = time.perf_counter()
    subprocess.run(command, input=content, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started


def _input(size: int) -> bytes:
    connection = {"Scheme": "http", "Host": "0.0.0.0", "Port": 9, "SessionCookie": None, "Dir": "/", "PluginDir": "/"}
    context = {"id": 42, "type": "Scene.Update.Post", "input": {"id": "42", "cover_image": "x" * size}}
    return json.dumps(
        {"server_connection": connection, "args": {"hookContext": context}}, separators=(",", ":")
    ).encode()
