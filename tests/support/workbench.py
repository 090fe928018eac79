"""The plugin's parts between both doubles, in this process, with the clock in the test's hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import requests

from plex.index import LibraryIndex
from reconciliation.engine import Findings, ReconciliationEngine
from stash.client import StashClient
from stash.connection import StashConnection
from tests.doubles.plex import PlexDouble
from tests.doubles.stash import StashDouble
from tests.doubles.stash.model import Group, Performer, Scene, Studio, Tag, VideoFile
from tests.support.clock import Clock
from tests.support.harness import PLEX_ROOT, STASH_ROOT, BothSides
from tests.support.pairs import Pair
from validation.config import PlexSyncConfig
from validation.jobs import Job, UpdateType
from validation.paths import parse_path_map
from worker.datadir import DataDir
from worker.logs import SecretsFilter
from worker.processor import SyncWorker
from worker.storage.database import open_database
from worker.storage.inbox import Inbox
from worker.storage.index_file import open_index
from worker.storage.jobqueue import JobQueue
from worker.storage.journal_entries import Entry
from worker.storage.queue_file import read_jobs
from worker.storage.record import Record
from worker.storage.to_undo import Chosen
from worker.tasks.context import TaskContext
from worker.timing import Timing

#: Where the files of pairs lie, for Stash and for Plex.
MEDIA = "/media/library"


class Workbench(BothSides):
    """A Stash, a Plex, and all that a worker's process has; ``settings`` are those of every test on it."""

    def __init__(
        self, folder: Path, stash: StashDouble, plex: PlexDouble, *, clock: Clock | None = None, **settings: Any
    ) -> None:
        self.stash, self.plex, self.clock = stash, plex, clock or Clock()
        self.library = stash.stash.library
        self.data = DataDir(str(folder))
        self.data.create()
        self.inbox = Inbox(self.data)
        self._settings = settings
        self.person = requests.Session()
        self.person.trust_env = False
        self.person.headers["X-Plex-Token"] = plex.token
        self.open()

    # The worker's process ----------------------------------------------------------------------------------------

    def open(self) -> None:
        """Open what lies in the data folder, and make a worker of it."""
        self.database = open_database(self.data.database)
        self.queue = JobQueue(self.data.queue, self.clock)
        self.record = Record(self.database, self.clock)
        self._index_file = open_index(self.data.index)
        self.index = LibraryIndex(self._index_file, self.clock)
        self.client = StashClient(StashConnection(self.stash.url))
        self.worker = SyncWorker(
            self.queue,
            self.record,
            self.config(),
            stash=self.client,
            index=self.index,
            clock=self.clock,
            chance=lambda: 1.0,
        )

    def kill(self) -> None:
        """End the worker as kill -9 does, as far as one process can: nothing is tidied up."""
        self.worker.close()
        self.client.close()
        leave_as_kill_9_does(self.queue)
        self.database.close()
        self._index_file.close()

    def close(self) -> None:
        """End the worker in order."""
        self.worker.close()
        self.client.close()
        self.person.close()
        self.queue.close()
        self.database.close()
        self._index_file.close()

    def config(self, **changed: Any) -> PlexSyncConfig:
        """The settings that work, and what is changed."""
        working = {
            "plex_url": self.plex.url,
            "plex_token": self.plex.token,
            "path_map": parse_path_map(f"{STASH_ROOT} => {PLEX_ROOT}"),
        }
        given = {**working, **self._settings, **changed}
        assert given.keys() <= PlexSyncConfig.model_fields.keys()
        return PlexSyncConfig(**given)

    def use(self, **settings: Any) -> None:
        """The settings from now on, on top of those that every test needs."""
        self.worker.reconfigure(self.config(**settings))

    # Scenes of a library that was there before -------------------------------------------------------------------

    def edit(self, *scenes: int, **fields: object) -> None:
        """Change scenes in Stash, and add their jobs."""
        for scene in scenes:
            self.stash.save(scene, **fields)
            self.queue.add(scene, UpdateType.UPDATE)

    def run(self) -> None:
        """Work off everything that is due."""
        while self.worker.run_due():
            pass

    def task(self, function: Callable[[TaskContext], str], settings: Mapping[str, Any], **arguments: str) -> str:
        """Run a task, for which the worker makes room."""
        self.kill()
        try:
            with StashClient(StashConnection(self.stash.url)) as stash:
                parts = (stash, self.config(**settings), self.data, Timing(), SecretsFilter(), arguments)
                return function(TaskContext(*parts, start_worker=lambda _: None))
        finally:
            self.open()

    def work(self) -> None:
        """What is done between two looks at both libraries."""
        self.run()

    def reconcile(self, everything: bool = False) -> Findings:
        """One pass and what follows from it, as the task does it. Raises what the pass raises."""
        worker = self.worker
        worker.tally.clear()
        engine = ReconciliationEngine(
            self.client,
            worker.plex_client,
            self.queue,
            self.record,
            self.index,
            worker.config,
            worker.tally.note,
            self.clock,
        )
        findings = engine.enqueue(everything)
        self.work()
        return findings

    def title(self, scene: int) -> str:
        """What Plex shows as the title of a scene's file."""
        return str(self.shown(scene)["title"])

    # What came of it ---------------------------------------------------------------------------------------------

    def jobs(self) -> list[Job]:
        """Every job that waits."""
        return list(read_jobs(self.data.queue))

    def waiting(self) -> dict[int, str]:
        """Scenes that wait, and why."""
        return {job.scene_id: job.reason for job in self.jobs()}

    def next_due(self) -> float | None:
        """When the first of them is due, in seconds since 1970; None when none waits."""
        return min((job.due for job in self.jobs()), default=None)

    def parked(self) -> dict[int, str]:
        """Scenes that are parked, and why."""
        return {parked.scene_id: parked.reason for parked in self.record.parked()}

    def newest_entry(self, scene: int) -> Entry:
        """What the journal noted last for a scene."""
        return max(self.record.chosen(Chosen(scenes=[scene])), key=lambda one: one.id)

    @property
    def tally(self) -> dict[str, int]:
        """What became of the scenes of the last sync."""
        return {ended.value: count for ended, count in self.worker.tally.counts().items()}

    @property
    def kept(self) -> int:
        """In how many scenes of the last sync edits made in Plex were kept."""
        return self.worker.tally.kept

    # Pairs: a scene and an item that a test makes for itself -----------------------------------------------------

    def pair(self, **in_plex: Any) -> Pair:
        """A new file: an empty scene in Stash, and an item that shows ``in_plex`` (keys of Plex's library file)."""
        number = self.library.new_id("scene", self.library.scenes)
        path, size = f"{MEDIA}/folder/scene.{number:04d}.mp4", 1000 + number
        now = self.library.clock.now()
        file = VideoFile(self.library.new_id("file", self.library.files), path, size, 60.0, now, now, now)
        with self.library.lock:
            self.library.add_scene(Scene(number, now, now, files=[file]))
        item = self.plex.add_item(1, path, size, **in_plex)
        self.clock.now += 60
        return Pair(self, number, int(item["ratingKey"]))

    def sync(self, *scenes: int, kind: UpdateType = UpdateType.UPDATE) -> None:
        """Work off everything that is due, with these scenes; the doubles count from here on."""
        for scene in scenes:
            self.queue.add(scene, kind)
        self.plex.reset_counts()
        self.stash.reset_counts()
        self.worker.tally.clear()
        self.run()

    def entity(self, kind: str, entry: str | Mapping[str, Any]) -> Any:
        """A performer, studio, tag or group of that name, made when Stash has none."""
        values = {"name": entry} if isinstance(entry, str) else dict(entry)
        parent = values.pop("parent", None)
        if parent is not None:
            values["parent_studio"] = self.entity("studio", parent)
        makers: dict[str, Any] = {"performer": Performer, "studio": Studio, "tag": Tag, "group": Group}
        table: dict[int, Any] = getattr(self.library, f"{kind}s")
        with self.library.lock:
            for one in table.values():
                if all(getattr(one, key) == value for key, value in values.items()):
                    return one
            now = self.library.clock.now()
            made = makers[kind](self.library.new_id(kind, table), values.pop("name"), now, now, **values)
            table[made.id] = made
            return made


