"""The engine that compares Stash, Plex and what is remembered, and queues what is out of step.

It reads all of Stash lightly and Plex from the index; in full is read only what has a gap, by the SyncWorker.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from plex.client import PlexClient
from plex.index import LibraryIndex
from plex.matcher import match_file
from reconciliation.gaps import Aside, Gap, Known, Seen, gap_of
from stash.client import StashClient
from stash.light import LightScene, light_pages, read_entities
from validation.config import PlexSyncConfig
from validation.jobs import UpdateType
from worker.jobqueue import JobQueue
from worker.record import Record, files_key

log = logging.getLogger(__name__)


@dataclass
class Findings:
    """What a pass found: how many gaps of each kind, and what becomes of the scenes that have none."""

    gaps: Counter[Gap] = field(default_factory=Counter)
    scenes: int = 0


class ReconciliationEngine:
    """One pass over both libraries. ``note`` takes a scene and its outcome (worker/tally.py) where it has no gap.

    Reaches Plex through ``client.server``.
    """

    def __init__(
        self,
        stash: StashClient,
        client: PlexClient,
        queue: JobQueue,
        record: Record,
        index: LibraryIndex,
        config: PlexSyncConfig,
        note: Callable[[int, str], None],
    ) -> None:
        self._stash = stash
        self._client = client
        self._queue = queue
        self._record = record
        self._index = index
        self._config = config
        self._note = note

    def enqueue(self, everything: bool = False) -> Findings:
        """Queue every scene with a gap, or every scene there is. What was queued stays when this is interrupted.

        Raises StashUnavailable, and the errors of plex/exceptions.py.
        """
        server = self._client.server
        self._index.refresh(server, self._config.plex_libraries, sweep=everything)
        entities = read_entities(self._stash)
        renamed = self._renamed(entities)
        findings, last = Findings(), 0
        for page in light_pages(self._stash):
            self._compare(page, last + 1, page[-1].id, str(server.machineIdentifier), renamed, everything, findings)
            last = page[-1].id
        self._compare([], last + 1, 2**62, str(server.machineIdentifier), renamed, everything, findings)
        self._queue.sync()
        self._record.keep_entities(entities)
        for gap, count in findings.gaps.most_common():
            log.info("%s scenes %s.", f"{count:,}", gap.value)
        return findings

    def _renamed(self, entities: dict[tuple[str, int], str]) -> set[int]:
        """Scenes that showed something which was changed or destroyed since the last pass."""
        before = self._record.entities()
        changed = [key for key, updated in before.items() if entities.get(key) != updated]
        return {scene for kind, entity in changed for scene in self._record.scenes_that_showed(kind, entity)}

    def _compare(
        self,
        page: list[LightScene],
        first: int,
        last: int,
        server: str,
        renamed: set[int],
        everything: bool,
        findings: Findings,
    ) -> None:
        """Compare the scenes of a page with what is remembered of the numbers from ``first`` to ``last``."""
        known = self._record.known_between(first, last)
        parked = self._record.parked_between(first, last)
        items: dict[int, list[tuple[int, int | None]]] = {}
        for scene_id, item, seen in self._record.items_between(first, last, server):
            items.setdefault(scene_id, []).append((seen, self._index.updated_at(item)))
        for scene in page:
            findings.scenes += 1
            aside = Aside(*parked[scene.id]) if scene.id in parked else None
            remembered = known.get(scene.id)
            gap = Gap.ASKED_FOR if everything else None
            if gap is None and scene.id in self._queue:
                self._note(scene.id, "missing")
                continue
            if gap is None:
                before = remembered and Known(
                    remembered[0], remembered[1], bool(remembered[2]), items.get(scene.id, ())
                )
                gap = gap_of(self._seen(scene, renamed, aside), before or None, aside)
            if gap is not None:
                findings.gaps[gap] += 1
                self._queue.add(scene.id, UpdateType.RECONCILE)
            else:
                left_out = remembered is not None and remembered[2]
                self._note(scene.id, aside.kind if aside else "left out" if left_out else "unchanged")
        there = {scene.id for scene in page}
        for scene_id in sorted({*known, *parked, *items} - there):
            findings.gaps[Gap.GONE_FROM_STASH] += 1
            self._queue.add(scene_id, UpdateType.DESTROY)

    def _seen(self, scene: LightScene, renamed: set[int], aside: Aside | None) -> Seen:
        # Only for a scene that was parked as missing is it worth a look into the index.
        in_plex = aside is not None and aside.kind == "missing" and self._is_in_plex(scene)
        files = files_key((file.path, file.size) for file in scene.files)
        return Seen(scene.updated_at, files, scene.id in renamed, in_plex)

    def _is_in_plex(self, scene: LightScene) -> bool:
        libraries = self._index.libraries()
        matches = (match_file(libraries, file.path, self._config.path_map, file.size) for file in scene.files)
        return any(match.items for match in matches)
