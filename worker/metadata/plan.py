"""From what is wanted and what an item shows to what has to be written: one plan for one item. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from validation.names import tag_key
from worker.metadata.decisions import Policy, TagsDecision, TextDecision, decide_text
from worker.metadata.labels import label
from worker.metadata.memory import ItemMemory, RefusedValue, TagsMemory, TextMemory
from worker.metadata.shown import Shown
from worker.metadata.sort_titles import SORT_TITLE, begun, unmade, with_sort_title_kept
from worker.metadata.tag_lists import decide_tags
from worker.metadata.wanted import Wanted

_Value = TypeVar("_Value")
_Memory = TypeVar("_Memory", TextMemory, TagsMemory)

#: The one field that is no part of an edit: it belongs to the account and has a request of its own.
RATING = "userRating"


@dataclass(frozen=True)
class Plan:
    """What to write to one item.

    ``memory``: what to remember of it from the moment before it is written. ``texts``: by name, the fields to write,
    the rating among them. ``tags``: by name, the lists to write. ``photos``: addresses of actors' photos that are new,
    by actor. ``kept``: labels of the fields that are left as a person edited them in Plex. ``not_shown``: labels of
    those that Plex does not show as written, and that are left at that for a while. ``unshown``: by name, since when
    fields were not shown that should have been by now. ``arrived``: fields of which a write is seen only now.
    ``refused``: labels of the fields whose values Plex does not take, and why.
    """

    memory: ItemMemory
    texts: dict[str, TextDecision] = field(default_factory=dict)
    tags: dict[str, TagsDecision] = field(default_factory=dict)
    photos: dict[str, str] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    not_shown: tuple[str, ...] = ()
    unshown: dict[str, float] = field(default_factory=dict)
    arrived: tuple[str, ...] = ()
    refused: dict[str, str] = field(default_factory=dict)

    @property
    def writes(self) -> bool:
        """Whether anything is to be written."""
        return bool(self.texts or self.tags)

    @property
    def labels(self) -> tuple[str, ...]:
        """What is written, as a log line calls it."""
        return tuple(map(label, (*self.texts, *self.tags)))

    @property
    def lists(self) -> dict[str, tuple[str, ...]]:
        """By name, what the lists that are written shall hold."""
        return {name: one.full or () for name, one in self.tags.items()}

    def without(self, fields: set[str], before: ItemMemory) -> Plan:
        """The same plan without writing some fields, that Plex does not show, of which is remembered what was
        ``before``."""
        left = [name for name in (*self.texts, *self.tags) if name in fields]
        return replace(self.leaving(left, before), not_shown=(*self.not_shown, *map(label, left)))

    def without_refused(self, before: ItemMemory, asked_at: float) -> Plan:
        """The same plan without the values that Plex does not take, until somebody asks for them again."""
        known = {name: one for name, one in self.memory.refused.items() if one.final and one.at >= asked_at}
        return replace(
            self.leaving(list(known), before), refused={label(name): one.fault for name, one in known.items()}
        )

    def refusing(self, name: str, refused: RefusedValue, before: ItemMemory) -> ItemMemory:
        """What to remember when Plex did not take a field."""
        left = self.leaving([name], before).memory
        return replace(left, refused={**left.refused, name: refused})

    def leaving(self, left: list[str], before: ItemMemory) -> Plan:
        """The same plan without writing some fields, of which is remembered what was ``before``."""
        if not left:
            return self
        memory = replace(
            self.memory,
            texts=_restored(self.memory.texts, before.texts, left),
            tags=_restored(self.memory.tags, before.tags, left),
        )
        return replace(
            self,
            memory=memory,
            texts=_except(self.texts, set(left)),
            tags=_except(self.tags, set(left)),
            photos={} if "actor" in left else self.photos,
        )

    def with_photos(self) -> ItemMemory:
        """What to remember once the photos of actors are written, too."""
        known = self.memory.tags.get("actor")
        if not self.photos or known is None:
            return self.memory
        photos = {**known.photos, **{tag_key(name): url for name, url in self.photos.items()}}
        tags = {**self.memory.tags, "actor": replace(known, photos=photos)}
        return replace(self.memory, tags=tags)


def make_plan(shown: Shown, wanted: Wanted, memory: ItemMemory, policy: Policy) -> Plan:
    """Compare what an item shows with what is wanted."""
    texts: dict[str, TextDecision] = {}
    for name, value in wanted.texts.items():
        value = None if name in shown.untold else value
        known = memory.texts.get(name)
        present = _present_text(shown, name, value, wanted, known)
        own = policy
        if name in wanted.over_edits:
            own = replace(policy, keep_edits=False)
            if not value and (known is None or known.unseen is None):  # what stands there counts as PlexSync's
                known = TextMemory(written=present, locked=name in shown.locks)
        texts[name] = decide_text(value, present, name in shown.locks, known, own)
    texts[SORT_TITLE] = _sort_title(texts, shown, wanted, memory, policy.now)
    tags = {
        name: decide_tags(value, shown.tags.get(name, ()), name in shown.locks, memory.tags.get(name), policy)
        for name, value in wanted.tags.items()
    }
    photos = _new_photos(wanted.photos, tags["actor"])
    if photos and tags["actor"].full is None:
        tags["actor"] = replace(tags["actor"], full=tuple(shown.tag_names("actor")))
    decided: dict[str, TextDecision | TagsDecision] = {**texts, **tags}
    return Plan(
        memory=ItemMemory(
            texts=_present({name: one.memory for name, one in texts.items()}),
            tags=_present({name: one.memory for name, one in tags.items()}),
            pictures=memory.pictures,
            rating=memory.rating,
            refused={name: one for name, one in memory.refused.items() if texts[name].write == one.value},
        ),
        texts={name: one for name, one in texts.items() if one.write is not None},
        tags={name: one for name, one in tags.items() if one.full is not None},
        photos=photos,
        kept=tuple(label(name) for name, one in decided.items() if one.kept),
        not_shown=tuple(label(name) for name, one in decided.items() if one.given_up),
        unshown={name: one.unshown_since for name, one in decided.items() if one.unshown_since is not None},
        arrived=tuple(name for name, one in decided.items() if one.arrived),
    )


def _sort_title(
    texts: Mapping[str, TextDecision], shown: Shown, wanted: Wanted, memory: ItemMemory, now: float
) -> TextDecision:
    decision, known = texts[SORT_TITLE], memory.texts.get(SORT_TITLE)
    if not wanted.texts[SORT_TITLE]:
        decision = with_sort_title_kept(decision, texts["title"], shown, known)
    elif known is None:
        decision = begun(decision, shown)
    return unmade(decision, texts["title"], shown, now)


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
    return {key: url for key, url in photos.items() if key in ours and known.get(key) != url}


def _restored(found: Mapping[str, _Memory], before: Mapping[str, _Memory], names: list[str]) -> dict[str, _Memory]:
    """What is remembered, of some fields as it was before."""
    return {**_except(found, set(names)), **{name: before[name] for name in names if name in before}}


def _except(found: Mapping[str, _Value], names: set[str]) -> dict[str, _Value]:
    return {name: one for name, one in found.items() if name not in names}


def _present(memories: Mapping[str, _Memory | None]) -> dict[str, _Memory]:
    return {name: one for name, one in memories.items() if one is not None}
