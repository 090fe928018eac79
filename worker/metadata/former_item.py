"""What of an item's memory holds for another item, or for one of which the record has no files.

Plex gives new rating keys when it builds a library anew, and when a file is moved while it does not look.
"""

from __future__ import annotations

from dataclasses import replace

from validation.names import tag_key, tag_keys
from worker.metadata.memory import ItemMemory
from worker.metadata.shown import Shown
from worker.metadata.wanted import TAG_FIELDS


def inherited(memory: ItemMemory, shown: Shown) -> ItemMemory:
    """Of what is remembered of a scene's former item, all that the present one shows just as PlexSync wrote it.

    The rest is as Plex made it anew, so it counts as what stood there before. Pictures are not taken over: which
    one is shown cannot be told.
    """
    texts = {
        name: one
        for name, one in memory.texts.items()
        if shown.text(name) and shown.text(name) in (one.written, one.shown)
    }
    tags = {}
    for field in TAG_FIELDS:
        known = memory.tags.get(field.name)
        there = tag_keys(shown.tag_names(field.name))
        ours = tuple(tag for tag in known.ours if tag_key(tag) in there) if known else ()
        if known and ours:
            tags[field.name] = replace(known, ours=ours, photos={})
    return ItemMemory(texts=texts, tags=tags)


def fits(memory: ItemMemory, shown: Shown) -> bool:
    """Whether an item shows what is remembered of it: in each field what was written, what Plex showed after it or
    what stood there before, and in some field, or list of tags, something at all."""
    if not all(
        shown.shows(name, one.written) or shown.text(name) in (one.before, one.shown)
        for name, one in memory.texts.items()
    ):
        return False
    some_tag = any(tag_keys(known.ours) & tag_keys(shown.tag_names(name)) for name, known in memory.tags.items())
    return some_tag or any(shown.text(name) for name in memory.texts)
