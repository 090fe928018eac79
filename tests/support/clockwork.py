"""The background worker's own loop between both doubles, with its rests moving the clock: days pass in a moment."""

from __future__ import annotations

import json
import os
import random
import shutil
import socket
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any
from unittest.mock import patch

import requests
from urllib3.util import connection

from plex.client import PlexClient
from reconciliation.chores import UsualChores
from tests.doubles.plex import PlexDouble
from tests.doubles.stash import StashDouble
from tests.support.harness import ROOT, BothSides, hook_input
from validation.jobs import Job
from worker.datadir import DataDir
from worker.endings import Ending
from worker.hook import read_hook, store
from worker.logs import SecretsFilter
from worker.service import Service
from worker.storage.database import open_database
from worker.storage.facts import Fact
from worker.storage.inbox import Inbox
from worker.storage.queue_file import read_jobs
from worker.storage.reading import open_for_reading
from worker.storage.record import Record
from worker.timing import Timing

#: What a test does while the worker runs: it yields how many seconds shall pass.
Story = Generator[float, None, None]

#: So many requests in one moment of the clock are a loop that never rests.
HOT = 20_000


#: So many real seconds are enough for every answer, on however busy a machine; and so many less than a server
#: that is made to hang is silent.
PATIENCE, IMPATIENCE = 60.0, 0.3
#: How long a server is silent that is made to hang.
SILENCE = 0.4


class _Over(Exception):
    """The story is told."""


