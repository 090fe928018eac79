"""What is remembered of the item that is about to be written to, if it is proved that it is that item's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from validation.errors import DamagedRow
from worker.metadata.former_item import fits, inherited
from worker.metadata.item_files import files_of, share_a_file
from worker.metadata.memory import Held, ItemMemory
from worker.metadata.shown import Shown
from worker.storage.record import Record
from worker.storage.remembered import Remembered


@dataclass(frozen=True)
class Recalled:
    """``content``: what counts. ``known``: the memory it is of, None where there is none of this item. ``unfit``: one
    that turned out to be of something else, to be set aside once the item is dealt with. ``held``: what another scene,
    whose item or file it was, leaves to this one."""

    content: ItemMemory = field(default_factory=ItemMemory)
    known: Remembered | None = None
    unfit: Remembered | None = None
    held: Held = field(default_factory=Held)


def recall(
    record: Record, server: str, shown: Shown, scene_id: int | None, found: Sequence[str], anew: bool = False
) -> Recalled:
    """What is remembered of an item; empty when nothing is, or nothing that is proved to be of this item.

    Proof is one of its files. Of unknown files, it is that the item shows what is remembered; what does not fit is set
    aside. What a scene's former item showed counts as far as the present one shows just that; ``found``: the items
    that the scene is in now, so that those it has left are former ones. Only looks.

    Raises DamagedRow: it cannot be read; where it is begun ``anew``, it counts as nothing.
    """
    try:
        return _recall(record, server, shown, scene_id, found)
    except DamagedRow:
        if not anew:
            raise
        return Recalled()


def _recall(record: Record, server: str, shown: Shown, scene_id: int | None, found: Sequence[str]) -> Recalled:
    key, files = shown.rating_key, files_of(shown)
    known = record.recall(server, key, files)
    if known is not None and (share_a_file(known.files, files) or fits(known.content, shown)):
        return Recalled(known.content, known, held=_left(record, known, scene_id))
    former = record.former(scene_id, server, key, files, found)
    if former is None:
        return Recalled(unfit=known)
    return Recalled(inherited(former.content, shown), unfit=known, held=_left(record, former, scene_id))


def _left(record: Record, source: Remembered, scene_id: int | None) -> Held:
    """What is held of the scene from which this one takes over."""
    if source.scene_id is None:
        return source.content.held
    return Held() if source.scene_id == scene_id else record.held(source.scene_id)