def files_known(index: LibraryIndex) -> int:
    """How many files the index has."""
    (count,) = index._database.execute("SELECT count(*) FROM parts").fetchone()
    return int(count)


def leave_as_kill_9_does(queue: JobQueue) -> None:
    """Let go of a queue without closing it in order."""
    queue._close_files()


#: One movie library without an item, for tests that make their own pairs.
EMPTY_PLEX: dict[str, Any] = {
    "sections": [
        {"key": 1, "title": "Clips", "type": "movie", "agent": "tv.plex.agents.none", "locations": [MEDIA]},
    ]
}


@contextmanager
def running_workbench(folder: Path, **switches: Any) -> Iterator[Workbench]:
    """Empty doubles to make pairs in; ``switches`` are those of the Plex double. Posters are left alone unless
    ``use`` says otherwise."""
    with loaded_workbench(folder, {}, EMPTY_PLEX, {"skip_poster": True}, **switches) as made:
        yield made


@contextmanager
def loaded_workbench(
    folder: Path,
    stash_has: Mapping[str, Any],
    plex_has: Mapping[str, Any],
    settings: Mapping[str, Any] | None = None,
    **switches: Any,
) -> Iterator[Workbench]:
    """Doubles that hold these libraries; ``switches`` are those of the Plex double."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        stash = stack.enter_context(StashDouble(dict(stash_has)))
        plex = stack.enter_context(PlexDouble(dict(plex_has), **switches))
        yield stack.enter_context(closing(Workbench(folder, stash, plex, **(settings or {}))))
