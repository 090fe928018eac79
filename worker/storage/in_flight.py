"""Jobs in flight: of two of a scene, whether the older one is outdated."""

from __future__ import annotations


class InFlight:
    """Rows of jobs that were claimed, by scene. A newer job has a higher row.

    Jobs are not finished in the order of their claims where whole ones go before lists that are under way. What was
    read for an older job is outdated once a newer one of its scene was dealt with.
    """

    def __init__(self) -> None:
        self._rows: dict[int, list[int]] = {}
        self._outdated: set[int] = set()

    def claimed(self, scene_id: int, row: int) -> None:
        """A job was claimed."""
        self._rows.setdefault(scene_id, []).append(row)

    def dealt_with(self, scene_id: int, row: int) -> None:
        """A job is done, or waits again."""
        left = [one for one in self._rows.pop(scene_id, []) if one != row]
        if left:
            self._rows[scene_id] = left
        self._outdated.discard(row)
        self._outdated.update(one for one in left if one < row)

    def is_outdated(self, row: int) -> bool:
        """Whether a newer job of its scene was dealt with since it was claimed."""
        return row in self._outdated
