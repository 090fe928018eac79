"""What is taken back: only what Plex still shows as it was written; undoing twice is undoing nothing."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validation.names import tag_key
from worker.items.undo_decisions import Former, take_back, together
from worker.metadata.memory import ItemMemory, TagsMemory, TakenTag, TextMemory
from worker.metadata.shown import Shown, ShownTag
from worker.storage.journal_entries import (
    Cause,
    Direction,
    Entry,
    ItemChanges,
    PhotoChange,
    TagsChange,
    TextChange,
    WriteState,
    WrittenTag,
)

NOTHING = Former(ItemChanges())


def entry(changes: ItemChanges, state: WriteState = WriteState.CONFIRMED) -> Entry:
    return Entry(1, 1, 0.0, Cause.HOOK, 1, "server", "1", Direction.TO_PLEX, state, changes)


def text(before: str, after: str) -> ItemChanges:
    return ItemChanges("", {"title": TextChange(before, after)})


def genres(added: str = "", removed: str = "") -> ItemChanges:
    return ItemChanges("", tags={"genre": TagsChange(_tags(added), _tags(removed))})


def _tags(names: str) -> tuple[WrittenTag, ...]:
    return tuple(WrittenTag(name) for name in names)


def showing(title: str = "", tags: str = "") -> Shown:
    return Shown(texts={"title": title}, tags={"genre": tuple(ShownTag(name) for name in tags)})


@pytest.mark.parametrize(
    ("shown", "written", "stays"),
    [("B", "A", ()), ("A", None, ()), ("By hand", None, ("title",))],
    ids=["as it was written", "as it was before", "changed by a person"],
)
def test_a_text_is_taken_back_where_plex_shows_it_as_it_was_written(
    shown: str, written: str | None, stays: tuple[str, ...]
) -> None:
    back = take_back(text("A", "B"), showing(shown), ItemMemory(), NOTHING, 0.0)
    assert (back.texts["title"].write if "title" in back.texts else None) == written
    assert back.stays == stays
    assert not any(one.lock for one in back.texts.values())


def test_what_plex_made_of_a_value_counts_as_that() -> None:
    memory = ItemMemory(texts={"title": TextMemory(written="B", before="A", shown="b")})
    assert take_back(text("A", "B"), showing("b"), memory, NOTHING, 0.0).texts["title"].write == "A"


def test_what_stood_there_is_a_persons_unless_it_was_written_before() -> None:
    memory = ItemMemory(texts={"title": TextMemory(written="C", before="A")})
    ours = take_back(text("B", "C"), showing("C"), memory, Former(text("A", "B")), 0.0).memory.texts["title"]
    assert (ours.written, ours.before, ours.unseen and ours.unseen.gives_back) == ("B", "A", False)
    theirs = take_back(text("X", "C"), showing("C"), memory, Former(text("A", "B")), 0.0).memory.texts["title"]
    assert theirs.unseen is not None
    assert theirs.unseen.gives_back, "forgotten as soon as it is seen"


def test_a_list_loses_what_came_and_gets_back_what_went() -> None:
    memory = ItemMemory(tags={"genre": TagsMemory(ours=("A", "B"), taken=(TakenTag(name="X"),))})
    back = take_back(genres("B", "XO"), showing(tags="ABY"), memory, NOTHING, 0.0)
    decision = back.tags["genre"]
    assert decision.remove == ("B",)
    assert set(decision.full or ()) == {"A", "Y", "X", "O"}
    assert back.memory.tags["genre"].ours == ("A", "O"), "O was PlexSync's, X was somebody else's"
    assert back.stays == ()


def test_a_tag_that_a_person_took_away_is_named() -> None:
    back = take_back(genres("AB"), showing(tags="A"), ItemMemory(), NOTHING, 0.0)
    assert back.tags["genre"].remove == ("A",)
    assert back.stays == ("genre",)


def test_several_writes_are_taken_back_as_one() -> None:
    made = together([entry(text("A", "B")), entry(text("B", "X"), WriteState.NOT_MADE), entry(text("B", "C"))])
    assert made.texts["title"] == TextChange("A", "C")
    assert together([entry(genres("AB", "X")), entry(genres("X", "A"))]).tags["genre"] == TagsChange(_tags("B"), ())


names = st.sets(st.sampled_from("abcdefgh"))


@given(st.lists(names, min_size=2, max_size=6), st.integers(1, 2))
def test_undoing_any_writes_leads_to_the_list_before_them(states: list[set[str]], times: int) -> None:
    """``times``: a server that shows a write late gets it once more."""
    writes = [
        entry(genres("".join(sorted(then - now)), "".join(sorted(now - then))))
        for now, then in pairwise(states)
        for _ in range(times)
    ]
    changes: Any = together(writes)
    back = take_back(changes, showing(tags="".join(sorted(states[-1]))), ItemMemory(), NOTHING, 0.0)
    left = set(back.tags["genre"].full or ()) if "genre" in back.tags else states[-1]
    assert {tag_key(tag) for tag in left} == states[0]
    assert back.stays == ()


def _actors(now: dict[str, str], then: dict[str, str]) -> ItemChanges:
    """A write that leads from some actors, each with a photo, to others."""
    came = tuple(WrittenTag(name, "", then[name]) for name in then.keys() - now.keys())
    went = tuple(WrittenTag(name, "", now[name]) for name in now.keys() - then.keys())
    both = (name for name in now.keys() & then.keys() if now[name] != then[name])
    return ItemChanges("", tags={"actor": TagsChange(came, went, tuple(PhotoChange(n, now[n], then[n]) for n in both))})


@given(st.lists(st.dictionaries(st.sampled_from("ABC"), st.sampled_from("123")), min_size=2, max_size=5))
def test_undoing_any_writes_leads_to_the_photos_before_them(states: list[dict[str, str]]) -> None:
    changes = together([entry(_actors(now, then)) for now, then in pairwise(states)])
    shown = Shown(tags={"actor": tuple(ShownTag(name, "", photo) for name, photo in states[-1].items())})
    back = take_back(changes, shown, ItemMemory(), NOTHING, 0.0)
    decision = back.tags.get("actor")
    returned = {tag.name: tag.photo for tag in decision.returned} if decision else {}
    names_left = set(decision.full or ()) if decision else states[-1].keys()
    assert {name: {**states[-1], **returned, **back.photos}[name] for name in names_left} == states[0]
    assert (decision is None) == (states[0] == states[-1]), "nothing is written where nothing is to be"
