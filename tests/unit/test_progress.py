"""What a task tells of how far it is."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from stash.protocol import Progress
from tests.support.pairs import Pair
from tests.support.slowplex import slow_tags
from tests.support.workbench import Workbench, running_workbench
from validation.errors import StashTrouble
from validation.jobs import UpdateType
from worker.items.planned import PlannedScene
from worker.job_steps import JobSteps
from worker.logs import SecretsFilter
from worker.storage.undo_wishes import take_back_scenes
from worker.tasks.context import TaskContext
from worker.tasks.pace import Backlog, Pace
from worker.tasks.sending import HOLD_WAITS, PLEX_FAILS, drain
from worker.timing import Timing


def test_the_bar_of_a_long_task_grows_with_each_line_and_takes_a_thousand_at_most() -> None:
    stream = io.StringIO()
    progress = Progress(stream)
    for done in range(10_001):
        progress.show(done, 10_000)
    shares = [float(line.removeprefix("\x01p\x02")) for line in stream.getvalue().splitlines()]
    assert shares == sorted(set(shares))
    assert shares[-1] == 1.0
    assert 900 < len(shares) <= 1001


def test_what_is_done_never_becomes_less_when_more_comes_and_the_bar_goes_on_from_where_it_is() -> None:
    stream, said = io.StringIO(), list[_Told]()

    class Said(Pace):
        def show(self, done: int, total: int) -> None:
            said.append(_Told(done, total, done))
            super().show(done, total)

    progress = Progress(stream)
    progress.stage(0.1, 1.0)
    backlog = Backlog(Said(progress))
    for left, done in ((100, 60), (140, 70), (70, 70)):  # after sixty, a hundred more
        backlog.left(left)
        for _ in range(done):
            backlog.one_done()
    shares = [float(line.removeprefix("\x01p\x02")) for line in stream.getvalue().splitlines()]
    assert [one.done for one in said] == sorted(one.done for one in said)
    assert [one.total for one in said] == [100] * 61 + [200] * 142
    assert (said[-1].done, shares[-1]) == (200, 1.0)
    assert shares == sorted(set(shares))
    assert shares[0] == 0.1
    assert shares[60] == 0.64
    assert shares[60 + 70] == 0.82


@dataclass(frozen=True)
class _Told:
    """``done`` of ``total`` were said to be done, and so many ``are``."""

    done: int
    total: int
    are: int


@dataclass
class _Watched(Progress):
    """Notes what is told, and what is so then."""

    are_done: Callable[[], int]
    told: list[_Told] = field(default_factory=list)

    def show(self, done: int, total: int) -> None:
        self.told.append(_Told(done, total, self.are_done()))


def work_off(workbench: Workbench, are_done: Callable[[], int]) -> list[_Told]:
    """Let a task work off what is due; what it told."""
    progress = _Watched(are_done)
    data = workbench.data
    context = TaskContext(workbench.client, workbench.config(), data, Timing(), SecretsFilter(), {}, progress)
    record, queue = workbench.record, workbench.queue
    assert drain(context, workbench.worker, lambda: queue.count_due() + record.count_to_undo()) == ""
    assert workbench.waiting() == {}
    return progress.told


def due(workbench: Workbench, pairs: list[Pair]) -> Callable[[], int]:
    """Scenes with a title and a tag that are due; returns what counts those that Plex shows."""
    for pair in pairs:
        pair.in_stash(title="New", tags=["A"])
        workbench.queue.add(pair.scene, UpdateType.UPDATE)
    return lambda: sum((pair.shown()["title"], pair.tags("genre")) == ("New", ["A"]) for pair in pairs)


@pytest.mark.parametrize(
    ("has_hold", "stash_fails", "why"),
    [(True, False, HOLD_WAITS), (False, True, "Stash cannot read scenes now."), (False, False, PLEX_FAILS)],
)
def test_a_task_that_waits_in_vain_says_what_for(tmp_path: Path, has_hold: bool, stash_fails: bool, why: str) -> None:
    with running_workbench(tmp_path) as workbench:
        if stash_fails:
            workbench.worker.gate.stash_fails(StashTrouble("It cannot."))
        parts = (workbench.client, workbench.config(), workbench.data)
        context = TaskContext(*parts, Timing(task_patience=0.0), SecretsFilter(), {}, _Watched(lambda: 0))
        now = iter(range(1000))
        hold, clock = (lambda: has_hold), (lambda: float(next(now)))
        said = drain(context, workbench.worker, lambda: 1, has_hold=hold, clock=clock, sleep=lambda _: None)
        assert said == why


def test_a_scene_whose_tags_come_later_is_told_once_they_are_there(tmp_path: Path) -> None:
    with slow_tags(tmp_path) as workbench:
        first = workbench.pair(title="Own")
        first.in_stash(tags=["B"])
        first.sync()
        told = work_off(workbench, due(workbench, [workbench.pair(title="Own") for _ in range(60)]))
    assert {one.total for one in told} == {60}
    assert all(one.done <= one.are for one in told)
    assert [one.done for one in told] == sorted(one.done for one in told)
    assert set(range(61)) - {one.done for one in told} == set()


def test_what_is_put_back_is_not_told_as_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody wants something held: the rest is planned anew."""
    with running_workbench(tmp_path) as workbench:
        are_done = due(workbench, [workbench.pair(title="Own") for _ in range(70)])
        begun, real = list[int](), JobSteps.begin

        def begin(self: JobSteps, scenes: Sequence[PlannedScene]) -> list[PlannedScene]:
            begun.append(len(scenes))
            return real(self, scenes)

        monkeypatch.setattr(JobSteps, "begin", begin)
        monkeypatch.setattr("worker.going.Go._may_begin", lambda _: len(begun) > 2)
        told = work_off(workbench, are_done)
    assert len(begun) > 2
    assert {one.total for one in told} == {70}
    assert all(one.done <= one.are for one in told)


def test_what_comes_meanwhile_is_counted_and_the_bar_never_says_more_than_is_done(tmp_path: Path) -> None:
    with running_workbench(tmp_path) as workbench:
        late = [workbench.pair(title="Own") for _ in range(80)]
        early = [workbench.pair(title="Own") for _ in range(60)]
        came: list[None] = []

        def are_done() -> int:
            done = count_early()
            if done >= 50 and not came:
                came.append(None)
                due(workbench, late)
            return done + sum(str(pair.shown()["title"]) == "New" for pair in late)

        count_early = due(workbench, early)
        told = work_off(workbench, are_done)
    assert came
    assert all(one.done <= min(one.are, one.total) for one in told)
    assert [(one.done, one.total) for one in told] == sorted((one.done, one.total) for one in told)
    assert (told[-1].done, told[-1].total) == (140, 140)


def test_items_that_get_something_back_are_counted(tmp_path: Path) -> None:
    with running_workbench(tmp_path) as workbench:
        pairs = [workbench.pair(title="Own") for _ in range(60)]
        due(workbench, pairs)
        workbench.run()
        server = str(workbench.worker.plex_client.server.machineIdentifier)
        take_back_scenes(workbench.record, server, [pair.scene for pair in pairs])
        told = work_off(workbench, lambda: sum(pair.shown()["title"] == "Own" for pair in pairs))
    assert [(one.done, one.total, one.are) for one in told] == [(0, 60, 0), (50, 60, 50), (60, 60, 60)]
