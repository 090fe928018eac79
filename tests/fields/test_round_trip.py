"""For any scene and anything Plex held before: sync shows it, once is enough, and emptying gives everything back."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.doubles.plex.tagging import nocase
from tests.support.pairs import Pair, listed
from tests.support.workbench import Workbench, running_workbench
from worker.metadata.memory import ItemMemory

SETTINGS = {
    "sort_title_template": "[{code}]",
    "tagline_template": "[No. {code}][ of {date}]",
    "collection_groups": True,
    "collection_studio": True,
}
EMPTY: dict[str, Any] = {
    "title": "",
    "details": "",
    "code": "",
    "date": None,
    "rating100": None,
    "studio": None,
    "director": "",
    "performers": [],
    "tags": [],
    "groups": [],
}

#: Field of the edit -> key of the library file.
LISTS = {
    "genre": "genres",
    "label": "labels",
    "actor": "actors",
    "director": "directors",
    "collection": "collections",
}
LOCKABLE = [
    "title",
    "titleSort",
    "studio",
    "summary",
    "tagline",
    "originallyAvailableAt",
    "contentRating",
    *LISTS,
]

#: Few words, so that scenes and items share some; others differ only in case, or hold what a query is made of.
WORDS = [
    "Beach",
    "beach",
    "BEACH",
    "City",
    "Élan",
    "élan",
    "Ça va?",
    "Maße",
    "Masse",
    "a, b",
    "R&B",
    "100%",
    "C++",
    "C#",
    "“q”",
    "it's",
    "x=y",
    "夜",
    "🎬",
]
words = st.sampled_from(WORDS)
texts = st.one_of(
    words,
    st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=20).filter(str.strip),
)
dates = st.dates().map(str).filter(lambda date: date >= "1900")


def lists_of(names: st.SearchStrategy[str], most: int = 5, same: Any = str.lower) -> st.SearchStrategy[list[str]]:
    """Names that are different ones, as Stash compares them."""
    return st.lists(names, max_size=most, unique_by=lambda name: same(name.strip()))


scenes = st.fixed_dictionaries(
    {
        "title": st.one_of(st.just(""), texts),
        "details": st.one_of(st.just(""), texts, st.lists(texts, min_size=2, max_size=3).map("\n".join)),
        "code": st.one_of(st.just(""), st.from_regex(r"[A-Z]{2}-[0-9]{1,3}", fullmatch=True)),
        "date": st.one_of(st.none(), dates, dates.map(lambda date: date[:7]), dates.map(lambda date: date[:4])),
        "rating100": st.one_of(st.none(), st.integers(1, 100)),
        "studio": st.one_of(st.none(), texts),
        "director": lists_of(words.filter(lambda word: "," not in word), 3).map(", ".join),
        "performers": lists_of(texts),
        "tags": lists_of(texts),
        "groups": lists_of(words, 2),
    }
)
items = st.fixed_dictionaries(
    {
        **{key: lists_of(words, 4, same=nocase) for key in LISTS.values()},
        "locked": st.lists(st.sampled_from(LOCKABLE), unique=True),
    },
    optional={
        "title": words,
        "titleSort": words.map("sorted as {}".format),  # one that is the title is not to be seen in Plex
        "studio": words,
        "summary": words,
        "tagline": words,
        "originallyAvailableAt": dates,
        "contentRating": words,
        "userRating": st.integers(1, 100).map(lambda tenths: tenths / 10),
    },
)
additions = st.dictionaries(st.sampled_from(list(LISTS)), st.sampled_from(["Added", "Zusatz"]), max_size=3)


@pytest.fixture(scope="module", params=["append", "replace"])
def workbench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    with running_workbench(tmp_path_factory.mktemp("round-trip"), tags=request.param) as made:
        yield made


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(scene=scenes, item=items, added=additions, as_labels=st.booleans())
def test_a_scene_comes_and_goes_and_plex_is_as_before_but_for_what_others_added(
    workbench: Workbench, scene: dict[str, Any], item: dict[str, Any], added: dict[str, str], as_labels: bool
) -> None:
    workbench.use(**SETTINGS, tags_as_labels=as_labels)
    pair = workbench.pair(**with_year(item))
    before = state(pair)

    pair.in_stash(**scene)
    pair.sync()
    assert_shows(pair, scene, before, as_labels)
    assert pair.sync() == []

    for kind, tag in added.items():
        pair.by_hand(**listed(kind, [*pair.tags(kind), tag]))
    pair.in_stash(**EMPTY)
    pair.sync()
    assert state(pair) == with_added(before, added)
    assert pair.sync() == []
    assert pair.memory() == ItemMemory()


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(first=scenes, second=scenes, item=items)
def test_however_a_scene_changes_in_between_emptying_it_gives_back_what_was_first(
    workbench: Workbench, first: dict[str, Any], second: dict[str, Any], item: dict[str, Any]
) -> None:
    workbench.use(**SETTINGS)
    pair = workbench.pair(**with_year(item))
    before = state(pair)
    for scene in (first, second):
        pair.in_stash(**scene)
        pair.sync()
        assert_shows(pair, scene, before, as_labels=False)
        assert pair.sync() == []
    pair.in_stash(**EMPTY)
    pair.sync()
    assert state(pair) == before


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(scene=scenes, item=items)
def test_with_edits_kept_a_locked_field_stays_as_it_was(
    workbench: Workbench, scene: dict[str, Any], item: dict[str, Any]
) -> None:
    workbench.use(**SETTINGS, keep_plex_edits=True)
    pair = workbench.pair(**with_year(item))
    before = pair.shown()
    pair.in_stash(**scene)
    pair.sync()
    now = pair.shown()
    for name in item["locked"]:
        if name in LISTS:
            assert sorted(now["tags"].get(name, [])) == sorted(before["tags"].get(name, [])), name
        else:
            assert now.get(name) == before.get(name), name
    assert pair.sync() == []


def with_year(item: dict[str, Any]) -> dict[str, Any]:
    """An item of the library file; its year is that of its date, as in Plex."""
    date = item.get("originallyAvailableAt")
    return {**item, "year": int(date[:4])} if date else item


def form(tag: str) -> str:
    """A tag, comparable: composed, in small letters, with single spaces."""
    return unicodedata.normalize("NFC", " ".join(tag.split())).lower()


def state(pair: Pair) -> dict[str, Any]:
    """What Plex shows, comparable: lists as sets, ignoring case."""
    shown = pair.shown()
    lists = {kind: {form(tag) for tag in shown["tags"].get(kind, [])} for kind in LISTS}
    skipped = ("tags", "roles", "media")
    return {**{name: value for name, value in shown.items() if name not in skipped}, **lists}


def with_added(before: dict[str, Any], added: dict[str, str]) -> dict[str, Any]:
    return {**before, **{kind: before[kind] | {form(tag)} for kind, tag in added.items()}}


def assert_shows(pair: Pair, scene: dict[str, Any], before: dict[str, Any], as_labels: bool) -> None:
    """All that the scene says is there, and what it does not say is as it was before."""
    now = state(pair)
    number, date = scene["code"], scene["date"]
    wanted = {
        "title": scene["title"].strip(),
        "summary": "\n".join(line for line in scene["details"].split("\n")).strip(),
        "studio": (scene["studio"] or "").strip(),
        "titleSort": number,
        "tagline": ((f"No. {number}" if number else "") + (f" of {date}" if date else "")).strip(),
        "originallyAvailableAt": f"{date}-01-01"[:10] if date and len(date) != 7 else f"{date}-01" if date else "",
    }
    for name, value in wanted.items():
        assert now.get(name) == (value or before.get(name)), name
        if value and value != before.get(name):
            assert name in now["locked"]
    stars = scene["rating100"]
    if stars:
        assert abs(now["userRating"] - stars / 10) <= 0.4  # the nearest half star's half, and never none
        assert (now["userRating"] * 2).is_integer()
    else:
        assert now["userRating"] == before["userRating"]
    ours = {
        "label" if as_labels else "genre": scene["tags"],
        "actor": scene["performers"],
        "director": [name for name in scene["director"].split(", ") if name],
        "collection": [*scene["groups"], *([scene["studio"]] if scene["studio"] else [])],
    }
    for kind in LISTS:
        mine = {form(tag) for tag in ours.get(kind, [])}
        assert now[kind] == mine | before[kind], kind


def test_fifty_scenes_at_once_come_and_go_as_each_alone(workbench: Workbench) -> None:
    workbench.use(**SETTINGS)
    pairs = [workbench.pair(genres=["Theirs"], title=f"Old {number}") for number in range(50)]
    before = [state(pair) for pair in pairs]
    for number, pair in enumerate(pairs):
        pair.in_stash(title=f"New {number}", tags=["Beach", f"Tag {number}"], performers=["Ada"], rating100=number + 1)
    workbench.sync(*(pair.scene for pair in pairs))
    assert workbench.tally == {"updated": 50}
    workbench.sync(*(pair.scene for pair in pairs))
    assert workbench.tally == {"unchanged": 50}
    assert workbench.plex.counts()["writes"] == 0
    for pair in pairs:
        pair.in_stash(**EMPTY)
    workbench.sync(*(pair.scene for pair in pairs))
    assert workbench.plex.counts() == {"writes": 100, "details": 2, "edit": 50, "rate": 50}
    assert [state(pair) for pair in pairs] == before
