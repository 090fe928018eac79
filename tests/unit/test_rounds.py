"""A batch is planned first, noted in one commit, and carried out; what is not begun leaves nothing behind."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from plex.items import PlexItem
from tests.doubles.stash.pictures import png
from tests.support.clock import Clock
from tests.support.pairs import Pair
from tests.support.workbench import Workbench, running_workbench
from validation.jobs import Job, UpdateType
from worker.items.planned import ItemKey, PlannedScene
from worker.items.readback import MANY
from worker.items.sender import UnderWay
from worker.rounds import AHEAD, MOST, STALE, Rounds
from worker.scene_sync import SceneSync
from worker.storage.jobqueue import Claimed


@pytest.fixture
def workbench(tmp_path: Path) -> Iterator[Workbench]:
    with running_workbench(tmp_path) as made:
        yield made


def pairs_to_write(workbench: Workbench, many: int, **fields: Any) -> list[Pair]:
    """Scenes whose items show something else."""
    pairs = [workbench.pair(title="Own") for _ in range(many)]
    for pair in pairs:
        pair.in_stash(**{"title": f"T{pair.key}", "tags": ["A"], **fields})
    return pairs


def rows(workbench: Workbench) -> list[str]:
    """Everything that the record and the index hold."""
    return [*workbench.database.iterdump(), *workbench._index_file.iterdump()]


def wrap_edit(monkeypatch: pytest.MonkeyPatch, before: Any) -> None:
    """Call something before each edit of an item."""
    real = PlexItem.edit

    def edit(item: PlexItem, **changes: str | int) -> None:
        before(item)
        real(item, **changes)

    monkeypatch.setattr(PlexItem, "edit", edit)


def test_fifty_writes_cost_one_commit_before_all_of_them(workbench: Workbench) -> None:
    pairs = pairs_to_write(workbench, 50)
    statements: list[str] = []
    workbench.database.set_trace_callback(statements.append)
    workbench.sync(*(pair.scene for pair in pairs))
    workbench.database.set_trace_callback(None)
    assert all(pair.shown()["title"] == f"T{pair.key}" for pair in pairs)
    commits = [one for one in statements if one.startswith("COMMIT")]
    assert len(commits) <= 4, "before the writes, after them, and after reading back"
    kept = ("INSERT INTO memories (", "UPDATE memories SET scene", "UPDATE memories SET content")
    remembered = sum(one.lstrip().startswith(kept) for one in statements)
    assert remembered == 2 * 50, "with each intent, and after reading back: the write itself brought nothing new"


def test_planning_changes_nothing_in_plex_and_nothing_that_is_kept(workbench: Workbench) -> None:
    workbench.use(skip_poster=False)
    known, new, moved = (workbench.pair(title="Own", genres=["Theirs"]) for _ in range(3))
    for pair in (known, moved):
        pair.in_stash(title="First", tags=["A"])
        pair.sync()
    known.by_hand(**{"thumb.locked": 1})
    workbench.plex.inject({"type": "status", "status": 500, "kind": "posters", "count": None})
    known.in_stash(title="Second", tags=["B"], cover=png("x"))
    new.in_stash(title="New", cover=png("y"))
    workbench.worker._finder.refresh()
    read = [workbench.worker._read_scene(pair.scene) for pair in (known, new, moved)]
    scenes = [scene for scene in read if scene is not None]
    workbench.worker._finder.prepare(scenes)
    sync = workbench.worker._scene_sync()
    before, kept = rows(workbench), [pair.shown() for pair in (known, new, moved)]
    workbench.plex.reset_counts()
    planned = [sync.plan(scene, "").compared() for scene in scenes]
    assert [one.items[0].plan.labels for one in planned] == [("title", "tags"), ("title",), ()]
    assert planned[0].items[0].covers.closed, "to look behind a lock is a write"
    assert rows(workbench) == before
    assert [pair.shown() for pair in (known, new, moved)] == kept
    assert [one for one in workbench.plex.requests if one.write] == []


def test_two_scenes_of_one_item_never_stand_in_one_batch(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second is planned by what the item shows once the first is written."""
    pair, other = pairs_to_write(workbench, 2)
    twin = workbench.pair(title="Own")
    with workbench.library.lock:
        scenes = workbench.library.scenes
        scenes[twin.scene].files = list(scenes[pair.scene].files)
    twin.in_stash(title="Twin's")
    begun: list[list[int]] = []
    real = SceneSync.begin

    def begin(self: SceneSync, planned: Any) -> Any:
        begun.append([one.scene_id for one in planned])
        return real(self, planned)

    monkeypatch.setattr(SceneSync, "begin", begin)
    workbench.sync(pair.scene, twin.scene, other.scene)
    assert begun == [[pair.scene, other.scene], [twin.scene]]
    assert pair.shown()["title"] == "Twin's"
    assert pair.memory().texts["title"].before == "Own"


