"""What came from Plex is taken from Stash again to the second, whatever is killed when, and can be brought again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import worker.returns.activity_changes as changes
from tests.support.pairs import Pair
from tests.support.watching import Watching, watching
from worker.returns.sending import AGAIN, MOST_TRIES
from worker.storage.journal_entries import Direction
from worker.storage.journal_reading import latest_entries, latest_runs
from worker.storage.returned import ReturnState
from worker.storage.undo_wishes import take_back_writes
from worker.tasks.undo import undo


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Watching]:
    with watching(tmp_path) as made:
        yield made


def play(room: Watching, pair: Pair, *, session: str = "1") -> None:
    """Half a minute of it, heard."""
    room.tell(pair, "playing", 0, session=session)
    room.pass_time(10)
    room.tell(pair, "playing", 10, session=session)
    room.pass_time(10)
    room.tell(pair, "stopped", 20, session=session)


def take_back(room: Watching) -> None:
    """Undo all runs that brought something from Plex."""
    bench = room.workbench
    entries = [one for one in latest_entries(bench.database, 100) if one.direction is Direction.FROM_PLEX]
    take_back_writes(bench.record, bench.queue, lambda: entries)


def test_only_what_came_is_taken_back_and_it_stays_so(room: Watching) -> None:
    pair = room.matched(seconds=600)
    scene = room.workbench.library.scenes[pair.scene]
    newer = int(room.clock.now) + 10_000
    scene.play_history, scene.resume_time, scene.play_duration = [newer, 1000], 0.0, 70.0
    room.work()
    play(room, pair)
    room.work()
    assert (len(room.plays(pair)), room.resumes(pair), room.played(pair)) == (3, 0.0, 90.0), (
        "a later play in Stash is newer"
    )
    take_back(room)
    room.workbench.run()
    for _ in range(2):
        assert (room.plays(pair), room.resumes(pair), room.played(pair)) == ([newer, 1000], 0.0, 70.0)
        room.pass_time(25 * 3600)
        room.work()
        room.kill()


def test_the_task_says_what_it_would_take_back_and_an_undo_is_undone(room: Watching) -> None:
    pair = room.matched(seconds=600)
    room.work()
    play(room, pair)
    room.work()
    second = room.plays(pair)
    assert room.resumes(pair) == 20
    said = room.task(undo, {})
    assert "1 play and 1 position from Plex would be taken from Stash" in said
    assert room.plays(pair) == second
    said = room.task(undo, {}, confirm="yes")
    assert "1 play and 1 position from Plex were taken from Stash" in said
    assert (room.plays(pair), room.resumes(pair), room.played(pair)) == ([], 0, 0)
    run = latest_runs(room.workbench.database, 1)[0].id
    room.task(undo, {}, confirm="yes", run=str(run))
    assert (room.plays(pair), room.played(pair)) == (second, 20)


def test_what_a_person_moved_since_stays(room: Watching) -> None:
    pair = room.matched(seconds=600)
    room.work()
    play(room, pair)
    room.work()
    scene = room.workbench.library.scenes[pair.scene]
    scene.resume_time, scene.play_history = 333.0, []
    take_back(room)
    room.workbench.run()
    assert (room.plays(pair), room.resumes(pair), room.played(pair)) == ([], 333.0, 0)


MUTATIONS = ("add_play", "delete_play", "save_activity")


@pytest.mark.parametrize("arrives", [True, False])
@pytest.mark.parametrize("name", MUTATIONS)
def test_a_kill_at_a_mutation_never_counts_twice(
    room: Watching, monkeypatch: pytest.MonkeyPatch, name: str, arrives: bool
) -> None:
    pair = room.matched(seconds=600)
    twin = int(room.clock.now) + 10  # Stash may have a play of that very second
    room.workbench.library.scenes[pair.scene].play_history = [twin]
    room.work()
    play(room, pair)
    real: Callable[..., None] = getattr(changes, name)
    kills = 0

    def killed(*given: object, **named: object) -> None:
        nonlocal kills
        kills += 1
        if arrives:
            real(*given, **named)
        raise KeyboardInterrupt

    def until_done(work: Callable[[], object]) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(changes, name, killed)
            try:
                work()
            except KeyboardInterrupt:
                room.kill()
        work()

    until_done(lambda: room.work())
    assert (room.plays(pair).count(twin), room.resumes(pair), room.played(pair)) == (2, 20, 20)
    take_back(room)
    until_done(lambda: room.workbench.run())
    assert (room.plays(pair), room.resumes(pair), room.played(pair)) == ([twin], 0, 0)
    assert kills
    states = {one.state for one in room.workbench.record.latest_returned(10)}
    assert states == {ReturnState.TAKEN_BACK}


def test_a_scene_at_which_stash_fails_holds_up_no_other(room: Watching) -> None:
    failing, fine = room.matched(seconds=600), room.matched(seconds=600)
    room.work()
    play(room, failing)
    play(room, fine, session="2")
    bench = room.workbench
    bench.stash.inject({"kind": "graphql_error", "match": "sceneAddPlay", "count": 1})
    room.work()
    assert (len(room.plays(failing)), len(room.plays(fine))) == (1, 1), "tried again at once"
    play(room, failing, session="3")
    play(room, fine, session="4")
    bench.stash.inject({"kind": "graphql_error", "match": "sceneSaveActivity", "count": None})
    for _ in range(4):
        room.work()
        room.pass_time(AGAIN)
    assert room.workbench.record.open_returns() == []


def test_a_stash_that_is_busy_with_its_database_for_a_while_loses_no_play(room: Watching) -> None:
    pair = room.matched(seconds=600)
    room.work()
    play(room, pair)
    room.workbench.stash.inject({"kind": "graphql_error", "match": "sceneAddPlay", "count": None})
    for _ in range(2 * MOST_TRIES):
        room.work()
        room.pass_time(1)
    room.workbench.stash.clear_faults()
    assert room.plays(pair) == []
    room.pass_time(AGAIN)
    room.work()
    assert len(room.plays(pair)) == 1


def test_a_scene_that_stash_cannot_describe_holds_up_no_other(room: Watching) -> None:
    broken, fine = room.matched(seconds=600), room.matched(seconds=600)
    room.work()
    room.workbench.stash.inject({"kind": "graphql_error", "match": "any", "scene": broken.scene, "count": None})
    play(room, broken)
    play(room, fine, session="2")
    room.work()
    assert (room.plays(broken), len(room.plays(fine))) == ([], 1)
