"""Both doubles and a SyncWorker between them, for tests that look at single fields of single scenes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from plex.index import LibraryIndex
from stash.client import StashClient
from stash.connection import StashConnection
from tests.doubles.plex import PlexDouble
from tests.doubles.plex.recorder import Recorded
from tests.doubles.stash import StashDouble
from tests.doubles.stash.model import Group, Performer, Scene, SceneGroup, StashID, Studio, Tag, VideoFile
from tests.doubles.stash.pictures import Picture
from validation.config import PlexSyncConfig
from validation.jobs import UpdateType
from worker.metadata.memory import ItemMemory
from worker.processor import SyncWorker
from worker.storage.database import open_database
from worker.storage.index_file import open_index
from worker.storage.jobqueue import JobQueue, read_jobs
from worker.storage.record import Record

ROOT = "/media/library"

#: What moves by itself, or differs without a difference that Plex would show.
_VOLATILE = ("updatedAt", "changedAt", "ratings")


class Clock:
    """The time, in the test's hand."""

    def __init__(self) -> None:
        self.now = 2_000_000_000.0

    def __call__(self) -> float:
        return self.now


class Bench:
    """A Stash, a Plex and a worker, used for many scenes. Posters are left alone unless ``use`` says otherwise."""

    def __init__(self, folder: Path, stash: StashDouble, plex: PlexDouble, database: sqlite3.Connection) -> None:
        self.stash, self.plex, self.clock = stash, plex, Clock()
        self.library = stash.stash.library
        self._jobs = str(folder / "queue")
        self.queue = JobQueue(self._jobs, self.clock)
        self.record = Record(database, self.clock)
        self.client = StashClient(StashConnection(stash.url))
        self.person = requests.Session()
        self.person.trust_env = False
        self.person.headers["X-Plex-Token"] = plex.token
        self._index_file = open_index(str(folder / "index.db"))
        self.worker = SyncWorker(
            self.queue,
            self.record,
            self._config({}),
            stash=self.client,
            index=LibraryIndex(self._index_file, self.clock),
            clock=self.clock,
            chance=lambda: 1.0,
        )

    def close(self) -> None:
        self.worker.close()
        self.client.close()
        self.person.close()
        self.queue.close()
        self._index_file.close()

    def use(self, **settings: Any) -> None:
        """The settings from now on, on top of those that every test needs."""
        self.worker.reconfigure(self._config(settings))

    def _config(self, settings: Mapping[str, Any]) -> PlexSyncConfig:
        assert settings.keys() <= PlexSyncConfig.model_fields.keys()
        return PlexSyncConfig(
            **{"plex_url": self.plex.url, "plex_token": self.plex.token, "skip_poster": True, **settings}
        )

    def pair(self, **in_plex: Any) -> Pair:
        """A new file: an empty scene in Stash, and an item that shows ``in_plex`` (keys of Plex's library file)."""
        number = self.library.new_id("scene", self.library.scenes)
        path, size = f"{ROOT}/folder/scene.{number:04d}.mp4", 1000 + number
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
        while self.worker.run_due():
            pass

    @property
    def tally(self) -> dict[str, int]:
        """What became of the scenes of the last sync."""
        return dict(self.worker.tally.counts())

    @property
    def kept(self) -> int:
        """In how many scenes of the last sync edits made in Plex were kept."""
        return self.worker.tally.kept

    def parked(self) -> dict[int, str]:
        return {parked.scene_id: parked.reason for parked in self.record.parked()}

    def waiting(self) -> dict[int, str]:
        return {job.scene_id: job.reason for job in read_jobs(self._jobs)} if len(self.queue) else {}

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


