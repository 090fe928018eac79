"""Covers are fetched from Stash while earlier scenes are planned: as often as without, few at a time, and whatever goes
wrong comes out at the turn of the scene that it concerns."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

import pytest

from plex.items import PlexItem
from plex.places import Pictures, Place
from stash.pictures import LARGEST, Picture
from tests.doubles.stash.pictures import png
from tests.support.pairs import Pair
from tests.support.pictures import asked_for, chosen, covered, key
from tests.support.workbench import Workbench, running_workbench
from validation.errors import StashUnavailable
from validation.jobs import Job, UpdateType
from worker.items.covers_ahead import MOST_BYTES, Answer, CoverRequest, CoversAhead
from worker.items.planned import ItemKey, PlannedScene
from worker.metadata.memory import Held
from worker.rounds import COVERS_AHEAD, Rounds
from worker.storage.jobqueue import Claimed
from worker.storage.wishes import release


@pytest.fixture
def workbench(tmp_path: Path) -> Iterator[Workbench]:
    with running_workbench(tmp_path) as made:
        made.use(skip_poster=False)
        yield made


@pytest.fixture
def ahead() -> Iterator[CoversAhead]:
    made = CoversAhead()
    yield made
    made.close()


def threads() -> list[threading.Thread]:
    """Those that fetch covers."""
    return [one for one in threading.enumerate() if one.name.startswith("covers-ahead")]


def all_ended() -> bool:
    """Whether those of batches that are over end."""
    for thread in threads():
        thread.join(30)
    return threads() == []


# As often as without -------------------------------------------------------------------------------------------------


def test_each_scene_that_is_looked_at_in_full_costs_one_conditional_request(workbench: Workbench) -> None:
    workbench.use(skip_poster=False, sync_background=True)
    pairs = [covered(workbench, png(f"cover {number}")) for number in range(60)]
    scenes = [pair.scene for pair in pairs]
    workbench.sync(*scenes)
    assert asked_for(workbench) == [200] * 60
    assert [chosen(pair) for pair in pairs] == [key(png(f"cover {number}")) for number in range(60)]
    workbench.sync(*scenes, kind=UpdateType.RECONCILE)
    assert asked_for(workbench) == [304] * 60


def test_a_scene_in_two_items_costs_one_request_too(workbench: Workbench) -> None:
    pair = covered(workbench, png("both"))
    file = workbench.library.scenes[pair.scene].files[0]
    other = Pair(workbench, pair.scene, int(workbench.plex.add_item(1, file.path, file.size)["ratingKey"]))
    for status in (200, 304):
        workbench.sync(pair.scene)
        assert asked_for(workbench) == [status]
        assert chosen(pair) == chosen(other) == key(png("both"))


def test_scenes_whose_cover_goes_nowhere_cost_none(workbench: Workbench) -> None:
    held, left_out, missing, ordinary = (covered(workbench, png(f"cover {number}")) for number in range(4))
    workbench.use(skip_poster=False, never_tags=("No",))
    left_out.in_stash(tags=["No"])
    workbench.record.hold(held.scene, Held(fields=("poster",), reason="a test"))
    assert workbench.person.delete(f"{workbench.plex.url}/library/metadata/{missing.key}").status_code == 200
    workbench.sync(*(pair.scene for pair in (held, left_out, missing, ordinary)))
    assert asked_for(workbench) == [200]
    assert all_ended()
    release(workbench.queue, workbench.record, [held.scene])
    workbench.use(skip_poster=True)
    workbench.sync(held.scene, ordinary.scene)
    assert asked_for(workbench) == []
    assert threads() == []


def test_what_was_fetched_for_scenes_that_are_planned_anew_is_not_fetched_again(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A round is full when so many pictures are held; the scenes behind it were planned, and their covers are there."""
    monkeypatch.setattr("worker.rounds.MOST_BYTES", 250)
    pairs = [covered(workbench, png(f"cover {number}")) for number in range(30)]
    workbench.sync(*(pair.scene for pair in pairs))
    assert asked_for(workbench) == [200] * 30
    assert [chosen(pair) for pair in pairs] == [key(png(f"cover {number}")) for number in range(30)]


