"""Hooks, tasks and the worker are killed at random while scenes change and Plex fails; then both sides are compared."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.harness import Setup, eventually, hook_input, installed, plex_library, stash_library
from tests.support.rig import gone, integrity
from worker.storage.jobqueue import FILE
from worker.storage.reading import open_for_reading

SCENES = 60

#: Kills between two comparisons.
ROUND = 50

#: What Plex does to some requests while processes are killed.
FAULTS: tuple[dict[str, object], ...] = (
    {"type": "status", "status": 500, "probability": 0.2},
    {"type": "status", "status": 500, "after": True, "kind": "edit", "probability": 0.5},
    {"type": "unavailable", "probability": 0.3},
    {"type": "maintenance", "probability": 0.5},
    {"type": "reset_before", "probability": 0.2},
    {"type": "reset_after", "probability": 0.2},
    {"type": "truncate", "probability": 0.2},
    {"type": "broken_xml", "probability": 0.2},
    # To an edit, 200 with nothing is Plex's own answer: whoever says so without doing it cannot be seen through.
    {"type": "empty_200", "kind": "root,sections,list,details", "probability": 0.2},
    {"type": "slow", "seconds": 0.2, "probability": 0.3},
    {"type": "refused", "seconds": 1.0, "count": 1},
)


@dataclass
class Figures:
    """What was tried, and what came of it."""

    killed: Counter[str] = field(default_factory=Counter)
    tried: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    faults: int = 0
    second_workers: int = 0
    damaged: list[str] = field(default_factory=list)
    untold_missed: int = 0
    seconds: float = 0.0

    @property
    def failed(self) -> bool:
        """Whether a promise was broken."""
        return bool(self.lost or self.second_workers or self.damaged)


class Chaos:
    """One installation, and who does what to it. The same ``seed`` makes the same choices."""

    def __init__(self, setup: Setup, seed: int) -> None:
        self.figures = Figures()
        self._setup = setup
        self._random = random.Random(seed)
        self._titles: dict[int, str] = {}
        #: Scenes whose last change no hook finished telling of.
        self._untold: set[int] = set()
        self._changes = 0

    def run(self, kills: int, until: float) -> None:
        """Kill until there were so many, or until that moment of ``time.monotonic``; compare now and then."""
        began = time.monotonic()
        while (done := self.figures.killed.total()) < kills and time.monotonic() < until:
            goal = min(done + ROUND, kills)
            while self.figures.killed.total() < goal and time.monotonic() < until:
                self._disturb_plex()
                self._change_something()
                self._random.choice((self._kill_hook, self._kill_worker, self._kill_worker, self._kill_task))()
                self._look_for_second_worker()
            self._compare()
            lost = self.figures.lost
            print(f"  {self.figures.killed.total():,} kills, lost {len(lost)} {'; '.join(lost)}", flush=True)
        self.figures.seconds = time.monotonic() - began

    # What happens ------------------------------------------------------------------------------------------------

    def _disturb_plex(self) -> None:
        if self._random.random() < 0.3:
            self._setup.plex.clear_faults()
            if self._random.random() < 0.7:
                fault = self._random.choice(FAULTS)
                self._setup.plex.inject({"count": 20, "seed": self._random.randrange(1 << 30), **fault})
                self.figures.faults += 1

    def _change(self) -> int:
        scene = self._random.randint(1, SCENES)
        self._changes += 1
        self._titles[scene] = f"Change {self._changes}"
        self._setup.stash.save(scene, title=self._titles[scene])
        return scene

    def _start(self, content: bytes) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-E", str(self._setup.plugin / "PlexSync.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PLEXSYNC_TIME_SCALE": "20"},
        )
        assert process.stdin is not None
        with process.stdin:
            process.stdin.write(content)
        return process

    def _start_hook(self, scene: int) -> subprocess.Popen[bytes]:
        self.figures.tried["hook"] += 1
        return self._start(hook_input(self._setup.stash, scene))

    def _change_something(self) -> None:
        changed = {self._change() for _ in range(self._random.randint(1, 4))}
        running = [(scene, self._start_hook(scene)) for scene in changed]
        for scene, hook in running:
            self._ended(scene, hook.wait())

    def _ended(self, scene: int, code: int) -> None:
        if code == 0:
            self._untold.discard(scene)
        else:
            self._untold.add(scene)

    def _kill_hook(self) -> None:
        scene = self._change()
        hook = self._start_hook(scene)
        time.sleep(self._random.random() * 0.08)
        hook.kill()
        code = hook.wait()
        self.figures.killed["hook"] += code != 0
        self._ended(scene, code)

    def _kill_worker(self) -> None:
        time.sleep(self._random.random() * 0.8)
        pids = self._setup.worker_pids()
        for pid in pids:
            try:
                os.kill(pid, 9)
            except ProcessLookupError:
                continue
            self.figures.killed["worker"] += 1
        eventually(lambda: all(gone(pid) for pid in pids))

    def _kill_task(self) -> None:
        mode = self._random.choice(("reconcile", "reconcile-thoroughly", "sync-all", "retry-parked"))
        self.figures.tried["task"] += 1
        task = self._start(self._task_input(mode))
        time.sleep(self._random.random() * 2.0)
        task.kill()
        self.figures.killed["task"] += task.wait() == -9

    def _task_input(self, mode: str) -> bytes:
        given = json.loads(hook_input(self._setup.stash, 1))
        return json.dumps({**given, "args": {"mode": mode}}).encode()

    def _task(self, mode: str) -> None:
        for _ in range(5):
            if self._start(self._task_input(mode)).wait(timeout=120) == 0:
                return
        self.figures.lost.append(f"the task {mode} fails although nothing is wrong any more")

    # What must be so ---------------------------------------------------------------------------------------------

    def _look_for_second_worker(self) -> None:
        """Two of them for longer than one takes to see that another was quicker."""
        seen = set(self._setup.worker_pids())
        end = time.monotonic() + 5
        while len(seen) > 1 and time.monotonic() < end:
            time.sleep(0.05)
            seen &= set(self._setup.worker_pids())
        self.figures.second_workers += len(seen) > 1

    def _compare(self) -> None:
        """Everything works again and one more hook comes: what was told is right, and after a comparison the rest."""
        self._setup.plex.clear_faults()
        eventually(self._plex_listens)
        scene = self._change()
        self._ended(scene, self._start_hook(scene).wait())
        try:
            eventually(lambda: self._setup.idle(), seconds=120, what="the inbox and the queue drain")
        except AssertionError:
            self.figures.lost.append(f"the queue does not drain: {self._setup.inbox()} {self._setup.waiting()}")
        parked = self._parked()
        if parked:  # it stands in a list with its reason, which is not lost
            self.figures.tried["parked, then retried"] += len(parked)
            self._task("retry-parked")
        missed = {one for one, title in self._titles.items() if not self._setup.shows(one, title=title)}
        self.figures.lost += [self._about(one) for one in missed - self._untold]
        self.figures.untold_missed += len(missed & self._untold)
        self._task("reconcile")
        eventually(lambda: self._setup.idle(), seconds=120)
        for one, title in self._titles.items():
            if not self._setup.shows(one, title=title):
                self.figures.lost.append(f"{self._about(one)}, even by comparing")
        self._untold.clear()
        self._look_for_second_worker()
        if len(self._setup.worker_pids()) != 1:
            self.figures.lost.append("no worker is left")
        self._check_files()

    def _about(self, scene: int) -> str:
        return f'scene {scene} is "{self._titles[scene]}" and shown as "{self._setup.shown(scene)["title"]}"'

    def _plex_listens(self) -> bool:
        self._setup.plex.start()
        return True

    def _parked(self) -> list[int]:
        connection = open_for_reading(self._setup.data.database)
        assert connection is not None
        with closing(connection):
            return [scene for (scene,) in connection.execute("SELECT scene FROM parked")]

    def _check_files(self) -> None:
        data = self._setup.data
        for path in (data.database, data.index, os.path.join(data.queue, FILE)):
            said = integrity(path)
            if said != "ok":
                self.figures.damaged.append(f"{os.path.basename(path)}: {said}")
        self.figures.damaged += os.listdir(data.damaged)


@contextmanager
def chaos(folder: Path, seed: int) -> Iterator[Chaos]:
    """An installation for it. Its hooks are started here, since Stash's could not be killed."""
    with installed(folder, stash_library(SCENES), plex_library(SCENES)) as setup:
        manifest = setup.plugin / "PlexSync.yml"
        head, _, rest = manifest.read_text().partition("hooks:\n")
        manifest.write_text(f"{head}tasks:\n{rest.partition('tasks:' + chr(10))[2]}")
        setup.stash.graphql("mutation { reloadPlugins }")
        setup.settings(plex_read_timeout=2)
        yield Chaos(setup, seed)
