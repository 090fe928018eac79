"""The page's operations against ``python -c pass`` of the same interpreter, in turns."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from bench.filling import let_wait, write_journal
from bench.table import Row
from tests.support.harness import install_plugin
from worker.datadir import DataDir
from worker.storage.database import open_database
from worker.storage.jobqueue import JobQueue
from worker.storage.ownership import Lock

ROUNDS = 30
SCENES, FEWER = 100_000, 10_000

#: How many times a bare Python an operation may take; the baseline is one of 20 to 30 ms, so 100 ms is never far.
BUDGET = 5.0

LOOKS: dict[str, dict[str, object]] = {
    "overview": {"overview": {}},
    "overview and 25 of the scenes left out": {"overview": {}, "scenes": {"state": "left_out", "page": 500}},
    "overview and 25 of the scenes that wait": {"overview": {}, "scenes": {"state": "waiting", "page": 100}},
    "one scene": {"scene": {"id": 42}},
    "history": {"history": {}},
}


def operation_rows(quick: bool = False) -> Iterator[Row]:
    """The whole process of an operation, with a record of so many scenes, a tenth of them waiting."""
    scenes = FEWER if quick else SCENES
    with tempfile.TemporaryDirectory() as folder:
        plugin = install_plugin(Path(folder))
        data = DataDir(str(plugin / "data"))
        data.create()
        _fill(data, scenes)
        worker = Lock(data.worker_lock)
        worker.take()
        command = [sys.executable, "-S", "-E", str(plugin / "PlexSync.py")]
        for name, at in LOOKS.items():
            content = json.dumps({"server_connection": {}, "args": {"operation": "look", "at": at}}).encode()
            yield _compare(f"page: {name}, {scenes:,} scenes", command, content, ROUNDS // 5 if quick else ROUNDS)
        worker.release()


def _fill(data: DataDir, scenes: int) -> None:
    """A record as after a first sync of a library, half of it left out, with a journal, and a queue in which a tenth
    waits."""
    with closing(open_database(data.database)) as record, record:
        record.executemany(
            """INSERT INTO outcomes (scene, checked, left_out, kept, stash_updated, files, holders, written_at, written)
            VALUES (?, 1700000000.0, ?, ?, '2024-01-01T00:00:00Z', '0123456789abcdef', '01234567', ?, 'title')""",
            (
                (number, "it is not organized" if number % 2 else None, "title" if number % 97 == 0 else None, number)
                for number in range(1, scenes + 1)
            ),
        )
        record.executemany(
            """INSERT INTO memories (server, item, scene, state, seen, content)
            VALUES ('machine', ?, ?, 'in use', 1, '{"texts":{"title":{"written":"New","before":"Old"}}}')""",
            ((str(number), number) for number in range(1, scenes + 1)),
        )
        write_journal(record, scenes, "machine", 1.0)
    with closing(JobQueue(data.queue, time.time)):
        pass
    waiting = (
        json.dumps({"scene_id": number, "reason": "its file is not in Plex yet"}) for number in range(scenes // 10)
    )
    let_wait(data, waiting)


def _compare(measure: str, command: list[str], content: bytes, rounds: int) -> Row:
    ours, baseline = [], []
    _seconds(command, content)  # compiles what is not compiled yet
    for _ in range(rounds):
        baseline.append(_seconds([sys.executable, "-c", "pass"], b""))
        ours.append(_seconds(command, content))
    return Row(measure, statistics.median(ours) * 1000, statistics.median(baseline) * 1000, "ms", BUDGET)


def _seconds(command: list[str], content: bytes) -> float:
    started = time.perf_counter()
    subprocess.run(command, input=content, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started
