"""Plex built its library anew: the same files have new rating keys, and what is remembered follows by the file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.support.pairs import Pair
from tests.support.workbench import MEDIA, Workbench, running_workbench


@pytest.fixture(scope="module")
def workbench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    with running_workbench(tmp_path_factory.mktemp("rebuilt")) as made:
        yield made


def rebuilt(pair: Pair, **in_plex: Any) -> Pair:
    """The same file in a new item that shows ``in_plex``."""
    path = f"{MEDIA}/folder/scene.{pair.scene:04d}.mp4"
    assert pair.workbench.person.delete(f"{pair.workbench.plex.url}/library/metadata/{pair.key}").status_code == 200
    item = pair.workbench.plex.add_item(1, path, 1000 + pair.scene, **in_plex)
    pair.workbench.clock.now += 60
    assert int(item["ratingKey"]) != pair.key
    return replace(pair, key=int(item["ratingKey"]))


def test_what_plex_kept_of_ours_is_still_ours(workbench: Workbench) -> None:
    pair = workbench.pair(title="File name")
    pair.in_stash(title="Stash title", tags=["Beach", "Sun"])
    pair.sync()
    pair = rebuilt(pair, title="Stash title", genres=["Beach", "Sun", "By hand"])
    assert pair.sync() == []
    pair.in_stash(title="", tags=["Sun"])
    pair.sync()
    assert pair.tags("genre") == ["Sun", "By hand"]
    assert pair.shown()["title"] == "File name"


def test_what_plex_made_anew_is_what_stood_there_before(workbench: Workbench) -> None:
    workbench.use(give_back_on_destroy=True)
    pair = workbench.pair(title="Old name")
    pair.in_stash(title="Stash title", tags=["Beach"])
    pair.sync()
    pair = rebuilt(pair, title="New name", genres=["From Plex"])
    before = pair.shown()
    pair.sync()
    assert pair.shown()["title"] == "Stash title"
    pair.in_stash(title="", tags=[])
    pair.sync()
    assert pair.shown() == before


def test_another_item_of_the_same_scene_inherits_nothing(workbench: Workbench) -> None:
    """A second version is no successor: what it shows is its own, although it looks like ours."""
    pair = workbench.pair(title="File name")
    pair.in_stash(title="Stash title", tags=["Beach"])
    pair.sync()
    path = f"{MEDIA}/other/scene.{pair.scene:04d}.mp4"
    with workbench.library.lock:
        scene = workbench.library.scenes[pair.scene]
        first = scene.files[0]
        scene.files.append(replace(first, id=workbench.library.new_id("file", workbench.library.files), path=path))
        workbench.library.touch(scene)
    item = workbench.plex.add_item(1, path, 1000 + pair.scene, title="Stash title", genres=["Beach"])
    workbench.clock.now += 60
    second = replace(pair, key=int(item["ratingKey"]))
    pair.sync()
    pair.in_stash(tags=[])
    workbench.sync(pair.scene)
    assert second.tags("genre") == ["Beach"]
