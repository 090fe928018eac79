"""The background worker, killed between starting and having sent everything: whoever comes next does the rest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.support.harness import eventually
from tests.support.rig import RESTART, Kill, Rig, killable, said, side_by_side, spread

#: How many of the points are tried in one run: more take more time than a test should.
STARTING, AGAIN, RUNNING = 20, 10, 30


def start(rig: Rig, number: int) -> Kill | None:
    """The first worker of an installation finds a round of events and one of a hook; killed at a point."""
    rig.no_data()
    rig.setup.data.create()
    rig.store(rig.change_things())
    rig.save(RESTART, title=f"Start {rig.round}")
    rig.setup.plex.reset_counts()
    rig.arm("worker", number)
    assert rig.hook(RESTART) == 0
    return wait(rig)


def start_again(rig: Rig, number: int) -> Kill | None:
    """The same where a worker has been before."""
    rig.no_worker()
    rig.store(rig.change_things())
    rig.setup.plex.reset_counts()
    rig.save(RESTART, title=f"Start {rig.round}")
    rig.arm("worker", number)
    assert rig.hook(RESTART) == 0
    return wait(rig)


def run(rig: Rig, number: int) -> Kill | None:
    """A worker that runs already takes in a round of events and sends what they name; killed at a point."""
    with rig.worker_aside():
        rig.store(rig.change_things())
        rig.setup.plex.reset_counts()
        rig.arm("worker", number)
    return wait(rig)


def wait(rig: Rig) -> Kill | None:
    """Until the worker was killed, or has nothing left to do."""
    eventually(lambda: rig.killed() or rig.setup.idle())
    return rig.killed()


def kill_at_points(folder: Path, play: Callable[[Rig, int], Kill | None], most: int) -> tuple[list[str], list[Kill]]:
    """Play without a kill, to learn the points and the writes, then kill at points and compare each time. How many
    there are depends on what comes while Plex is written to: the fewest count."""
    counted = list[list[str]]()
    with killable(folder / "counting") as rig:
        for _ in range(4):
            rig.restart()
            play(rig, 0)
            counted.append(rig.counted())
    points = min(counted[1:], key=len)  # the first time, there is more to do
    tried, numbers = list[Kill](), spread(points, most)

    def kill(rig: Rig, number: int) -> None:
        if not rig.wanted:
            rig.restart()
            play(rig, 0)
        killed = play(rig, number)
        rig.restart()
        rig.check(killed)
        rig.check_nothing_was_written_twice(killed)
        if killed:
            tried.append(killed)
        if number in numbers[-2:]:
            rig.check_leftovers()

    side_by_side(folder, kill, numbers)
    assert len(tried) > 0.9 * len(numbers), "nearly all of them are reached"
    return points, tried


def test_a_worker_killed_while_it_starts_loses_nothing(tmp_path: Path, tell: Callable[[str], None]) -> None:
    tell(said("worker (first start, then sending)", *kill_at_points(tmp_path, start, STARTING)))


def test_a_worker_killed_at_a_later_start_leaves_nothing_behind(tmp_path: Path, tell: Callable[[str], None]) -> None:
    tell(said("worker (later start, then sending)", *kill_at_points(tmp_path, start_again, AGAIN)))


def test_a_worker_killed_while_it_works_loses_nothing_and_writes_nothing_twice(
    tmp_path: Path, tell: Callable[[str], None]
) -> None:
    tell(said("worker (taking in events, sending)", *kill_at_points(tmp_path, run, RUNNING)))
