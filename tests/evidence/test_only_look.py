"""With "Only look, write nothing", changes are planned and told of, and nothing is written: not to Plex, and no outcome
or memory either. What follows once it is off is planned anew."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.clock import HOUR
from tests.support.pairs import Pair
from tests.support.scheduled import Scheduled
from tests.support.workbench import Workbench, running_workbench
from validation.config import HOLD_BACK
from validation.errors import ConfigurationError
from validation.jobs import UpdateType
from validation.outcomes import Ended
from validation.wishes import Action, ActionKind
from worker.logs import SecretsFilter
from worker.only_look import KeptLooks, looked_at_lines, note_setting
from worker.processor import SyncWorker
from worker.storage import plan_files
from worker.storage.facts import Fact
from worker.storage.plan_reading import newest_plans
from worker.storage.undo_wishes import take_back_everything
from worker.storage.wishes import carry_out
from worker.tasks.context import TaskContext
from worker.tasks.undo import give_everything_back, undo
from worker.timing import Timing


class Looking(Scheduled):
    """A workbench whose worker is set up as the background worker is."""

    def __init__(self, workbench: Workbench) -> None:
        workbench.worker.close()
        workbench.worker = SyncWorker(
            workbench.queue,
            workbench.record,
            workbench.config(),
            stash=workbench.client,
            index=workbench.index,
            onlooker=KeptLooks(workbench.record, workbench.data),
            clock=workbench.clock,
            chance=lambda: 1.0,
        )
        super().__init__(workbench)

    def use(self, **settings: Any) -> None:
        """The settings from now on, as the worker's loop takes them up."""
        config = self.workbench.config(**settings)
        note_setting(self.workbench.record, config, self.workbench.data)
        self.workbench.worker.reconfigure(config)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Looking]:
    with running_workbench(tmp_path) as workbench:
        yield Looking(workbench)


def remembered(made: Looking) -> dict[str, list[Any]]:
    """The rows of all tables of the record but the single facts."""
    with closing(sqlite3.connect(f"file:{made.workbench.data.database}?mode=ro", uri=True)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in names if name != "facts"}


def writes(made: Looking) -> list[str]:
    return [f"{one.method} {one.path}" for one in made.workbench.plex.requests if one.write]


def save(made: Looking, pair: Pair, kind: UpdateType = UpdateType.UPDATE, **fields: Any) -> None:
    """Save a scene, and let the worker do what it does then."""
    if fields:
        pair.in_stash(**fields)
    made.workbench.sync(pair.scene, kind=kind)


def told(made: Looking) -> list[str]:
    return list(looked_at_lines(made.workbench.data, 10))


def test_a_save_is_told_of_and_nothing_is_written(made: Looking) -> None:
    pair = made.workbench.pair(title="Plex's own")
    made.use(only_look=True)
    before = remembered(made)
    save(made, pair, title="Stash's", tags=["Beach"])
    assert writes(made) == []
    assert remembered(made) == before
    assert made.workbench.waiting() == {}
    assert pair.shown()["title"] == "Plex's own"
    line = made.workbench.worker.tally.summary()
    assert line == 'NOTHING IS WRITTEN TO PLEX: the setting "Only look, write nothing" is on. 1 scene: 1 to be updated.'
    assert told(made) == [
        "Scenes that would be updated, among those that were looked at last: 1.",
        f"  scene {pair.scene}: title Plex's own → Stash's; tags + Beach",
    ]
    assert os.stat(made.workbench.data.looked_at).st_mode & 0o077 == 0


def test_whatever_could_be_noted_or_written_is_not(made: Looking) -> None:
    workbench = made.workbench
    known, doomed, kept = (workbench.pair(title="Plex's own") for _ in range(3))
    for pair in (known, doomed, kept):
        pair.in_stash(title=f"Title {pair.scene}", studio="Harbour", tags=["Beach"])
    settings: dict[str, Any] = {"collection_studio": True, "give_back_on_destroy": True, "plex_scan_missing": True}
    settings |= {"keep_plex_edits": True, "skip_poster": False}
    made.use(**settings)
    workbench.sync(known.scene, doomed.scene, kept.scene)
    workbench.run()
    kept.by_hand(**{"title.value": "By a person"})
    parked, lost = workbench.pair(), workbench.pair()
    workbench.queue.add(parked.scene, UpdateType.UPDATE)
    (claimed,) = workbench.queue.claim(1)
    workbench.record.park(claimed.job, "for a test", Ended.PARKED)
    workbench.queue.done(claimed)
    with workbench.library.lock:
        lost_file = workbench.library.scenes[lost.scene].files[0]
        lost_file.path = "/media/library/elsewhere.mp4"
        del workbench.library.scenes[doomed.scene]
    made.use(**settings, only_look=True)
    before = remembered(made)
    known.in_stash(title="Other", studio="Elsewhere", tags=[])
    made.workbench.record.set_fact(Fact.SETTINGS, "anything else, so that a full pass is due")
    for kind in (UpdateType.UPDATE, UpdateType.OVERWRITE, UpdateType.RELATED):
        save(made, known, kind)
        assert writes(made) == []
    save(made, doomed, UpdateType.DESTROY)
    save(made, kept)
    save(made, lost)
    assert writes(made) == []
    for action in (Action(kind=ActionKind.RETRY, scenes=None), Action(kind=ActionKind.FORGET, scenes=None)):
        carry_out(action, workbench.queue, workbench.record)
        workbench.run()
    made.idle()
    workbench.clock.now += 26 * HOUR
    assert made.idle()
    workbench.run()
    assert not [one for one in workbench.plex.requests if one.write or one.path.endswith("/refresh")]
    assert remembered(made) == before
    assert workbench.waiting() == {}
    endings = {(row["scene"], row["ended"]) for row in newest_plans(workbench.data.looked_at)}
    assert {(known.scene, "to update"), (doomed.scene, "gone"), (lost.scene, "missing")} <= endings


