"""Every field through its whole life, on a server that appends tags and on one that replaces them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.stash.pictures import generated_picture
from tests.fields.cases import CASES, Case
from tests.support.pairs import Pair
from tests.support.workbench import Workbench, running_workbench
from validation.jobs import UpdateType
from worker.metadata.memory import ItemMemory


@pytest.fixture(scope="module", params=["append", "replace"])
def tags(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def workbench(tags: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    with running_workbench(tmp_path_factory.mktemp("fields"), tags=tags) as made:
        yield made


@pytest.fixture
def spelled(tags: str, tmp_path: Path) -> Iterator[Workbench]:
    """For tests that spell a tag in two ways: Plex keeps the spelling that it met first, for all its items."""
    with running_workbench(tmp_path, tags=tags) as made:
        yield made


def each(cases: list[Case]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.name)


every_field = each(CASES)
every_field_that_can_change = each([case for case in CASES if case.request_changed])
every_field_that_can_be_emptied = each([case for case in CASES if case.request_emptied])
every_field_with_a_switch = each([case for case in CASES if case.is_switched_off])
every_field_that_is_asked_for = each([case for case in CASES if not case.is_switched_off])
every_field_with_a_lock = each([case for case in CASES if case.locked])
every_field_that_gives_back_a_lock = each([case for case in CASES if case.request_given_back_locked])


def synced(workbench: Workbench, case: Case, **in_plex: Any) -> Pair:
    """A pair after its first sync."""
    pair = workbench.pair(**{**case.in_plex, **in_plex})
    pair.in_stash(**case.first)
    assert pair.sync() == [case.request_first]
    return pair


def edited_by_hand(pair: Pair, case: Case) -> dict[str, Any]:
    """The item after a person edited the field in Plex."""
    if "userRating" in case.by_hand:
        pair.rated_by_hand(case.by_hand["userRating"])
    else:
        pair.by_hand(**case.by_hand)
    return pair.shown()


@every_field
def test_the_first_sync_writes_it_and_the_second_writes_nothing(workbench: Workbench, case: Case) -> None:
    workbench.use(**case.on)
    pair = synced(workbench, case)
    assert pair.sync() == []
    assert workbench.tally == {"unchanged": 1}


@every_field_that_can_change
def test_a_change_in_stash_is_one_write(workbench: Workbench, case: Case) -> None:
    workbench.use(**case.on)
    pair = synced(workbench, case)
    pair.in_stash(**case.changed)
    assert pair.sync() == [case.request_changed]
    assert workbench.plex.counts()["writes"] == 1
    assert workbench.plex.counts()["details"] == 2, "one to compare, one to read back"
    assert len(workbench.stash.requests) == 1
    assert pair.sync() == []


@every_field_that_can_be_emptied
def test_emptied_in_stash_it_gives_back_what_plex_held_before(workbench: Workbench, case: Case) -> None:
    workbench.use(**case.on)
    pair = workbench.pair(**case.in_plex)
    before = pair.shown()
    pair.in_stash(**case.first)
    pair.sync()
    pair.in_stash(**case.changed)
    pair.sync()
    pair.in_stash(**case.emptied)
    assert pair.sync() == [case.request_emptied]
    assert pair.shown() == before
    assert pair.memory() == ItemMemory()
    assert pair.sync() == []


@every_field_that_gives_back_a_lock
def test_emptied_in_stash_it_gives_back_the_lock_as_well(workbench: Workbench, case: Case) -> None:
    workbench.use(**case.on)
    pair = workbench.pair(**case.in_plex, locked=[case.locked])
    before = pair.shown()
    pair.in_stash(**case.first)
    assert pair.sync() == [case.request_first]
    pair.in_stash(**case.emptied)
    assert pair.sync() == [case.request_given_back_locked]
    assert pair.shown() == before


@every_field
def test_edited_by_hand_in_plex_stash_wins_by_default(workbench: Workbench, case: Case) -> None:
    workbench.use(**case.on)
    pair = synced(workbench, case)
    edited_by_hand(pair, case)
    assert pair.sync() == [case.request_hand_edited]
    assert pair.sync() == []


@every_field
def test_edited_by_hand_in_plex_it_can_be_kept_until_it_is_forced(workbench: Workbench, case: Case) -> None:
    workbench.use(**case.on, keep_plex_edits=True)
    pair = synced(workbench, case)
    mine = edited_by_hand(pair, case)
    for _ in range(2):
        assert pair.sync() == []
        assert pair.shown() == mine
        assert workbench.kept == 1
    assert any(scene == pair.scene and named in case.name for named, scene in workbench.record.kept())
    assert pair.sync(UpdateType.OVERWRITE) == [case.request_hand_edited]
    assert pair.sync() == []
    assert all(scene != pair.scene for _, scene in workbench.record.kept())


@every_field_that_can_be_emptied
def test_edited_by_hand_in_plex_and_emptied_in_stash_the_edit_stays(workbench: Workbench, case: Case) -> None:
    if "[].tag.tag-" in "".join(case.by_hand):
        pytest.skip("of a list, what PlexSync put there goes; the next test shows what stays")
    workbench.use(**case.on)
    pair = synced(workbench, case)
    mine = edited_by_hand(pair, case)
    pair.in_stash(**case.emptied)
    assert pair.sync() == []
    assert pair.shown() == mine


@every_field_with_a_lock
def test_locked_beforehand_with_another_value_it_can_be_kept(workbench: Workbench, case: Case) -> None:
    workbench.use(**case.on, keep_plex_edits=True)
    pair = workbench.pair(**case.in_plex, locked=[case.locked])
    before = pair.shown()
    for values in (case.first, case.changed):
        pair.in_stash(**values)
        assert pair.sync() == []
        assert workbench.kept == 1
    pair.in_stash(**case.emptied)
    assert pair.sync() == []
    assert pair.shown() == before


@every_field
def test_unlocked_and_different_it_is_not_taken_for_an_edit(workbench: Workbench, case: Case) -> None:
    workbench.use(**case.on, keep_plex_edits=True)
    synced(workbench, case)
    assert workbench.tally == {"updated": 1}


@every_field
def test_what_plex_showed_before_the_first_sync_is_never_ours_and_never_taken_away(
    spelled: Workbench, case: Case
) -> None:
    spelled.use(**case.on)
    pair = spelled.pair(**case.same_in_plex)
    before = pair.shown()
    pair.in_stash(**case.first)
    assert pair.sync() == []
    assert pair.memory() == ItemMemory()
    pair.in_stash(**case.emptied)
    assert pair.sync() == []
    assert pair.shown() == before


@every_field
def test_switched_off_nothing_is_written(workbench: Workbench, case: Case) -> None:
    workbench.use(**case.off)
    pair = workbench.pair(**case.in_plex)
    before = pair.shown()
    for values in (case.first, case.changed, case.emptied):
        pair.in_stash(**values)
        assert pair.sync() == []
    assert pair.shown() == before


@every_field_that_is_asked_for
def test_asked_for_no_longer_what_was_written_goes_and_its_lock_too(workbench: Workbench, case: Case) -> None:
    workbench.use(**case.on)
    pair = workbench.pair(**case.in_plex)
    before = pair.shown()
    pair.in_stash(**case.first)
    pair.sync()
    workbench.use(**case.off)
    assert len(pair.sync()) == 1
    assert pair.shown() == before
    assert pair.memory() == ItemMemory()
    for values in (case.first, case.changed, case.emptied):
        pair.in_stash(**values)
        assert pair.sync() == []


@every_field_that_is_asked_for
def test_asked_for_no_longer_a_persons_edit_stays(workbench: Workbench, case: Case) -> None:
    workbench.use(**case.on)
    pair = synced(workbench, case)
    edited = edited_by_hand(pair, case)
    if "tags" in edited:
        return  # what is left of ours in a list that a person edited still goes
    workbench.use(**case.off)
    assert pair.sync() == []
    assert pair.shown() == edited


@every_field_with_a_switch
def test_switched_off_later_nothing_is_removed(workbench: Workbench, case: Case) -> None:
    workbench.use(**case.on)
    pair = synced(workbench, case)
    ours = pair.shown()
    workbench.use(**case.off)
    for values in (case.first, case.changed, case.emptied):
        pair.in_stash(**values)
        assert pair.sync() == []
    assert pair.shown() == ours


@every_field_that_can_be_emptied
def test_switched_on_again_what_was_ours_still_is(workbench: Workbench, case: Case) -> None:
    workbench.use(**case.on)
    pair = workbench.pair(**case.in_plex)
    before = pair.shown()
    pair.in_stash(**case.first)
    pair.sync()
    workbench.use(**case.off)
    pair.in_stash(**case.emptied)
    pair.sync()
    workbench.use(**case.on)
    pair.sync()
    assert pair.shown() == before


@every_field
def test_a_destroyed_scene_gives_everything_back_when_asked_to(workbench: Workbench, case: Case) -> None:
    workbench.use(**case.on, give_back_on_destroy=True)
    pair = workbench.pair(**case.in_plex)
    before = pair.shown()
    pair.in_stash(**case.first)
    pair.sync()
    workbench.sync(pair.scene, kind=UpdateType.DESTROY)
    assert pair.shown() == before
    assert pair.memory() == ItemMemory()


@every_field
def test_a_destroyed_scene_leaves_plex_alone_otherwise(workbench: Workbench, case: Case) -> None:
    workbench.use(**case.on)
    pair = synced(workbench, case)
    ours = pair.shown()
    workbench.sync(pair.scene, kind=UpdateType.DESTROY)
    assert workbench.plex.counts()["writes"] == 0
    assert pair.shown() == ours


ALL = {
    "title": "T",
    "details": "Text",
    "date": "2024-03-02",
    "rating100": 80,
    "code": "X-1",
    "studio": "Studio A",
    "director": "Ada",
    "performers": ["Faye"],
    "tags": ["Beach"],
    "groups": ["Box"],
}
ALL_ON = {
    "sort_title_template": "{code}",
    "tagline_template": "[{code}]",
    "content_rating": "XXX",
    "collection_groups": True,
}


def test_all_fields_go_into_one_put_and_the_stars_into_one_more(workbench: Workbench) -> None:
    workbench.use(**ALL_ON)
    pair = workbench.pair(title="Old")
    pair.in_stash(**ALL)
    assert pair.sync() == [
        "PUT actor.locked=1; actor[0].tag.tag=Faye; "
        "collection.locked=1; collection[0].tag.tag=Box; "
        "contentRating.locked=1; contentRating.value=XXX; "
        "director.locked=1; director[0].tag.tag=Ada; "
        "genre.locked=1; genre[0].tag.tag=Beach; "
        "originallyAvailableAt.locked=1; originallyAvailableAt.value=2024-03-02; "
        "studio.locked=1; studio.value=Studio A; "
        "summary.locked=1; summary.value=Text; "
        "tagline.locked=1; tagline.value=X-1; "
        "title.locked=1; title.value=T; "
        "titleSort.locked=1; titleSort.value=X-1",
        "RATE 8.0",
    ]
    assert pair.sync() == []


def test_an_empty_scene_never_blanks_an_item(workbench: Workbench) -> None:
    workbench.use(**{**ALL_ON, "content_rating": ""}, mirror_exactly=True)
    pair = workbench.pair(
        title="T", titleSort="S", summary="Text", studio="A", tagline="L", contentRating="R", userRating=3.0,
        originallyAvailableAt="2020-01-02", year=2020, genres=["G"], actors=["Ada"], directors=["D"], labels=["L"],
        collections=["C"],
    )  # fmt: skip
    before = pair.shown()
    assert pair.sync() == []
    assert pair.shown() == before


def test_what_others_added_to_a_list_stays_and_what_they_put_there_first_is_not_ours(spelled: Workbench) -> None:
    spelled.use()
    pair = spelled.pair(genres=["beach", "Theirs"])
    pair.in_stash(tags=["Beach", "City"])
    pair.sync()
    pair.by_hand(**{f"genre[{n}].tag.tag": tag for n, tag in enumerate([*pair.tags("genre"), "Added"])})
    pair.in_stash(tags=[])
    pair.sync()
    assert sorted(tag.lower() for tag in pair.tags("genre")) == ["added", "beach", "theirs"]


def test_mirror_exactly_takes_away_what_others_put_there(workbench: Workbench) -> None:
    workbench.use(mirror_exactly=True)
    pair = workbench.pair(genres=["Old"], actors=["Old"], labels=["Kept: no labels are synced"])
    pair.in_stash(tags=["City"], performers=["Gwen"])
    assert pair.sync() == [
        "PUT actor.locked=1; actor[0].tag.tag=Gwen; actor[].tag.tag-=Old; "
        "genre.locked=1; genre[0].tag.tag=City; genre[].tag.tag-=Old"
    ]
    assert pair.tags("label") == ["Kept: no labels are synced"]
    assert pair.sync() == []


def test_changing_from_genres_to_labels_moves_our_tags_and_only_ours(workbench: Workbench) -> None:
    workbench.use()
    pair = workbench.pair(genres=["Old"])
    pair.in_stash(tags=["City"])
    pair.sync()
    workbench.use(tags_as_labels=True)
    assert pair.sync() == [
        "PUT genre.locked=0; genre[0].tag.tag=Old; genre[].tag.tag-=City; label.locked=1; label[0].tag.tag=City"
    ]
    assert pair.sync() == []


@pytest.mark.parametrize(
    ("settings", "genres"),
    [
        ({"skip_tags_named": "beach;CITY"}, ["Dune"]),
        ({"only_tags_named": "beach;CITY"}, ["Beach", "City"]),
        ({"only_tags_named": "beach;CITY", "skip_tags_named": "city"}, ["Beach"]),
    ],
)
def test_lists_of_tag_names_ignore_case(workbench: Workbench, settings: dict[str, str], genres: list[str]) -> None:
    workbench.use(**settings)
    pair = workbench.pair()
    pair.in_stash(tags=["Beach", "City", "Dune"])
    pair.sync()
    assert pair.tags("genre") == genres


def test_male_performers_can_be_left_out(workbench: Workbench) -> None:
    pair = workbench.pair()
    pair.in_stash(performers=[{"name": "Max", "gender": "MALE"}, {"name": "Mia", "gender": "FEMALE"}, "Kim"])
    workbench.use(skip_male_performers=True)
    pair.sync()
    assert pair.tags("actor") == ["Kim", "Mia"]


@pytest.mark.parametrize(
    ("settings", "collections"),
    [
        ({"collection_studio": True}, ["Label"]),
        ({"collection_parent_studio": True}, ["Network"]),
        ({"collection_groups": True}, ["Part 2", "Part 1"]),
        ({"collection_performers": True}, ["Amy", "Zoe"]),
        ({"collection_favorites": True}, ["Zoe"]),
        ({"collection_tags": "BEACH; none"}, ["Beach"]),
        ({"collection_studio": True, "collection_prefix": "S: "}, ["S: Label"]),
        ({}, []),
    ],
)
def test_each_kind_of_collection_has_its_setting(
    workbench: Workbench, settings: dict[str, Any], collections: list[str]
) -> None:
    workbench.use(**settings)
    pair = workbench.pair()
    pair.in_stash(
        studio={"name": "Label", "parent": "Network"},
        groups=["Part 2", "Part 1"],
        performers=[{"name": "Zoe", "favorite": True}, "Amy"],
        tags=["Beach", "City"],
    )
    pair.sync()
    assert pair.tags("collection") == collections
    assert pair.sync() == []


def test_performers_bring_their_photos_but_not_stashs_default(workbench: Workbench) -> None:
    workbench.use(plex_stash_url="http://stash:9999")
    pair = workbench.pair()
    pair.in_stash(performers=[{"name": "Photo"}, "Plain"])
    photographed = workbench.entity("performer", "Photo")
    photographed.image = generated_picture("Photo")
    pair.sync()
    roles = {role["tag"]: role["thumb"] for role in pair.shown()["roles"]}
    assert roles["Photo"].startswith(f"http://stash:9999/performer/{photographed.id}/image")
    assert roles["Plain"] == ""
    assert pair.sync() == []


@pytest.mark.parametrize("names", [("Ada", "ada"), ("Ada  B", "Ada B"), ("Ada", " Ada")])
def test_of_two_performers_who_are_one_name_for_plex_the_first_photo_is_written_once(
    spelled: Workbench, names: tuple[str, str]
) -> None:
    """Stash keeps them apart, by their disambiguation or their spelling."""
    spelled.use(plex_stash_url="http://stash:9999")
    pair = spelled.pair()
    pair.in_stash(performers=[{"name": name, "image": generated_picture(name)} for name in names])
    pair.sync()
    (role,) = pair.shown()["roles"]
    assert "/performer/" in role["thumb"]
    assert pair.sync() == []
    assert pair.shown()["roles"] == [role]
