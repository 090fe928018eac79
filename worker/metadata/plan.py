"""From what is wanted and what an item shows to what has to be written: one plan for one item. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from validation.names import name_key, tag_key
from worker.metadata.decisions import Policy, TagsDecision, TextDecision, decide_tags, decide_text
from worker.metadata.memory import ItemMemory, TagsMemory, TextMemory
from worker.metadata.shown import Shown
from worker.metadata.wanted import TAG_FIELDS, TEXT_FIELDS, Wanted

_Value = TypeVar("_Value")
_Memory = TypeVar("_Memory", TextMemory, TagsMemory)

#: The one field that is no part of an edit: it belongs to the account and has a request of its own.
RATING = "userRating"

_LABELS = {one.name: one.label for one in (*TEXT_FIELDS, *TAG_FIELDS)}


@dataclass(frozen=True)
class Plan:
    """What to write to one item.

    ``memory``: what to remember once it is written. ``texts``: by name, the fields to write, the rating among them.
    ``tags``: by name, the lists to write. ``photos``: addresses of actors' photos that are new, by actor. ``kept``:
    labels of the fields that are left as a person edited them in Plex.
    """

    memory: ItemMemory
    texts: dict[str, TextDecision] = field(default_factory=dict)
    tags: dict[str, TagsDecision] = field(default_factory=dict)
    photos: dict[str, str] = field(default_factory=dict)
    kept: tuple[str, ...] = ()

    @property
    def writes(self) -> bool:
        """Whether anything is to be written."""
        return bool(self.texts or self.tags)

    @property
    def labels(self) -> tuple[str, ...]:
        """What is written, as a log line calls it."""
        return tuple(_LABELS[name] for name in (*self.texts, *self.tags))

    def without(self, fields: set[str]) -> Plan:
        """The same plan without some fields, and with nothing remembered of them."""
        memory = self.memory.model_copy(
            update={"texts": _except(self.memory.texts, fields), "tags": _except(self.memory.tags, fields)}
        )
        return replace(self, memory=memory, texts=_except(self.texts, fields), tags=_except(self.tags, fields))

    def memory_before(self, memory: ItemMemory) -> ItemMemory:
        """What to remember while the plan is carried out, in place of ``memory``: all that PlexSync may have written
        once the work stops half-way."""
        tags = dict(self.memory.tags)
        for name, old in memory.tags.items():
            new = tags.get(name, old)
            tags[name] = new.model_copy(update={"ours": tuple(dict.fromkeys((*old.ours, *new.ours)))})
        return ItemMemory(
            texts={**memory.texts, **self.memory.texts}, tags=tags, pictures=memory.pictures, pending=True
        )

    def is_shown(self, name: str, shown: Shown) -> bool:
        """Whether an item, read back, shows what the plan wrote to a field."""
        if name in self.texts:
            return shown.shows(name, self.texts[name].write or "")
        tags, decision = shown.tag_names(name), self.tags[name]
        added = {name_key(tag) for tag in decision.full or ()} <= {name_key(tag) for tag in tags}
        return added and not {tag_key(tag) for tag in decision.remove} & {tag_key(tag) for tag in tags}


def make_plan(shown: Shown, wanted: Wanted, memory: ItemMemory, policy: Policy) -> Plan:
    """Compare what an item shows with what is wanted."""
    policy = replace(policy, pending=memory.pending)
    texts: dict[str, TextDecision] = {}
    for name, value in wanted.texts.items():
        known = memory.texts.get(name)
        present = _present_text(shown, name, value, wanted, known)
        texts[name] = decide_text(value, present, name in shown.locks, known, policy)
    tags = {
        name: decide_tags(value, shown.tag_names(name), name in shown.locks, memory.tags.get(name), policy)
        for name, value in wanted.tags.items()
    }
    photos = _new_photos(wanted.photos, tags["actor"])
    if photos:
        tags["actor"] = _with_photos(shown, tags["actor"], photos)
    return Plan(
        memory=ItemMemory(
            texts=_present({name: one.memory for name, one in texts.items()}),
            tags=_present({name: one.memory for name, one in tags.items()}),
            pictures=memory.pictures,
        ),
        texts={name: one for name, one in texts.items() if one.write is not None},
        tags={name: one for name, one in tags.items() if one.full is not None},
        photos=photos,
        kept=tuple(_LABELS[name] for name in (*texts, *tags) if (texts.get(name) or tags[name]).kept),
    )


def _present_text(shown: Shown, name: str, value: str | None, wanted: Wanted, memory: TextMemory | None) -> str:
    """What an item shows in a field: the wanted or written value, where Plex shows it by showing nothing."""
    if value and shown.shows(name, value, wanted.texts["title"] or ""):
        return value
    if memory is not None and shown.shows(name, memory.written):
        return memory.written
    return shown.text(name)


def _new_photos(photos: Mapping[str, str], decision: TagsDecision) -> dict[str, str]:
    """Photos that were not written yet, for actors that PlexSync may write."""
    known = decision.memory.photos if decision.memory else {}
    ours = {tag_key(name) for name in (decision.memory.ours if decision.memory else ())}
    return {name: url for name, url in photos.items() if tag_key(name) in ours and known.get(tag_key(name)) != url}


def _with_photos(shown: Shown, decision: TagsDecision, photos: Mapping[str, str]) -> TagsDecision:
    """The decision for actors when photos change: the whole list is written, with them remembered."""
    memory = decision.memory or TagsMemory()
    known = {**memory.photos, **{tag_key(name): url for name, url in photos.items()}}
    full = tuple(shown.tag_names("actor")) if decision.full is None else decision.full
    return replace(decision, full=full, memory=memory.model_copy(update={"photos": known}))


def _except(found: Mapping[str, _Value], names: set[str]) -> dict[str, _Value]:
    return {name: one for name, one in found.items() if name not in names}


def _present(memories: Mapping[str, _Memory | None]) -> dict[str, _Memory]:
    return {name: one for name, one in memories.items() if one is not None}
