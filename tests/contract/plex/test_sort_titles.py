"""The sort title: made of the title until somebody locks another one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.plex.conftest import Connect, Start
from tests.doubles.plex import PlexDouble


@pytest.mark.parametrize(
    ("title", "sort_title"),
    [
        ("The Second", "Second"),
        ("La Première", "Premiere"),
        ("Äpfel", "Apfel"),
        ("#Hash", " Hash"),
        ("Theory", "Theory"),
        ("The", "The"),
        ("Le Chat", "Le Chat"),
    ],
)
def test_it_is_made_of_the_title(server: Any, title: str, sort_title: str) -> None:
    item = server.fetchItem(2).editTitle(title).reload()
    assert (item.title, item.titleSort) == (title, sort_title)


def test_it_decides_the_order(server: Any) -> None:
    server.fetchItem(2).editTitle("The Alpha")
    server.fetchItem(3).editTitle("Ångström")
    section = server.library.section("Movies")
    assert [item.ratingKey for item in section.all()] == [2, 3, 1]


def test_a_title_makes_an_unlocked_one_anew(server: Any) -> None:
    item = server.fetchItem(2)
    item.editSortTitle("Zzz", locked=False)
    assert item.reload().titleSort == "Zzz"
    item.editTitle("An Elephant")
    assert item.reload().titleSort == "Elephant"


def test_a_locked_one_stays(server: Any) -> None:
    item = server.fetchItem(2).editSortTitle("Zzz").editTitle("An Elephant").reload()
    assert item.titleSort == "Zzz"
    item.batchEdits().editTitle("Other").editSortTitle("Yyy").saveEdits()
    assert item.reload().titleSort == "Yyy"


def test_one_from_the_library_file_goes_with_an_edit_too(start: Start, connect: Connect) -> None:
    items = [{"file": "/a.mp4", "title": "A film", "titleSort": "From NFO"}]
    item = connect(start({"sections": [{"title": "M", "items": items}]})).fetchItem(1)
    assert item.titleSort == "From NFO"
    assert item.editTitle("A film").reload().titleSort == "film"


def test_a_collections_too(plex: PlexDouble, server: Any) -> None:
    collection = server.library.section("Movies").collection("My Coll")
    assert collection.editTitle("The Best").reload().titleSort == "Best"


def test_the_articles_are_the_servers(start: Start, connect: Connect) -> None:
    library = {"server": {"articles": ["le"]}, "sections": [{"title": "M", "items": [{"file": "/The Le.mp4"}]}]}
    item = connect(start(library)).fetchItem(1)
    assert item.titleSort == "The Le"
    assert item.editTitle("Le Chat").reload().titleSort == "Chat"


def test_sort_titles(start: Start, connect: Connect) -> None:
    item = connect(start(sort_titles="given")).fetchItem(2)
    assert item.editTitle("The Élan").reload().titleSort == "The Élan"
    item.editSortTitle("Zzz", locked=False)
    assert item.editTitle("An Elephant").reload().titleSort == "Zzz"