class Clockwork(BothSides):
    """``now`` is the clock everybody sees and may jump; ``asked`` has (seconds passed, server, path) of every try."""

    also: Mapping[str, object] = MappingProxyType({"skip_poster": True})

    def __init__(self, folder: Path, stash: StashDouble, plex: PlexDouble) -> None:
        self.stash, self.plex = stash, plex
        self.data = DataDir(str(folder / "data"))
        self.data.create()
        self.now = 2_000_000_000.0
        self.passed = 0.0
        self.timing = Timing()
        self.asked: list[tuple[float, str, str]] = []
        self.cookie = ""
        stash.stash.clock.follow(lambda: self.now)
        self.endings: list[str] = []
        self._hooked = False
        self._ports = {port_of(url): name for url, name in ((plex.url, "plex"), (stash.url, "stash"))}
        self._moment: tuple[float, int] = (0.0, 0)

    # The worker ------------------------------------------------------------------------------------------------

    def play(self, story: Story) -> None:
        """Run the worker until the story ends; when it ends itself, the next hook starts another, as hooks do.

        Raises what the story asserts, and what the worker did not foresee.
        """
        random.seed(self.now)  # scenes that failed together are spread by chance: in each run alike
        wake = self.passed + next(story)

        def rest(seconds: float) -> None:
            nonlocal wake
            self.now += seconds
            self.passed += seconds
            while self.passed >= wake:
                try:
                    wake += next(story)
                except StopIteration:
                    raise _Over from None

        def clock() -> float:
            return self.now

        with suppress(_Over):
            while True:
                try:
                    chores = UsualChores(self.timing, clock, lambda: 0.5)
                    Service(
                        self.data, Inbox(self.data), SecretsFilter(), self.timing, chores, clock=clock, sleep=rest
                    ).run()
                except Ending as ending:
                    self.endings.append(str(ending))
                    self._hooked = False
                while not self._hooked:
                    rest(self.timing.poll)

    def until(self, true: Callable[[], object], within: float, what: str = "") -> Story:
        """Let time pass until something is so; at most so many seconds."""
        end = self.passed + within
        while not true():
            assert self.passed <= end, f"not within {within:g} seconds: {what or true}"
            yield self.timing.poll

    # Stash and Plex --------------------------------------------------------------------------------------------

    def change(self, scene: int, **fields: Any) -> None:
        """Change a scene in Stash without a hook."""
        library = self.stash.stash.library
        with library.lock:
            one = library.scenes[scene]
            for name, value in fields.items():
                assert hasattr(one, name), name
                setattr(one, name, value)
            library.touch(one)

    def hook(self, scene: int, kind: str = "Scene.Update.Post") -> None:
        """What a hook leaves in the inbox."""
        content = json.loads(hook_input(self.stash, scene, kind))
        if self.cookie:
            content["server_connection"]["SessionCookie"] = {"Name": "session", "Value": self.cookie}
        store(read_hook(json.dumps(content, separators=(",", ":")).encode()), self.data)
        self._hooked = True

    def save(self, *scenes: int, **fields: Any) -> None:
        """Change scenes, and let their hooks tell of it."""
        for scene in scenes:
            self.change(scene, **fields)
            self.hook(scene)

    def log_in(self, name: str, password: str) -> None:
        """Log in as a browser does; the hooks bring this session from now on."""
        with requests.Session() as browser:
            browser.trust_env = False
            browser.post(f"{self.stash.url}/login", data={"username": name, "password": password})
            self.cookie = browser.cookies["session"]

    # What came of it -------------------------------------------------------------------------------------------

    def jobs(self) -> list[Job]:
        return list(read_jobs(self.data.queue))

    def waiting(self) -> dict[int, str]:
        """Scenes with a job, and why they wait."""
        return {job.scene_id: job.reason for job in self.jobs()}

    def attempts(self) -> set[int]:
        """How often the waiting jobs were tried in vain."""
        return {job.attempts for job in self.jobs()}

    def record(self, look: Callable[[Record], Any]) -> Any:
        """Look into the record, as Status does."""
        database = open_for_reading(self.data.database)
        if database is None:
            database = open_database(self.data.database)
        try:
            return look(Record(database, lambda: self.now))
        finally:
            database.close()

    def parked(self) -> dict[int, str]:
        found: dict[int, str] = self.record(lambda record: {one.scene_id: one.reason for one in record.parked()})
        return found

    def paused(self) -> str:
        return str(self.record(lambda record: record.fact(Fact.PAUSED)))

    def settled(self) -> bool:
        """Whether nothing waits any more."""
        return not os.listdir(self.data.inbox) and not self.waiting()

    def tries(self, server: str, since: float = 0.0) -> list[str]:
        """Paths of every request tried, answered or not, from a point of ``passed`` on."""
        return [path for at, name, path in self.asked if name == server and at >= since]

    def most_in(self, seconds: float, server: str, since: float = 0.0, until: float = float("inf")) -> int:
        """The most requests to a server that were tried in any such span between two points of ``passed``."""
        spans = Counter(int(at // seconds) for at, name, _ in self.asked if name == server and since <= at < until)
        return max(spans.values(), default=0)

    def patience(self) -> float:
        """Real seconds for which the next request waits for its answer: few only where it may get none."""
        faults = [*self.plex.faults(), *self.stash.stash.faults.listed()]
        silent = [one for one in faults if str(one.get("type", one["kind"])).startswith("hang")]
        due = any(one["count"] is None or one["hits"] < one["skip"] + one["count"] for one in silent)
        return IMPATIENCE if due else PATIENCE

    def note(self, url: str) -> None:
        """A request is about to be sent."""
        host, _, path = url.partition("://")[2].partition("/")
        port = int(host.rpartition(":")[2])
        self.asked.append((self.passed, self._ports.get(port, "elsewhere"), "/" + path.partition("?")[0]))
        at, count = self._moment
        self._moment = (self.passed, count + 1 if at == self.passed else 1)
        assert self._moment[1] < HOT, f"a loop that never rests: {self.asked[-5:]}"


@contextmanager
def clockwork(
    folder: Path, stash_has: dict[str, Any] | None, plex_has: dict[str, Any] | None, **switches: Any
) -> Iterator[Clockwork]:
    """Both doubles and the worker's loop; ``switches`` are those of the Stash double, ``plex_`` before Plex's."""
    manifest = folder / "plugins" / "PlexSync"
    manifest.mkdir(parents=True)
    shutil.copy(ROOT / "PlexSync.yml", manifest)
    for_plex = {name.removeprefix("plex_"): switches.pop(name) for name in list(switches) if name.startswith("plex_")}
    send = requests.adapters.HTTPAdapter.send
    with ExitStack() as stack:
        plex = stack.enter_context(PlexDouble(plex_has, **for_plex))
        stash = stack.enter_context(StashDouble(stash_has, plugins=folder / "plugins", **switches))
        made = Clockwork(folder, stash, plex)

        def noted(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
            made.note(request.url)
            return send(self, request, *args, **{**kwargs, "timeout": made.patience()})

        made.settings()
        stack.enter_context(patch.object(requests.adapters.HTTPAdapter, "send", noted))
        # The rests between tries to connect, which are part of one moment of the clock.
        stack.enter_context(patch.object(PlexClient._get_server.retry, "sleep", lambda _: None))
        yield made


@contextmanager
def network(error: Callable[[], OSError], *ports: int) -> Iterator[None]:
    """Every new connection (to one of the ports, if any is given) fails as the operating system lets it fail."""
    connect = connection.create_connection

    def fail(address: tuple[str, int], *rest: Any, **named: Any) -> socket.socket:
        if ports and address[1] not in ports:
            return connect(address, *rest, **named)
        raise error()

    with patch.object(connection, "create_connection", fail):
        yield


def port_of(url: str) -> int:
    return int(url.rsplit(":", 1)[1])
