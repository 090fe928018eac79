"""Rating keys are numbers that another machine hands out: what is remembered follows the file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.plex import PlexDouble
from tests.doubles.stash.model import Scene
from tests.doubles.stash.pictures import png
from tests.support.pairs import Pair
from tests.support.workbench import MEDIA, Workbench, running_workbench
from validation.jobs import UpdateType


@pytest.fixture
def workbench(tmp_path: Path) -> Iterator[Workbench]:
    with running_workbench(tmp_path) as made:
        yield made


def restored(workbench: Workbench, stack: ExitStack, items: list[dict[str, Any]]) -> None:
    """Plex goes on from a backup: the same server and library, other keys."""
    old = workbench.plex.state_dump()["server"]
    section = {"key": 1, "title": "Clips", "type": "movie", "agent": "tv.plex.agents.none", "locations": [MEDIA]}
    library = {"server": old, "sections": [{**section, "items": items}]}
    workbench.plex = stack.enter_context(PlexDouble(library))
    workbench.clock.now += 90_000


def file_of(pair: Pair) -> dict[str, Any]:
    return {"file": f"{MEDIA}/folder/scene.{pair.scene:04d}.mp4", "size": 1000 + pair.scene}


@pytest.mark.parametrize("keep", [False, True], ids=["Stash wins", "hand edits are kept"])
def test_after_a_restore_that_gave_keys_to_other_files_every_file_shows_its_own(
    workbench: Workbench, keep: bool
) -> None:
    workbench.use(keep_plex_edits=keep)
    one, two = workbench.pair(title="one"), workbench.pair(title="two")
    one.in_stash(title="First", details="Text one", tags=["A"])
    two.in_stash(title="Second", details="Text two", tags=["B"])
    workbench.sync(one.scene, two.scene)
    with ExitStack() as stack:
        swapped = [
            {**file_of(two), "title": "two", "ratingKey": one.key},
            {**file_of(one), "title": "one", "ratingKey": two.key},
        ]
        restored(workbench, stack, swapped)
        workbench.use(keep_plex_edits=keep, plex_url=workbench.plex.url, plex_token=workbench.plex.token)
        workbench.sync(one.scene, two.scene)
        one, two = Pair(workbench, one.scene, two.key), Pair(workbench, two.scene, one.key)
        for pair, title, text, tag in ((one, "First", "Text one", "A"), (two, "Second", "Text two", "B")):
            assert (pair.shown()["title"], pair.shown()["summary"]) == (title, text)
            assert pair.tags("genre") == [tag]
        assert workbench.kept == 0
        one.in_stash(title="")
        one.sync()
        assert one.shown()["title"] == "one", "what this file's item showed before"


def another_scene_has_the_file(pair: Pair, title: str, tags: list[str]) -> Pair:
    """Stash forgets a scene and finds its file again: another number."""
    library = pair.workbench.library
    with library.lock:
        files, now = library.scenes.pop(pair.scene).files, library.clock.now()
        number = max(library.new_id("scene", library.scenes), pair.scene + 1)
        library.add_scene(Scene(number, now, now, title=title, files=files))
    pair.workbench.clock.now += 60
    pair.workbench.sync(pair.scene, kind=UpdateType.DESTROY)
    found = Pair(pair.workbench, number, pair.key)
    found.in_stash(tags=tags)
    return found


@pytest.mark.parametrize("keep", [False, True], ids=["Stash wins", "hand edits are kept"])
def test_the_third_scene_of_a_file_goes_on_from_the_second(workbench: Workbench, keep: bool) -> None:
    workbench.use(keep_plex_edits=keep)
    pair = workbench.pair(title="Plex's own")
    pair.in_stash(title="First", tags=["X"])
    pair.sync()
    for title, tags in (("Second", ["X", "Y"]), ("Third", ["X"])):
        pair = another_scene_has_the_file(pair, title, tags)
        pair.sync()
        assert (pair.shown()["title"], pair.tags("genre")) == (title, tags)
    pair.in_stash(title="")
    pair.sync()
    assert pair.shown()["title"] == "Plex's own"


def test_a_file_that_went_to_another_scene_is_given_back_with_that_one(workbench: Workbench) -> None:
    workbench.use(give_back_on_destroy=True)
    first, second = workbench.pair(title="Plex A"), workbench.pair(title="Plex B")
    first.in_stash(title="A")
    second.in_stash(title="B")
    workbench.sync(first.scene, second.scene)
    scenes = workbench.library.scenes
    with workbench.library.lock:
        scenes[second.scene].files, scenes[first.scene].files = (
            [*scenes[second.scene].files, *scenes[first.scene].files],
            [],
        )
    workbench.clock.now += 60
    workbench.sync(first.scene, second.scene)
    assert first.shown()["title"] == "B"
    with workbench.library.lock:
        del scenes[second.scene]
    workbench.sync(second.scene, kind=UpdateType.DESTROY)
    assert (first.shown()["title"], second.shown()["title"]) == ("Plex A", "Plex B")


def forget_files(workbench: Workbench) -> None:
    """As after coming from version 1.0.0, which did not write them down."""
    with workbench.database:
        workbench.database.execute("DELETE FROM memory_files")


def test_of_unknown_files_all_counts_that_fits_what_plex_shows(workbench: Workbench) -> None:
    workbench.use(skip_poster=False)
    pair = workbench.pair(title="Before")
    pair.in_stash(title="Written", tags=["A"], cover=png("cover"))
    pair.sync()
    forget_files(workbench)
    assert pair.sync() == [], "no picture is uploaded once more"
    forget_files(workbench)
    pair.in_stash(title="", tags=[])
    pair.sync()
    assert (pair.shown()["title"], pair.tags("genre")) == ("Before", [])


def test_of_unknown_files_nothing_counts_that_plex_does_not_show(workbench: Workbench) -> None:
    """The key is another file's by now: nothing is given back there."""
    pair, other = workbench.pair(title="Before"), workbench.pair(title="Other")
    pair.in_stash(title="Written", tags=["A"])
    pair.sync()
    forget_files(workbench)
    with workbench.database:
        workbench.database.execute("UPDATE memories SET item = ?, scene = NULL", (str(other.key),))
    other.in_stash(title="Stash's")
    other.sync()
    other.in_stash(title="")
    other.sync()
    assert other.shown()["title"] == "Other"


def test_a_file_that_moved_and_kept_its_key_is_the_same_item(workbench: Workbench) -> None:
    pair = workbench.pair(title="Before")
    pair.in_stash(title="Written")
    pair.sync()
    old = file_of(pair)["file"]
    for new in (f"{MEDIA}/elsewhere/scene.{pair.scene:04d}.mp4", f"{MEDIA}/elsewhere/renamed.mp4"):
        workbench.plex.move_file(old, new)
        workbench.person.get(f"{workbench.plex.url}/library/sections/1/refresh")
        workbench.plex.advance(60)
        with workbench.library.lock:
            workbench.library.scenes[pair.scene].files[0].path = new
        workbench.clock.now += 90_000
        pair.sync()
        old = new
    assert workbench.plex.item(pair.key)["title"] == "Written"
    pair.in_stash(title="")
    pair.sync()
    assert pair.shown()["title"] == "Before"
