"""Name and size of a file are no proof against the scene at whose path it lies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doubles.stash.model import Scene, VideoFile
from tests.support.clock import HOUR
from tests.support.workbench import MEDIA, Workbench, running_workbench
from worker.metadata.unlisted import ABSENT

ORDERS = {"the right one first": (0, 1), "the other one first": (1, 0)}


@pytest.fixture
def workbench(tmp_path: Path) -> Iterator[Workbench]:
    with running_workbench(tmp_path) as workbench:
        yield workbench


def twins(workbench: Workbench, *folders: str) -> list[int]:
    """Scenes whose files have one name and one size, in these folders; each titled as its folder."""
    library, now = workbench.library, workbench.library.clock.now()
    numbers = []
    with library.lock:
        for folder in folders:
            numbers.append(library.new_id("scene", library.scenes))
            number = library.new_id("file", library.files)
            file = VideoFile(number, f"{folder}/clip.mp4", 100, 60.0, now, now, now)
            library.add_scene(Scene(numbers[-1], now, now, title=folder, files=[file]))
    return numbers


def item(workbench: Workbench, path: str, size: int) -> int:
    """An item with one file; its key."""
    made = workbench.plex.add_item(1, path, size, title="As scanned")
    workbench.clock.now += 60
    return int(made["ratingKey"])


def title(workbench: Workbench, key: int) -> str:
    return str(workbench.plex.item(key)["title"])


@pytest.mark.parametrize("order", ORDERS)
def test_an_item_at_one_scenes_path_is_never_written_for_another(workbench: Workbench, order: str) -> None:
    right, other = twins(workbench, f"{MEDIA}/2023", f"{MEDIA}/2024")
    key = item(workbench, f"{MEDIA}/2023/clip.mp4", 100)
    for place in ORDERS[order]:
        workbench.sync((right, other)[place])
        assert title(workbench, key) != f"{MEDIA}/2024"
    for _ in range(2):
        workbench.clock.now += HOUR
        workbench.sync(right, other)
    assert (title(workbench, key), workbench.plex.counts()["writes"]) == (f"{MEDIA}/2023", 0)
    assert workbench.waiting()[other].startswith(ABSENT)
    assert f"which is that of scene {right}" in workbench.waiting()[other]
    own = item(workbench, f"{MEDIA}/2024/clip.mp4", 100)
    workbench.sync(other)
    assert (title(workbench, key), title(workbench, own)) == (f"{MEDIA}/2023", f"{MEDIA}/2024")
    assert workbench.waiting() == {}


def test_not_even_where_that_scene_is_left_out(workbench: Workbench) -> None:
    workbench.use(never_tags=("Private",))
    private, other = twins(workbench, f"{MEDIA}/2023", f"{MEDIA}/2024")
    with workbench.library.lock:
        workbench.library.scenes[private].tags = [workbench.entity("tag", "Private")]
    key = item(workbench, f"{MEDIA}/2023/clip.mp4", 100)
    workbench.sync(other, private)
    assert title(workbench, key) == "As scanned"


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("folders", [("/s/2023", "/s/2024"), ("/s/a", "/s/b")], ids=["folders tell", "nothing tells"])
def test_where_paths_prove_nothing_it_comes_to_rest_with_one_of_them(
    workbench: Workbench, folders: tuple[str, str], order: str
) -> None:
    numbers = twins(workbench, *folders)
    key = item(workbench, f"{MEDIA}/2023/clip.mp4", 100)
    for place in ORDERS[order]:
        workbench.sync(numbers[place])
    for _ in range(2):
        workbench.sync(*numbers)
    settled = title(workbench, key)
    if folders == ("/s/2023", "/s/2024"):
        assert settled == "/s/2023"
    workbench.clock.now += HOUR
    workbench.sync(*reversed(numbers))
    assert (title(workbench, key), workbench.plex.counts()["writes"]) == (settled, 0)
    assert len(workbench.waiting()) == 1


def test_a_file_that_was_moved_in_stash_alone_keeps_its_item(workbench: Workbench) -> None:
    (number,) = twins(workbench, f"{MEDIA}/new")
    key = item(workbench, f"{MEDIA}/old/clip.mp4", 100)
    workbench.sync(number)
    assert title(workbench, key) == f"{MEDIA}/new"
