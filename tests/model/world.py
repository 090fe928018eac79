"""Both doubles, the plugin's parts between them, and one clock for all three: what the model test plays in."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from plexapi.server import PlexServer

from plex.index import LibraryIndex
from reconciliation.engine import Findings, ReconciliationEngine
from stash.client import StashClient
from stash.connection import StashConnection
from tests.doubles.plex import PlexDouble, scan
from tests.doubles.stash import StashDouble
from tests.support.harness import PLEX_ROOT, STASH_ROOT, plex_library, stash_library
from validation.config import PlexSyncConfig
from validation.errors import PlexSyncError, StashUnavailable
from validation.paths import parse_path_map
from worker.datadir import DataDir
from worker.hook import store
from worker.processor import SyncWorker
from worker.storage.database import open_database
from worker.storage.inbox import Inbox
from worker.storage.index_file import open_index
from worker.storage.jobqueue import JobQueue
from worker.storage.record import Record

SCENES, IN_PLEX = 8, 6


class World:
    """Eight scenes, six of them in Plex. ``switches`` are the Plex double's."""

    def __init__(self, **switches: Any) -> None:
        extra = {
            "tags": [{"id": n, "name": f"stash tag {n}"} for n in range(1, 5)],
            "performers": [{"id": n, "name": f"Stash Person {n}"} for n in range(1, 4)],
        }
        self.stash = StashDouble({**stash_library(SCENES), **extra})
        self.plex = PlexDouble(plex_library(IN_PLEX), scan_delay=0, **switches)
        self.stash.start()
        self.plex.start()
        self.data = DataDir(tempfile.mkdtemp())
        self.data.create()
        self.inbox = Inbox(self.data)
        self.is_up = True
        self.abandoned: set[str] = set()
        self._offset = 0.0
        self._patches = [patch("worker.items.writer.SETTLING", 0.0)]
        for one in self._patches:
            one.start()
        self.config = PlexSyncConfig(
            plex_url=self.plex.url,
            plex_token=self.plex.token,
            plex_connect_timeout=0.5,
            plex_read_timeout=0.5,
            path_map=parse_path_map(f"{STASH_ROOT} => {PLEX_ROOT}"),
        )
        self.open()

    # Time, and the worker's process ----------------------------------------------------------------------------

    def clock(self) -> float:
        """Seconds since 1970, the same for Stash, Plex and the worker."""
        return time.time() + self._offset

    def advance(self, seconds: float) -> None:
        """Let time pass for all three."""
        self._offset += seconds
        self.stash.advance(seconds)
        self.plex.advance(seconds)

    def open(self) -> None:
        """Start the worker."""
        self._database = open_database(self.data.database)
        self.queue = JobQueue(self.data.queue, self.clock)
        self.record = Record(self._database, self.clock)
        self._index_file = open_index(self.data.index)
        self.index = LibraryIndex(self._index_file, self.clock)
        self.client = StashClient(StashConnection(self.stash.url))
        self.worker = SyncWorker(
            self.queue, self.record, self.config, stash=self.client, index=self.index, clock=self.clock
        )

    def kill(self) -> None:
        """End the worker as kill -9 does, as far as one process can: nothing is tidied up."""
        self.worker.close()
        self.client.close()
        self.queue._rows.close()
        del self.queue._rows
        self._database.close()
        self._index_file.close()

    def close(self) -> None:
        """End everything."""
        self.kill()
        self.stash.close()
        self.plex.close()
        for one in self._patches:
            one.stop()
        shutil.rmtree(self.data.root)

    # What the plugin does --------------------------------------------------------------------------------------

    def tell(self, hook: str, number: int) -> None:
        """A hook's event reaches the inbox."""
        store(json.dumps({"hook": {"id": number, "type": hook}}).encode(), self.data)

    def work(self) -> None:
        """Take in events and work off what is due, as the background worker does."""
        try:
            self.inbox.take(self.queue, self.record, self.client)
            while self.worker.run_due():
                pass
            self.worker.look_for_new_files()
        except StashUnavailable:
            return

    def reconcile(self, everything: bool = False) -> Findings | None:
        """One pass and what follows from it, as the task does it; None when it failed for want of Plex or Stash."""
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
        try:
            findings = engine.enqueue(everything)
            self.work()
            if not self.queue.count_due():
                server = worker.plex_client.server
                self.index.refresh(server, ())
                self.record.see_written(str(server.machineIdentifier), self.index.updated_at)
        except PlexSyncError:
            return None
        return findings

    # What people do --------------------------------------------------------------------------------------------

    def ask_stash(self, mutation: str, **given: Any) -> Any:
        """A mutation with one ``input``, as Stash's pages ask it."""
        kind = {"metadataScan": "ScanMetadata"}.get(mutation, mutation[0].upper() + mutation[1:])
        fields = "" if mutation.endswith(("Destroy", "Files", "Scan")) else "{id}"
        query = f"mutation($input:{kind}Input!){{{mutation}(input:$input){fields}}}"
        answer = self.stash.graphql(query, {"input": given})
        assert not answer.get("errors"), answer
        return answer["data"][mutation]

    def abandon(self, scene: int) -> None:
        """A scene is about to go: its items keep what PlexSync wrote, and from then on nobody knows whose it is."""
        for file in self.stash.stash.library.scenes[scene].files:
            name = os.path.basename(file.path)
            for item in self.plex._state.items.values():
                if any(os.path.basename(part.file) == name for part in item.files()):
                    self.abandoned.add(str(item.id))

    @contextmanager
    def plex_by_hand(self) -> Iterator[Any]:
        """Plex's library as a person with plexapi sees it, whom no fault meets; nothing happens in the same second."""
        self.advance(2)
        box = self.plex._app.faults
        kept, box._faults = box._faults, []
        try:
            yield PlexServer(self.plex.url, self.plex.token).library.section("Clips")
        finally:
            box._faults = kept
        self.advance(2)

    def scan_plex(self) -> None:
        """Plex looks at all its folders."""
        state = self.plex._state
        with state.lock:
            scan._scan(state, state.sections[1], "")

    def heal(self) -> None:
        """No more faults, everything up."""
        self.plex.clear_faults()
        self.stash.clear_faults()
        if not self.is_up:
            self.plex.start()
            self.is_up = True
