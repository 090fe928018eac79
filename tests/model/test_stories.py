"""Short stories that the random ones of test_convergence.py tell too seldom, each ending with the same questions."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

import pytest

from stash.scenes import SceneAnswer, read_scenes
from tests.model.oracle import check_everything
from tests.model.world import IN_PLEX, SCENES, World
from tests.support.harness import PLEX_ROOT, STASH_ROOT, file_name


@pytest.fixture(params=[True, False], ids=["moved files keep their key", "moved files get a new key"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    with ExitStack() as stack:
        made = World(moved_file_keeps_key=request.param)
        stack.callback(made.close)
        made.advance(10)
        made.compare()
        made.advance(10)
        yield made


def test_a_file_moved_on_both_sides_is_followed_and_then_left_alone(world: World) -> None:
    place = {"destination_folder": f"{STASH_ROOT}/a", "destination_basename": "scene.0001.mp4"}
    world.stash.save(1, title="stash title")
    world.compare()
    world.advance(10)
    world.ask_stash("moveFiles", ids=[1], **place)
    world.plex.move_file(f"{PLEX_ROOT}/{file_name(1)}", f"{PLEX_ROOT}/a/scene.0001.mp4")
    world.scan_plex()
    check_everything(world, everything=False)


def test_a_tag_renamed_once_more_in_the_second_of_a_pass_is_not_missed(world: World) -> None:
    world.stash.save(1, tag_ids=[1])
    world.advance(10)
    world.compare()
    world.advance(10)
    world.ask_stash("tagUpdate", id=1, name="stash tag renamed")
    world.compare()
    world.ask_stash("tagUpdate", id=1, name="stash tag renamed again")
    check_everything(world, everything=False)


def test_an_edit_in_the_second_of_another_while_its_batch_is_worked_off_is_not_missed(world: World) -> None:
    """The scene is read, edited once more within the same second, and finished some seconds later."""

    def edited_after_reading(*asked: Any) -> dict[int, SceneAnswer]:
        scenes = read_scenes(*asked)
        world.stash.save(1, title="stash title")
        world.advance(5)
        return scenes

    world.stash.save(1, organized=True)  # nothing to write, and so no reason to look at it again
    world.tell("Scene.Update.Post", 1)
    with patch("worker.jobs.batches.read_scenes", edited_after_reading):
        world.work()
    check_everything(world, everything=False)


def test_tags_of_a_scene_that_was_merged_into_another_leave_its_item(world: World) -> None:
    world.stash.save(1, tag_ids=[1, 2])
    world.stash.save(2, tag_ids=[2, 3])
    world.advance(10)
    world.compare()
    world.advance(10)
    world.ask_stash("sceneMerge", source=[2], destination=1)
    check_everything(world, everything=False)


def test_an_item_that_was_restored_with_a_later_time_is_no_drift_at_each_pass(world: World) -> None:
    """Plex's counter of changes stands where it stood before, so that nothing seems to have changed."""
    for number in (1, 2):
        world.stash.stash.disk.put(f"{STASH_ROOT}/new/new.{number}.mp4", size=5000 + number)
        world.plex.add_file(1, f"{PLEX_ROOT}/new/new.{number}.mp4", 5000 + number)
        world.stash.wait_for_job(int(world.ask_stash("metadataScan")))
        if number == 1:
            world.advance(2)
            world.plex.restore(IN_PLEX)
    world.scan_plex()
    world.compare()
    world.advance(2)
    world.plex.restore(IN_PLEX + 1)
    check_everything(world, everything=False)


def test_a_scene_with_two_files_misses_none_when_plex_was_restored(world: World) -> None:
    """Plex's counter of changes stands where it stood before, while its numbers are others' by now."""
    world.advance(2)
    world.plex.restore(1)
    world.plex.move_file(f"{PLEX_ROOT}/{file_name(5)}", f"{PLEX_ROOT}/b/{os.path.basename(file_name(5))}")
    world.advance(2)
    world.plex.restore(SCENES)
    world.ask_stash("sceneMerge", source=[3], destination=1)
    world.stash.save(1, details="stash text 1")
    world.advance(10)
    check_everything(world, everything=False)
