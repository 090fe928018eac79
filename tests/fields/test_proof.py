"""Which item is a scene's: its path and size, or its name and size, prove it; what one contradicts is no proof."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doubles.stash.model import Scene, VideoFile
from tests.support.workbench import MEDIA, Workbench, running_workbench
from validation.paths import parse_path_map
from worker.items.finder import DIFFERENT, UNSIZED
from worker.metadata.unlisted import ABSENT


@pytest.fixture
def workbench(tmp_path: Path) -> Iterator[Workbench]:
    with running_workbench(tmp_path) as workbench:
        yield workbench


def scene(workbench: Workbench, path: str, size: int) -> int:
    """A scene with one file and the title "Mine"; its number."""
    library, now = workbench.library, workbench.library.clock.now()
    with library.lock:
        number = library.new_id("scene", library.scenes)
        file = VideoFile(library.new_id("file", library.files), path, size, 60.0, now, now, now)
        library.add_scene(Scene(number, now, now, title="Mine", files=[file]))
    return number


def item(workbench: Workbench, path: str, size: int | None) -> int:
    """An item with one file; its key."""
    made = workbench.plex.add_item(1, path, 0, media=[[{"file": path, "size": size}]], title="As scanned")
    workbench.clock.now += 60
    return int(made["ratingKey"])


def title(workbench: Workbench, key: int) -> str:
    return str(workbench.plex.item(key)["title"])


def resize(workbench: Workbench, number: int, size: int) -> None:
    """A scene's file was replaced, and Stash has scanned it."""
    with workbench.library.lock:
        workbench.library.scenes[number].files[0].size = size


def scan(workbench: Workbench) -> None:
    url = f"{workbench.plex.url}/library/sections/1/refresh"
    assert workbench.person.get(url).status_code == 200
    workbench.plex.advance(10)
    workbench.clock.now += 10


def test_a_path_whose_size_differs_is_not_written_and_says_so(workbench: Workbench) -> None:
    number, key = scene(workbench, f"{MEDIA}/a.mp4", 10), item(workbench, f"{MEDIA}/a.mp4", 11)
    workbench.sync(number)
    assert title(workbench, key) == "As scanned"
    assert workbench.waiting() == {number: DIFFERENT}
    assert DIFFERENT.startswith("sizes differ")
    assert workbench.plex.counts()["details"] == 1


def test_after_a_day_of_other_sizes_the_scene_is_parked_with_that_reason(workbench: Workbench) -> None:
    number = scene(workbench, f"{MEDIA}/a.mp4", 10)
    item(workbench, f"{MEDIA}/a.mp4", 11)
    workbench.sync(number)
    while workbench.jobs():
        (job,) = workbench.jobs()
        workbench.clock.now = job.due
        workbench.run()
    assert workbench.waiting() == {}
    assert workbench.parked() == {number: f"{DIFFERENT}; looked for it for 24 hours"}


@pytest.mark.parametrize("first", ["Stash", "Plex"], ids=["scanned by Stash first", "scanned by Plex first"])
def test_a_file_replaced_in_place_is_written_once_both_have_scanned_it(workbench: Workbench, first: str) -> None:
    number, key = scene(workbench, f"{MEDIA}/a.mp4", 10), item(workbench, f"{MEDIA}/a.mp4", 10)
    workbench.sync(number)
    assert title(workbench, key) == "Mine"
    workbench.plex.remove_file(f"{MEDIA}/a.mp4")
    workbench.plex.add_file(1, f"{MEDIA}/a.mp4", 12)
    if first == "Stash":
        resize(workbench, number, 12)
    else:
        scan(workbench)
    workbench.library.scenes[number].title = "New cut"
    workbench.sync(number)
    assert title(workbench, key) == "Mine"
    assert workbench.waiting() == {number: DIFFERENT}
    if first == "Stash":
        scan(workbench)
    else:
        resize(workbench, number, 12)
    workbench.clock.now += 4000
    workbench.sync()
    assert title(workbench, key) == "New cut"
    assert (workbench.waiting(), workbench.parked()) == ({}, {})


def test_where_the_path_leads_to_another_file_name_and_size_find_the_right_one(workbench: Workbench) -> None:
    workbench.use(path_map=parse_path_map(f"/stash/a => {MEDIA}/b"))
    numbers = [scene(workbench, f"/stash/a/{n:02}.mp4", 100 + n) for n in range(3)]
    right = [item(workbench, f"{MEDIA}/a/{n:02}.mp4", 100 + n) for n in range(3)]
    wrong = [item(workbench, f"{MEDIA}/b/{n:02}.mp4", 500 + n) for n in range(3)]
    workbench.sync(*numbers)
    assert [title(workbench, key) for key in right] == ["Mine"] * 3
    assert [title(workbench, key) for key in wrong] == ["As scanned"] * 3


def test_a_name_in_another_case_is_found_beside_a_namesake_of_another_size(workbench: Workbench) -> None:
    number = scene(workbench, "/stash/clip.mp4", 10)
    namesake, right = item(workbench, f"{MEDIA}/x/clip.mp4", 99), item(workbench, f"{MEDIA}/y/CLIP.MP4", 10)
    workbench.sync(number)
    assert (title(workbench, namesake), title(workbench, right)) == ("As scanned", "Mine")


def test_of_one_path_in_two_libraries_only_the_item_of_the_right_size_is_written(workbench: Workbench) -> None:
    added = f"/library/sections?name=More&type=movie&agent=tv.plex.agents.none&language=xn&location={MEDIA}"
    assert workbench.person.post(workbench.plex.url + added).status_code in (200, 201)
    number = scene(workbench, f"{MEDIA}/a.mp4", 10)
    keys = [
        int(workbench.plex.add_item(s, f"{MEDIA}/a.mp4", z, title="As scanned")["ratingKey"])
        for s, z in ((1, 9), (2, 10))
    ]
    workbench.clock.now += 60
    workbench.sync(number)
    assert [title(workbench, key) for key in keys] == ["As scanned", "Mine"]


def test_a_part_without_a_size_is_proved_by_its_path_and_never_by_its_name(workbench: Workbench) -> None:
    by_path, by_name = scene(workbench, f"{MEDIA}/a.mp4", 10), scene(workbench, "/stash/b.mp4", 10)
    absent = scene(workbench, f"{MEDIA}/c.mp4", 10)
    keys = [item(workbench, f"{MEDIA}/{name}.mp4", None) for name in ("a", "b")]
    workbench.sync(by_path, by_name, absent)
    assert [title(workbench, key) for key in keys] == ["Mine", "As scanned"]
    assert workbench.waiting() == {by_name: UNSIZED, absent: ABSENT}
