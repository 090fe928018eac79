"""What an item takes over from the one that held its file before.

Plex gives new rating keys when it builds a library anew, and when a file is moved while it does not look.
"""

from __future__ import annotations

from typing import Any

from validation.names import tag_key
from worker.metadata.memory import ItemMemory
from worker.metadata.plan import shown_tags, shown_text
from worker.metadata.wanted import TAG_FIELDS


def inherited(memory: ItemMemory, item: Any) -> ItemMemory:
    """Of what is remembered of a scene's former item, all that the present one shows just as PlexSync wrote it.

    The rest is as Plex made it anew, so it counts as what stood there before. Pictures are not taken over: which
    one is shown cannot be told.
    """
    texts = {name: one for name, one in memory.texts.items() if one.written and shown_text(item, name) == one.written}
    tags = {}
    for field in TAG_FIELDS:
        known = memory.tags.get(field.name)
        shown = {tag_key(tag) for tag in shown_tags(item, field.attribute)}
        ours = tuple(tag for tag in known.ours if tag_key(tag) in shown) if known else ()
        if known and ours:
            tags[field.name] = known.model_copy(update={"ours": ours, "photos": {}})
    return ItemMemory(texts=texts, tags=tags)
