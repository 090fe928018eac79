"""Items with several files, scenes with several items: who is written, and who is told why not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doubles.stash.model import Scene, VideoFile
from tests.support.workbench import MEDIA, Workbench, running_workbench
from validation.jobs import UpdateType
from validation.paths import parse_path_map

File = tuple[str, int]
ONE, TWO, THREE = (f"{MEDIA}/a/one.mp4", 11), (f"{MEDIA}/b/two.mp4", 22), (f"{MEDIA}/c/three.mp4", 33)


@pytest.fixture
def workbench(tmp_path: Path) -> Iterator[Workbench]:
    with running_workbench(tmp_path) as workbench:
        yield workbench


def scene(workbench: Workbench, title: str, *files: File) -> int:
    """A scene in Stash with that title and those files; its number."""
    library, now = workbench.library, workbench.library.clock.now()
    with library.lock:
        number = library.new_id("scene", library.scenes)
        rows = [
            VideoFile(library.new_id("file", library.files) + place, path, size, 60.0, now, now, now)
            for place, (path, size) in enumerate(files)
        ]
        library.add_scene(Scene(number, now, now, title=title, files=rows))
    return number


def item(workbench: Workbench, *versions: tuple[File, ...]) -> int:
    """An item in Plex, each version in one part or several; its key."""
    media = [[{"file": file, "size": size} for file, size in parts] for parts in versions]
    made = workbench.plex.add_item(1, versions[0][0][0], versions[0][0][1], media=media, title="As scanned")
    workbench.clock.now += 60
    return int(made["ratingKey"])


def title(workbench: Workbench, key: int) -> str:
    return str(workbench.plex.item(key)["title"])


@pytest.mark.parametrize("as_parts", [False, True], ids=["two versions", "two parts of one version"])
@pytest.mark.parametrize("owner_first", [False, True])
def test_an_item_of_two_scenes_is_written_by_the_one_that_owns_its_first_part(
    workbench: Workbench, as_parts: bool, owner_first: bool
) -> None:
    owner, other = scene(workbench, "The owner", ONE), scene(workbench, "The other", TWO)
    key = item(workbench, (ONE, TWO)) if as_parts else item(workbench, (ONE,), (TWO,))
    workbench.sync(*((owner, other) if owner_first else (other, owner)))
    assert title(workbench, key) == "The owner"
    assert set(workbench.parked()) == {other}
    reason = workbench.parked()[other]
    assert f"its first file is that of scene {owner};" in reason
    assert "holds files of two scenes" in reason


@pytest.mark.parametrize(
    ("in_stash", "in_plex"),
    [
        ("cafe\u0301 one.mp4", "caf\u00e9 one.mp4"),
        ("caf\u00e9 one.mp4", "cafe\u0301 one.mp4"),
        ("cafe\u0301 one.mp4", "cafe\u0301 one.mp4"),
        ("One.MP4", "one.mp4"),
        ("one.mp4", "ONE.mp4"),
        ("\u00c9t\u00e9 ONE.mp4", "e\u0301te\u0301 one.mp4"),
        ("\u041a\u043b\u0438\u043f.mp4", "\u043a\u043b\u0438\u043f.mp4"),
        ("very\u00a0private  one.mp4", "very private one.mp4"),
        ('a "b" (c) [d] 50% +.mp4', 'a "b" (c) [d] 50% +.mp4'),
    ],
)
def test_the_owner_of_the_first_part_is_found_however_stash_spells_its_name(
    workbench: Workbench, in_stash: str, in_plex: str
) -> None:
    owner, other = scene(workbench, "The owner", (f"{MEDIA}/a/{in_stash}", 11)), scene(workbench, "The other", TWO)
    key = item(workbench, ((f"{MEDIA}/a/{in_plex}", 11),), (TWO,))
    for number in (owner, other, owner, other):
        workbench.sync(number)
        assert title(workbench, key) == "The owner"
    assert set(workbench.parked()) == {other}


def test_the_other_scene_stays_parked_and_nothing_goes_back_and_forth(workbench: Workbench) -> None:
    owner, other = scene(workbench, "The owner", ONE), scene(workbench, "The other", TWO)
    item(workbench, (ONE,), (TWO,))
    workbench.sync(owner, other)
    workbench.sync(owner, other)
    assert workbench.plex.counts()["writes"] == 0
    assert workbench.waiting() == {}


def test_an_item_that_was_split_is_written_by_both(workbench: Workbench) -> None:
    owner, other = scene(workbench, "The owner", ONE), scene(workbench, "The other", TWO)
    key = item(workbench, (ONE,), (TWO,))
    workbench.sync(owner, other)
    assert workbench.person.put(f"{workbench.plex.url}/library/metadata/{key}/split").status_code == 200
    workbench.clock.now += 4000
    workbench.sync(owner, other)
    assert workbench.parked() == {}
    assert workbench.plex.find(ONE[0])["title"] == "The owner"
    assert workbench.plex.find(TWO[0])["title"] == "The other"


@pytest.mark.parametrize("first", [0, 1, 2])
def test_an_item_whose_files_are_all_of_one_scene_is_written(workbench: Workbench, first: int) -> None:
    files = (ONE, TWO, THREE)
    number = scene(workbench, "All mine", *files)
    scene(workbench, "Somebody else", (f"{MEDIA}/d/else.mp4", 44))
    ordered = (*files[first:], *files[:first])
    key = item(workbench, *((file,) for file in ordered))
    workbench.sync(number)
    assert title(workbench, key) == "All mine"
    assert workbench.parked() == {}


def test_an_item_whose_first_file_is_no_scenes_is_written_by_the_scene_of_the_second(workbench: Workbench) -> None:
    number = scene(workbench, "Known", TWO)
    key = item(workbench, (ONE,), (TWO,))
    workbench.sync(number)
    assert title(workbench, key) == "Known"


@pytest.mark.parametrize("path_map", ["", f"/stash => {MEDIA}"], ids=["by name and size", "by path"])
def test_files_that_stash_keeps_elsewhere_are_told_apart_as_well(workbench: Workbench, path_map: str) -> None:
    workbench.use(path_map=parse_path_map(path_map))
    owner = scene(workbench, "The owner", ("/stash/a/one.mp4", 11))
    other = scene(workbench, "The other", ("/stash/b/two.mp4", 22))
    key = item(workbench, (ONE,), (TWO,))
    workbench.sync(other, owner)
    assert title(workbench, key) == "The owner"
    assert set(workbench.parked()) == {other}
    assert f"scene {owner}" in workbench.parked()[other]


def test_a_scene_of_another_size_with_the_same_file_name_is_no_conflict(workbench: Workbench) -> None:
    number = scene(workbench, "Mine", TWO)
    scene(workbench, "A namesake", (f"{MEDIA}/z/one.mp4", 99))
    key = item(workbench, (ONE,), (TWO,))
    workbench.sync(number)
    assert title(workbench, key) == "Mine"


def in_two_libraries(workbench: Workbench) -> tuple[int, list[int]]:
    """A scene whose file a second library has, too: its number, and the rating keys of both items."""
    added = "/library/sections?name=More&type=movie&agent=tv.plex.agents.none&language=xn&location=/media/library"
    assert workbench.person.post(workbench.plex.url + added).status_code in (200, 201)
    number = scene(workbench, "In both", ONE)
    sections = [section["key"] for section in workbench.plex.state_dump()["sections"]]
    return number, [int(workbench.plex.add_item(section, *ONE)["ratingKey"]) for section in sections]


def test_a_file_in_two_libraries_is_written_in_both(tmp_path: Path) -> None:
    with running_workbench(tmp_path) as workbench:
        number, keys = in_two_libraries(workbench)
        assert len(keys) == 2
        workbench.sync(number)
        assert [title(workbench, key) for key in keys] == ["In both", "In both"]
        assert workbench.plex.counts()["details"] <= 3  # one for both, and one for each to read the first write back


@pytest.mark.parametrize("at_a_restart", [False, True])
def test_a_library_that_is_no_longer_named_is_written_to_no_more(tmp_path: Path, at_a_restart: bool) -> None:
    with running_workbench(tmp_path) as workbench:
        number, keys = in_two_libraries(workbench)
        workbench.sync(number)
        if at_a_restart:
            workbench.kill()
            workbench.open()
        workbench.use(plex_libraries=("more",))
        workbench.library.scenes[number].title = "In one"
        workbench.sync(number)
        assert [title(workbench, key) for key in keys] == ["In both", "In one"]
        if at_a_restart:
            workbench.kill()
            workbench.open()
        workbench.use(plex_libraries=())
        workbench.sync(number)
        assert [title(workbench, key) for key in keys] == ["In one", "In one"]


def test_every_item_of_a_scene_with_several_files_is_written(workbench: Workbench) -> None:
    number = scene(workbench, "Two files", ONE, TWO)
    keys = [item(workbench, (ONE,)), item(workbench, (TWO,))]
    workbench.sync(number)
    assert [title(workbench, key) for key in keys] == ["Two files", "Two files"]


def test_a_scene_writes_its_own_item_and_not_the_one_that_is_another_scenes(workbench: Workbench) -> None:
    owner, both = scene(workbench, "The owner", ONE), scene(workbench, "Both", TWO, THREE)
    shared, own = item(workbench, (ONE,), (TWO,)), item(workbench, (THREE,))
    workbench.sync(owner, both)
    assert title(workbench, shared) == "The owner"
    assert title(workbench, own) == "Both"
    assert workbench.parked() == {}


def test_two_items_that_cannot_be_told_apart_are_not_touched(workbench: Workbench) -> None:
    number = scene(workbench, "Which?", ("/elsewhere/one.mp4", 11))
    keys = [item(workbench, ((f"{MEDIA}/{folder}/one.mp4", 11),)) for folder in ("x", "y")]
    workbench.sync(number)
    assert [title(workbench, key) for key in keys] == ["As scanned", "As scanned"]
    assert '2 items in Plex hold a file called "one.mp4"' in workbench.parked()[number]


@pytest.mark.parametrize("rule", ["only_organized", "never_paths", "never_tags", "only_rated"])
def test_a_scene_that_is_left_out_owns_nothing(workbench: Workbench, rule: str) -> None:
    out = scene(workbench, "Left out", ONE)
    chosen, third = scene(workbench, "Chosen", TWO), scene(workbench, "Third", THREE)
    with workbench.library.lock:
        workbench.library.scenes[out].tags = [workbench.entity("tag", "Dupe")]
        for number in (chosen, third):
            workbench.library.scenes[number].organized = True
            workbench.library.scenes[number].rating100 = 80
    rules: dict[str, object] = {"never_paths": (f"{MEDIA}/a",), "never_tags": ("dupe",)}
    workbench.use(**{rule: rules.get(rule, True)})
    key = item(workbench, (ONE,), (TWO,), (THREE,))
    workbench.sync(third, chosen, out)
    assert title(workbench, key) == "Chosen"
    assert set(workbench.parked()) == {third}
    assert f"scene {chosen};" in workbench.parked()[third]
    workbench.sync(third, chosen, out)
    assert workbench.plex.counts()["writes"] == 0


def test_of_two_scenes_behind_a_first_file_that_is_no_scenes_the_earlier_one_writes(workbench: Workbench) -> None:
    later, earlier = scene(workbench, "Later", THREE), scene(workbench, "Earlier", TWO)
    key = item(workbench, (ONE,), (TWO,), (THREE,))
    for number in (later, earlier, later):
        workbench.sync(number)
    assert title(workbench, key) == "Earlier"
    assert set(workbench.parked()) == {later}


def test_a_copy_that_plex_made_itself_owns_nothing(tmp_path: Path) -> None:
    with running_workbench(tmp_path, optimised_version="first") as workbench:
        copy = {"file": f"{MEDIA}/Plex Versions/one.mp4", "size": 5, "optimised": True}
        of_copy = scene(workbench, "Of the copy", (f"{MEDIA}/Plex Versions/one.mp4", 5))
        number = scene(workbench, "Mine", ONE)
        media = [[{"file": ONE[0], "size": ONE[1]}], [copy]]
        key = int(workbench.plex.add_item(1, *ONE, media=media, title="As scanned")["ratingKey"])
        workbench.clock.now += 60
        workbench.sync(of_copy, number)
        assert title(workbench, key) == "Mine"
        assert workbench.parked() == {}
        assert set(workbench.waiting()) == {of_copy}


def test_a_version_in_plexs_trash_owns_nothing(workbench: Workbench) -> None:
    gone, number = scene(workbench, "Of the one in the trash", ONE), scene(workbench, "Mine", TWO)
    media = [[{"file": ONE[0], "size": ONE[1], "deletedAt": 1700000000}], [{"file": TWO[0], "size": TWO[1]}]]
    key = int(workbench.plex.add_item(1, *ONE, media=media, title="As scanned")["ratingKey"])
    workbench.clock.now += 60
    workbench.sync(gone, number)
    assert title(workbench, key) == "Mine"
    assert workbench.parked() == {}
    assert set(workbench.waiting()) == {gone}


def test_what_plex_says_was_deleted_at_0_is_not_in_its_trash(workbench: Workbench) -> None:
    number = scene(workbench, "Mine", ONE)
    media = [[{"file": ONE[0], "size": ONE[1], "deletedAt": 0}]]
    key = int(workbench.plex.add_item(1, *ONE, media=media, title="As scanned", deletedAt=0)["ratingKey"])
    workbench.clock.now += 60
    workbench.sync(number)
    assert title(workbench, key) == "Mine"


def test_the_next_scene_is_written_once_the_first_ones_version_goes_to_plexs_trash(workbench: Workbench) -> None:
    gone, number = scene(workbench, "Of the one in the trash", ONE), scene(workbench, "Mine", TWO)
    key = item(workbench, (ONE,), (TWO,))
    workbench.sync(gone, number)
    assert set(workbench.parked()) == {number}
    workbench.plex.remove_file(ONE[0])
    assert workbench.person.get(f"{workbench.plex.url}/library/sections/1/refresh").status_code == 200
    workbench.plex.advance(60)
    workbench.reconcile()
    assert title(workbench, key) == "Mine"
    assert (workbench.parked(), set(workbench.waiting())) == ({}, {gone})


def test_a_first_file_that_was_replaced_is_still_its_scenes(workbench: Workbench) -> None:
    owner, other = scene(workbench, "The owner", ONE), scene(workbench, "The other", TWO)
    key = item(workbench, (ONE,), (TWO,))
    workbench.sync(owner, other)
    with workbench.library.lock:
        workbench.library.scenes[owner].files[0].size = 99  # Stash has scanned it, Plex has not
    workbench.sync(other)
    assert title(workbench, key) == "The owner"
    assert set(workbench.parked()) == {other}


def test_while_the_scene_of_the_first_file_cannot_be_read_nobody_writes(workbench: Workbench) -> None:
    owner, other = scene(workbench, "The owner", ONE), scene(workbench, "The other", TWO)
    key = item(workbench, (ONE,), (TWO,))
    workbench.stash.inject({"kind": "graphql_error", "scene": owner, "field": "tags", "count": None})
    workbench.sync(other)
    assert title(workbench, key) == "As scanned"
    assert set(workbench.waiting()) == {other}


@pytest.mark.parametrize("as_parts", [False, True], ids=["versions", "parts"])
def test_the_advice_can_be_followed(workbench: Workbench, as_parts: bool) -> None:
    scene(workbench, "The owner", ONE)
    other = scene(workbench, "The other", TWO)
    item(workbench, *([(ONE, TWO)] if as_parts else [(ONE,), (TWO,)]))
    workbench.sync(other)
    reason = workbench.parked()[other]
    assert ("rename the files" in reason) == as_parts
    assert ("split the item" in reason) != as_parts


def goes(workbench: Workbench, owner: int, how: str) -> None:
    """The scene that owned the item's first file owns it no more, and its hook says so."""
    library = workbench.library
    with library.lock:
        one = library.scenes[owner]
        if how == "it is deleted":
            library.remove_scene(one)
        elif how == "the selection leaves it out":
            one.tags = [workbench.entity("tag", "Private")]
        else:
            one.files = one.files[1:]
        if owner in library.scenes:
            library.touch(one)
    workbench.clock.now += 60
    workbench.sync(owner, kind=UpdateType.DESTROY if how == "it is deleted" else UpdateType.UPDATE)


@pytest.mark.parametrize(
    "how", ["it is deleted", "the selection leaves it out", "its file is another one's", "it has other files"]
)
def test_a_scene_in_conflict_is_tried_again_once_the_other_one_goes_away(workbench: Workbench, how: str) -> None:
    workbench.use(never_tags=("Private",))
    files = [ONE, THREE] if how == "it has other files" else [ONE]
    owner, other = scene(workbench, "The owner", *files), scene(workbench, "The other", TWO)
    key = item(workbench, (ONE,), (TWO,))
    if how == "it has other files":
        item(workbench, (THREE,))
    workbench.sync(other, owner)
    assert set(workbench.parked()) == {other}
    for text in ("a", "b"):
        with workbench.library.lock:
            workbench.library.scenes[owner].details = text
        workbench.sync(owner)
    assert workbench.tally == {"updated": 1}, "an edit of the owner is no reason to try the other one again"
    goes(workbench, owner, how)
    assert (title(workbench, key), workbench.parked(), workbench.waiting()) == ("The other", {}, {})
