"""What personal media show although nobody wrote it: date and year of the file, a content rating, `subtype="clip"`.

As recorded from a real server's list of a section whose agent is "none".
"""

from __future__ import annotations

import time

from tests.doubles.plex.model import Item
from tests.doubles.plex.nodes import Scalar
from tests.doubles.plex.state import State

_RATING = "Not Rated"


def is_personal(state: State, item: Item) -> bool:
    """Whether nobody looks the item up. A recorded one shows what was recorded."""
    if item.extra is not None or not item.duration or not state.switches.personal_media:
        return False
    return state.sections[item.section].agent.endswith(".none")


def take_from_file(state: State, item: Item, date: str | None) -> None:
    """Date and year are those of the file: `date`, or the day on which it was added; only where none is given."""
    if not is_personal(state, item):
        return
    day = date or time.strftime("%Y-%m-%d", time.gmtime(item.added_at))
    if "originallyAvailableAt" not in item.fields and "year" not in item.fields:
        item.fields["originallyAvailableAt"] = day
        item.fields["year"] = int(day[:4])
    item.fields.setdefault("contentRating", _RATING)


def facts(item: Item) -> dict[str, Scalar]:
    """What stands there always, empty or not."""
    summary = str(item.fields.get("summary", ""))
    return {"summary": summary, "subtype": "clip", "createdAtAccuracy": "epoch,local", "createdAtTZOffset": "0"}
