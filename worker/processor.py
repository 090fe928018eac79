"""SyncWorker: syncs what is due, so that Plex shows what Stash knows."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from plex.client import PlexClient
from plex.index import LibraryIndex
from plex.protocols import EditableItem
from stash.client import StashClient
from validation.config import PlexSyncConfig
from validation.errors import PermanentError, SceneFault, TransientError
from validation.jobs import UpdateType
from validation.outcomes import Ended
from validation.scenes import Scene, scene_from_data
from worker.going import Calls, Go, Resources
from worker.items.finder import Finder, ItemFinder
from worker.items.foreseen import KnownCollections, Onlooker
from worker.items.planned import PlannedScene
from worker.items.readback import ReadBack
from worker.items.sender import Sender
from worker.items.target import Target
from worker.items.undoing import Undoing
from worker.items.writing import Written
from worker.job_steps import JobSteps
from worker.jobs.batches import Batch, Batches, read
from worker.jobs.failures import Failures
from worker.jobs.gate import Gate
from worker.jobs.hand import Finished, Readings
from worker.jobs.losses import DestroyGuard
from worker.jobs.refusals import Refusals
from worker.jobs.selection import details_needed
from worker.jobs.tally import Tally
from worker.look_steps import LookSteps, settings_to_plan_with
from worker.missing_files import MissingFiles
from worker.plex_link import make_plex_client, own_identifier
from worker.scene_sync import SceneSync
from worker.standins import NoJobs, NoOnlooker, PassingJobs, PassingRecord, SectionFinder, UnknownStash
from worker.steps import Steps
from worker.storage.facts import Fact
from worker.storage.jobqueue import JobQueue
from worker.storage.record import Record
from worker.timing import Timing
from worker.undo_work import UndoWork

__all__ = ["PermanentError", "SyncWorker", "TransientError"]


class SyncWorker:
    """Drains the queue, fifty jobs at a time. The data folder is touched by the caller's thread alone; others read from
    Stash and write to Plex. ``clock`` gives seconds since 1970.

    What is not handed over has a stand-in (worker/standins.py). Plex is connected when it is first needed; without
    ``index``, items are looked for through plexapi's sections. ``tally`` counts what became of the jobs.
    """

    def __init__(
        self,
        queue: JobQueue | PassingJobs | None = None,
        record: Record | None = None,
        config: PlexSyncConfig | None = None,
        *,
        stash: StashClient | None = None,
        index: LibraryIndex | None = None,
        timing: Timing | None = None,
        onlooker: Onlooker | None = None,
        clock: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.config = config or PlexSyncConfig()
        self.stash = stash or UnknownStash()
        self.timing = timing or Timing()
        self.tally = Tally()
        self.tally.headline = self.config.headline
        self._onlooker: Onlooker = onlooker or NoOnlooker()
        self._queue = NoJobs(clock) if queue is None else queue
        self._record = record or PassingRecord(clock)
        self._record.left_open()
        self._index = index
        self._clock = clock
        self._plex_client: PlexClient | None = None
        self._destroy_guard = DestroyGuard(self._record, self._queue.destroyed)
        self._batches = Batches(self._queue, clock)
        self._readings = Readings()
        self._read_back = ReadBack(self._record, clock)
        self._sender, self._sender_beside = Sender(clock), Sender(clock)
        self._finder = self._make_finder()
        self._collections = KnownCollections(lambda: self._finder.server())
        self.gate = Gate(lambda: self._get_plex_client(), self._try_settings, self._record, self.timing, clock)
        self.undo = UndoWork(self._record, self.gate, lambda: self._scene_sync().undoing(), lambda: self.stash)
        self._refusals = Refusals(lambda scene_id: self._scene_sync().rewrite_another(scene_id))
        parts = (self._queue, self._record, self.gate, self._refusals, self.tally, self.timing, clock, chance)
        self._failures = Failures(*parts, self._scene_in_hand, lambda scene: self._finder.holders(scene.files))
        reading = (self._queue, self._record, self._batches, self._readings)
        self._resources = Resources(*reading, self._steps, self._next_batch, clock, self.gate.stash_reads)
        self._missing_files = MissingFiles(self, self._queue, self.gate, self._failures, self.timing.new_files, clock)

    # Settings and connections -------------------------------------------------------------------------------

    def reconfigure(self, config: PlexSyncConfig) -> None:
        """Work with other settings from now on."""
        if config != self.config:
            self.config = config
            self.tally.headline = config.headline
            self._batches.put_back()
            self._read_back.forget()
            self._disconnect()
            self._finder = self._make_finder()
            self.gate.settings_changed()

    def close(self) -> None:
        """Put back what is in hand, and close the connection to Plex."""
        self._batches.close()
        self._sender.close()
        self._sender_beside.close()
        self._disconnect()

    @property
    def plex_client(self) -> PlexClient:
        """The way to Plex with the present settings; connects when its ``server`` is read."""
        return self._get_plex_client()

    @property
    def finder(self) -> Finder:
        """Finds the items of scenes with the present settings."""
        return self._finder

    def _get_plex_client(self) -> PlexClient:
        """The client for the present settings, made once and not connected yet."""
        if self._plex_client is None:
            self._plex_client = make_plex_client(self.config, own_identifier(self._record), self.gate.met)
        return self._plex_client

    def _disconnect(self) -> None:
        if self._plex_client is not None:
            self._plex_client.close()
            self._plex_client = None

    def _try_settings(self) -> None:
        self._disconnect()
        self._get_plex_client().server  # noqa: B018 - connecting is the try
        self._finder.refresh()

    @property
    def _planned_by(self) -> PlexSyncConfig:
        """The settings by which scenes are planned."""
        return settings_to_plan_with(self.config, self._onlooker.covers)

    def _make_finder(self) -> Finder:
        if self._index is None:
            return SectionFinder(self._planned_by, lambda: self._get_plex_client())
        return ItemFinder(
            self._planned_by,
            lambda: self._get_plex_client(),
            self._index,
            believe_miss=self.timing.believe_miss,
            rescan=self.timing.rescan,
            waited_for=self._queue.waited_for,
            arrived=lambda arrivals: self._queue.hasten(arrivals.concern),
            clock=self._clock,
        )

    # What is due --------------------------------------------------------------------------------------------

    @property
    def all_held(self) -> str:
        """That everything stays in Plex as it is, in a sentence; that stops nobody who only looks."""
        return "" if self.config.only_look else self._record.fact(Fact.ALL_HELD)

    @property
    def in_hand(self) -> int:
        """Jobs that were taken out of the queue to be read ahead."""
        return len(self._batches)

    def is_in_hand(self, scene_id: int) -> bool:
        """Whether a scene's job was taken out of the queue, and the scene may have been read."""
        return scene_id in self._batches

    def run_due(
        self,
        interrupted: Callable[[], bool] = Calls.interrupted,
        one_done: Callable[[], object] = Calls.one_done,
        may_go_on: Callable[[], bool] = Calls.may_go_on,
        has_news: Callable[[], bool] = Calls.has_news,
        has_hold: Callable[[], bool] = Calls.has_hold,
        take_in: Callable[[], object] | None = None,
    ) -> int:
        """Work off up to fifty due jobs; returns how many were taken. Those that follow are read meanwhile, and worked
        off, too, as long as it ``may_go_on``. The rest as in ``Calls``.

        Raises:
            StashUnavailable: Stash does not answer; all jobs wait as they were.
            sqlite3.Error: the data folder fails; what is in flight comes back when the queue is opened again.
        """
        if has_hold():
            return 0  # that is taken in first
        is_open = self.gate.is_open(self.config)
        if is_open and not self.config.only_look and (taken_back := self.undo.step()):
            return taken_back
        batch = self._next_batch() if is_open and not self.all_held else None
        if batch is None:
            self._batches.put_back()
            self._look_at_written(interrupted)
            self._record.nothing_waits()
            return 0
        self.gate.meet_again()
        calls = Calls(interrupted, one_done, may_go_on, has_news, has_hold, take_in)
        hand = Go(self._resources, calls, batch, self._sender, self._sender_beside).run()
        self._record.prune(self.config.journal_days, self.config.journal_megabytes)
        if hand.jobs:
            self._batches.put_back(hand.jobs)
        else:
            self._look_at_written(interrupted)
        return hand.taken

    def look_for_new_files(self) -> None:
        """While scenes wait to appear in Plex, look now and then whether anything changed there."""
        self._missing_files.look()

    def undoing(self) -> Undoing:
        """What takes back what was written. Raises the errors of plex/exceptions.py."""
        return self._scene_sync().undoing()

    def look_at_written(self) -> None:
        """Read back what was written just now. Raises the errors of plex/exceptions.py."""
        self._read_back.look(self._finder.server(), self._read_back.due(is_idle=True))

    def _next_batch(self, lists_too: bool = True) -> Batch | None:
        return self._batches.next(self.stash, details_needed(self.config), self._missing_files.put_off, lists_too)

    def _prepare(self, scene_ids: Sequence[int]) -> None:
        self._finder.prepare([scene for scene in map(self._scene_in_hand, scene_ids) if scene is not None])

    def _scene_in_hand(self, scene_id: int) -> Scene | None:
        return self._readings.of(scene_id).found(scene_id)

    def _look_at_written(self, interrupted: Callable[[], bool]) -> None:
        """Read back what was written, once no scene waits for it, or fifty items wait to be read."""
        if not len(self._read_back) or not self.gate.is_open(self.config, asking=False):
            return
        due = self._read_back.due(is_idle=not len(self._batches) and not self._queue.count_due())
        if due:
            self.gate.guarded(lambda: self._read_back.look(self._finder.server(), due, interrupted))

    # One scene ----------------------------------------------------------------------------------------------

    def _process_job(self, job: Mapping[str, Any]) -> Ended:
        """Make Plex show one scene; returns how that ended.

        ``job`` has ``scene_id`` and ``update_type``, optionally ``data``, a ready scene; without it the scene is
        read from Stash.

        Raises:
            PermanentError: it has no file, or cannot be read. PlexNotFound: Plex does not have its file.
            Other errors of the tree.
        """
        sync = self._scene_sync()
        planned = self._plan(sync, job)
        if isinstance(planned, Ended):
            return planned
        (noted,) = sync.begin([planned])
        return sync.carry_out(noted).outcome

    def _plan(self, sync: SceneSync, job: Mapping[str, Any]) -> PlannedScene | Ended:
        """What a job takes, or how it ended without anything to do. Raises as ``_process_job``."""
        scene_id, kind, data = int(job["scene_id"]), job.get("update_type"), job.get("data")
        scene = None
        if kind != UpdateType.DESTROY or scene_id in self._readings:
            scene = self._read_scene(scene_id) if data is None else scene_from_data(scene_id, data)
            if data is not None and scene is not None and not scene.files:
                raise SceneFault(f"Scene {scene_id} was handed over without a path, so there is nothing to find.")
        cause = self._record.cause_of(kind)
        if scene is not None:
            settled_at, overwrite = self._readings.of(scene_id).settled_at(scene), kind == UpdateType.OVERWRITE
            return replace(sync.plan(scene, settled_at, overwrite), cause=cause)
        if kind != UpdateType.RECONCILE and not self.config.only_look:  # that was looked at, or is meant
            self._queue.destroyed.note(scene_id)
            if self._destroy_guard.holds(scene_id):
                return Ended.GONE
        return replace(sync.plan_to_forget(scene_id), cause=cause)

    def _update_metadata(self, plex_item: EditableItem, data: Scene | Mapping[str, Any]) -> Written:
        """Write what differs to one item, as ``_process_job`` does; ``data`` may be a ready scene."""
        scene = data if isinstance(data, Scene) else scene_from_data(1, data)
        sync = self._scene_sync()
        (noted,) = sync.begin([sync.plan_item(Target.of(plex_item), scene)])
        return sync.write(noted)

    def _steps(self, sender: Sender, done: Finished) -> Steps:
        way = (self.config, self._scene_sync(sender).reading_ahead(), self._plan, self._prepare)
        parts = (*way, self._queue, self.gate, self.tally, done)
        if self.config.only_look:
            return LookSteps(*parts, self._onlooker, self._collections)
        return JobSteps(*parts, self._failures)

    def _scene_sync(self, sender: Sender | None = None) -> SceneSync:
        parts = (self._planned_by, self.stash, self._record, self._finder, self._read_back)
        return SceneSync(*parts, sender or self._sender)

    def _read_scene(self, scene_id: int) -> Scene | None:
        if scene_id not in self._readings:
            self._readings.keep(read(self.stash, [scene_id], details_needed(self.config), self._clock))
        return self._readings.of(scene_id).scene(scene_id)
