"""SyncWorker: takes due jobs out of the queue and makes Plex show what Stash knows."""

from __future__ import annotations

import logging
import random
import sqlite3
import time
from collections.abc import Callable, Mapping
from typing import Any

from plex.client import DEFAULT_IDENTIFIER, PlexClient
from plex.exceptions import translate_plex_exception
from plex.index import LibraryIndex
from plex.protocols import EditableItem
from stash.client import StashClient
from validation.config import PlexSyncConfig
from validation.errors import (
    PermanentError,
    PlexSyncError,
    SceneFault,
    StashUnavailable,
    TransientError,
)
from validation.jobs import UpdateType
from validation.scenes import Scene, scene_from_data
from worker.items.artwork import cover_of
from worker.items.collections import CollectionKeeper
from worker.items.finder import ItemFinder
from worker.items.giving_back import give_back
from worker.items.section_finder import SectionFinder
from worker.items.shared_items import owned_items
from worker.items.target import Target
from worker.items.writer import ItemWriter, Written
from worker.jobs.batches import Batch, Batches, Reading, read
from worker.jobs.failures import Settlement
from worker.jobs.gate import Gate
from worker.jobs.selection import details_needed, left_out
from worker.jobs.tally import Tally
from worker.metadata.decisions import Policy
from worker.metadata.wanted import wanted_of
from worker.plex_link import make_plex_client, own_identifier
from worker.storage.jobqueue import Claimed, JobQueue
from worker.storage.record import Record
from worker.timing import Timing

__all__ = ["PermanentError", "SyncWorker", "TransientError"]

log = logging.getLogger(__name__)


