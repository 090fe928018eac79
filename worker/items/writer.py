"""Carrying out a plan on one item: note what it shows and what is about to be written, write, and have it read back."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from plex.exceptions import PlexPermanentError, PlexTooLong
from plex.protocols import EditableItem
from worker.items.artwork import Covers, FetchCover, new_covers
from worker.items.capabilities import Capabilities
from worker.items.hanging import hang, take_down
from worker.items.item_server import ItemServer
from worker.items.readback import ReadBack, last_parts
from worker.items.recall import recall
from worker.items.target import Target
from worker.metadata.aftermath import Wrote
from worker.metadata.decisions import Policy
from worker.metadata.edits import Arguments, edit_arguments
from worker.metadata.item_files import files_of
from worker.metadata.memory import ItemMemory
from worker.metadata.plan import RATING, Plan, make_plan
from worker.metadata.shown import Shown
from worker.metadata.wanted import Wanted, nothing_wanted
from worker.storage.record import Record

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Written:
    """What was done to an item: labels of what was written, of what was kept as edited in Plex, and of what Plex does
    not show as it was written; why it does not take its cover, for each place."""

    labels: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    not_shown: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


@dataclass
class _Progress:
    """How far the requests about one item have come. ``left``: edits that were not answered well."""

    left: list[Arguments]
    answered: set[str] = field(default_factory=set)

    def edited(self, edit: Arguments) -> None:
        """An edit was answered."""
        self.left = [one for one in self.left if one is not edit]
        self.answered |= _fields(edit)

    @property
    def fields(self) -> frozenset[str]:
        """The fields all of whose requests were answered."""
        return frozenset(self.answered - {name for edit in self.left for name in _fields(edit)})


class ItemWriter:
    """Writes to the items of one server, and remembers what it wrote; ``read_back`` looks at it later."""

    def __init__(self, policy: Policy, record: Record, server: ItemServer, read_back: ReadBack) -> None:
        self._policy = policy
        self._record = record
        self._server = server
        self._read_back = read_back
        self._capabilities = Capabilities(record, server.machine)

    def write(self, target: Target, scene_id: int, wanted: Wanted, fetch_cover: FetchCover) -> Written:
        """Make an item show what is wanted, with as few writes as that takes.

        Raises the errors of plex/exceptions.py; what was written by then is remembered, and the rest stays open.
        """
        shown = target.shown
        before = self._recall(scene_id, shown)
        plan = self._plan(shown, wanted, before)
        covers = new_covers(target, wanted.pictures, before, fetch_cover, self._policy)
        if plan.writes or covers.writes:
            # What Plex shows now is about to go, and can be read only once.
            self._remember(scene_id, shown, _with_pictures(plan.memory, covers), durable=True)
            self._carry_out(target, scene_id, plan, covers)
        else:
            self._remember(scene_id, shown, _with_pictures(plan.with_photos(), covers), shown.updated_at or None)
        for place, fault in covers.news.items():
            log.warning("Scene %d goes without its cover as %s until that changes: %s.", scene_id, place, fault)
        if covers.trouble:
            raise covers.trouble
        refused = tuple(f"{place}: {fault}" for place, fault in covers.refused.items())
        return Written((*plan.labels, *covers.hung), (*plan.kept, *covers.kept), plan.not_shown, refused)

    def give_back(self, target: Target, scene_id: int) -> Written:
        """Make an item show what it did before the first write, but for what others changed since.

        Raises as ``write``.
        """
        written = self.write(target, scene_id, nothing_wanted(), lambda _: None)
        known = self._recall(scene_id, target.shown)
        places = take_down(target, known, self._policy.now)
        self._remember(scene_id, target.shown, known.model_copy(update={"pictures": {}}))
        return Written((*written.labels, *places), written.kept)

    def _plan(self, shown: Shown, wanted: Wanted, before: ItemMemory) -> Plan:
        """What to write, but for what this server was seen not to take."""
        plan = make_plan(shown, wanted, before, self._policy)
        for name in plan.arrived:
            self._capabilities.worked(name)
        for name, since in plan.unshown.items():
            self._capabilities.missed(name, since)
        return plan.without(self._capabilities.not_taken(), before)

    def _carry_out(self, target: Target, scene_id: int, plan: Plan, covers: Covers) -> None:
        edits = edit_arguments(plan, target.shown, split_tags=not self._capabilities.replaces_tags)
        locks = covers.locks(target.shown)
        if locks:
            edits = [{**(edits[0] if edits else {}), **locks}, *edits[1:]]
        progress = _Progress(edits)
        try:
            self._send(target, plan, covers, progress)
        finally:
            memory = plan.with_photos() if "actor" in progress.fields else plan.memory
            self._remember(scene_id, target.shown, _with_pictures(memory, covers))
            parts = {} if self._capabilities.replaces_tags else last_parts(edits)
            wrote = Wrote(target.shown, progress.fields, plan.tags, parts)
            self._read_back.expect(self._server.machine, target, plan, wrote)

    def _send(self, target: Target, plan: Plan, covers: Covers, progress: _Progress) -> None:
        too_long = self._edit(target.item, progress)
        if RATING in plan.texts:
            value = plan.texts[RATING].write
            target.item.rate(float(value) if value else None)
            progress.answered.add(RATING)
        hang(covers, target, self._policy.now)
        if too_long:
            raise PlexPermanentError(f"{too_long}; everything else was written")

    def _edit(self, item: EditableItem, progress: _Progress) -> str:
        """Make all edits, also those after a single value that is refused for its length.

        Returns which value that was, in a few words; empty when none was.
        """
        too_long = ""
        for arguments in progress.left:
            try:
                item.edit(**arguments)
                progress.edited(arguments)
            except PlexTooLong:
                values = [(key, str(value)) for key, value in arguments.items() if key.endswith(".value")]
                if len(values) != 1:
                    raise
                ((key, value),) = values
                name = key.removesuffix(".value")
                too_long = f"the {name} of {len(value):,} characters is too long for the way to Plex (HTTP 414)"
        return too_long

    def _recall(self, scene_id: int, shown: Shown) -> ItemMemory:
        return recall(self._record, self._server.machine, shown, scene_id)

    def _remember(
        self, scene_id: int, shown: Shown, memory: ItemMemory, seen: int | None = None, *, durable: bool = False
    ) -> None:
        key, files = shown.rating_key, files_of(shown)
        self._record.remember(scene_id, self._server.machine, key, memory, seen, files=files, durable=durable)


def _fields(edit: Arguments) -> set[str]:
    """The fields and lists of tags in an edit."""
    return {key.partition("[")[0].partition(".")[0] for key in edit}


def _with_pictures(memory: ItemMemory, covers: Covers) -> ItemMemory:
    return memory.model_copy(update={"pictures": {**memory.pictures, **covers.memories}})
