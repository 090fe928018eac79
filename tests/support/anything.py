"""Scenes and items of any content, for random tests, and what Plex shows of one in a form that can be compared."""

from __future__ import annotations

import unicodedata
from typing import Any

from hypothesis import strategies as st

from tests.doubles.plex.tagging import nocase
from tests.support.pairs import Pair

SETTINGS = {
    "sort_title_template": "[{code}]",
    "tagline_template": "[No. {code}][ of {date}]",
    "collection_groups": True,
    "collection_studio": True,
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
