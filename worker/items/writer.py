"""Carrying out a plan on one item: remember, write, read the first of each kind back, remember again."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plex.exceptions import PlexPermanentError, PlexTooLong
from validation.names import name_key, tag_key
from worker.items.artwork import SHELVES, Covers, FetchCover, new_covers
from worker.items.capabilities import Capabilities
from worker.metadata.decisions import Policy
from worker.metadata.edits import Arguments, edit_arguments
from worker.metadata.former_item import inherited
from worker.metadata.memory import ItemMemory
from worker.metadata.plan import RATING, Plan, make_plan, shown_tags, shows_text
from worker.metadata.wanted import TAG_FIELDS, Wanted
from worker.storage.record import Record

_LISTS = {one.name: one.attribute for one in TAG_FIELDS}

#: Plex was seen to show an edit up to 300 ms after it answered; before a field is called not kept, we wait so
#: many seconds and look again.
SETTLING = 1.0


@dataclass(frozen=True)
class Written:
    """What was done to an item: labels of what was written, and of what was kept as edited in Plex."""

    labels: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()


class ItemWriter:
    """Writes to the items of one server. Without a record nothing is remembered, removed or read back."""

    def __init__(
        self,
        policy: Policy,
        record: Record | None,
        server: str,
        read_again: Callable[[Any], Any] = lambda _: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._policy = policy
        self._record = record
        self._server = server
        self._read_again = read_again
        self._sleep = sleep
        self._capabilities = Capabilities(record, server) if record else None

    def write(self, item: Any, scene_id: int, wanted: Wanted, fetch_cover: FetchCover | None = None) -> Written:
        """Make an item show what is wanted, with as few writes as that takes.

        Raises the errors of plex/exceptions.py; what was remembered then says that it may have been written.
        """
        before = self._recall(scene_id, item)
        plan = make_plan(item, wanted, before, self._policy)
        if self._capabilities:
            plan = plan.without(self._capabilities.not_taken())
        covers = new_covers(item, wanted.pictures, before, fetch_cover, self._policy.keep_edits)
        writes = plan.writes or bool(covers.upload)
        if writes:
            # What Plex shows now is about to go, and can be read only once.
            self._remember(scene_id, item, plan.memory_before(before), durable=True)
            self._carry_out(item, plan, covers)
        after = plan.memory.model_copy(update={"pictures": {**before.pictures, **covers.marks}})
        seen = 0 if writes else getattr(item, "updatedAt", 0)
        self._remember(scene_id, item, after, seen, durable=bool(covers.upload))  # an upload cannot be undone
        return Written((*plan.labels, *covers.upload), (*plan.kept, *covers.kept))

    def _carry_out(self, item: Any, plan: Plan, covers: Covers) -> None:
        replaces = self._capabilities is not None and self._capabilities.replaces_tags
        edits = edit_arguments(plan, item, split_tags=not replaces)
        locks = covers.locks(item)
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
            self._prove(item, plan, self._capabilities, _spread(edits))

    def _edit(self, item: Any, edits: Sequence[Arguments]) -> str:
        """Make all edits; a single value that is refused for its length does not keep the others from it.

        Returns which one that was, in a few words.
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

    def _prove(self, item: Any, plan: Plan, capabilities: Capabilities, spread: set[str]) -> None:
        """Read back what was written for the first time on this server, or was spread over several edits."""
        unproved = [name for name in (*plan.texts, *plan.tags) if capabilities.unproved(name)]
        suspects = [*dict.fromkeys((*unproved, *(name for name in plan.tags if name in spread)))]
        if not suspects:
            return
        shown = self._read_again(item)
        if shown is not None and not all(_shows(shown, plan, name) for name in suspects):
            self._sleep(SETTLING)
            shown = self._read_again(item)
        if shown is None:
            return
        lost = [name for name in suspects if name in spread and not _shows(shown, plan, name)]
        if lost and not capabilities.replaces_tags:
            capabilities.note_replaces_tags()
            self._edit(item, edit_arguments(plan, item, split_tags=False))
            shown = self._read_again(item) or shown
        for name in unproved:
            capabilities.seen(name, _shows(shown, plan, name))

    def _recall(self, scene_id: int, item: Any) -> ItemMemory:
        if self._record is None:
            return ItemMemory()
        known = self._record.memory(scene_id, self._server, str(item.ratingKey))
        return inherited(self._record.former_memory(scene_id, self._server), item) if known is None else known

    def _remember(self, scene_id: int, item: Any, memory: ItemMemory, seen: int = 0, *, durable: bool = False) -> None:
        if self._record is not None:
            key = str(item.ratingKey)
            self._record.remember(scene_id, self._server, key, memory, seen, durable=durable)


def _spread(edits: Sequence[Mapping[str, object]]) -> set[str]:
    """The lists of tags that were written in more than one edit."""
    parts = Counter(name for edit in edits for name in {key.partition("[")[0] for key in edit if "].tag.tag" in key})
    return {name for name, count in parts.items() if count > 1}


def _shows(item: Any, plan: Plan, name: str) -> bool:
    """Whether an item, read back, shows what a plan wrote to a field."""
    if name in plan.texts:
        return shows_text(item, name, plan.texts[name].write or "")
    shown = shown_tags(item, _LISTS[name])
    goal, gone = plan.tags[name].full or (), plan.tags[name].remove
    there = {tag_key(tag) for tag in shown}
    added = {name_key(tag) for tag in goal} <= {name_key(tag) for tag in shown}
    return added and not {tag_key(tag) for tag in gone} & there
