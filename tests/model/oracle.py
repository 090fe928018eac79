"""What must be true at the end, judged from what both doubles hold and not from what the plugin believes."""

from __future__ import annotations

import os
from typing import Any

from plex.items import fetch_items
from stash.scenes import read_scenes
from tests.model.world import SMART, World
from tests.support.harness import PLEX_ROOT, STASH_ROOT
from validation.scenes import Scene
from worker.metadata.shown import Shown, shown_of
from worker.metadata.wanted import TAG_FIELDS, Wanted, wanted_of

HOUR = 3600.0


def check_everything(world: World, everything: bool) -> None:
    """Everything up again, one pass, the queue drained: nothing is wrong, and the next pass has nothing to do."""
    world.heal()
    world.advance(3 * HOUR)
    _settle(world, everything)
    aside = {one.scene_id for one in world.record.parked()}
    _check_scenes(world, aside)
    # Those that were parked while something was broken are tried again, as with "Retry Parked Scenes".
    for parked in world.record.parked():
        world.queue.add(parked.scene_id, parked.update_type)
        world.record.unpark(parked.scene_id)
    world.advance(10)
    _settle(world, everything=False)
    _check_scenes(world, set())
    _check_bookkeeping(world)
    smart = world.plex._state.items.get(SMART)
    if smart is not None and smart.type == "collection":  # it goes when Plex is set up anew
        shown = world.plex.item(SMART)
        assert (shown["title"], shown["summary"], shown["locked"]) == ("A Studio", "A person's.", []), shown
    world.advance(10)
    world.plex.reset_counts()
    waiting = len(world.queue)
    findings = world.compare()
    assert findings is not None
    assert not findings.gaps, findings.gaps
    assert world.plex.counts()["writes"] == 0, world.plex.counts()
    assert len(world.queue) == waiting


def _settle(world: World, everything: bool) -> None:
    """Work until only what Plex does not have is left to wait for, with one pass on the way."""
    world.work()
    assert world.compare(everything) is not None
    for _ in range(12):  # as many tries as a scene has, and some
        world.advance(700)
        world.work()
        world.advance(61)
        world.work()
        if all(job.files for job in world.jobs()):  # they wait for files of these names
            return


def _check_scenes(world: World, aside: set[int]) -> None:
    numbers = sorted(world.stash.stash.library.scenes)
    waiting = {number for number in numbers if number in world.queue}
    parked = {one.scene_id: one.reason for one in world.record.parked()}
    for number, scene in read_scenes(world.client, numbers).items():
        assert isinstance(scene, Scene)
        if number in aside:
            continue
        keys = {key for file in scene.files for key in _items_with(world, file.path, file.size)}
        if keys:
            assert number not in waiting, (number, "waits, and yet Plex has its file")
            assert number not in parked, (number, parked[number])
            for item in fetch_items(world.worker.plex_client.server, sorted(keys)).values():
                _check_item(world, scene, shown_of(item), wanted_of(scene, world.worker.config))
        else:
            assert number in waiting or "not in Plex" in parked.get(number, ""), (number, scene.files, parked)


def _items_with(world: World, path: str, size: int | None) -> list[str]:
    """The items that provably hold a file: by its place, else by name and size."""
    there = [item for item in world.plex._state.items.values() if item.type == "movie" and item.deleted_at is None]
    place = path.replace(STASH_ROOT, PLEX_ROOT)
    exact = [str(item.id) for item in there if any(part.file == place for part in item.files())]
    name = os.path.basename(path)
    alike = [
        str(item.id)
        for item in there
        if any(os.path.basename(part.file) == name and part.size == size for part in item.files())
    ]
    return exact or (alike if len(alike) == 1 else [])


def _check_item(world: World, scene: Scene, shown: Shown, wanted: Wanted) -> None:
    about = (scene.name, shown.rating_key)
    abandoned = any(os.path.basename(file.path) in world.abandoned for file in scene.files)
    for name, value in wanted.texts.items():
        if name == "originallyAvailableAt" and world.dates_shift:
            continue  # Plex shows another day
        if value:
            assert shown.shows(name, value), (*about, name, value, shown.text(name))
        elif value == "" and not abandoned:
            text = shown.text(name)
            assert not text or _is_plexs_own(name, text), (*about, name, text)
    for one in TAG_FIELDS:
        tags = wanted.tags[one.name]
        if tags is None:
            continue
        shown_here = {tag.casefold() for tag in shown.tag_names(one.name)}
        goal = {tag.casefold() for tag in tags}
        assert goal <= shown_here, (*about, one.name, goal, shown_here)
        left = {tag for tag in shown_here - goal if not tag.startswith("hand")}
        assert abandoned or not left, (*about, one.name, "left over", left)


def _is_plexs_own(name: str, text: str) -> bool:
    """Whether Plex shows a text without anybody's having written it, as of personal media: the file's name, its day,
    which is later than any in these stories, and no rating of the content. Or somebody wrote it by hand."""
    if name == "contentRating":
        return text == "Not Rated"
    if name == "originallyAvailableAt":
        return text > "2021"
    return text.startswith(("scene.", "moved.", "new.", "hand"))


def _check_bookkeeping(world: World) -> None:
    """Nothing is kept of scenes that are gone."""
    there = set(world.stash.stash.library.scenes)
    known: dict[int, Any] = {**world.record.known_between(0, 2**62), **world.record.parked_between(0, 2**62)}
    assert set(known) <= there, set(known) - there
