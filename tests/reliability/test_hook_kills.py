"""A hook that is killed, at every point there is: its event is whole or absent, and nobody else suffers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.harness import eventually
from tests.support.rig import Rig, killable

HOOKED = 1


def prepare(rig: Rig, fresh: bool, running: bool) -> None:
    """Nothing waits; the data folder, with news for Stash's log, and the worker are there, or are not."""
    if fresh:
        rig.no_data()
        return
    news = Path(rig.setup.data.news)
    if running:
        eventually(news.exists)  # of what was sent last
    else:
        rig.no_worker()
        news.write_text("Lately: 1 scene: 1 updated.")


@pytest.mark.parametrize(
    ("fresh", "running"), [(True, False), (False, False), (False, True)], ids=["first hook ever", "no worker", "worker"]
)
def test_a_hook_killed_at_any_point_stores_its_event_whole_or_not_at_all(
    tmp_path: Path, tell: Callable[[str], None], fresh: bool, running: bool
) -> None:
    with killable(tmp_path) as rig:
        if not fresh:
            rig.restart()
        prepare(rig, fresh, running)
        rig.arm("hook", 0)
        assert rig.hook(HOOKED) == 0
        points = rig.counted()
        stored_at = next(number for number, what in enumerate(points, 1) if what.startswith("after replace"))
        eventually(rig.setup.idle)
        rig.restart()
        for number in range(1, len(points) + 1):
            prepare(rig, fresh, running)
            right_before = dict(rig.wanted.get(HOOKED, {}))
            rig.save(HOOKED, title=f"Killed at {number}")
            rig.arm("hook", number)
            assert rig.hook(HOOKED) == -9
            killed = rig.killed()
            assert killed is not None
            rig.check_files(killed)
            if number < stored_at:  # it never exited 0: nothing was promised
                rig.wanted[HOOKED] = right_before
            rig.restart()
            rig.check(killed)
        tell(
            f"hook ({'fresh' if fresh else 'existing'} data folder, {'a' if running else 'no'} worker running): killed "
            f"at each of its {len(points)} points, {stored_at - 1} of them before its event was stored; lost 0"
        )
        # What was never stored is found by comparing, and what was left half written goes in time.
        rig.wanted[HOOKED] = {"title": f"Killed at {len(points)}"}
        assert rig.run_task() == "FINISHED"
        rig.check("after comparing")
        rig.check_leftovers()