class SyncWorker:
    """Drains the queue, fifty jobs at a time. One thread; ``clock`` gives seconds since 1970.

    Plex is connected when it is first needed. Without ``index``, items are looked for through plexapi's
    sections. ``tally`` counts what became of the jobs.
    """

    def __init__(
        self,
        queue: JobQueue | None = None,
        record: Record | None = None,
        config: PlexSyncConfig | None = None,
        *,
        stash: StashClient | None = None,
        index: LibraryIndex | None = None,
        timing: Timing | None = None,
        clock: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.config = config or PlexSyncConfig()
        self.stash = stash
        self.timing = timing or Timing()
        self.tally = Tally()
        self._queue = queue
        self._record = record
        self._index = index
        self._clock = clock
        self._plex_client: PlexClient | None = None
        self._looked_for_files = 0.0
        self._batches = Batches(queue, clock) if queue is not None else None
        self._reading = Reading()
        self._finder = self._make_finder()
        self.gate = Gate(lambda: self._get_plex_client(), self._try_settings, record, self.timing, clock)
        self._settlement = Settlement(
            queue,
            record,
            self.gate,
            self.tally,
            self.timing,
            clock,
            chance,
            lambda scene_id: self._reading.updated_at(scene_id),
        )

    def reconfigure(self, config: PlexSyncConfig) -> None:
        """Work with other settings from now on."""
        if config != self.config:
            self.config = config
            self._put_back()
            self._disconnect()
            self._finder = self._make_finder()
            self.gate.settings_changed()

    def close(self) -> None:
        """Put back what is in hand, and close the connection to Plex."""
        if self._batches is not None:
            self._batches.close()
        self._disconnect()

    @property
    def in_hand(self) -> int:
        """Jobs that were taken out of the queue to be read ahead."""
        return len(self._batches) if self._batches is not None else 0

    def run_due(self, interrupted: Callable[[], bool] = lambda: False) -> int:
        """Work off up to fifty due jobs; returns how many were taken. Those that follow are read meanwhile.

        ``interrupted`` is asked between two jobs; once it says yes, the rest is put back.

        Raises:
            StashUnavailable: Stash does not answer; all jobs wait as they were.
            sqlite3.Error: the data folder fails; what is in flight comes back when the queue is opened again.
        """
        assert self._batches is not None
        assert self._record is not None
        batch = self._batches.next(self.stash, details_needed(self.config)) if self.gate.is_open(self.config) else None
        if batch is None:
            self._put_back()
            return 0
        taken, done = len(batch.jobs), list[Claimed]()
        try:
            self._reading = batch.reading.result()
            with self._record.gathered(lambda: self._finish(done)):
                self._run_all(batch, interrupted, done)
        except BaseException:
            self._put_back(batch)
            raise
        finally:
            self._reading = Reading()
        if batch.jobs:
            self._put_back(batch)
        return taken

    def look_for_new_files(self) -> None:
        """While scenes wait to appear in Plex, look now and then whether anything changed there."""
        now = self._clock()
        assert self._queue is not None
        if not 0 <= now - self._looked_for_files < self.timing.new_files and self.gate.is_open(self.config):
            self._looked_for_files = now
            if self._queue.any_missing():
                self.gate.guarded(self._finder.refresh)

    def _make_finder(self) -> ItemFinder | SectionFinder:
        if self._index is None:
            return SectionFinder(self.config, lambda: self._get_plex_client())
        return ItemFinder(
            self.config,
            lambda: self._get_plex_client(),
            self._index,
            believe_miss=self.timing.believe_miss,
            rescan=self.timing.rescan,
            new_files=self._queue.hasten_missing if self._queue is not None else lambda: None,
            clock=self._clock,
        )

    def _get_plex_client(self) -> PlexClient:
        """The client for the present settings, made once and not connected yet."""
        if self._plex_client is None:
            identifier = own_identifier(self._record) if self._record else DEFAULT_IDENTIFIER
            self._plex_client = make_plex_client(self.config, identifier)
        return self._plex_client

    @property
    def plex_client(self) -> PlexClient:
        """The way to Plex with the present settings; connects when its ``server`` is read."""
        return self._get_plex_client()

    def _disconnect(self) -> None:
        if self._plex_client is not None:
            self._plex_client.close()
            self._plex_client = None

    def _try_settings(self) -> None:
        self._disconnect()
        self._get_plex_client().server  # noqa: B018 - connecting is the try
        self._finder.refresh()

    # A batch of jobs ----------------------------------------------------------------------------------------

    def _run_all(self, batch: Batch, interrupted: Callable[[], bool], done: list[Claimed]) -> None:
        """Work off a batch; those that went well are added to ``done``, and are so once the record is written."""
        self.gate.guarded(lambda: self._finder.prepare(self._reading.scenes))
        while batch.jobs and self.gate.is_open(self.config, asking=False) and not interrupted():
            claimed = batch.jobs.popleft()
            if self._run(claimed):
                done.append(claimed)

    def _finish(self, done: list[Claimed]) -> None:
        for claimed in done:
            self._queue_of().done(claimed)

    def _put_back(self, batch: Batch | None = None) -> None:
        if self._batches is not None:
            self._batches.put_back(batch.jobs if batch else ())

    def _run(self, claimed: Claimed) -> bool:
        """Work off one job; whatever happens to it stays with it. Says whether it went well."""
        try:
            outcome = self._process_job(claimed.job.model_dump())
        except StashUnavailable:
            self._queue_of().put_back(claimed)
            raise
        except sqlite3.Error:
            raise  # the data folder's fault, not this scene's; the job comes back when the queue is opened again
        except PlexSyncError as error:
            self._settlement.settle(claimed, error)
        except Exception as error:  # one scene that trips over a bug must not stop the others
            log.exception("Scene %d failed in an unforeseen way.", claimed.job.scene_id)
            self._settlement.fail(claimed, f"unforeseen {type(error).__name__}; plexsync.log has the details")
        else:
            self.gate.breaker.worked()
            self._settlement.worked()
            self.tally.note(claimed.job.scene_id, outcome)
            return True
        return False

    def _process_job(self, job: Mapping[str, Any]) -> str:
        """Make Plex show one scene; returns ``updated``, ``unchanged``, ``left out`` or ``gone``.

        ``job`` has ``scene_id`` and ``update_type``, optionally ``data``, a ready scene; without it the scene is
        read from Stash.

        Raises:
            PermanentError: it has no file, or cannot be read. PlexNotFound: Plex does not have its file.
            Other errors of the tree.
        """
        scene_id = int(job["scene_id"])
        if job.get("update_type") == UpdateType.DESTROY:
            return self._forget(scene_id)
        data = job.get("data")
        scene = self._read_scene(scene_id) if data is None else scene_from_data(scene_id, data)
        if scene is None:
            return self._forget(scene_id)
        if not scene.files:
            raise SceneFault("the scene has no file, so there is nothing in Plex to find")
        reason = left_out(scene, self.config)
        if reason:
            return self._leave_out(scene, reason)
        try:
            overwrite = job.get("update_type") == UpdateType.OVERWRITE
            done = [self._write(target, scene, overwrite) for target in self._targets_of(scene)]
        except (PlexSyncError, sqlite3.Error):
            raise
        except Exception as error:
            raise translate_plex_exception(error) from error
        written = ", ".join(dict.fromkeys(label for one in done for label in one.labels))
        kept = ", ".join(dict.fromkeys(label for one in done for label in one.kept))
        if written:
            log.debug("Updated %s: %s.", scene.name, written)
        if kept:
            self.tally.keep(scene_id)
        if self._record is not None:
            self._record.finished(scene, self._reading.settled_at(scene), written=written, kept=kept)
        return "updated" if written else "unchanged"

    def _targets_of(self, scene: Scene) -> list[Target]:
        found = self._finder.find(scene)
        if self._record is not None and self._index is not None:
            server = str(self._get_plex_client().server.machineIdentifier)
            self._record.left_items(scene.id, server, [target.shown.rating_key for target in found])
        return found if self.stash is None else owned_items(self.stash, found, scene, self.config.path_map)

    def _update_metadata(self, plex_item: EditableItem, data: Scene | Mapping[str, Any]) -> Written:
        """Write what differs to one item, as ``_process_job`` does; ``data`` may be a ready scene."""
        return self._write(Target.of(plex_item), data if isinstance(data, Scene) else scene_from_data(1, data))

    def _write(self, target: Target, scene: Scene, overwrite: bool = False) -> Written:
        """Write what differs to one item, usually in one edit, or nothing; returns what was written."""
        cover = cover_of(self.stash, scene.id) if self.stash is not None else None
        wanted = wanted_of(scene, self.config)
        written = self._writer(overwrite).write(target, scene.id, wanted, cover)
        if self._record is not None and wanted.tags["collection"] is not None:
            keeper = CollectionKeeper(self._get_plex_client().server, self._record, self.stash)
            keeper.follow(target.shown, scene, self.config)
        return written

    def _writer(self, overwrite: bool = False) -> ItemWriter:
        policy = Policy(keep_edits=self.config.keep_plex_edits and not overwrite, mirror=self.config.mirror_exactly)
        if self._record is None or self._index is None:
            return ItemWriter(policy, None, "")
        return ItemWriter.on(self._get_plex_client().server, policy, self._record)

    def _leave_out(self, scene: Scene, reason: str) -> str:
        if self._record is not None:
            self._record.finished(scene, self._reading.settled_at(scene), left_out=reason)
        return "left out"

    def _read_scene(self, scene_id: int) -> Scene | None:
        if scene_id not in self._reading.answers:
            if self.stash is None:
                raise StashUnavailable("Stash has not said yet how to reach it.")
            self._reading = read(self.stash, [scene_id], details_needed(self.config), self._clock)
        return self._reading.scene(scene_id)

    def _forget(self, scene_id: int) -> str:
        if self._record is not None:
            if self.config.give_back_on_destroy:
                give_back(scene_id, self._record, self._get_plex_client().server, self._writer(), self.stash)
            self._record.forget_scene(scene_id)
        return "gone"

    def _queue_of(self) -> JobQueue:
        assert self._queue is not None
        return self._queue
