"""Carrying out a plan on one item: remember what it shows, write, read back what this server is not known to keep,
remember what was written."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from plex.exceptions import PlexPermanentError, PlexTooLong
from plex.protocols import EditableItem
from worker.items.artwork import SHELVES, Covers, FetchCover, new_covers
from worker.items.capabilities import Capabilities
from worker.items.item_server import ItemServer
from worker.items.recall import recall
from worker.items.target import Target
from worker.metadata.decisions import Policy
from worker.metadata.edits import Arguments, edit_arguments
from worker.metadata.item_files import files_of
from worker.metadata.memory import ItemMemory
from worker.metadata.plan import RATING, Plan, make_plan
from worker.metadata.shown import Shown
from worker.metadata.wanted import Wanted
from worker.storage.record import Record

#: Plex was seen to show an edit up to 300 ms after it answered; before a field is called not kept, we wait so
#: many seconds and look again.
SETTLING = 1.0


@dataclass(frozen=True)
class Written:
    """What was done to an item: labels of what was written, and of what was kept as edited in Plex."""

    labels: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()


class ItemWriter:
    """Writes to the items of one server, remembers what it wrote, and reads back what has to be proved."""

    def __init__(
        self, policy: Policy, record: Record, server: ItemServer, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._policy = policy
        self._record = record
        self._server = server
        self._sleep = sleep
        self._capabilities = Capabilities(record, server.machine)

    def write(self, target: Target, scene_id: int, wanted: Wanted, fetch_cover: FetchCover) -> Written:
        """Make an item show what is wanted, with as few writes as that takes.

        Raises the errors of plex/exceptions.py; what was remembered then says that it may have been written.
        """
        shown = target.shown
        before = self._recall(scene_id, shown)
        plan = make_plan(shown, wanted, before, self._policy)
        plan = plan.without(self._capabilities.not_taken())
        covers = new_covers(shown, wanted.pictures, before, fetch_cover, self._policy.keep_edits)
        writes = plan.writes or bool(covers.upload)
        if writes:
            # What Plex shows now is about to go, and can be read only once.
            self._remember(scene_id, shown, plan.memory_before(before), durable=True)
            self._carry_out(target, plan, covers)
        after = plan.memory.model_copy(update={"pictures": {**before.pictures, **covers.memories}})
        seen = None if writes else shown.updated_at or None
        self._remember(scene_id, shown, after, seen, durable=bool(covers.upload))  # an upload cannot be undone
        return Written((*plan.labels, *covers.upload), (*plan.kept, *covers.kept))

    def _carry_out(self, target: Target, plan: Plan, covers: Covers) -> None:
        item = target.item
        edits = edit_arguments(plan, target.shown, split_tags=not self._capabilities.replaces_tags)
        locks = covers.locks(target.shown)
        if locks:
            edits = [{**(edits[0] if edits else {}), **locks}, *edits[1:]]
        too_long = self._edit(item, edits)
        if RATING in plan.texts:
            value = plan.texts[RATING].write
            item.rate(float(value) if value else None)
        for place, picture in covers.upload.items():
            item.upload(SHELVES[place][0], picture.content)
        if too_long:
            raise PlexPermanentError(f"{too_long}; everything else was written")
        self._prove(target, plan, _spread(edits))

    def _edit(self, item: EditableItem, edits: Sequence[Arguments]) -> str:
        """Make all edits, also those after a single value that is refused for its length.

        Returns which value that was, in a few words; empty when none was.
        """
        too_long = ""
        for arguments in edits:
            try:
                item.edit(**arguments)
            except PlexTooLong:
                values = [(key, str(value)) for key, value in arguments.items() if key.endswith(".value")]
                if len(values) != 1:
                    raise
                ((key, value),) = values
                name = key.removesuffix(".value")
                too_long = f"the {name} of {len(value):,} characters is too long for the way to Plex (HTTP 414)"
        return too_long

    def _prove(self, target: Target, plan: Plan, spread: set[str]) -> None:
        """Read back what was written for the first time on this server, or was spread over several edits."""
        capabilities = self._capabilities
        unproved = [name for name in (*plan.texts, *plan.tags) if capabilities.unproved(name)]
        suspects = [*dict.fromkeys((*unproved, *(name for name in plan.tags if name in spread)))]
        if not suspects:
            return
        key = target.shown.rating_key
        shown = self._server.look_again(key)
        if shown is not None and not all(plan.is_shown(name, shown) for name in suspects):
            self._sleep(SETTLING)
            shown = self._server.look_again(key)
        if shown is None:
            return
        lost = [name for name in suspects if name in spread and not plan.is_shown(name, shown)]
        if lost and not capabilities.replaces_tags:
            capabilities.note_replaces_tags()
            self._edit(target.item, edit_arguments(plan, target.shown, split_tags=False))
            shown = self._server.look_again(key) or shown
        for name in unproved:
            capabilities.seen(name, plan.is_shown(name, shown))

    def _recall(self, scene_id: int, shown: Shown) -> ItemMemory:
        return recall(self._record, self._server.machine, shown, scene_id)

    def _remember(
        self, scene_id: int, shown: Shown, memory: ItemMemory, seen: int | None = None, *, durable: bool = False
    ) -> None:
        key, files = shown.rating_key, files_of(shown)
        self._record.remember(scene_id, self._server.machine, key, memory, seen, files=files, durable=durable)


def _spread(edits: Sequence[Mapping[str, object]]) -> set[str]:
    """The lists of tags that were written in more than one edit."""
    parts = Counter(name for edit in edits for name in {key.partition("[")[0] for key in edit if "].tag.tag" in key})
    return {name for name, count in parts.items() if count > 1}
