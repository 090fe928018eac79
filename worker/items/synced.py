"""How a scene ended, and noting it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from validation.outcomes import Ended
from validation.scenes import Scene
from worker.items.planned import PlannedScene
from worker.items.writing import Written
from worker.storage.record import Record

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Synced:
    """How a scene ended, and whether edits made in Plex were kept."""

    outcome: Ended
    kept: bool = False


def note_outcome(
    record: Record, planned: PlannedScene, scene: Scene, done: Sequence[Written], holders: str | None
) -> Synced:
    """Note what was done to the items of a scene; ``holders``: a fingerprint of those that hold its files."""
    written, kept = _joined(done, lambda one: one.labels), _joined(done, lambda one: one.kept)
    not_shown = _joined(done, lambda one: one.not_shown)
    if written:
        log.debug("Updated %s: %s.", scene.name, written)
    record.finished(
        scene,
        planned.settled_at,
        written=written,
        kept=kept,
        not_shown=not_shown,
        refused=_joined(done, lambda one: one.refused, "; "),
        holders=holders,
        is_whole=not planned.lists_left,
    )
    ended = Ended.NOT_SHOWN if not_shown else Ended.HELD if planned.held.any else Ended.UNCHANGED
    return Synced(Ended.UPDATED if written else ended, bool(kept))


def _joined(done: Sequence[Written], texts: Callable[[Written], Iterable[str]], between: str = ", ") -> str:
    return between.join(dict.fromkeys(text for one in done for text in texts(one)))
