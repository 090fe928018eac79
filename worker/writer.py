"""Carrying out a plan on one item: remember, write, read the first of each kind back, remember again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from plex.decisions import Policy, tag_key
from plex.edits import edit_arguments
from plex.plan import RATING, Plan, make_plan, shown_locks, shown_tags, shown_text
from plex.wanted import TAG_FIELDS, Wanted
from stash.pictures import NoPicture, Picture
from validation.memory import ItemMemory, PictureMemory
from worker.capabilities import Capabilities
from worker.record import Record

_LISTS = {one.name: one.attribute for one in TAG_FIELDS}

#: Where a picture is uploaded to, and the field whose lock keeps it there.
_SHELVES = {"poster": ("posters", "thumb"), "art": ("arts", "art")}

#: Gives a scene's cover, or None when it still has the mark it is asked with.
FetchCover = Callable[[str], Picture | NoPicture | None]


@dataclass(frozen=True)
class Written:
    """What was done to an item: labels of what was written, and of what was kept as edited in Plex."""

    labels: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    left_collections: tuple[str, ...] = ()


class ItemWriter:
    """Writes to the items of one server. Without a record nothing is remembered, removed or read back."""

    def __init__(
        self, policy: Policy, record: Record | None, server: str, read_again: Callable[[Any], Any] = lambda _: None
    ) -> None:
        self._policy = policy
        self._record = record
        self._server = server
        self._read_again = read_again
        self._capabilities = Capabilities(record, server) if record else None

    def write(self, item: Any, scene_id: int, wanted: Wanted, fetch_cover: FetchCover | None = None) -> Written:
        """Make an item show what is wanted, with as few writes as that takes.

        Raises the errors of plex/exceptions.py; what was remembered then says that it may have been written.
        """
        before = self._recall(scene_id, item)
        plan = make_plan(item, wanted, before, self._policy)
        if self._capabilities:
            plan = plan.without(self._capabilities.not_taken())
        pictures, kept = self._new_pictures(item, wanted, before, fetch_cover)
        if plan.writes or pictures:
            self._remember(scene_id, item, plan.memory_before(before))
            self._carry_out(item, plan, pictures)
        marks = {name: PictureMemory(etag=one.etag, sha256=_hash(one)) for name, one in pictures.items()}
        after = plan.memory.model_copy(update={"pictures": {**before.pictures, **marks}})
        if after != before:
            self._remember(scene_id, item, after)
        left = plan.tags["collection"].remove if "collection" in plan.tags else ()
        return Written((*plan.labels, *pictures), (*plan.kept, *kept), left)

    def _carry_out(self, item: Any, plan: Plan, pictures: dict[str, Picture]) -> None:
        locks = {f"{_SHELVES[name][1]}.locked": 1 for name in pictures if _SHELVES[name][1] not in shown_locks(item)}
        replaces = self._capabilities is not None and self._capabilities.replaces_tags
        edits = edit_arguments(plan, item, split_tags=not replaces)
        if locks:
            edits = [{**(edits[0] if edits else {}), **locks}, *edits[1:]]
        for arguments in edits:
            item.edit(**arguments)
        if RATING in plan.texts:
            value = plan.texts[RATING].write
            item.rate(float(value) if value else None)
        for name, picture in pictures.items():
            item.upload(_SHELVES[name][0], picture.content)
        if self._capabilities:
            self._prove(item, plan, self._capabilities, spread=len(edits) > 1)

    def _prove(self, item: Any, plan: Plan, capabilities: Capabilities, spread: bool) -> None:
        """Read back what was written for the first time on this server, or was spread over several edits."""
        fields = [name for name in (*plan.texts, *plan.tags) if capabilities.unproved(name)]
        if not fields and not (spread and plan.tags):
            return
        shown = self._read_again(item)
        if shown is None:
            return
        if spread and not capabilities.replaces_tags and any(not _shows_tags(shown, plan, name) for name in plan.tags):
            capabilities.note_replaces_tags()
            for arguments in edit_arguments(plan, item, split_tags=False):
                item.edit(**arguments)
            shown = self._read_again(item) or shown
        for name in fields:
            capabilities.seen(name, _shows_tags(shown, plan, name) if name in plan.tags else _shows(shown, plan, name))

    def _new_pictures(
        self, item: Any, wanted: Wanted, memory: ItemMemory, fetch_cover: FetchCover | None
    ) -> tuple[dict[str, Picture], tuple[str, ...]]:
        """Pictures whose bytes differ from what was uploaded last, and those kept as chosen in Plex."""
        places = [name for name in wanted.pictures if fetch_cover]
        kept = [name for name in places if self._is_users(item, name, memory)]
        places = [name for name in places if name not in kept]
        if not places or fetch_cover is None:
            return {}, tuple(kept)
        marks = {memory.pictures[name].etag if name in memory.pictures else "" for name in places}
        cover = fetch_cover(marks.pop() if len(marks) == 1 else "")
        if not isinstance(cover, Picture):
            return {}, tuple(kept)
        known = {name: one.sha256 for name, one in memory.pictures.items()}
        return {name: cover for name in places if known.get(name) != _hash(cover)}, tuple(kept)

    def _is_users(self, item: Any, name: str, memory: ItemMemory) -> bool:
        locked = _SHELVES[name][1] in shown_locks(item)
        return self._policy.keep_edits and locked and name not in memory.pictures and not memory.pending

    def _recall(self, scene_id: int, item: Any) -> ItemMemory:
        return self._record.memory(scene_id, self._server, str(item.ratingKey)) if self._record else ItemMemory()

    def _remember(self, scene_id: int, item: Any, memory: ItemMemory) -> None:
        if self._record is not None:
            self._record.remember(scene_id, self._server, str(item.ratingKey), memory)


def _hash(picture: Picture) -> str:
    return hashlib.sha256(picture.content).hexdigest()


def _shows(item: Any, plan: Plan, name: str) -> bool:
    return shown_text(item, name) == plan.texts[name].write


def _shows_tags(item: Any, plan: Plan, name: str) -> bool:
    there = {tag_key(tag) for tag in shown_tags(item, _LISTS[name])}
    goal, gone = plan.tags[name].full or (), plan.tags[name].remove
    return {tag_key(tag) for tag in goal} <= there and not {tag_key(tag) for tag in gone} & there
