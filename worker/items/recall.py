"""What is remembered of the item that is about to be written to, if it is proved that it is that item's."""

from __future__ import annotations

from worker.metadata.former_item import fits, inherited
from worker.metadata.item_files import files_of, share_a_file
from worker.metadata.memory import ItemMemory
from worker.metadata.shown import Shown
from worker.storage.record import Record


def recall(record: Record, server: str, shown: Shown, scene_id: int) -> ItemMemory:
    """What is remembered of an item; empty when nothing is, or nothing that is proved to be of this item.

    Proof is one of its files. Of unknown files, it is that the item shows what is remembered; what does not fit is set
    aside. What a scene's former item showed counts as far as the present one shows just that.
    """
    key, files = shown.rating_key, files_of(shown)
    known = record.recall(server, key, files)
    if known is not None:
        if share_a_file(known.files, files) or fits(known.content, shown):
            return known.content
        record.set_aside(known)
    former = record.former(scene_id, server, key, files)
    return inherited(former.content, shown) if former else ItemMemory()