def test_a_batch_that_is_interrupted_leaves_its_jobs_as_they_were_and_no_thread(workbench: Workbench) -> None:
    pairs = [covered(workbench, png(f"cover {number}")) for number in range(30)]
    for pair in pairs:
        workbench.queue.add(pair.scene, UpdateType.UPDATE)
    asked = iter(range(1000))
    workbench.worker.run_due(lambda: next(asked) > 20)
    assert workbench.plex.counts().get("writes", 0) == 0
    assert [job.scene_id for job in workbench.jobs()] == [pair.scene for pair in pairs]
    assert all_ended()
    workbench.run()
    assert [chosen(pair) for pair in pairs] == [key(png(f"cover {number}")) for number in range(30)]
    assert all_ended()


def test_a_stash_that_goes_away_takes_back_nothing_of_the_scenes_before(workbench: Workbench) -> None:
    pairs = [covered(workbench, png(f"cover {number}")) for number in range(20)]
    workbench.stash.inject({"kind": "reset", "match": "image", "skip": 15, "count": None})
    workbench.stash.inject({"kind": "reset", "match": "graphql", "skip": 1, "count": None})
    with pytest.raises(StashUnavailable):
        workbench.sync(*(pair.scene for pair in pairs))
    workbench.stash.clear_faults()
    workbench.run()
    assert [chosen(pair) for pair in pairs] == [key(png(f"cover {number}")) for number in range(20)]
    assert (workbench.waiting(), workbench.parked()) == ({}, {})
    assert max(len(pair.shown()["posters"]) for pair in pairs) == 2


