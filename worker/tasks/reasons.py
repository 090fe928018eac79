"""Scenes by the reason that they share: how many there are of each, and the first of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from worker.datadir import DataDir
from worker.storage.outcomes import SceneReason
from worker.storage.queue_file import read_jobs
from worker.storage.record import Record

#: Examples shown of each reason, and reasons that are shown.
EXAMPLES = 10


class Reasons:
    """Counts scenes as they come, and keeps none but the examples: there can be 100,000."""

    def __init__(self, scenes: Iterable[SceneReason] = ()) -> None:
        #: How many scenes have which reason.
        self.counts = Counter[str]()
        self._examples: dict[str, list[int]] = {}
        for one in scenes:
            self.add(one)

    def add(self, one: SceneReason) -> None:
        """One scene more."""
        self.counts[one.reason] += 1
        examples = self._examples.setdefault(one.reason, [])
        if len(examples) < EXAMPLES:
            examples.append(one.scene_id)

    @property
    def total(self) -> int:
        """How many scenes there are."""
        return self.counts.total()

    def lines(self) -> Iterator[str]:
        """One line for each reason, the most frequent first: how often, and up to ten examples."""
        for reason, count in self.counts.most_common(EXAMPLES):
            examples = self._examples[reason]
            more = ", …" if count > len(examples) else ""
            yield f"  {count:,}: {reason} (scene {', '.join(map(str, examples))}{more})"


def reasons(data: DataDir, record: Record) -> Reasons:
    """Every scene that waits for a reason, or is parked for one."""
    found = Reasons(SceneReason(job.reason, job.scene_id) for job in read_jobs(data.queue) if job.reason)
    for one in record.parked():
        found.add(SceneReason(one.reason, one.scene_id))
    return found
