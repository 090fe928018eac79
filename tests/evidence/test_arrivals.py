"""A file that Plex has by now is found at once, whatever times Plex shows, and costs only the scene it concerns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.stash.model import Scene, VideoFile
from tests.support.workbench import MEDIA, Workbench, running_workbench

HOUR = 3600.0


@pytest.fixture
def workbench(tmp_path: Path) -> Iterator[Workbench]:
    with running_workbench(tmp_path) as made:
        start(made)
        yield made


def start(workbench: Workbench) -> None:
    """One pair was sent, and an hour has gone by."""
    first = workbench.pair()
    first.in_stash(title="First")
    first.sync()
    workbench.plex.advance(HOUR)
    workbench.clock.now += HOUR


def scene_of(workbench: Workbench, name: str, size: int) -> int:
    """A scene of one file that Plex does not have."""
    library, now = workbench.library, workbench.library.clock.now()
    with library.lock:
        number = library.new_id("scene", library.scenes)
        file = VideoFile(library.new_id("file", library.files), f"{MEDIA}/{name}", size, 60.0, now, now, now)
        library.add_scene(Scene(number, now, now, title=f"Title of {name}", files=[file]))
    return number


def kinds(workbench: Workbench) -> dict[str, int]:
    return {kind: count for kind, count in workbench.plex.counts().items() if count}


#: What Plex shows of a new item, or of another one beside it.
STAMPS: list[dict[str, Any]] = [
    {"addedAt": 1_400_000_000, "updatedAt": None},
    {"addedAt": 1_400_000_000},
    {"addedAt": 0, "updatedAt": None},
    {"addedAt": 4_039_372_800, "updatedAt": None},
]


@pytest.mark.parametrize("file_filter", ["names", "ignored", "nothing"])
@pytest.mark.parametrize("stamps", STAMPS, ids=["old, not edited", "old", "without", "in 2098"])
def test_a_new_file_is_found_whatever_its_time(tmp_path: Path, file_filter: str, stamps: dict[str, Any]) -> None:
    with running_workbench(tmp_path, file_filter=file_filter) as workbench:
        start(workbench)
        scene = scene_of(workbench, "new file.mp4", 5)
        workbench.plex.add_item(1, f"{MEDIA}/new file.mp4", 5, **stamps)
        workbench.sync(scene)
        assert workbench.waiting() == {}
        assert workbench.plex.find(f"{MEDIA}/new file.mp4")["title"] == "Title of new file.mp4"


@pytest.mark.parametrize("file_filter", ["names", "ignored", "nothing"])
@pytest.mark.parametrize("when", [2_147_483_647, 2_500_000_000, 4_039_372_800])
def test_files_are_found_beside_an_item_from_the_future(tmp_path: Path, file_filter: str, when: int) -> None:
    with running_workbench(tmp_path, file_filter=file_filter) as workbench:
        workbench.plex.add_item(1, f"{MEDIA}/pinned.mp4", 4, addedAt=when, updatedAt=when)
        start(workbench)
        for name in ("one.mp4", "two.mp4"):
            scene = scene_of(workbench, name, 5)
            workbench.plex.add_item(1, f"{MEDIA}/{name}", 5)
            workbench.sync(scene)
            assert workbench.waiting() == {}
            workbench.clock.now += 60


@pytest.mark.parametrize("file_filter", ["names", "ignored", "nothing"])
def test_files_are_found_after_the_clock_of_plex_was_set_back(tmp_path: Path, file_filter: str) -> None:
    with running_workbench(tmp_path, file_filter=file_filter) as workbench:
        workbench.plex.advance(48 * HOUR)
        start(workbench)
        workbench.plex.advance(-48 * HOUR)
        scene = scene_of(workbench, "earlier.mp4", 5)
        workbench.plex.add_item(1, f"{MEDIA}/earlier.mp4", 5)
        workbench.sync(scene)
        assert workbench.waiting() == {}


def test_one_missing_file_costs_two_requests_and_no_list(workbench: Workbench) -> None:
    workbench.plex.add_item(1, f"{MEDIA}/there by now.mp4", 5)
    workbench.sync(scene_of(workbench, "there by now.mp4", 5))  # this showed that Plex honours the filter
    assert (kinds(workbench)["sections"], kinds(workbench)["list"]) == (1, 1)
    workbench.plex.add_item(1, f"{MEDIA}/another.mp4", 7)
    workbench.clock.now += 60
    workbench.sync(scene_of(workbench, "missing.mp4", 5))
    assert kinds(workbench) == {"sections": 1, "list": 1}
    assert all("file=" in request.query for request in workbench.plex.requests if request.kind == "list")
    workbench.clock.now += 60
    workbench.plex.reset_counts()
    workbench.run()
    assert kinds(workbench) == {"sections": 1}, "nothing changed since, and nothing is asked for again"


def test_a_server_that_does_not_honour_the_filter_is_asked_once(tmp_path: Path) -> None:
    with running_workbench(tmp_path, file_filter="nothing") as workbench:
        start(workbench)
        for number in range(3):
            workbench.plex.add_item(1, f"{MEDIA}/other {number}.mp4", 7)
            workbench.sync(scene_of(workbench, f"missing {number}.mp4", 5))
            asked = [request.query for request in workbench.plex.requests if "file=" in request.query]
            assert len(asked) == (2 if number == 0 else 0)
            workbench.plex.advance(60)
            workbench.clock.now += 60


def test_a_file_that_arrives_costs_one_read_and_none_of_those_that_wait_on(workbench: Workbench) -> None:
    waiting = [scene_of(workbench, f"file {number:03}.mp4", 100 + number) for number in range(120)]
    workbench.sync(*waiting)
    assert len(workbench.waiting()) == 120
    workbench.clock.now += 400
    workbench.run()
    workbench.stash.reset_counts()
    for number in range(10):
        workbench.plex.advance(30)
        workbench.clock.now += 30.5
        workbench.plex.add_item(1, f"{MEDIA}/file {number:03}.mp4", 100 + number)
        workbench.worker.look_for_new_files()
        workbench.run()
        assert len(workbench.waiting()) == 119 - number
    assert workbench.stash.counts()["fields"].get("findScene", 0) == 10


def test_a_waiting_scene_that_is_renamed_is_found_under_its_new_name(workbench: Workbench) -> None:
    scene = scene_of(workbench, "before.mp4", 5)
    workbench.sync(scene)
    with workbench.library.lock:
        workbench.library.scenes[scene].files[0].path = f"{MEDIA}/after.mp4"
    workbench.plex.add_item(1, f"{MEDIA}/after.mp4", 5)
    workbench.clock.now += 30
    workbench.reconcile()
    assert workbench.waiting() == {}


def test_who_was_missing_for_a_day_is_parked_with_what_plex_never_lists(workbench: Workbench) -> None:
    scene = scene_of(workbench, "nowhere.mp4", 5)
    workbench.sync(scene)
    while scene not in workbench.parked():
        workbench.clock.now += 2 * HOUR
        workbench.run()
    assert "looked for it for 24 hours" in workbench.parked()[scene]
    assert ".plexignore" in workbench.parked()[scene]


def test_a_file_in_a_folder_that_plex_never_lists_says_so_at_once(workbench: Workbench) -> None:
    scene = scene_of(workbench, "Extras/one.mp4", 5)
    workbench.sync(scene)
    assert 'a folder called "Extras"' in workbench.waiting()[scene]
