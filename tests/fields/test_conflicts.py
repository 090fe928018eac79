"""Items with several files, scenes with several items: who is written, and who is told why not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doubles.stash.model import Scene, VideoFile
from tests.support.workbench import ROOT, Bench, running_bench
from validation.paths import parse_path_map

File = tuple[str, int]
ONE, TWO, THREE = (f"{ROOT}/a/one.mp4", 11), (f"{ROOT}/b/two.mp4", 22), (f"{ROOT}/c/three.mp4", 33)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with running_bench(tmp_path) as bench:
        yield bench


def scene(bench: Bench, title: str, *files: File) -> int:
    """A scene in Stash with that title and those files; its number."""
    library, now = bench.library, bench.library.clock.now()
    with library.lock:
        number = library.new_id("scene", library.scenes)
        rows = [
            VideoFile(library.new_id("file", library.files) + place, path, size, 60.0, now, now, now)
            for place, (path, size) in enumerate(files)
        ]
        library.add_scene(Scene(number, now, now, title=title, files=rows))
    return number


def item(bench: Bench, *versions: tuple[File, ...]) -> int:
    """An item in Plex, each version in one part or several; its key."""
    media = [[{"file": file, "size": size} for file, size in parts] for parts in versions]
    made = bench.plex.add_item(1, versions[0][0][0], versions[0][0][1], media=media, title="As scanned")
    bench.clock.now += 60
    return int(made["ratingKey"])


def title(bench: Bench, key: int) -> str:
    return str(bench.plex.item(key)["title"])


@pytest.mark.parametrize("as_parts", [False, True], ids=["two versions", "two parts of one version"])
@pytest.mark.parametrize("owner_first", [False, True])
def test_an_item_of_two_scenes_is_written_by_the_one_that_owns_its_first_part(
    bench: Bench, as_parts: bool, owner_first: bool
) -> None:
    owner, other = scene(bench, "The owner", ONE), scene(bench, "The other", TWO)
    key = item(bench, (ONE, TWO)) if as_parts else item(bench, (ONE,), (TWO,))
    bench.sync(*((owner, other) if owner_first else (other, owner)))
    assert title(bench, key) == "The owner"
    assert set(bench.parked()) == {other}
    reason = bench.parked()[other]
    assert f"its first file is that of scene {owner};" in reason
    assert "holds files of two scenes" in reason


def test_the_other_scene_stays_parked_and_nothing_goes_back_and_forth(bench: Bench) -> None:
    owner, other = scene(bench, "The owner", ONE), scene(bench, "The other", TWO)
    item(bench, (ONE,), (TWO,))
    bench.sync(owner, other)
    bench.sync(owner, other)
    assert bench.plex.counts()["writes"] == 0
    assert bench.waiting() == {}


def test_an_item_that_was_split_is_written_by_both(bench: Bench) -> None:
    owner, other = scene(bench, "The owner", ONE), scene(bench, "The other", TWO)
    key = item(bench, (ONE,), (TWO,))
    bench.sync(owner, other)
    assert bench.person.put(f"{bench.plex.url}/library/metadata/{key}/split").status_code == 200
    bench.clock.now += 4000
    bench.sync(owner, other)
    assert bench.parked() == {}
    assert bench.plex.find(ONE[0])["title"] == "The owner"
    assert bench.plex.find(TWO[0])["title"] == "The other"


@pytest.mark.parametrize("first", [0, 1, 2])
def test_an_item_whose_files_are_all_of_one_scene_is_written(bench: Bench, first: int) -> None:
    files = (ONE, TWO, THREE)
    number = scene(bench, "All mine", *files)
    scene(bench, "Somebody else", (f"{ROOT}/d/else.mp4", 44))
    ordered = (*files[first:], *files[:first])
    key = item(bench, *((file,) for file in ordered))
    bench.sync(number)
    assert title(bench, key) == "All mine"
    assert bench.parked() == {}


def test_an_item_whose_first_file_is_no_scenes_is_written_by_the_scene_of_the_second(bench: Bench) -> None:
    number = scene(bench, "Known", TWO)
    key = item(bench, (ONE,), (TWO,))
    bench.sync(number)
    assert title(bench, key) == "Known"


@pytest.mark.parametrize("path_map", ["", f"/stash => {ROOT}"], ids=["by name and size", "by path"])
def test_files_that_stash_keeps_elsewhere_are_told_apart_as_well(bench: Bench, path_map: str) -> None:
    bench.use(path_map=parse_path_map(path_map))
    owner = scene(bench, "The owner", ("/stash/a/one.mp4", 11))
    other = scene(bench, "The other", ("/stash/b/two.mp4", 22))
    key = item(bench, (ONE,), (TWO,))
    bench.sync(other, owner)
    assert title(bench, key) == "The owner"
    assert set(bench.parked()) == {other}
    assert f"scene {owner}" in bench.parked()[other]


def test_a_scene_of_another_size_with_the_same_file_name_is_no_conflict(bench: Bench) -> None:
    number = scene(bench, "Mine", TWO)
    scene(bench, "A namesake", (f"{ROOT}/z/one.mp4", 99))
    key = item(bench, (ONE,), (TWO,))
    bench.sync(number)
    assert title(bench, key) == "Mine"


def test_a_file_in_two_libraries_is_written_in_both(tmp_path: Path) -> None:
    with running_bench(tmp_path) as bench:
        added = "/library/sections?name=More&type=movie&agent=tv.plex.agents.none&language=xn&location=/media/library"
        assert bench.person.post(bench.plex.url + added).status_code in (200, 201)
        number = scene(bench, "In both", ONE)
        sections = [section["key"] for section in bench.plex.state_dump()["sections"]]
        keys = [int(bench.plex.add_item(section, *ONE)["ratingKey"]) for section in sections]
        assert len(keys) == 2
        bench.sync(number)
        assert [title(bench, key) for key in keys] == ["In both", "In both"]
        assert bench.plex.counts()["details"] <= 3  # one for both, and one for each to read the first write back


def test_every_item_of_a_scene_with_several_files_is_written(bench: Bench) -> None:
    number = scene(bench, "Two files", ONE, TWO)
    keys = [item(bench, (ONE,)), item(bench, (TWO,))]
    bench.sync(number)
    assert [title(bench, key) for key in keys] == ["Two files", "Two files"]


def test_a_scene_writes_its_own_item_and_not_the_one_that_is_another_scenes(bench: Bench) -> None:
    owner, both = scene(bench, "The owner", ONE), scene(bench, "Both", TWO, THREE)
    shared, own = item(bench, (ONE,), (TWO,)), item(bench, (THREE,))
    bench.sync(owner, both)
    assert title(bench, shared) == "The owner"
    assert title(bench, own) == "Both"
    assert bench.parked() == {}


def test_two_items_that_cannot_be_told_apart_are_not_touched(bench: Bench) -> None:
    number = scene(bench, "Which?", ("/elsewhere/one.mp4", 11))
    keys = [item(bench, ((f"{ROOT}/{folder}/one.mp4", 11),)) for folder in ("x", "y")]
    bench.sync(number)
    assert [title(bench, key) for key in keys] == ["As scanned", "As scanned"]
    assert '2 items in Plex hold a file called "one.mp4"' in bench.parked()[number]
