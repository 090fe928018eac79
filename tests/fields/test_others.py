"""What others put into Plex: sort titles that an edit of the title would undo, and tags that mirroring takes away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.pairs import Pair
from tests.support.workbench import Workbench, running_workbench
from validation.jobs import UpdateType
from worker.storage.to_undo import Chosen
from worker.storage.undo_wishes import take_back_writes


@pytest.fixture(params=["append", "replace"])
def workbench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Workbench]:
    with running_workbench(tmp_path, tags=request.param) as made:
        yield made


def test_an_unlocked_sort_title_of_others_survives_every_edit_of_the_title(workbench: Workbench) -> None:
    pair = workbench.pair(title="Old", titleSort="!01 mine")
    before = pair.shown()
    for title in ("One", "Two", "The Third"):
        pair.in_stash(title=title)
        assert len(pair.sync()) == 1
        assert (pair.shown()["title"], pair.shown()["titleSort"]) == (title, "!01 mine")
        assert pair.sync() == []
    pair.in_stash(title="")
    assert len(pair.sync()) == 1
    assert pair.shown() == before
    assert pair.sync() == []


def test_it_is_given_back_with_a_destroyed_scene(workbench: Workbench) -> None:
    workbench.use(give_back_on_destroy=True)
    pair = workbench.pair(title="Old", titleSort="!01 mine")
    before = pair.shown()
    pair.in_stash(title="New")
    pair.sync()
    workbench.sync(pair.scene, kind=UpdateType.DESTROY)
    assert pair.shown() == before


@pytest.mark.parametrize(
    ("title", "sort_title"), [("The Old One", "Old One"), ("Élan", "Elan"), ("Les Vacances", "Vacances"), ("#1", " 1")]
)
def test_a_sort_title_that_plex_made_follows_the_title(workbench: Workbench, title: str, sort_title: str) -> None:
    pair = workbench.pair(title=title, titleSort=sort_title)
    pair.in_stash(title="The New One")
    assert pair.sync() == ["PUT title.locked=1; title.value=The New One"]
    assert pair.shown()["titleSort"] is None or pair.shown()["titleSort"] == "New One"


def test_a_sort_title_that_a_person_sets_meanwhile_stays_theirs(workbench: Workbench) -> None:
    pair = workbench.pair(title="Old", titleSort="!01 mine")
    pair.in_stash(title="New")
    pair.sync()
    pair.by_hand(**{"titleSort.value": "Newer", "titleSort.locked": 1})
    pair.in_stash(title="Newest")
    pair.sync()
    assert pair.shown()["titleSort"] == "Newer"
    pair.in_stash(title="")
    pair.sync()
    assert (pair.shown()["title"], pair.shown()["titleSort"]) == ("Old", "Newer")


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("first", ["", "!00 first"])
@pytest.mark.parametrize("how", ["changed", "emptied", "destroyed", "taken back"])
def test_one_that_comes_later_and_unlocked_survives_every_edit_of_the_title(
    workbench: Workbench, how: str, first: str, keep: bool
) -> None:
    workbench.use(give_back_on_destroy=True, keep_plex_edits=keep)
    pair = workbench.pair(title="Old", titleSort=first)
    pair.in_stash(title="New")
    pair.sync()
    pair.by_hand(**{"titleSort.value": "!01 mine", "titleSort.locked": 0})
    _edit_the_title(pair, how)
    assert (pair.shown()["title"], pair.shown()["titleSort"]) == ("Newer" if how == "changed" else "Old", "!01 mine")


@pytest.mark.parametrize("how", ["changed", "emptied", "destroyed", "taken back"])
def test_one_that_a_person_unlocks_survives_it_too(workbench: Workbench, how: str) -> None:
    workbench.use(give_back_on_destroy=True)
    pair = workbench.pair(title="Old", titleSort="!00 first")
    pair.in_stash(title="New")
    pair.sync()
    pair.by_hand(**{"titleSort.locked": 0})
    _edit_the_title(pair, how)
    assert pair.shown()["titleSort"] == "!00 first"


def test_one_that_is_just_as_the_template_has_it_survives_it_too(workbench: Workbench) -> None:
    workbench.use(sort_title_template="[No {code}]")
    pair = workbench.pair(title="Old", titleSort="No 7")
    before = pair.shown()
    pair.in_stash(title="New", code="7")
    pair.sync()
    assert (pair.shown()["title"], pair.shown()["titleSort"]) == ("New", "No 7")
    assert pair.sync() == []
    pair.in_stash(title="", code="")
    pair.sync()
    assert pair.shown() == before


def test_one_that_a_person_put_in_place_of_the_templates_and_that_is_kept_survives_it_too(workbench: Workbench) -> None:
    workbench.use(sort_title_template="No {code}", keep_plex_edits=True)
    pair = workbench.pair(title="Old")
    pair.in_stash(title="New", code="7")
    pair.sync()
    pair.by_hand(**{"titleSort.value": "!01 mine", "titleSort.locked": 0})
    pair.in_stash(title="Newer")
    pair.sync()
    assert (pair.shown()["title"], pair.shown()["titleSort"]) == ("Newer", "!01 mine")
    assert pair.sync() == []


def test_one_that_plex_makes_another_of_loses_the_lock_again(tmp_path: Path) -> None:
    with running_workbench(tmp_path, drop_characters="!") as workbench:
        pair = workbench.pair(title="Old", titleSort="!00 first")
        pair.in_stash(title="New")
        pair.sync()
        pair.in_stash(title="")
        pair.sync()
        assert (pair.shown()["title"], pair.shown()["locked"]) == ("Old", [])
        assert pair.sync() == []


def _edit_the_title(pair: Pair, how: str) -> None:
    workbench = pair.workbench
    if how == "destroyed":
        workbench.sync(pair.scene, kind=UpdateType.DESTROY)
    elif how == "taken back":
        written = Chosen(scenes=[pair.scene])
        take_back_writes(workbench.record, workbench.queue, lambda: workbench.record.chosen(written))
        workbench.run()
    else:
        pair.in_stash(title="Newer" if how == "changed" else "")
        pair.sync()


def test_a_template_that_comes_and_goes_leaves_the_sort_title_of_others(workbench: Workbench) -> None:
    pair = workbench.pair(title="Old", titleSort="!01 mine")
    before = pair.shown()
    pair.in_stash(title="New", code="7")
    pair.sync()
    workbench.use(sort_title_template="No {code}")
    pair.sync()
    assert pair.shown()["titleSort"] == "No 7"
    workbench.use()
    pair.sync()
    assert pair.shown()["titleSort"] == "!01 mine"
    pair.in_stash(title="Newer")
    pair.sync()
    assert pair.shown()["titleSort"] == "!01 mine"
    pair.in_stash(title="")
    pair.sync()
    assert pair.shown() == before


THEIRS: dict[str, Any] = {
    "genres": ["Rock", "Beach"],
    "actors": [{"tag": "Ada", "role": "Host", "thumb": "http://127.0.0.1/ada"}, "Bea"],
    "collections": ["Box"],
    "directors": ["D"],
}
MINE: dict[str, Any] = {
    "tags": ["City"],
    "performers": ["Cleo"],
    "groups": ["Series"],
    "director": "E",
}
EMPTY: dict[str, Any] = {"tags": [], "performers": [], "groups": [], "director": ""}


def ordered(shown: dict[str, Any]) -> dict[str, Any]:
    tags = {kind: sorted(names) for kind, names in shown["tags"].items()}
    actors = sorted(shown.get("actors", []), key=str)
    return {**shown, "tags": tags, "actors": actors}


@pytest.mark.parametrize("destroyed", [False, True], ids=["emptied", "destroyed"])
def test_what_was_mirrored_away_is_given_back_with_role_and_photo(workbench: Workbench, destroyed: bool) -> None:
    workbench.use(mirror_exactly=True, collection_groups=True, give_back_on_destroy=True)
    pair = workbench.pair(**THEIRS)
    before, roles = ordered(pair.shown()), roles_of(workbench, pair.key)
    pair.in_stash(**MINE)
    pair.sync()
    assert {kind: pair.tags(kind) for kind in ("genre", "actor", "collection", "director")} == {
        "genre": ["City"],
        "actor": ["Cleo"],
        "collection": ["Series"],
        "director": ["E"],
    }
    assert pair.sync() == []
    pair.in_stash(tags=["Beach", "Night"])  # one of theirs becomes one of ours
    pair.sync()
    assert pair.sync() == []
    if destroyed:
        workbench.sync(pair.scene, kind=UpdateType.DESTROY)
    else:
        pair.in_stash(**EMPTY)
        pair.sync()
        assert pair.sync() == []
    assert ordered(pair.shown()) == before
    assert roles_of(workbench, pair.key) == roles


def roles_of(workbench: Workbench, key: int) -> list[tuple[str, str, str]]:
    target = workbench.worker._finder.server().targets([str(key)])[0]
    return sorted((tag.name, tag.role, tag.photo) for tag in target.shown.tags["actor"])


def test_a_tag_of_theirs_that_stash_wants_for_a_while_is_unlocked_again(workbench: Workbench) -> None:
    workbench.use(mirror_exactly=True)
    pair = workbench.pair(genres=["Rock"])
    before = pair.shown()
    for tags in (["City"], ["Rock"], []):
        pair.in_stash(tags=tags)
        pair.sync()
    assert pair.shown() == before
    assert pair.sync() == []


def test_what_comes_after_the_mirroring_is_mirrored_away_and_given_back_too(workbench: Workbench) -> None:
    workbench.use(mirror_exactly=True)
    pair = workbench.pair(genres=["Rock"])
    pair.in_stash(tags=["City"])
    pair.sync()
    pair.by_hand(**{"genre[0].tag.tag": "City", "genre[1].tag.tag": "By hand"})
    pair.sync()
    assert pair.tags("genre") == ["City"]
    pair.in_stash(tags=[])
    pair.sync()
    assert sorted(pair.tags("genre")) == ["By hand", "Rock"]


def test_a_list_that_a_person_locked_first_is_not_emptied_where_edits_are_kept(workbench: Workbench) -> None:
    workbench.use(mirror_exactly=True, keep_plex_edits=True)
    pair = workbench.pair(genres=["Theirs", "Drama"], locked=["genre"])
    pair.in_stash(tags=["Drama", "City"])
    for _ in range(2):
        assert pair.sync() == []
        assert pair.tags("genre") == ["Theirs", "Drama"]
