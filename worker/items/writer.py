"""Carrying out a plan on one item: remember what it shows, write, read back what this server is not known to keep,
remember what was written."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from plex.exceptions import PlexPermanentError, PlexTooLong
from plex.items import fetch_items
from plex.protocols import EditableItem, Server
from worker.items.artwork import SHELVES, Covers, FetchCover, new_covers
from worker.items.capabilities import Capabilities
from worker.items.recall import recall
from worker.items.target import Target
from worker.metadata.decisions import Policy
from worker.metadata.edits import Arguments, edit_arguments
from worker.metadata.item_files import files_of
from worker.metadata.memory import ItemMemory
from worker.metadata.plan import RATING, Plan, make_plan
from worker.metadata.shown import Shown, shown_of
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
    """Writes to the items of one server. Without a record nothing is remembered, removed or read back.

    ``read_again`` gives what the item of a rating key shows now, None when it cannot be seen.
    """

    def __init__(
        self,
        policy: Policy,
        record: Record | None,
        server: str,
        read_again: Callable[[str], Shown | None] = lambda _: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._policy = policy
        self._record = record
        self._server = server
        self._read_again = read_again
        self._sleep = sleep
        self._capabilities = Capabilities(record, server) if record else None

    @classmethod
    def on(cls, server: Server, policy: Policy, record: Record) -> ItemWriter:
        """One that remembers, and reads back from the server."""

        def read_again(key: str) -> Shown | None:
            item = fetch_items(server, [key]).get(key)
            return shown_of(item) if item is not None else None

        return cls(policy, record, str(server.machineIdentifier), read_again)

    def write(self, target: Target, scene_id: int, wanted: Wanted, fetch_cover: FetchCover | None = None) -> Written:
        """Make an item show what is wanted, with as few writes as that takes.

        Raises the errors of plex/exceptions.py; what was remembered then says that it may have been written.
        """
        shown = target.shown
        before = self._recall(scene_id, shown)
        plan = make_plan(shown, wanted, before, self._policy)
        if self._capabilities:
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
        replaces = self._capabilities is not None and self._capabilities.replaces_tags
        edits = edit_arguments(plan, target.shown, split_tags=not replaces)
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
        if self._capabilities:
            self._prove(target, plan, self._capabilities, _spread(edits))

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

    def _prove(self, target: Target, plan: Plan, capabilities: Capabilities, spread: set[str]) -> None:
        """Read back what was written for the first time on this server, or was spread over several edits."""
        unproved = [name for name in (*plan.texts, *plan.tags) if capabilities.unproved(name)]
        suspects = [*dict.fromkeys((*unproved, *(name for name in plan.tags if name in spread)))]
        if not suspects:
            return
        key = target.shown.rating_key
        shown = self._read_again(key)
        if shown is not None and not all(plan.is_shown(name, shown) for name in suspects):
            self._sleep(SETTLING)
            shown = self._read_again(key)
        if shown is None:
            return
        lost = [name for name in suspects if name in spread and not plan.is_shown(name, shown)]
        if lost and not capabilities.replaces_tags:
            capabilities.note_replaces_tags()
            self._edit(target.item, edit_arguments(plan, target.shown, split_tags=False))
            shown = self._read_again(key) or shown
        for name in unproved:
            capabilities.seen(name, plan.is_shown(name, shown))

    def _recall(self, scene_id: int, shown: Shown) -> ItemMemory:
        if self._record is None:
            return ItemMemory()
        return recall(self._record, self._server, shown, scene_id)

    def _remember(
        self, scene_id: int, shown: Shown, memory: ItemMemory, seen: int | None = None, *, durable: bool = False
    ) -> None:
        if self._record is not None:
            key, files = shown.rating_key, files_of(shown)
            self._record.remember(scene_id, self._server, key, memory, seen, files=files, durable=durable)


def _spread(edits: Sequence[Mapping[str, object]]) -> set[str]:
    """The lists of tags that were written in more than one edit."""
    parts = Counter(name for edit in edits for name in {key.partition("[")[0] for key in edit if "].tag.tag" in key})
    return {name for name, count in parts.items() if count > 1}
