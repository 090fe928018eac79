"""What is held in Plex stays there as it is, whoever asks, until it is let go; what is held is counted."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciliation.tasks import sync_all
from tests.support.pairs import Pair
from tests.support.workbench import MEDIA, Workbench, running_workbench
from validation.jobs import UpdateType
from worker.datadir import DataDir
from worker.metadata.memory import Held
from worker.storage.facts import Fact
from worker.storage.record import Record
from worker.storage.repair import open_both
from worker.storage.undo_wishes import ALL_HELD
from worker.storage.wishes import overwrite, release

WHOLE = Held(whole=True, reason="given back by you")


@pytest.fixture
def workbench(tmp_path: Path) -> Iterator[Workbench]:
    with running_workbench(tmp_path) as workbench:
        yield workbench


def a_pair(workbench: Workbench) -> Pair:
    pair = workbench.pair(title="File name", genres=["By hand"])
    pair.in_stash(title="One", details="Text", tags=["Beach"])
    pair.sync()
    return pair


@pytest.mark.parametrize("kind", [UpdateType.UPDATE, UpdateType.OVERWRITE, UpdateType.RECONCILE, UpdateType.RELATED])
def test_nothing_writes_to_a_held_scene(workbench: Workbench, kind: UpdateType) -> None:
    pair = a_pair(workbench)
    workbench.record.hold(pair.scene, WHOLE)
    pair.in_stash(title="Two", tags=["Sea"])
    assert pair.sync(kind) == []
    assert workbench.tally == {"held": 1}
    assert workbench.worker.tally.summary() == "1 scene: 1 held as they are in Plex."


def test_a_comparison_of_everything_counts_what_is_held_and_leaves_it(workbench: Workbench) -> None:
    pair, other = a_pair(workbench), a_pair(workbench)
    workbench.record.hold(pair.scene, WHOLE)
    pair.in_stash(title="Two")
    other.in_stash(title="Two")
    workbench.reconcile(everything=True)
    assert (pair.shown()["title"], other.shown()["title"]) == ("One", "Two")
    assert workbench.tally == {"held": 1, "updated": 1}


def test_only_the_fields_that_are_held_stay(workbench: Workbench) -> None:
    pair = a_pair(workbench)
    workbench.record.hold(pair.scene, Held(fields=("title", "genre"), reason="given back by you"))
    pair.in_stash(title="Two", details="Other text", tags=["Sea"])
    pair.sync()
    shown = pair.shown()
    assert (shown["title"], shown["summary"]) == ("One", "Other text")
    assert pair.tags("genre") == ["Beach", "By hand"]
    overwrite(workbench.queue, [pair.scene])
    workbench.run()
    assert pair.shown()["title"] == "One"
    workbench.reconcile()
    assert workbench.tally == {"held": 1}, "out of step, and counted so where there is nothing to do"


def test_what_is_let_go_is_sent_again(workbench: Workbench) -> None:
    pair, other = a_pair(workbench), a_pair(workbench)
    for one in (pair, other):
        workbench.record.hold(one.scene, WHOLE)
        one.in_stash(title="Two", tags=["Sea"])
        one.sync()
    release(workbench.queue, workbench.record, [pair.scene])
    workbench.run()
    assert (pair.shown()["title"], other.shown()["title"]) == ("Two", "One")
    assert pair.tags("genre") == ["Sea", "By hand"]
    release(workbench.queue, workbench.record, None)
    workbench.run()
    assert other.shown()["title"] == "Two"
    assert workbench.record.held_scenes() == []


def test_a_deletion_ends_a_hold_and_gives_nothing_back(workbench: Workbench) -> None:
    workbench.use(give_back_on_destroy=True)
    pair, other = a_pair(workbench), a_pair(workbench)
    workbench.record.hold(pair.scene, WHOLE)
    workbench.record.hold(other.scene, Held(fields=("title",)))
    for one in (pair, other):
        del workbench.library.scenes[one.scene]
        one.workbench.sync(one.scene, kind=UpdateType.DESTROY)
    assert pair.shown()["title"] == "One"
    assert (other.shown()["title"], other.tags("genre")) == ("One", ["By hand"])
    assert workbench.record.held_scenes() == []


@pytest.mark.parametrize("gone_first", [True, False])
@pytest.mark.parametrize("held", [WHOLE, Held(fields=("title",), reason="given back by you")])
def test_a_merge_moves_a_hold(workbench: Workbench, gone_first: bool, held: Held) -> None:
    pair, into = a_pair(workbench), workbench.pair(title="Another file")
    workbench.record.hold(pair.scene, held)
    scenes = workbench.library.scenes
    scenes[into.scene].files = scenes.pop(pair.scene).files
    into.in_stash(title="Merged", details="Merged text")
    order = [(pair.scene, UpdateType.DESTROY), (into.scene, UpdateType.UPDATE)]
    for scene, kind in order if gone_first else order[::-1]:
        workbench.sync(scene, kind=kind)
    shown = pair.shown()
    assert (shown["title"], shown["summary"]) == ("One", "Text" if held.whole else "Merged text")
    assert [(one.scene_id, one.reason) for one in workbench.record.held_scenes()] == [(into.scene, "given back by you")]
    release(workbench.queue, workbench.record, None)
    workbench.run()
    assert pair.shown()["title"] == "Merged"


def test_a_hold_follows_the_file_to_an_item_made_anew(workbench: Workbench) -> None:
    pair, into = a_pair(workbench), workbench.pair(title="Another file")
    workbench.record.hold(pair.scene, WHOLE)
    scenes = workbench.library.scenes
    file = scenes[pair.scene].files[0]
    scenes[into.scene].files = scenes.pop(pair.scene).files
    workbench.sync(pair.scene, kind=UpdateType.DESTROY)
    assert workbench.person.delete(f"{workbench.plex.url}/library/metadata/{pair.key}").status_code == 200
    item = workbench.plex.add_item(1, f"{MEDIA}/folder/{file.path.rsplit('/', 1)[1]}", file.size, title="Made anew")
    workbench.clock.now += 60
    into.in_stash(title="Merged")
    workbench.sync(into.scene)
    assert Pair(workbench, into.scene, int(item["ratingKey"])).shown()["title"] == "Made anew"
    assert workbench.tally == {"held": 1}


def test_while_all_is_held_events_are_taken_in_and_nothing_is_written(workbench: Workbench) -> None:
    pair = a_pair(workbench)
    workbench.record.set_fact(Fact.ALL_HELD, "Everything stays as it is.")
    pair.in_stash(title="Two")
    workbench.sync(pair.scene)
    assert pair.shown()["title"] == "One"
    assert list(workbench.waiting()) == [pair.scene]
    release(workbench.queue, workbench.record, [pair.scene])
    workbench.run()
    assert pair.shown()["title"] == "One", "only letting go of everything lifts it"
    release(workbench.queue, workbench.record, None)
    workbench.run()
    assert pair.shown()["title"] == "Two"
    assert float(workbench.record.fact(Fact.RECONCILE_AT)) == workbench.clock.now


def test_a_task_says_that_what_is_held_waits_for_its_release(workbench: Workbench) -> None:
    pair = a_pair(workbench)
    workbench.record.set_fact(Fact.ALL_HELD, ALL_HELD)
    said = workbench.task(sync_all, {})
    assert said.endswith(f"{ALL_HELD} 1 scene waits and is sent once that has changed.")
    assert pair.shown()["title"] == "One"


def test_what_is_held_outlives_damage(tmp_path: Path) -> None:
    data = DataDir(str(tmp_path))
    data.create()
    with open_both(data, time.time) as (connection, _):
        record = Record(connection, time.time)
        record.hold(1, WHOLE)
        record.hold(2, Held(fields=("title",), reason="given back by you"))
        record.set_fact(Fact.RECONCILE_AT, "1")
        connection.execute("ALTER TABLE parked RENAME COLUMN reason TO other")
    with open_both(data, time.time) as (connection, _):
        record = Record(connection, time.time)
        assert record.held(1).whole
        assert record.held(2).fields == ("title",)
