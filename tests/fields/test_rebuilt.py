"""Plex built its library anew: the same files have new rating keys, and what is remembered follows by the file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.support.workbench import ROOT, Bench, Pair, running_bench


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with running_bench(tmp_path_factory.mktemp("bench")) as made:
        yield made


def rebuilt(pair: Pair, **in_plex: Any) -> Pair:
    """The same file in a new item that shows ``in_plex``."""
    path = f"{ROOT}/folder/scene.{pair.scene:04d}.mp4"
    assert pair.bench.person.delete(f"{pair.bench.plex.url}/library/metadata/{pair.key}").status_code == 200
    item = pair.bench.plex.add_item(1, path, 1000 + pair.scene, **in_plex)
    pair.bench.clock.now += 60
    assert int(item["ratingKey"]) != pair.key
    return replace(pair, key=int(item["ratingKey"]))


def test_what_plex_kept_of_ours_is_still_ours(bench: Bench) -> None:
    pair = bench.pair(title="File name")
    pair.in_stash(title="Stash title", tags=["Beach", "Sun"])
    pair.sync()
    pair = rebuilt(pair, title="Stash title", genres=["Beach", "Sun", "By hand"])
    assert pair.sync() == []
    pair.in_stash(title="", tags=["Sun"])
    pair.sync()
    assert pair.tags("genre") == ["Sun", "By hand"]
    assert pair.shown()["title"] == "File name"


def test_what_plex_made_anew_is_what_stood_there_before(bench: Bench) -> None:
    bench.use(give_back_on_destroy=True)
    pair = bench.pair(title="Old name")
    pair.in_stash(title="Stash title", tags=["Beach"])
    pair.sync()
    pair = rebuilt(pair, title="New name", genres=["From Plex"])
    before = pair.shown()
    pair.sync()
    assert pair.shown()["title"] == "Stash title"
    pair.in_stash(title="", tags=[])
    pair.sync()
    assert pair.shown() == before


def test_another_item_of_the_same_scene_inherits_nothing(bench: Bench) -> None:
    """A second version is no successor: what it shows is its own, although it looks like ours."""
    pair = bench.pair(title="File name")
    pair.in_stash(title="Stash title", tags=["Beach"])
    pair.sync()
    path = f"{ROOT}/other/scene.{pair.scene:04d}.mp4"
    with bench.library.lock:
        scene = bench.library.scenes[pair.scene]
        first = scene.files[0]
        scene.files.append(replace(first, id=bench.library.new_id("file", bench.library.files), path=path))
        bench.library.touch(scene)
    item = bench.plex.add_item(1, path, 1000 + pair.scene, title="Stash title", genres=["Beach"])
    bench.clock.now += 60
    second = replace(pair, key=int(item["ratingKey"]))
    pair.sync()
    pair.in_stash(tags=[])
    bench.sync(pair.scene)
    assert second.tags("genre") == ["Beach"]
