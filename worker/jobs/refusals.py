"""Whose fault a refusal is: the one scene's, or everybody's.

A proxy that lets no change through refuses every scene in the same words as Plex refuses a single one. So the item that
was written last is asked to take what it has, the lock of its title: if it does, Plex works.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from validation.errors import PermanentError, PlexSyncError
from validation.outcomes import Ended

#: Scenes that were refused one after the other, nothing being written between them, after which it is everybody's.
ENOUGH = 3


class Fault(Enum):
    """Whose a refusal is; ``UNKNOWN`` as long as nothing was written and few were refused."""

    OWN = "own"
    UNKNOWN = "unknown"
    EVERYBODYS = "everybody's"


class Refusals:
    """Scenes that were refused since something was written.

    ``rewrite_another`` writes to an item of another scene, of which nothing changes; it returns whether there was one,
    and raises the errors of plex/exceptions.py.
    """

    def __init__(self, rewrite_another: Callable[[int], bool]) -> None:
        self._rewrite_another = rewrite_another
        self._times: dict[int, int] = {}

    def finished(self, scene_id: int, outcome: Ended) -> bool:
        """A scene was dealt with; says whether something was written, or no scene is left that was refused."""
        was_refused = self._times.pop(scene_id, None) is not None
        if outcome is Ended.UPDATED:
            self._times.clear()
        return outcome is Ended.UPDATED or (was_refused and not self._times)

    def count(self, scene_id: int) -> int:
        """How often a scene was refused since something was written."""
        return self._times.get(scene_id, 0)

    def fault_of(self, scene_id: int) -> Fault:
        """A scene was refused: whose fault that is."""
        self._times[scene_id] = self.count(scene_id) + 1
        others = self.others_work(scene_id)
        if others:
            del self._times[scene_id]
            return Fault.OWN
        return Fault.EVERYBODYS if others is False or len(self._times) >= ENOUGH else Fault.UNKNOWN

    def others_work(self, scene_id: int) -> bool | None:
        """Whether Plex lets another scene's item be read and written to; None when nothing tells."""
        try:
            return self._rewrite_another(scene_id) or None
        except PermanentError:
            return False
        except PlexSyncError:
            return None
