"""What a fault of one scene costs: Plex is asked whether it serves at all, once for all faults of a second."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.workbench import Workbench, running_workbench


@pytest.fixture
def workbench(tmp_path: Path) -> Iterator[Workbench]:
    with running_workbench(tmp_path) as made:
        yield made


def looks(workbench: Workbench) -> int:
    """Since the last sync began."""
    return workbench.plex.counts().get("identity", 0)


def scenes_that_fail(workbench: Workbench) -> list[int]:
    """Three scenes whose edits Plex answers with an error."""
    pairs = [workbench.pair(title="Own") for _ in range(3)]
    workbench.worker.finder.refresh()
    for pair in pairs:
        pair.in_stash(title=f"T{pair.key}")
    workbench.plex.inject({"type": "status", "status": 500, "kind": "edit", "count": None})
    return [pair.scene for pair in pairs]


def test_faults_of_one_second_cost_one_look_whether_plex_serves(workbench: Workbench) -> None:
    workbench.sync(*scenes_that_fail(workbench))
    assert workbench.plex.counts()["edit"] == 3
    assert looks(workbench) == 1
    assert workbench.worker.gate.closed_because == ""


def test_a_later_fault_is_looked_into_anew(workbench: Workbench) -> None:
    first, second, third = scenes_that_fail(workbench)
    workbench.sync(first)
    workbench.sync(second)
    assert looks(workbench) == 0
    workbench.clock.now += 1.0
    workbench.sync(third)
    assert looks(workbench) == 1


def test_a_server_that_went_away_within_that_second_is_noticed(workbench: Workbench) -> None:
    first, second, third = scenes_that_fail(workbench)
    workbench.sync(first)
    workbench.plex.stop()
    workbench.sync(second, third)
    assert workbench.worker.gate.closed_because == "Plex does not answer."
    assert {job.scene_id: job.attempts for job in workbench.jobs()} == {first: 1, second: 0, third: 0}
