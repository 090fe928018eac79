"""The one guard against mass loss: of the scheduled comparison, and of the hooks that tell of deleted scenes.

A drive that is away, a wrong path map, a database that was restored look like a wish to delete everything. What is lost
is counted, not what is changed: scenes that would lose their item, their values or their record.
"""

from __future__ import annotations

import logging

from worker.storage.facts import Fact
from worker.storage.lately import Lately
from worker.storage.record import Record

log = logging.getLogger(__name__)

#: In a smaller library, more than half is no sign that something is wrong: somebody tries things, or tidies up.
FEWEST = 25

HELD = (
    "{lost} of {right} scenes that were right were deleted in Stash at once, and Plex was left as it is. If that is "
    'meant, press "Reconcile Library"; if not, look at the drives and folders of Stash. The task "Preview" shows what '
    "would become of them, and changes nothing."
)


def is_mass_loss(lost: int, right: int) -> bool:
    """Whether more than half of the scenes that were right would lose something: the guard's rule."""
    return right >= FEWEST and lost > right / 2


class DestroyGuard:
    """Looks at each scene that a hook, and no comparison, says is gone from Stash. ``destroyed`` knows of those that
    wait, too."""

    def __init__(self, record: Record, destroyed: Lately) -> None:
        self._record = record
        self._destroyed = destroyed
        self._forgotten = Lately(destroyed.clock)
        self._right, self._counted_at = 0, 0.0

    def holds(self, scene_id: int) -> bool:
        """Whether nothing may follow from it, because too many are; said once. The scheduled comparison looks at
        the scene again."""
        lost = self._destroyed.count()
        if lost * 2 > FEWEST:
            right = self._count_right()
            if is_mass_loss(lost, right):
                self._say(HELD.format(lost=f"{lost:,}", right=f"{right:,}"))
                return True
        self._forgotten.note(scene_id)
        return False

    def _count_right(self) -> int:
        """How many scenes were right before the first of them was gone; counted once a minute."""
        now = self._destroyed.clock()
        if not 0 <= now - self._counted_at < 60:
            self._right, self._counted_at = self._record.count_finished() + self._forgotten.count(), now
        return self._right

    def _say(self, why: str) -> None:
        if not self._record.fact(Fact.GUARD):
            log.warning("%s", why)
            self._record.set_fact(Fact.GUARD, why)
