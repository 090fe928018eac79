"""What is a gap, as a table."""

from __future__ import annotations

import pytest

from reconciliation.gaps import Aside, Gap, Known, SceneNow, Stamps, gap_of
from validation.outcomes import Ended

THEN, NOW = "2024-01-01T00:00:00Z", "2024-02-02T00:00:00Z"
SEEN = SceneNow(THEN, "files")
TRASHED = Stamps(5, None, in_trash=True)
KNOWN = Known(THEN, "files", items=[Stamps(5, 5)])


@pytest.mark.parametrize(
    ("seen", "known", "aside", "gap"),
    [
        (SEEN, None, None, Gap.NEVER_SYNCED),
        (SEEN, KNOWN, None, None),
        (SceneNow(NOW, "files"), KNOWN, None, Gap.STALE),
        (SceneNow(THEN, "moved"), KNOWN, None, Gap.STALE),
        (SEEN, Known(None, "files"), None, Gap.STALE),  # read within the second of its last change
        (SceneNow(THEN, "files", renamed=True), KNOWN, None, Gap.RENAMED),
        (SEEN, Known(THEN, "files", items=[Stamps(5, 6)]), None, Gap.DRIFTED),
        (SEEN, Known(THEN, "files", items=[Stamps(5, 5), Stamps(7, 8)]), None, Gap.DRIFTED),
        (SEEN, Known(THEN, "files", items=[Stamps(5, None)]), None, Gap.GONE_FROM_PLEX),
        (SEEN, Known(THEN, "files", items=[Stamps(5, None, in_trash=True)]), None, None),
        (SceneNow(THEN, "files", holders="8"), Known(THEN, "files", False, [TRASHED], "7"), None, Gap.OTHER_ITEMS),
        (SEEN, Known(THEN, "files", items=[Stamps(None, 5)]), None, Gap.WRITTEN),
        (SEEN, Known(THEN, "files", left_out=True, items=[Stamps(5, 6)]), None, None),
        (SceneNow(NOW, "files"), Known(THEN, "files", left_out=True), None, Gap.STALE),
        (SEEN, None, Aside(Ended.PARKED, THEN), None),
        (SEEN, None, Aside(Ended.MISSING, THEN), None),
        (SceneNow(THEN, "files", holders="7"), None, Aside(Ended.MISSING, THEN), Gap.NEW_IN_PLEX),
        (SceneNow(THEN, "files", holders="7"), None, Aside(Ended.AMBIGUOUS, THEN), Gap.NEW_IN_PLEX),
        (SceneNow(THEN, "files", holders="7"), None, Aside(Ended.PARKED, THEN), None),
        (SceneNow(THEN, "files", holders="8"), None, Aside(Ended.CONFLICT, THEN, holders="7"), Gap.OTHER_ITEMS),
        (SceneNow(THEN, "files", holders="7"), None, Aside(Ended.CONFLICT, THEN, holders="7"), None),
        (SceneNow(THEN, "moved"), None, Aside(Ended.PARKED, THEN, "files"), Gap.STALE),
        (SceneNow(THEN, "files", holders="8"), Known(THEN, "files", holders="7"), None, Gap.OTHER_ITEMS),
        (SceneNow(THEN, "files"), Known(THEN, "files", holders="7"), None, Gap.OTHER_ITEMS),
        (SceneNow(THEN, "files", renamed=True), Known(THEN, "files", left_out=True), None, Gap.RENAMED),
        (SceneNow(THEN, "any"), Known(THEN, None, left_out=True), None, None),  # forgotten by a person
        (SceneNow(THEN, "any"), Known(THEN, None), None, Gap.STALE),
        (SceneNow(NOW, "files"), None, Aside(Ended.PARKED, THEN), Gap.STALE),
    ],
)
def test_gap(seen: SceneNow, known: Known | None, aside: Aside | None, gap: Gap | None) -> None:
    assert gap_of(seen, known, aside) is gap
