"""Plex keeps what an account played by guid, not by item: items share it, lose it and find it again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.pairs import Pair
from tests.support.watching import Watching, watching
from worker.tasks.import_plays import import_plays

FILM, OTHER = "plex://movie/5d776831880197001ec90a1b", "plex://movie/5d776831880197001ec90a1c"


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Watching]:
    with watching(tmp_path, marked_counts_as_play=True) as made:
        yield made


def found_anew(room: Watching, pair: Pair, guid: str) -> Pair:
    """The item is deleted, and its file found again: another rating key, and the agent knows it for the same."""
    bench = room.workbench
    file = bench.library.scenes[pair.scene].files[0]
    with bench.plex._state.lock:
        bench.plex._state.drop_item(bench.plex._state.items[pair.key])
    item = bench.plex.add_item(1, file.path, file.size, guid=guid, duration=60_000)
    made = replace(pair, key=int(item["ratingKey"]))
    bench.reconcile(everything=True)
    bench.sync(pair.scene)
    assert made.key != pair.key
    return made


def second_item(room: Watching, pair: Pair, guid: str) -> None:
    """Another version of the same scene, which Plex lists as an item of its own."""
    bench = room.workbench
    scene = bench.library.scenes[pair.scene]
    file = bench.library.scenes[room.matched(guid=guid).scene].files.pop()
    scene.files.append(file)
    bench.library.touch(scene)
    bench.reconcile(everything=True)
    bench.sync(pair.scene)


@pytest.mark.parametrize("how", ["watched", "marked"])
def test_a_file_that_is_found_anew_brings_no_play_once_more(room: Watching, how: str) -> None:
    pair = room.matched(guid=FILM)
    room.work()
    getattr(room, how)(pair)
    room.ask()
    assert len(room.plays(pair)) == 1
    anew = found_anew(room, pair, FILM)
    room.pass_time(60)
    room.ask()
    room.ask()
    assert len(room.plays(pair)) == 1
    assert room.task(import_plays, {}, confirm="yes") == "There is nothing to bring from Plex."
    room.marked(anew, played=False)
    room.ask()
    assert len(room.plays(pair)) == (1 if how == "watched" else 0), "the mark is still the one that it was"


def test_a_match_that_is_made_anew_unmarks_nothing(room: Watching) -> None:
    pair = room.matched(guid=FILM)
    room.work()
    room.marked(pair)
    room.ask()
    assert len(room.plays(pair)) == 1
    for guid in (OTHER, FILM, OTHER):
        room.match(pair, guid)
        room.ask()
        assert len(room.plays(pair)) == 1
    room.pass_time(60)
    room.marked(pair)
    room.ask()
    assert len(room.plays(pair)) == 2, "and a person's mark of what it is now counts"


def test_what_the_account_saw_before_under_another_item_is_no_news(room: Watching) -> None:
    first, second = room.matched(guid=FILM), room.matched(guid=OTHER)
    room.marked(first)
    room.work()
    room.match(second, FILM)  # Plex shows it as played from now on
    room.ask()
    assert (room.plays(first), room.plays(second)) == ([], [])
    with room.workbench.plex._state.lock:
        seen = room.workbench.plex._state
        seen.settings[1, "plex://movie/old"] = replace(seen.settings[1, FILM], view_offset=20_000)
    third = room.matched(guid="plex://movie/old")
    room.ask()
    assert (room.plays(third), room.resumes(third)) == ([], 0), "what was played long ago, in another library"


@pytest.mark.parametrize("how", ["watched", "marked"])
def test_two_items_with_one_guid_are_one_play(room: Watching, how: str) -> None:
    pair = room.matched(guid=FILM)
    second_item(room, pair, FILM)
    room.work()
    room.pass_time(60)
    getattr(room, how)(pair)
    room.ask()
    room.ask()
    assert len(room.plays(pair)) == 1


@pytest.mark.parametrize("how", ["watched", "marked"])
def test_of_two_scenes_with_one_guid_nobody_can_tell_which_was_played(room: Watching, how: str) -> None:
    first, second = room.matched(guid=FILM), room.matched(guid=FILM)
    room.work()
    room.pass_time(60)
    getattr(room, how)(second)
    room.ask()
    assert (room.plays(first), room.plays(second)) == ([], [])
    assert room.task(import_plays, {}, confirm="yes") == "There is nothing to bring from Plex."


def test_an_item_in_plexs_trash_does_not_count_beside_the_one_that_is_there(room: Watching) -> None:
    gone, pair = room.matched(guid=FILM), room.matched(guid=FILM)
    with room.workbench.plex._state.lock:
        room.workbench.plex._state.items[gone.key].deleted_at = 1
    room.work()
    room.pass_time(60)
    room.marked(pair)
    room.ask()
    room.pass_time(60)
    room.watched(pair)
    room.ask()
    assert len(room.plays(pair)) == 2


def test_what_is_heard_names_its_item_whatever_else_has_its_guid(room: Watching) -> None:
    first, second = room.matched(guid=FILM), room.matched(guid=FILM)
    room.work()
    for offset in range(0, 60, 10):
        room.tell(second, "playing", offset)
        room.pass_time(10)
    room.watched(second)
    room.tell(second, "stopped", 60)
    room.work()
    room.ask()
    assert (room.plays(first), len(room.plays(second))) == ([], 1)


def test_items_without_a_guid_are_told_apart(room: Watching) -> None:
    pairs = [room.matched(guid="") for _ in range(2)]
    room.work()
    room.pass_time(60)
    with room.workbench.plex._state.lock:  # what a server keeps by an empty guid, it shows of every one
        room.workbench.plex._state.items[pairs[1].key].guid = "local://other"
    room.marked(pairs[0])
    room.ask()
    assert [len(room.plays(pair)) for pair in pairs] == [1, 0]
