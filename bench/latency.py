"""From Save in Stash to the change in Plex, the worker idle and its waiting times as in real life."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.table import Row
from tests.support.harness import eventually, installed, plex_library, stash_library

ROUNDS = 12


def latency_rows(quick: bool = False) -> Iterator[Row]:
    """The slowest of some saves against the two seconds that are promised."""
    with (
        tempfile.TemporaryDirectory() as folder,
        installed(Path(folder), stash_library(50), plex_library(50), time_scale=1) as setup,
    ):
        setup.stash.save(50, title="Warm up")
        eventually(lambda: setup.shows(50, title="Warm up"))
        seconds = []
        for scene in range(1, (ROUNDS // 3 if quick else ROUNDS) + 1):
            time.sleep(0.1 * (scene % 7))  # at any phase of the worker's looks into the inbox
            started = time.perf_counter()
            setup.stash.save(scene, title=f"Title {scene}")
            eventually(lambda scene=scene: setup.shows(scene, title=f"Title {scene}"))  # type: ignore[misc]
            seconds.append(time.perf_counter() - started)
    yield Row("save in Stash to change in Plex, slowest, against 2 s", max(seconds), 2.0, "s", 1.0)
    yield Row("save in Stash to change in Plex, median, against 2 s", statistics.median(seconds), 2.0, "s", 1.0)
