"""From what is wanted and what an item shows to what has to be written: one plan for one item. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, TypeVar

from validation.names import tag_key
from worker.metadata.decisions import Policy, TagsDecision, TextDecision, decide_tags, decide_text
from worker.metadata.memory import ItemMemory, TagsMemory, TextMemory
from worker.metadata.wanted import TAG_FIELDS, TEXT_FIELDS, Wanted, rating_text

_Any = TypeVar("_Any")
_Memory = TypeVar("_Memory", TextMemory, TagsMemory)

#: The one field that is no part of an edit: it belongs to the account and has a request of its own.
RATING = "userRating"

#: What Plex leaves out at the beginning when it sorts.
_ARTICLE = re.compile(r"^(the|a|an)\s+", re.IGNORECASE)

_LABELS = {one.name: one.label for one in (*TEXT_FIELDS, *TAG_FIELDS)}


@dataclass(frozen=True)
class Plan:
    """What to write to an item. ``memory`` is what to remember once it is done.

    ``texts``: fields to write, the rating among them. ``tags``: lists to write, with the photos of actors that
    are new or changed. ``kept``: fields left as a person edited them in Plex.
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
        """What is written, in our words."""
        return tuple(_LABELS[name] for name in (*self.texts, *self.tags))

    def without(self, fields: set[str]) -> Plan:
        """The same plan without fields this server does not take, and with nothing remembered of them."""
        memory = self.memory.model_copy(
            update={"texts": _except(self.memory.texts, fields), "tags": _except(self.memory.tags, fields)}
        )
        return replace(self, memory=memory, texts=_except(self.texts, fields), tags=_except(self.tags, fields))

    def memory_before(self, memory: ItemMemory) -> ItemMemory:
        """What to remember while the plan is carried out, in place of ``memory``: whatever may be ours by then."""
        tags = dict(self.memory.tags)
        for name, old in memory.tags.items():
            new = tags.get(name, old)
            tags[name] = new.model_copy(update={"ours": tuple(dict.fromkeys((*old.ours, *new.ours)))})
        return ItemMemory(
            texts={**memory.texts, **self.memory.texts}, tags=tags, pictures=memory.pictures, pending=True
        )


def make_plan(item: Any, wanted: Wanted, memory: ItemMemory, policy: Policy) -> Plan:
    """Compare an item (a PlexItem, or plexapi's Movie) with what is wanted."""
    policy = replace(policy, pending=memory.pending)
    locks = shown_locks(item)
    texts: dict[str, TextDecision] = {}
    for name, value in wanted.texts.items():
        known = memory.texts.get(name)
        shown = _shown_beside(item, name, value, wanted, known)
        texts[name] = decide_text(value, shown, name in locks, known, policy)
    tags = {
        one.name: decide_tags(
            wanted.tags[one.name], shown_tags(item, one.attribute), one.name in locks, memory.tags.get(one.name), policy
        )
        for one in TAG_FIELDS
    }
    photos = _new_photos(wanted.photos, tags["actor"])
    if photos:
        tags["actor"] = _with_photos(item, tags["actor"], photos)
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


def _shown_beside(item: Any, name: str, value: str | None, wanted: Wanted, memory: TextMemory | None) -> str:
    """What an item shows in a field: the wanted or written value, where Plex shows it by showing nothing."""
    if value and shows_text(item, name, value, wanted.texts["title"] or ""):
        return value
    if memory is not None and shows_text(item, name, memory.written):
        return memory.written
    return shown_text(item, name)


def shows_text(item: Any, name: str, value: str, title: str = "") -> bool:
    """Whether an item shows a value in a field; ``title`` is the title it is about to get.

    Plex shows no sort title where it is the title, or what Plex makes of it without its article.
    """
    shown = shown_text(item, name)
    titles = [one for one in (title, shown_text(item, "title")) if one][:1]
    natural = {*titles, *(_ARTICLE.sub("", one) for one in titles)}
    return shown == value or (name == "titleSort" and not shown and value in natural)


def shown_text(item: Any, name: str) -> str:
    """What an item shows in a field, as text; plexapi turns dates and ratings into objects."""
    value = getattr(item, name, "")
    if isinstance(value, date):
        return value.strftime("%Y-%m-%d")
    if isinstance(value, float):
        return rating_text(value)
    return value if isinstance(value, str) else ""


def shown_tags(item: Any, attribute: str) -> list[str]:
    """The tags of a list of an item, in its order."""
    try:
        return [str(one.tag) for one in getattr(item, attribute, ())]
    except TypeError:
        return []


def shown_locks(item: Any) -> set[str]:
    """The fields that are locked."""
    try:
        return {str(one.name) for one in getattr(item, "fields", ()) if one.locked}
    except TypeError:
        return set()


def _new_photos(photos: Mapping[str, str], decision: TagsDecision) -> dict[str, str]:
    """Photos that were not written yet, for actors that PlexSync may write."""
    known = decision.memory.photos if decision.memory else {}
    ours = {tag_key(name) for name in (decision.memory.ours if decision.memory else ())}
    return {name: url for name, url in photos.items() if tag_key(name) in ours and known.get(tag_key(name)) != url}


def _with_photos(item: Any, decision: TagsDecision, photos: Mapping[str, str]) -> TagsDecision:
    """The decision for actors when photos change: the whole list is written, with them remembered."""
    assert decision.memory is not None
    known = {**decision.memory.photos, **{tag_key(name): url for name, url in photos.items()}}
    full = tuple(shown_tags(item, "roles")) if decision.full is None else decision.full
    return replace(decision, full=full, memory=decision.memory.model_copy(update={"photos": known}))


def _except(found: Mapping[str, _Any], names: set[str]) -> dict[str, _Any]:
    return {name: one for name, one in found.items() if name not in names}


def _present(memories: Mapping[str, _Memory | None]) -> dict[str, _Memory]:
    return {name: one for name, one in memories.items() if one is not None}