@dataclass(frozen=True)
class Pair:
    """A scene in Stash and the item in Plex that holds its file."""

    bench: Bench
    scene: int
    key: int

    def in_stash(self, **fields: Any) -> None:
        """Change the scene; studio, performers, tags and groups by name (or by a mapping of their attributes)."""
        bench, values = self.bench, dict(fields)
        if "studio" in values:
            values["studio"] = bench.entity("studio", values["studio"]) if values["studio"] else None
        for kind in ("performer", "tag"):
            if f"{kind}s" in values:
                values[f"{kind}s"] = [bench.entity(kind, one) for one in values[f"{kind}s"]]
        if "groups" in values:
            values["groups"] = [SceneGroup(bench.entity("group", one), None) for one in values["groups"]]
        if "stash_ids" in values:
            values["stash_ids"] = [StashID("https://box/graphql", one, 0) for one in values["stash_ids"]]
        if "cover" in values:
            values["cover"] = Picture(values["cover"]) if values["cover"] is not None else None
        with bench.library.lock:
            scene = bench.library.scenes[self.scene]
            for name, value in values.items():
                assert hasattr(scene, name), name
                setattr(scene, name, value)
            bench.library.touch(scene)

    def by_hand(self, **params: object) -> None:
        """A person edits the item in Plex."""
        url = f"{self.bench.plex.url}/library/sections/1/all"
        sent = {"type": "1", "id": str(self.key), **{name: str(value) for name, value in params.items()}}
        assert self.bench.person.put(url, params=sent).status_code == 200

    def rated_by_hand(self, rating: float) -> None:
        """A person gives stars in Plex; -1 takes them away."""
        params: dict[str, str] = {"key": str(self.key), "identifier": "x", "rating": str(rating)}
        assert self.bench.person.put(f"{self.bench.plex.url}/:/rate", params=params).status_code == 200

    def sync(self, kind: UpdateType = UpdateType.UPDATE) -> list[str]:
        """Sync the scene; what was written, one line a request. It must neither wait nor be parked afterwards."""
        self.bench.sync(self.scene, kind=kind)
        assert self.bench.parked() == {}
        assert self.bench.waiting() == {}
        return self.writes()

    def writes(self) -> list[str]:
        """The requests of the last sync that asked for a change, as ``PUT studio.locked=1; studio.value=X``."""
        return [self._spelled(request) for request in self.bench.plex.requests if request.write]

    def requests(self) -> list[Recorded]:
        """The same as the double recorded them."""
        return [request for request in self.bench.plex.requests if request.write]

    def _spelled(self, request: Recorded) -> str:
        params = request.params
        if request.kind == "edit":
            # Without id, Plex edits everything: no line is ever without it.
            assert (request.method, request.path) == ("PUT", "/library/sections/1/all")
            assert (params.pop("id"), params.pop("type")) == (str(self.key), "1")
            return "PUT " + "; ".join(f"{name}={value}" for name, value in params.items())
        if request.kind == "rate":
            assert (params["key"], params["identifier"]) == (str(self.key), "com.plexapp.plugins.library")
            return f"RATE {params['rating']}"
        assert request.path.startswith(f"/library/metadata/{self.key}/")
        return f"{request.method} {request.path.rsplit('/', 1)[-1]} {request.body_size} bytes"

    def shown(self) -> dict[str, Any]:
        """All that Plex has of the item, but for what moves by itself."""
        return {name: value for name, value in self.bench.plex.item(self.key).items() if name not in _VOLATILE}

    def tags(self, kind: str) -> list[str]:
        """The item's genres, labels, actors, directors or collections, by the edit's name."""
        found: list[str] = self.shown()["tags"].get(kind, [])
        return found

    def memory(self) -> ItemMemory:
        """What PlexSync remembers of the item."""
        server = str(self.bench.worker.plex_client.server.machineIdentifier)
        return self.bench.record.memory(self.scene, server, str(self.key)) or ItemMemory()


def listed(kind: str, tags: Sequence[str]) -> dict[str, str]:
    """The parameters with which a client sends a list of tags."""
    return {f"{kind}[{position}].tag.tag": tag for position, tag in enumerate(tags)}


@contextmanager
def running_bench(folder: Path, **switches: Any) -> Iterator[Bench]:
    """A bench on a new pair of doubles; ``switches`` are those of the Plex double."""
    section = {"key": 1, "title": "Clips", "type": "movie", "agent": "tv.plex.agents.none", "locations": [ROOT]}
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        stash = stack.enter_context(StashDouble({}))
        plex = stack.enter_context(PlexDouble({"sections": [section]}, **switches))
        database = stack.enter_context(closing(open_database(str(folder / "plexsync.db"))))
        yield stack.enter_context(closing(Bench(folder, stash, plex, database)))
