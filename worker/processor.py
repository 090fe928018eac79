"""SyncWorker: takes due jobs out of the queue and makes Plex show what Stash knows."""

from __future__ import annotations

import logging
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from plex.client import PlexClient
from plex.exceptions import PlexNotFound, PlexNotReady, PlexTemporaryError, translate_plex_exception
from plex.index import LibraryIndex
from plex.metadata import Change, changes, edit_arguments
from stash.client import StashClient
from stash.scenes import BATCH, read_scenes
from validation.config import PlexSyncConfig
from validation.errors import (
    ConfigurationError,
    PermanentError,
    PlexSyncError,
    SceneFault,
    StashUnavailable,
    TransientError,
)
from validation.jobs import Job, UpdateType
from validation.scenes import Scene, scene_from_data
from worker.breaker import CircuitBreaker
from worker.finder import ItemFinder
from worker.jobqueue import Claimed, JobQueue
from worker.record import Record
from worker.schedule import MOST_ATTEMPTS, Timing, backoff, missing_delay

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
        self.breaker = CircuitBreaker(self.timing)
        self.tally: Counter[str] = Counter()
        self.paused_because = ""
        self._queue = queue
        self._record = record
        self._index = index
        self._clock = clock
        self._chance = chance
        self._plex_client: PlexClient | None = None
        self._paused_until = 0.0
        self._looked_for_files = 0.0
        self._scenes: dict[int, Scene | SceneFault | None] = {}
        self._finder = self._make_finder()

    def reconfigure(self, config: PlexSyncConfig) -> None:
        """Work with other settings from now on."""
        if config != self.config:
            self.config = config
            self.close()
            self._finder = self._make_finder()
            self._paused_until = 0.0

    def close(self) -> None:
        """Close the connection to Plex."""
        if self._plex_client is not None:
            self._plex_client.close()
            self._plex_client = None

    def run_due(self, interrupted: Callable[[], bool] = lambda: False) -> int:
        """Work off up to fifty due jobs; returns how many were taken.

        ``interrupted`` is asked between two jobs; once it says yes, the rest is put back.

        Raises:
            StashUnavailable: Stash does not answer; all jobs wait as they were.
        """
        assert self._queue is not None
        if not self._is_open_for_work():
            return 0
        batch = self._queue.claim(BATCH)
        taken = len(batch)
        try:
            if batch and self._prepare([claimed.job for claimed in batch]):
                while batch and not interrupted() and self._is_open_for_work(asking=False):
                    self._run(batch.pop(0))
        finally:
            for claimed in batch:
                self._queue.put_back(claimed)
            self._scenes.clear()
        return taken

    def look_for_new_files(self) -> None:
        """While scenes wait to appear in Plex, look now and then whether anything changed there."""
        now = self._clock()
        assert self._queue is not None
        if not 0 <= now - self._looked_for_files < self.timing.new_files and self._is_open_for_work():
            self._looked_for_files = now
            if any(job.missing_since is not None for job in self._queue.waiting()):
                self._guarded(self._finder.refresh)

    def _make_finder(self) -> ItemFinder:
        return ItemFinder(
            self.config,
            lambda: self._get_plex_client(),
            self._index,
            believe_miss=self.timing.believe_miss,
            new_files=self._hasten_missing,
        )

    def _hasten_missing(self) -> None:
        if self._queue is not None:
            self._queue.hasten(lambda job: job.missing_since is not None)

    def _get_plex_client(self) -> PlexClient:
        """The client for the present settings, made once and not connected yet."""
        if self._plex_client is None:
            self._plex_client = PlexClient(
                self.config.plex_url,
                self.config.plex_token,
                self.config.plex_connect_timeout,
                self.config.plex_read_timeout,
                verify_tls=not self.config.plex_skip_tls_verify,
                client_identifier=self._record.client_identifier() if self._record else "plexsync",
            )
        return self._plex_client

    @property
    def plex_client(self) -> PlexClient:
        """The way to Plex with the present settings; connects when its ``server`` is read."""
        return self._get_plex_client()

    # Whether to work at all ---------------------------------------------------------------------------------

    def _is_open_for_work(self, asking: bool = True) -> bool:
        """Whether Plex may be asked now: not paused for a setting, and not down. Probes when it is time."""
        now = self._clock()
        if self.config.missing:
            self._pause(f'The setting "{self.config.missing[0]}" is empty; enter it under Settings > Plugins.')
            return False
        if self.paused_because:
            if now < self._paused_until <= now + self.timing.pause:
                return False
            if asking:
                self._paused_until = now + self.timing.pause  # one try; its success ends the pause
                return self._guarded(self._try_settings)
        if self.breaker.is_open and asking and self.breaker.may_probe(now):
            if self._get_plex_client().answers():
                self._plex_answered()
            else:
                self.breaker.failed(now)
        return not self.breaker.is_open and not self.paused_because

    def _try_settings(self) -> None:
        self.close()
        self._get_plex_client().server  # noqa: B018 - connecting is the try
        self._finder.refresh()
        log.info("The settings work now; going on.")
        self._say_paused("")

    def _pause(self, why: str) -> None:
        if why != self.paused_because:
            log.error("%s Changed scenes wait until then.", why)
            self._say_paused(why)
        self._paused_until = self._clock() + self.timing.pause

    def _say_paused(self, why: str) -> None:
        self.paused_because = why
        if self._record is not None:
            self._record.say("paused", why)

    def _plex_down(self, error: PlexSyncError) -> None:
        if self.breaker.failed(self._clock()):
            log.warning("%s Changed scenes wait until it is back.", error)
            if self._record is not None:
                self._record.say("plex_down_since", str(self.breaker.down_since))

    def _plex_answered(self) -> None:
        if self.breaker.answered():
            log.info("Plex answers again.")
            if self._record is not None:
                self._record.say("plex_down_since", "")

    def _guarded(self, action: Callable[[], object]) -> bool:
        """Do something that asks Plex for all scenes at once; says whether it worked. Raises StashUnavailable."""
        try:
            action()
        except StashUnavailable:
            raise
        except PlexSyncError as error:
            if isinstance(error, ConfigurationError):
                self._pause(str(error))
            elif isinstance(error, PlexTemporaryError) and self._is_down(error):
                self._plex_down(error)
            return False
        return True

    def _is_down(self, error: PlexSyncError) -> bool:
        """Whether the fault is the server's, for all scenes, and not the one scene's: ask the server."""
        return isinstance(error, PlexNotReady) or not self._get_plex_client().answers()

    # A batch of jobs ----------------------------------------------------------------------------------------

    def _prepare(self, jobs: list[Job]) -> bool:
        """Read all scenes of a batch, and all items they need, at once. Says whether Plex can be asked."""
        wanted = [job.scene_id for job in jobs if job.update_type is not UpdateType.DESTROY]
        if self.stash is not None and wanted:
            self._scenes = read_scenes(self.stash, wanted)
        scenes = [scene for scene in self._scenes.values() if isinstance(scene, Scene)]
        self._guarded(lambda: self._finder.prepare(scenes))
        return self._is_open_for_work(asking=False)

    def _run(self, claimed: Claimed) -> None:
        """Work off one job; whatever happens to it stays with it."""
        try:
            outcome = self._process_job(claimed.job.model_dump())
        except StashUnavailable:
            self._put_back(claimed)
            raise
        except PlexSyncError as error:
            self._settle(claimed, error)
        except Exception as error:  # one scene that trips over a bug must not stop the others
            log.exception("Scene %d failed in an unforeseen way.", claimed.job.scene_id)
            self._fail(claimed, f"unforeseen {type(error).__name__}; plexsync.log has the details")
        else:
            self.breaker.worked()
            self.tally[outcome] += 1
            self._queue_of().done(claimed)

    def _process_job(self, job: Mapping[str, Any]) -> str:
        """Make Plex show one scene; returns ``updated``, ``unchanged`` or ``gone``.

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
        try:
            written = [change for item in self._finder.find(scene) for change in self._update_metadata(item, scene)]
        except PlexSyncError:
            raise
        except Exception as error:
            raise translate_plex_exception(error) from error
        labels = ", ".join(dict.fromkeys(change.field.label for change in written))
        if labels:
            log.info("Updated %s: %s.", scene.name, labels)
        if self._record is not None:
            self._record.finished(scene_id, labels)
        return "updated" if written else "unchanged"

    def _update_metadata(self, plex_item: Any, data: Scene | Mapping[str, Any]) -> tuple[Change, ...]:
        """Write what differs to one item, in one edit, or nothing; returns what was written."""
        scene = data if isinstance(data, Scene) else scene_from_data(1, data)
        differing = changes(plex_item, scene)
        if differing:
            plex_item.edit(**edit_arguments(differing))
        return differing

    def _read_scene(self, scene_id: int) -> Scene | None:
        if scene_id not in self._scenes:
            if self.stash is None:
                raise StashUnavailable("Stash has not said yet how to reach it.")
            self._scenes.update(read_scenes(self.stash, [scene_id]))
        scene = self._scenes[scene_id]
        if isinstance(scene, SceneFault):
            raise scene
        return scene

    def _forget(self, scene_id: int) -> str:
        if self._record is not None:
            self._record.forget_scene(scene_id)
        return "gone"

    # What becomes of a job that failed ----------------------------------------------------------------------

    def _settle(self, claimed: Claimed, error: PlexSyncError) -> None:
        if isinstance(error, PlexNotFound):
            self._wait_for_plex(claimed, str(error))
        elif isinstance(error, ConfigurationError):
            self._pause(str(error))
            self._put_back(claimed)
        elif isinstance(error, PermanentError):
            self._park(claimed, str(error))
        elif self._is_down(error):
            self._plex_down(error)
            self._put_back(claimed)
        else:
            self._fail(claimed, str(error))

    def _wait_for_plex(self, claimed: Claimed, reason: str) -> None:
        now, job = self._clock(), claimed.job
        since = min(job.missing_since or now, now)
        delay = missing_delay(self.timing, now - since)
        if delay is None:
            self._park(claimed, f"{reason}; looked for it for 24 hours")
            return
        self.tally["not in Plex"] += 1
        waiting = job.model_copy(update={"due": now + delay, "missing_since": since, "reason": reason, "attempts": 0})
        self._queue_of().put_back(claimed, waiting)

    def _fail(self, claimed: Claimed, reason: str) -> None:
        job, attempts = claimed.job, claimed.job.attempts + 1
        if attempts >= MOST_ATTEMPTS:
            self._park(claimed, f"{reason.rstrip('.')}; tried {attempts} times")
            return
        self.tally["to be tried again"] += 1
        due = self._clock() + backoff(self.timing, attempts, self._chance)
        self._queue_of().put_back(claimed, job.model_copy(update={"due": due, "attempts": attempts, "reason": reason}))

    def _park(self, claimed: Claimed, reason: str) -> None:
        log.warning("Scene %d is parked: %s", claimed.job.scene_id, reason)
        self.tally["parked"] += 1
        if self._record is not None:
            self._record.park(claimed.job, reason)
        self._queue_of().done(claimed)

    def _put_back(self, claimed: Claimed) -> None:
        self._queue_of().put_back(claimed)

    def _queue_of(self) -> JobQueue:
        assert self._queue is not None
        return self._queue
