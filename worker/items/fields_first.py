"""Where lists of tags take long, a scene's other fields are written first, and its lists by a later job. Pure.

Recorded where a list took 22 s: other fields took less than 0.1 s. So what this costs a scene of which both change, one
quick edit more and its share of two more requests that read fifty items, is nothing against what would wait behind the
lists.
"""

from __future__ import annotations

from dataclasses import replace

from worker.items.grouping import SLOW
from worker.items.planned import PlannedItem, PlannedScene
from worker.items.write_times import LibraryKey, WriteTimes


def fields_first(planned: PlannedScene, times: WriteTimes) -> PlannedScene:
    """The same without the lists of tags that were seen to take long where its items lie, if any are to be written.
    Such a scene is not settled with that."""
    items = tuple(_without_slow_lists(one, planned.server, times) for one in planned.items)
    if all(item is one for item, one in zip(items, planned.items, strict=True)):
        return planned
    return replace(planned, items=items, settled_at="", lists_left=True)


def _without_slow_lists(item: PlannedItem, server: str, times: WriteTimes) -> PlannedItem:
    took = times.typical(LibraryKey(server, item.target.shown.section_key)).tags
    return item.without_lists if item.plan.tags and took is not None and took >= SLOW else item