def test_while_plex_is_asked_for_one_scene_the_covers_of_the_next_are_there(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = [covered(workbench, png(f"cover {number}")) for number in range(12)]
    fetched: list[int] = []
    real = PlexItem.pictures

    def pictures(item: PlexItem, place: Place) -> Pictures:
        until = time.monotonic() + 60
        while not fetched and len(asked_for(workbench)) < COVERS_AHEAD and time.monotonic() < until:
            time.sleep(0.01)
        fetched.append(len(asked_for(workbench)))
        return real(item, place)

    monkeypatch.setattr(PlexItem, "pictures", pictures)
    workbench.sync(*(pair.scene for pair in pairs))
    assert fetched[0] == COVERS_AHEAD
    assert asked_for(workbench) == [200] * 12


# While earlier scenes are planned ------------------------------------------------------------------------------------


class Told:
    """Steps for scenes that each await a cover; what was done is in ``story``."""

    def __init__(self) -> None:
        self.story: list[str] = []

    def is_open(self) -> bool:
        return True

    def look(self, jobs: Sequence[Claimed]) -> None:
        """Nothing."""

    def plan(self, claimed: Claimed) -> PlannedScene:
        self.story.append(f"plan {claimed.job.scene_id}")
        return _Awaiting(claimed.job.scene_id)

    def compare(self, claimed: Claimed, planned: PlannedScene) -> bool:
        self.story.append(f"compare {claimed.job.scene_id}")
        return planned.awaits_cover

    def begin(self, scenes: Sequence[PlannedScene]) -> list[PlannedScene]:
        return list(scenes)

    def begun(self, scenes: Iterable[PlannedScene]) -> PlannedScene | None:
        return None

    def withdraw(self, scenes: Sequence[PlannedScene]) -> None:
        """Nothing."""

    def start(self, claimed: Claimed, planned: PlannedScene, until: float) -> None:
        """Nothing is sent in a thread."""

    def is_behind(self) -> bool:
        return False

    def look_back(self, but_for: Collection[ItemKey]) -> bool:
        return False

    def halt(self) -> None:
        """Nothing."""

    def go_on(self) -> None:
        """Nothing."""

    def carry_out(self, claimed: Claimed, planned: PlannedScene) -> bool:
        self.story.append(f"write {claimed.job.scene_id}")
        return True

    def put_back(self, claimed: Claimed) -> None:
        """Nothing."""

    def end(self) -> None:
        self.story.append("end")


class _Awaiting(PlannedScene):
    awaits_cover = True


def test_some_scenes_are_planned_before_the_cover_of_the_first_is_looked_at() -> None:
    steps = Told()
    jobs = deque(Claimed(number, Job(scene_id=number, update_type=UpdateType.UPDATE)) for number in range(1, 13))
    Rounds(steps, jobs, lambda: 0.0, lambda: False, lambda: None).run()
    assert COVERS_AHEAD == 8
    begins = [f"plan {number}" for number in range(1, 9)]
    turns = [line for number in range(9, 13) for line in (f"compare {number - 8}", f"plan {number}")]
    ends = [f"compare {number}" for number in range(5, 13)]
    writes = [f"write {number}" for number in range(1, 13)]
    assert steps.story == [*begins, *turns, *ends, *writes, "end"]


class Stash:
    """Answers for covers when it is let; ``asked`` tells for which, in order, and in which thread."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.threads: list[threading.Thread] = []
        self.open = threading.Event()
        self.came = threading.Event()

    def cover(self, scene: int, content: bytes = b"x", error: Exception | None = None) -> CoverRequest:
        def make() -> Picture:
            self.asked.append(scene)
            self.threads.append(threading.current_thread())
            self.came.set()
            assert self.open.wait(30)
            if error is not None:
                raise error
            return Picture(content, f'"{scene}"')

        return CoverRequest(scene, "", make)


def taken(answer: Answer) -> str:
    """The ETag of a cover that was fetched."""
    found = answer()
    assert isinstance(found, Picture)
    return found.etag


def test_requests_are_made_one_after_the_other_in_the_thread_and_once(ahead: CoversAhead) -> None:
    stash = Stash()
    begun = [ahead.begin(stash.cover(scene)) for scene in (1, 2, 3)]
    assert stash.came.wait(30), "nobody waits for it yet"
    again = ahead.begin(stash.cover(2))
    stash.open.set()
    assert [taken(one) for one in (begun[0], again, begun[2])] == ['"1"', '"2"', '"3"']
    assert stash.asked == [1, 2, 3]
    assert all(thread.name.startswith("covers-ahead") for thread in stash.threads)
    assert taken(ahead.begin(stash.cover(2))) == '"2"'
    assert stash.asked == [1, 2, 3, 2]


def test_an_error_comes_out_at_its_turn(ahead: CoversAhead) -> None:
    stash = Stash()
    stash.open.set()
    first, second, third = (
        ahead.begin(stash.cover(1)),
        ahead.begin(stash.cover(2, error=StashUnavailable("It is away."))),
        ahead.begin(stash.cover(3)),
    )
    assert taken(first) == '"1"'
    with pytest.raises(StashUnavailable, match="away"):
        second()
    assert taken(third) == '"3"'
    assert stash.asked == [1, 2, 3]


def test_large_covers_are_left_to_whoever_needs_them(ahead: CoversAhead) -> None:
    stash = Stash()
    stash.open.set()
    size = MOST_BYTES - LARGEST
    begun = [ahead.begin(stash.cover(scene, b"x" * (size // 2 + 1))) for scene in range(1, 6)]
    last = ahead.begin(stash.cover(6))
    ahead._thread.submit(lambda: None).result()  # what can be fetched ahead was
    assert stash.asked == [1, 2], "with a third, more could be held than there is room for"
    assert [taken(one) for one in begun] == [f'"{scene}"' for scene in range(1, 6)]
    assert taken(last) == '"6"'
    assert stash.asked == [1, 2, 3, 4, 5, 6]
    assert ahead._held == 0


def test_the_thread_ends_when_it_is_closed_and_asks_for_nothing_more() -> None:
    ahead, stash = CoversAhead(), Stash()
    for scene in range(1, 6):
        ahead.begin(stash.cover(scene))
    assert stash.came.wait(30)
    (thread,) = stash.threads
    ahead.close()
    stash.open.set()
    thread.join(30)
    assert not thread.is_alive()
    assert stash.asked == [1]


def test_nothing_is_begun_for_a_scene_by_itself(workbench: Workbench) -> None:
    pair = covered(workbench, png("alone"))
    assert all_ended()
    workbench.worker._process_job({"scene_id": pair.scene, "update_type": UpdateType.UPDATE})
    assert chosen(pair) == key(png("alone"))
    assert threads() == []