def test_what_was_not_begun_soon_is_planned_anew(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    workbench.use(keep_plex_edits=True)
    first, second = pairs_to_write(workbench, 2)
    edited: list[str] = []

    def slow(item: PlexItem) -> None:
        if not edited:
            edited.append(item.ratingKey)
            second.by_hand(**{"title.value": "By hand", "title.locked": 1})
            workbench.clock.now += STALE + 1

    wrap_edit(monkeypatch, slow)
    workbench.sync(first.scene, second.scene)
    assert edited == [str(first.key)]
    assert first.shown()["title"] == f"T{first.key}"
    assert second.shown()["title"] == "By hand"
    assert "title" not in second.memory().texts, "what was withdrawn counts as never written"
    assert workbench.waiting() == {}


def test_who_interrupts_finds_nothing_that_was_not_begun(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task takes over between two scenes."""
    known, second, third = pairs_to_write(workbench, 3)
    known.sync()
    seen = known.memory()
    known.in_stash(title="Again")
    writes: list[str] = []
    monkeypatch.setattr("worker.rounds.AHEAD", 1)
    wrap_edit(monkeypatch, lambda item: writes.append(item.ratingKey))
    for pair in (second, known, third):
        workbench.queue.add(pair.scene, UpdateType.UPDATE)
    workbench.worker.run_due(lambda: bool(writes))
    assert writes == [str(second.key)]
    assert known.memory() == seen
    assert workbench.record.memory(str(workbench.worker.plex_client.server.machineIdentifier), str(third.key)) is None
    assert sorted(workbench.waiting()) == sorted([known.scene, third.scene])
    monkeypatch.undo()
    workbench.run()
    assert [pair.shown()["title"] for pair in (known, third)] == ["Again", f"T{third.key}"]


def test_covers_are_not_held_for_more_scenes_than_memory_has_room_for(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    workbench.use(skip_poster=False)
    monkeypatch.setattr("worker.rounds.MOST_BYTES", 0)
    pairs = pairs_to_write(workbench, 3)
    for pair in pairs:
        pair.in_stash(cover=png(f"cover {pair.key}"))
    held: list[int] = []
    real = SceneSync.begin

    def begin(self: SceneSync, planned: Any) -> Any:
        held.append(sum(bool(one.held_bytes) for one in planned))
        return real(self, planned)

    monkeypatch.setattr(SceneSync, "begin", begin)
    workbench.sync(*(pair.scene for pair in pairs))
    assert held == [1, 1, 1]
    assert workbench.plex.counts()["details"] <= 2, "and their details are not fetched anew"


def test_one_that_fails_in_planning_harms_only_itself(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    first, bad, last = pairs_to_write(workbench, 3)
    real = SceneSync.plan

    def plan(self: SceneSync, scene: Any, *given: Any) -> Any:
        if scene.id == bad.scene:
            raise RuntimeError("a bug")
        return replace(real(self, scene, *given))

    monkeypatch.setattr(SceneSync, "plan", plan)
    workbench.sync(first.scene, bad.scene, last.scene)
    assert [pair.shown()["title"] for pair in (first, bad, last)] == [f"T{first.key}", "Own", f"T{last.key}"]
    assert list(workbench.waiting()) == [bad.scene]


def warmed_up(workbench: Workbench, many: int) -> list[Pair]:
    """Scenes with news, on a server whose tags are known to be written quickly."""
    (first,) = pairs_to_write(workbench, 1)
    first.sync()
    return pairs_to_write(workbench, many)


def test_nothing_follows_a_write_that_was_not_answered(workbench: Workbench) -> None:
    pairs = warmed_up(workbench, 20)
    workbench.plex.reset_counts()
    workbench.plex.inject({"type": "reset_before", "kind": "edit", "skip": 5, "count": 1})
    workbench.plex.inject({"type": "status", "status": 503, "kind": "identity", "count": None})
    workbench.sync(*(pair.scene for pair in pairs))
    written = [pair.scene for pair in pairs if pair.shown()["title"] == f"T{pair.key}"]
    assert len(written) == 5
    assert workbench.worker.gate.breaker.is_open
    assert sorted(workbench.waiting()) == sorted({pair.scene for pair in pairs} - set(written))
    workbench.plex.clear_faults()
    workbench.clock.now += 600
    workbench.run()
    assert [pair.shown()["title"] for pair in pairs] == [f"T{pair.key}" for pair in pairs]


def test_one_that_is_refused_lets_those_behind_it_be_written_once_each(workbench: Workbench) -> None:
    pairs = warmed_up(workbench, 20)
    workbench.plex.reset_counts()
    workbench.plex.inject({"type": "status", "status": 400, "kind": "edit", "rating_key": pairs[4].key, "count": None})
    workbench.sync(*(pair.scene for pair in pairs))
    others = [pair for pair in pairs if pair is not pairs[4]]
    assert [pair.shown()["title"] for pair in others] == [f"T{pair.key}" for pair in others]
    assert pairs[4].shown()["title"] == "Own"
    assert workbench.plex.counts()["edit"] <= len(others) + 3, "the refused one, and what shows that others are taken"


def test_of_what_was_handed_over_an_interruption_leaves_each_either_noted_or_untouched(workbench: Workbench) -> None:
    pairs, landed = warmed_up(workbench, 20), list[None]()
    for pair in pairs:
        workbench.queue.add(pair.scene, UpdateType.UPDATE)
    workbench.worker.run_due(lambda: bool(landed), lambda: landed.append(None))
    machine = str(workbench.worker.plex_client.server.machineIdentifier)
    written = [pair for pair in pairs if pair.shown()["title"] == f"T{pair.key}"]
    assert 1 <= len(written) <= AHEAD + 1
    assert len(landed) == len(written)
    assert [pair for pair in pairs if workbench.record.memory(machine, str(pair.key)) is not None] == written
    assert sorted(workbench.waiting()) == sorted(pair.scene for pair in pairs if pair not in written)


def test_what_was_handed_over_and_came_too_late_is_planned_anew(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    workbench.use(keep_plex_edits=True)
    first, *rest = warmed_up(workbench, 4)
    edited: list[str] = []

    def slow(item: PlexItem) -> None:
        if not edited:
            workbench.clock.now += STALE + 1
            for pair in rest:
                pair.by_hand(**{"title.value": "By hand", "title.locked": 1})
        edited.append(item.ratingKey)

    wrap_edit(monkeypatch, slow)
    workbench.sync(first.scene, *(pair.scene for pair in rest))
    assert first.shown()["title"] == f"T{first.key}"
    assert {pair.shown()["title"] for pair in rest} == {"By hand"}


def test_one_go_works_off_many_batches_and_no_item_by_what_it_showed_before_another_scene(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next batch is planned while this one is written; the second scene of an item once more after that."""
    pairs = warmed_up(workbench, 120)
    twin = workbench.pair(title="Own")
    with workbench.library.lock:
        scenes = workbench.library.scenes
        scenes[twin.scene].files = list(scenes[pairs[49].scene].files)
    twin.in_stash(title="Twin's")
    shown: list[str] = []
    real = SceneSync.begin

    def begin(self: SceneSync, planned: Any) -> Any:
        shown.extend(
            item.target.shown.texts["title"] for one in planned if one.scene_id == twin.scene for item in one.items
        )
        return real(self, planned)

    monkeypatch.setattr(SceneSync, "begin", begin)
    for pair in (*pairs[:50], twin, *pairs[50:]):
        workbench.queue.add(pair.scene, UpdateType.UPDATE)
    taken = workbench.worker.run_due(may_go_on=lambda: True)
    assert taken >= 100, "more than a batch"
    workbench.run()
    assert shown == [f"T{pairs[49].key}"]
    titles = [pair.shown()["title"] for pair in pairs]
    assert titles == ["Twin's" if number == 49 else f"T{pair.key}" for number, pair in enumerate(pairs)]
    assert workbench.waiting() == {}


def test_jobs_that_are_done_leave_the_queue_with_the_commit_of_the_scenes_behind_them(workbench: Workbench) -> None:
    """What waits for the end of a long go takes memory, and is done once more after a kill."""
    pairs, done, held = warmed_up(workbench, 150), list[None](), list[int]()
    for pair in pairs:
        workbench.queue.add(pair.scene, UpdateType.UPDATE)

    def one_done() -> None:
        done.append(None)
        held.append(len(done) - (len(pairs) - len(workbench.jobs())))

    taken = workbench.worker.run_due(one_done=one_done, may_go_on=lambda: True)
    assert taken >= 100, "more than a batch"
    assert max(held) <= MOST
    assert len(workbench.waiting()) == len(pairs) - taken


def test_no_more_items_wait_to_be_read_back_where_plex_answers_before_the_next_scene_is_planned(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is ever waited for then. What waits takes memory, and beyond its most is only seen by a comparison."""
    pairs, waiting, done = warmed_up(workbench, 250), list[int](), list[None]()
    workbench.worker.finder.refresh()
    monkeypatch.setattr(UnderWay, "is_done", True)

    def one_done() -> None:
        done.append(None)
        waiting.append(len(workbench.worker._read_back))

    for pair in pairs:
        workbench.queue.add(pair.scene, UpdateType.UPDATE)
    workbench.plex.reset_counts()
    while workbench.worker.run_due(one_done=one_done, may_go_on=lambda: True):
        pass
    assert len(done) == 250
    assert max(waiting) <= MANY + AHEAD
    assert workbench.plex.counts()["details"] <= 2 * 250 / 50


@pytest.mark.parametrize(
    ("heard_after", "written"),
    [
        pytest.param(50 - AHEAD - 2, 50, id="the next batch is planned"),
        pytest.param(50 - AHEAD + 3, 50 + MOST - AHEAD, id="it is noted, while the last ones are on their way"),
    ],
)
def test_an_event_ends_a_go_before_the_batch_that_is_planned_already(
    workbench: Workbench, heard_after: int, written: int
) -> None:
    assert written - heard_after <= 50
    pairs, news = warmed_up(workbench, 120), list[None]()
    for pair in pairs:
        workbench.queue.add(pair.scene, UpdateType.UPDATE)
    landed: list[None] = []

    def one_done() -> None:
        landed.append(None)
        if len(landed) == heard_after:  # by now, the next batch is in hand
            news.append(None)

    workbench.worker.run_due(one_done=one_done, may_go_on=lambda: True, has_news=lambda: bool(news))
    assert sum(pair.shown()["title"] == f"T{pair.key}" for pair in pairs) == written
    assert len(workbench.waiting()) == 120 - written
    workbench.run()
    assert [pair.shown()["title"] for pair in pairs] == [f"T{pair.key}" for pair in pairs]


def test_events_end_a_go_after_the_batch_that_is_read(workbench: Workbench) -> None:
    pairs = warmed_up(workbench, 120)
    for pair in pairs:
        workbench.queue.add(pair.scene, UpdateType.UPDATE)
    assert workbench.worker.run_due() == 50


class _Slow(UnderWay[bool]):
    """An edit that is answered once somebody waits for it, or for one that was handed over after it."""

    def __init__(self, steps: _OneAfterTheOther, scene_id: int) -> None:
        super().__init__(Future(), lambda: steps.landed(scene_id))
        object.__setattr__(self, "steps", steps)

    steps: _OneAfterTheOther

    def wait(self, seconds: float) -> None:
        self.steps.answer_up_to(self)


class _OneAfterTheOther:
    """Steps of which each takes nothing but a write; ``happened``: the numbers of those that were noted, 0 where a
    write was waited for."""

    def __init__(self) -> None:
        self.happened: list[int] = []
        self._under_way: list[_Slow] = []

    def is_open(self) -> bool:
        return True

    def look(self, jobs: Sequence[Claimed]) -> None:
        pass

    def plan(self, claimed: Claimed) -> PlannedScene:
        return PlannedScene(claimed.job.scene_id)

    def compare(self, claimed: Claimed, planned: PlannedScene) -> bool:
        raise AssertionError((claimed, planned))

    def begin(self, scenes: Sequence[PlannedScene]) -> list[PlannedScene]:
        return list(scenes)

    def begun(self, scenes: Iterable[PlannedScene]) -> None:
        pass

    def withdraw(self, scenes: Sequence[PlannedScene]) -> None:
        pass

    def start(self, claimed: Claimed, planned: PlannedScene, until: float) -> _Slow:
        self._under_way.append(_Slow(self, planned.scene_id))
        return self._under_way[-1]

    def is_behind(self) -> bool:
        return False

    def look_back(self, but_for: Collection[ItemKey]) -> bool:
        return False

    def halt(self) -> None:
        if self._under_way:
            self.answer_up_to(self._under_way[-1])

    def go_on(self) -> None:
        pass

    def carry_out(self, claimed: Claimed, planned: PlannedScene) -> bool:
        raise AssertionError((claimed, planned))

    def put_back(self, claimed: Claimed) -> None:
        raise AssertionError(claimed)

    def end(self) -> None:
        pass

    def answer_up_to(self, one: _Slow) -> None:
        self.happened.append(0)
        while not one.is_done:
            future = self._under_way.pop(0).future
            assert future is not None
            future.set_result(None)

    def landed(self, scene_id: int) -> bool:
        self.happened.append(scene_id)
        return True


def test_while_one_write_is_under_way_what_became_of_several_is_noted_in_a_row() -> None:
    """Noting is in the way of the thread that sends: after each answer, it would delay each write."""
    steps = _OneAfterTheOther()
    jobs = deque(Claimed(number, Job(scene_id=number)) for number in range(1, 41))
    Rounds(steps, jobs, Clock(), lambda: False, lambda: None).run()
    assert [number for number in steps.happened if number] == list(range(1, 41))
    assert steps.happened.count(0) <= 2 * 40 / AHEAD


def test_each_of_what_is_under_way_is_noted_though_telling_of_it_fails() -> None:
    steps = _OneAfterTheOther()
    jobs = deque(Claimed(number, Job(scene_id=number)) for number in range(1, 41))

    def one_done() -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        Rounds(steps, jobs, Clock(), lambda: False, one_done).run()
    assert [number for number in steps.happened if number] == list(range(1, AHEAD + 1))
    assert [claimed.row for claimed in jobs] == list(range(AHEAD + 1, 41)), "the rest waits"
