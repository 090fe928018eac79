"""The engine that compares Stash, Plex and the record, and queues the scenes that have a gap (gaps.py).

It reads all scenes lightly, and Plex's files from the index. SyncWorker reads in full what was queued.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from plex.client import PlexClient
from plex.index import LibraryIndex
from reconciliation.gaps import HARMLESS, Aside, Gap, Known, KnownScenes, SceneNow, Stamps, gap_of, in_trash
from reconciliation.losses import Losses
from reconciliation.ratings import is_rated
from stash.client import StashClient
from stash.light import ENTITY_LISTS, EntityDates, LightScene, count_scenes, light_pages, read_entities, seconds_of
from stash.paging import BEYOND, Page, read_ahead
from validation.config import PlexSyncConfig
from validation.jobs import UpdateType
from validation.outcomes import Ended
from validation.paths import file_name_key
from worker.items.collection_settling import settle_collections
from worker.items.finder import holders_key
from worker.jobs.losses import is_mass_loss
from worker.standins import PassingJobs
from worker.storage.jobqueue import JobQueue
from worker.storage.outcomes import files_key
from worker.storage.record import Record

log = logging.getLogger(__name__)

#: Takes a scene's id and its outcome.
Note = Callable[[int, Ended], None]


@dataclass
class Findings:
    """What a pass found. ``right_before``: scenes that had an item in Plex. Of those, ``lost``: how many would lose
    something; ``suspects``: those of which that is not known. ``unread_lists``: "performer", "studio", "tag", "group",
    where Stash could not read the list of them."""

    gaps: Counter[Gap] = field(default_factory=Counter)
    right_before: int = 0
    lost: int = 0
    stopped: bool = False
    unread_lists: tuple[str, ...] = ()
    suspects: list[int] = field(default_factory=list)
    _jobs: list[int] = field(default_factory=list)
    _harmless: list[int] = field(default_factory=list)

    @property
    def remark(self) -> str:
        """What a person has to know beside the counts; empty for nothing."""
        if not self.unread_lists:
            return ""
        names = ", ".join(f"{kind}s" for kind in self.unread_lists)
        return (
            f"Stash could not read {len(self.unread_lists)} of {len(ENTITY_LISTS)} lists ({names}): "
            "what was renamed there is found by the next comparison."
        )

    def add(self, scene_id: int, gap: Gap) -> None:
        """A scene has a gap."""
        self.gaps[gap] += 1
        (self._harmless if gap in HARMLESS else self._jobs).append(scene_id)

    def look_at(self, scene_id: int, matched: bool) -> None:
        """A scene that was right would be written: without an item now, it loses that; else what it loses is not
        known."""
        if matched:
            self.suspects.append(scene_id)
        else:
            self.lost += 1

    def stop(self) -> None:
        """Nothing is queued that could take something away."""
        self.stopped = True
        self._jobs.clear()

    def enqueue(self, queue: JobQueue | PassingJobs) -> None:
        """Queue the scenes that were added since the last call."""
        # One that is gone, too: its job asks Stash again before anything is given back.
        for scene_id in (*self._jobs, *self._harmless):
            queue.add(scene_id, UpdateType.RECONCILE)
        queue.sync()
        self._jobs.clear()
        self._harmless.clear()


class ReconciliationEngine:
    """One pass over both libraries. ``note`` hears of every scene that has no gap, ``watch`` how many of how many
    were compared. Reaches Plex through ``client.server``."""

    def __init__(
        self,
        stash: StashClient,
        client: PlexClient,
        queue: JobQueue | PassingJobs,
        record: Record,
        index: LibraryIndex,
        config: PlexSyncConfig,
        note: Note,
        clock: Callable[[], float] = time.time,
        watch: Callable[[int, int], None] | None = None,
    ) -> None:
        self._stash = stash
        self._client = client
        self._queue = queue
        self._record = record
        self._index = index
        self._config = config
        self._note = note
        self._clock = clock
        self._watch = watch

    def enqueue(self, everything: bool = False, guarded: bool = False) -> Findings:
        """Queue every scene with a gap, or every scene there is.

        What was queued stays when this is interrupted. A ``guarded`` pass queues only what can lose nothing
        when more than half of what was right before would lose something (``Findings.stopped``).

        Raises StashUnavailable, and the errors of plex/exceptions.py.
        """
        server = self._client.server
        settle_collections(server, self._record)
        self._index.refresh(server, self._config.plex_libraries, sweep=everything, certain=True)
        if self._config.ratings_from_plex and not everything:
            self._index.look_for_ratings(server)
        now = self._clock()
        entities = read_entities(self._stash)
        renamed = self._renamed(entities)
        findings, last, done = Findings(unread_lists=entities.unread), 0, 0
        total = count_scenes(self._stash) if self._watch else 0
        for page in read_ahead(light_pages(self._stash)):
            self._compare(page, renamed, everything, findings)
            last = page.last
            done += len(page.scenes) + len(page.unread)
            if self._watch:
                self._watch(done, total)
            if not guarded:
                findings.enqueue(self._queue)
        self._compare(Page(last + 1, BEYOND), renamed, everything, findings)
        if guarded:
            losses = Losses(self._stash, self._record, self._config, str(server.machineIdentifier))
            findings.lost = losses.count(findings.lost, findings.right_before, findings.suspects)
            if is_mass_loss(findings.lost, findings.right_before):
                findings.stop()
        findings.enqueue(self._queue)
        if not findings.stopped and not self._config.only_look:
            self._keep(entities, now)
        for gap, count in findings.gaps.most_common():
            log.info("Scenes %s: %s.", gap.value, f"{count:,}")
        if findings.remark:
            log.warning("%s", findings.remark)
        return findings

    def _renamed(self, entities: EntityDates) -> set[int]:
        """Scenes that showed something which was changed or destroyed since the last pass."""
        before = self._record.entities()
        changed = [
            key
            for key, updated in before.items()
            if key.kind not in entities.unread and entities.updated.get(key) != updated
        ]
        return {scene for one in changed for scene in self._record.scenes_that_showed(one.kind, one.id)}

    def _keep(self, entities: EntityDates, now: float) -> None:
        """Of lists that could not be read, what was known stays, so that the next pass finds what changed.

        What changed within this second may change again with the same stamp: counted as unknown, it is read again.
        """
        unread = {key: stamp for key, stamp in self._record.entities().items() if key.kind in entities.unread}
        fresh = {key: "" for key, stamp in entities.updated.items() if abs(now - seconds_of(stamp)) < 2}
        self._record.keep_entities({**unread, **entities.updated, **fresh})

    def _compare(self, page: Page[LightScene], renamed: set[int], everything: bool, findings: Findings) -> None:
        """Compare a page of scenes with what is remembered of its numbers."""
        remembered = self._remembered(page.first, page.last)
        for scene in page.scenes:
            self._compare_scene(scene, remembered, renamed, everything, findings)
        for scene_id in page.unread:
            findings.right_before += remembered.was_right(scene_id)
            if scene_id in self._queue:
                self._note(scene_id, Ended.FAILED)
            elif scene_id in remembered.parked:
                self._note(scene_id, remembered.parked[scene_id].kind)
            else:
                findings.add(scene_id, Gap.UNREAD)
        there = {*page.unread, *(scene.id for scene in page.scenes)}
        for scene_id in sorted({*remembered.known, *remembered.parked} - there):
            findings.add(scene_id, Gap.GONE_FROM_STASH)
            known = remembered.known.get(scene_id)
            if known is not None and known.items:  # else they are another scene's by now
                findings.right_before += 1
                findings.suspects.append(scene_id)

    def _compare_scene(
        self, scene: LightScene, remembered: KnownScenes, renamed: set[int], everything: bool, findings: Findings
    ) -> None:
        known, was_right = remembered.known.get(scene.id), remembered.was_right(scene.id)
        findings.right_before += was_right
        if scene.id in remembered.held and remembered.held[scene.id].whole:
            self._note(scene.id, Ended.HELD)
            return
        seen = SceneNow(scene.updated_at, files_key(scene.files), scene.id in renamed, self._holders(scene))
        trashed = known is not None and in_trash(seen, known)
        gap = Gap.ASKED_FOR if everything else self._gap(scene, seen, remembered)
        if gap is None:
            self._note(scene.id, self._outcome(scene.id, trashed, remembered))
            return
        findings.add(scene.id, gap)
        if was_right and gap not in HARMLESS and not trashed:
            findings.look_at(scene.id, matched=seen.holders is not None)

    def _gap(self, scene: LightScene, seen: SceneNow, remembered: KnownScenes) -> Gap | None:
        """Why a scene has to be compared that nobody asked for; one with a job has to be only where that waits for its
        files, and these moved or are there."""
        if scene.id not in self._queue:
            return gap_of(seen, remembered.known.get(scene.id), remembered.parked.get(scene.id))
        names = self._queue.missing(scene.id)
        if names and {*names} != {file_name_key(file.path) for file in scene.files}:
            return Gap.STALE
        return Gap.NEW_IN_PLEX if names is not None and seen.holders else None

    def _outcome(self, scene_id: int, trashed: bool, remembered: KnownScenes) -> Ended:
        """How a scene is counted that has no gap."""
        if scene_id in self._queue:
            return Ended.FAILED if self._queue.missing(scene_id) is None else Ended.MISSING
        return Ended.MISSING if trashed else remembered.outcome(scene_id)

    def _remembered(self, first: int, last: int) -> KnownScenes:
        parked = {
            scene_id: Aside(one.kind, one.stash_updated, one.files, one.holders)
            for scene_id, one in self._record.parked_between(first, last).items()
        }
        return KnownScenes(self._known(first, last), parked, self._record.held_between(first, last))

    def _known(self, first: int, last: int) -> dict[int, Known]:
        items: dict[int, list[Stamps]] = {}
        server = str(self._client.server.machineIdentifier)
        ratings = self._record.ratings_between(first, last, server) if self._config.ratings_from_plex else {}
        for one in self._record.items_between(first, last, server):
            now = self._index.updated_at(one.item)
            trashed = now is None and self._index.is_in_trash(one.item)
            rated = one.item in ratings and is_rated(self._index, one.item, ratings[one.item])
            items.setdefault(one.scene_id, []).append(Stamps(one.seen, now, trashed, rated))
        return {
            scene_id: Known(
                one.stash_updated,
                one.files,
                one.left_out is not None,
                items.get(scene_id, ()),
                one.holders,
                one.not_shown is not None,
            )
            for scene_id, one in self._record.known_between(first, last).items()
        }

    def _holders(self, scene: LightScene) -> str | None:
        return holders_key(self._index, self._config.path_map, scene.files)