def test_switching_it_off_compares_everything_and_plans_anew(made: Looking) -> None:
    workbench = made.workbench
    pair, missed = workbench.pair(), workbench.pair()
    missed.in_stash(title="Of no hook")
    made.use(only_look=True)
    save(made, pair, title="Looked at")
    pair.in_stash(title="Changed since")  # an old plan would not know
    made.use()
    assert not workbench.record.is_looking_only
    assert made.idle() is False
    workbench.clock.now += 600
    assert made.idle()
    assert (pair.shown()["title"], missed.shown()["title"]) == ("Changed since", "Of no hook")
    assert workbench.record.fact(Fact.COMPARE_ANEW) == ""


def test_that_comparison_comes_also_where_the_schedule_is_off(made: Looking) -> None:
    workbench = made.workbench
    pair = workbench.pair()
    made.use(only_look=True, reconcile_every_hours=-1)
    save(made, pair, title="Looked at")
    made.use(reconcile_every_hours=-1)
    made.idle()
    workbench.clock.now += 600
    assert made.idle()
    assert pair.shown()["title"] == "Looked at"
    workbench.clock.now += 100 * HOUR
    assert not made.idle()


def test_a_worker_that_is_killed_after_the_switch_compares_all_the_same(made: Looking) -> None:
    workbench = made.workbench
    pair = workbench.pair()
    made.use(only_look=True)
    save(made, pair, title="Looked at")
    made.use()
    workbench.kill()
    workbench.open()
    again = Looking(workbench)
    again.use()
    again.idle()
    workbench.clock.now += 600
    assert again.idle()
    assert pair.shown()["title"] == "Looked at"


def test_settings_that_the_pages_question_brought_are_noted_with_the_first_look(made: Looking) -> None:
    pair = made.workbench.pair()
    made.workbench.worker.reconfigure(made.workbench.config(only_look=True))
    save(made, pair, title="Looked at")
    assert made.workbench.record.is_looking_only
    assert made.workbench.record.fact(Fact.COMPARE_ANEW) != ""


def test_what_is_to_be_taken_back_waits_until_it_is_off(made: Looking) -> None:
    workbench = made.workbench
    pair = workbench.pair(title="Plex's own")
    save(made, pair, title="Stash's")
    machine = str(workbench.worker.plex_client.server.machineIdentifier)
    made.use(only_look=True)
    take_back_everything(workbench.record, machine)
    save(made, pair)
    assert (writes(made), pair.shown()["title"]) == ([], "Stash's")
    made.use()
    workbench.run()
    assert pair.shown()["title"] == "Plex's own"


def test_nothing_is_taken_back_by_a_task(made: Looking) -> None:
    config = made.workbench.config(only_look=True)
    context = TaskContext(
        made.workbench.client, config, made.workbench.data, Timing(), SecretsFilter(), {"confirm": "yes"}
    )
    for task in (undo, give_everything_back):
        with pytest.raises(ConfigurationError, match="NOTHING IS WRITTEN TO PLEX"):
            task(context)


def test_what_is_kept_of_it_is_bounded(made: Looking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_files, "MOST_KEPT", 4000)
    pair = made.workbench.pair()
    made.use(only_look=True)
    for number in range(40):
        save(made, pair, title=f"Title {number}", details="x" * 300)
    assert os.path.getsize(made.workbench.data.looked_at) <= 4000
    newest = newest_plans(made.workbench.data.looked_at)
    assert len(newest) > 3
    titles = [row["items"][0]["changes"]["texts"]["title"][1] for row in newest]  # type: ignore[index]
    assert titles == [f"Title {39 - back}" for back in range(len(newest))]


def test_a_line_that_was_cut_off_by_a_kill_takes_no_other_with_it(made: Looking) -> None:
    pair = made.workbench.pair()
    made.use(only_look=True)
    save(made, pair, title="One")
    with open(made.workbench.data.looked_at, "ab") as file:
        file.write(b'{"scene":7,"ended":"to up')
    save(made, pair, title="Two")
    assert [row["title"] for row in newest_plans(made.workbench.data.looked_at)] == ["Two", "One"]


def test_switching_it_on_once_more_begins_a_new_report(made: Looking) -> None:
    pair = made.workbench.pair()
    made.use(only_look=True)
    save(made, pair, title="One")
    made.use()
    save(made, pair)
    made.use(only_look=True)
    assert newest_plans(made.workbench.data.looked_at) == []


def test_one_that_cannot_be_read_holds_everything_back() -> None:
    assert "only_look" in HOLD_BACK
