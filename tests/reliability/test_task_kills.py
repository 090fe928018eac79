"""A comparison of both libraries, killed at points: the next one finds what it has not done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.support.harness import eventually
from tests.support.rig import Kill, Rig, killable, said, side_by_side, spread

MOST = 14


def test_a_task_killed_at_any_point_leaves_nothing_behind_that_the_next_one_does_not_mend(
    tmp_path: Path, tell: Callable[[str], None]
) -> None:
    with killable(tmp_path / "counting") as rig:
        begin(rig)
        rig.no_worker()
        rig.change_things()
        rig.arm("task", 0)
        assert rig.run_task() == "FINISHED"
        points = rig.counted()
    tried, numbers = list[Kill](), spread(points, MOST)

    def kill(rig: Rig, number: int) -> None:
        if not rig.wanted:
            begin(rig)
        if number % 2:
            rig.no_worker()  # the task starts one before it takes over
        rig.change_things()
        rig.setup.plex.reset_counts()
        rig.arm("task", number)
        rig.run_task()
        killed = rig.killed()
        rig.disarm()
        assert rig.run_task() == "FINISHED"
        eventually(rig.setup.idle)
        rig.check(killed)
        rig.check_nothing_was_written_twice(killed)
        if killed:
            tried.append(killed)
        if number in numbers[-2:]:
            rig.check_leftovers()

    side_by_side(tmp_path, kill, numbers)
    assert len(tried) > 0.9 * len(numbers)
    tell(said("task (Reconcile Library)", points, tried))


def begin(rig: Rig) -> None:
    """Everything is right, and was compared before."""
    rig.restart()
    rig.change_things()
    assert rig.run_task() == "FINISHED"
