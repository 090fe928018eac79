"""A hundred thousand jobs through one worker process: its memory and its open files do not grow.

``python -m tests.soak.growth OPTIONS`` is that process; it prints one JSON line for each sample.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from stash.client import StashClient
from stash.connection import StashConnection
from tests.doubles.common.generated import PLEX_ROOT, STASH_ROOT
from tests.support.harness import ROOT
from validation.config import PlexSyncConfig
from validation.jobs import UpdateType
from validation.paths import parse_path_map
from worker.datadir import DataDir
from worker.processor import SyncWorker
from worker.storage.ownership import own

#: Scenes that are sent again and again, and how many of them are changed before each turn.
SCENES, CHANGED = 500, 10

#: The part of all jobs after which nothing may grow any more, and how much is noise, in MiB.
WARM_UP, NOISE = 0.25, 4.0


@dataclass(frozen=True)
class Sample:
    """After so many jobs: open files, and memory in MiB."""

    jobs: int
    files: int
    memory: float


@dataclass(frozen=True)
class Growth:
    """The samples of a run."""

    samples: tuple[Sample, ...]

    @property
    def jobs(self) -> int:
        """How many jobs were done."""
        return self.samples[-1].jobs

    def _compared(self) -> tuple[list[Sample], list[Sample]]:
        warm = [sample for sample in self.samples if sample.jobs >= WARM_UP * self.jobs]
        return warm[: max(1, len(warm) // 3)], warm[-max(1, len(warm) // 3) :]

    @property
    def files(self) -> int:
        """Open files in the last part of the run beyond those just after the warm-up."""
        early, late = self._compared()
        return max(one.files for one in late) - max(one.files for one in early)

    @property
    def memory(self) -> float:
        """The same of memory, in MiB."""
        early, late = self._compared()
        return max(one.memory for one in late) - max(one.memory for one in early)

    @property
    def failed(self) -> bool:
        """Whether something grew."""
        return self.files > 0 or self.memory > NOISE


def measure(jobs: int, seconds: float) -> Growth:
    """Run so many jobs, or as many as the time allows, between two doubles that are programs of their own."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        plex = _start(stack, "tests.doubles.plex", "--generate", str(SCENES), "--generate-synced")
        stash = _start(stack, "tests.doubles.stash", "--generate", str(SCENES))
        options = {"stash": stash["url"], "plex": plex["url"], "token": plex["token"], "folder": folder}
        worker = stack.enter_context(
            subprocess.Popen(
                [sys.executable, "-m", "tests.soak.growth", json.dumps({**options, "jobs": jobs, "seconds": seconds})],
                cwd=ROOT,
                stdout=subprocess.PIPE,
            )
        )
        assert worker.stdout is not None
        samples = []
        for line in worker.stdout:
            samples.append(Sample(**json.loads(line)))
            if samples[-1].jobs % 20_000 == 0:
                print(f"  {samples[-1].jobs:,} jobs, {samples[-1].memory:.1f} MiB", flush=True)
    if worker.returncode:
        raise SystemExit(f"The worker of the 100,000 jobs ended with {worker.returncode}.")
    return Growth(tuple(samples))


def _start(stack: ExitStack, module: str, *options: str) -> dict[str, Any]:
    process = stack.enter_context(
        subprocess.Popen([sys.executable, "-m", module, *options], cwd=ROOT, stdin=-1, stdout=-1)
    )
    assert process.stdin is not None
    assert process.stdout is not None
    stack.callback(process.stdin.close)  # a double ends when its standard input closes
    address: dict[str, Any] = json.loads(process.stdout.readline())
    return address


def _work(options: dict[str, Any]) -> Iterator[Sample]:
    config = PlexSyncConfig(
        plex_url=options["plex"],
        plex_token=options["token"],
        path_map=parse_path_map(f"{STASH_ROOT} => {PLEX_ROOT}"),
        skip_poster=True,  # one more request for each job, and the same code
    )
    data = DataDir(options["folder"])
    data.create()
    end, done, turn = time.monotonic() + options["seconds"], 0, 0
    with StashClient(StashConnection(options["stash"])) as stash, own(data) as owned:
        worker = SyncWorker(owned.queue, owned.record, config, stash=stash, index=owned.index)
        while done < options["jobs"] and time.monotonic() < end:
            turn += 1
            ids = [str(scene) for scene in range(1, CHANGED + 1)]
            query = "mutation($input:BulkSceneUpdateInput!){bulkSceneUpdate(input:$input){id}}"
            stash.execute(query, {"input": {"ids": ids, "details": f"Turn {turn}."}})
            for scene in range(1, SCENES + 1):
                owned.queue.add(scene, UpdateType.UPDATE)
            owned.queue.sync()
            while time.monotonic() < end and (taken := worker.run_due()):
                done += taken
            yield Sample(done, len(os.listdir("/proc/self/fd")), _memory())
        worker.close()


def _memory() -> float:
    with open("/proc/self/status", encoding="ascii") as status:
        line = next(line for line in status if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    for one in _work(json.loads(sys.argv[1])):
        print(json.dumps(one.__dict__), flush=True)
