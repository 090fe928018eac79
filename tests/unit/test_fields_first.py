"""Where a list of tags takes 20 seconds, nobody's title waits for somebody's tags, and nothing is lost on the way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.stash.pictures import png
from tests.support.pairs import Pair
from tests.support.slowplex import TAG, Killed, entries, looked_at, slow_tags, slow_writes
from tests.support.workbench import Workbench
from validation.jobs import Job, UpdateType
from worker.items.write_times import LibraryKey
from worker.job_steps import LISTS_LEFT
from worker.rounds import STALE
from worker.storage.jobqueue import Claimed, JobQueue
from worker.storage.journal_entries import WriteState


@pytest.fixture
def workbench(tmp_path: Path) -> Iterator[Workbench]:
    with slow_tags(tmp_path) as made:
        yield made


@pytest.fixture
def measured(workbench: Workbench) -> Workbench:
    """By one write it is known that tags take long here."""
    measure(workbench)
    return workbench


def measure(workbench: Workbench) -> None:
    """Write one tag."""
    pair = workbench.pair()
    pair.in_stash(tags=["Measured"])
    pair.sync()
    looked_at(workbench)


def changed(workbench: Workbench, many: int, tag: str = "Tag") -> list[Pair]:
    """Scenes with another title and a tag of its own each."""
    pairs = [workbench.pair() for _ in range(many)]
    for number, pair in enumerate(pairs):
        pair.in_stash(title=f"T{number}", tags=[f"{tag} {number}"])
    return pairs


def queued(workbench: Workbench, pairs: list[Pair], kind: UpdateType = UpdateType.UPDATE) -> None:
    """Their jobs are due; the doubles count from here on."""
    for pair in pairs:
        workbench.queue.add(pair.scene, kind)
    workbench.plex.reset_counts()
    workbench.worker.tally.clear()


def edits(workbench: Workbench) -> list[str]:
    """Of each edit, whether it was one of fields, of lists, or of both."""
    return [kind_of(one.params) for one in workbench.plex.requests if one.kind == "edit"]


def kind_of(params: dict[str, Any]) -> str:
    """What an edit is of."""
    of_lists = any("[" in name for name in params)
    of_fields = any(name.endswith(".value") for name in params)
    return "both" if of_lists and of_fields else "lists" if of_lists else "fields"


def are_right(workbench: Workbench, pairs: list[Pair], tag: str = "Tag") -> None:
    """All is as Stash has it, nothing waits, and another sync writes nothing."""
    assert workbench.waiting() == {}
    assert workbench.parked() == {}
    assert [pair.shown()["title"] for pair in pairs] == [f"T{number}" for number in range(len(pairs))]
    assert [pair.tags("genre") for pair in pairs] == [[f"{tag} {number}"] for number in range(len(pairs))]
    looked_at(workbench)
    assert slow_writes(workbench, pairs) == 0
    assert edits(workbench) == []
    states = {one.state for one in entries(workbench)}
    assert WriteState.CONFIRMED in states
    assert states <= {WriteState.CONFIRMED, WriteState.NOT_MADE}


def test_all_titles_are_written_before_the_second_slow_write(workbench: Workbench) -> None:
    """Before the first one, nobody can know."""
    pairs = changed(workbench, 60)
    queued(workbench, pairs)
    workbench.run()
    assert edits(workbench) == ["both", *["fields"] * 59, *["lists"] * 59]
    assert workbench.tally == {"updated": 60}
    are_right(workbench, pairs)


def test_it_costs_one_quick_edit_a_scene_and_its_share_of_a_read(measured: Workbench) -> None:
    pairs = changed(measured, 50, "Same")
    for pair in pairs:
        pair.in_stash(tags=["Same"])
    measured.worker.finder.refresh()
    queued(measured, pairs)
    measured.worker.run_due()
    assert edits(measured) == ["fields"] * 50
    reads = [one.kind for one in measured.plex.requests if not one.write]
    assert reads.count("details") == 2, "before they are written, and after it"
    assert measured.waiting() == dict.fromkeys([pair.scene for pair in pairs], LISTS_LEFT)
    measured.worker.run_due()
    assert edits(measured)[50:] == ["lists"] * 2, "two of them to see what one edit does, and all others"
    assert measured.tally == {"updated": 50}
    assert measured.waiting() == {}


def test_where_only_lists_differ_nothing_is_written_before_them(measured: Workbench) -> None:
    pairs = changed(measured, 3)
    for pair in pairs:
        pair.in_stash(title="")
    queued(measured, pairs)
    measured.worker.run_due()
    assert edits(measured) == []
    assert [job.lists_left for job in measured.jobs()] == [True] * 3
    assert measured.tally == {}
    measured.run()
    assert edits(measured) == ["lists"] * 3
    assert measured.tally == {"updated": 3}


def test_where_only_fields_differ_a_scene_is_done_at_once(measured: Workbench) -> None:
    (pair,) = changed(measured, 1)
    pair.in_stash(tags=[])
    queued(measured, [pair])
    measured.worker.run_due()
    assert edits(measured) == ["fields"]
    assert measured.waiting() == {}


def test_a_scene_is_not_settled_before_its_lists_are_written(measured: Workbench) -> None:
    (pair,) = changed(measured, 1)
    queued(measured, [pair])
    measured.worker.run_due()
    outcome = measured.record.outcome(pair.scene)
    assert outcome is not None
    assert (outcome.stash_updated, outcome.content) == (None, None)
    assert [one.detail for one in measured.record.latest_updates(1)] == ["title"]
    assert "genre" not in pair.memory().tags
    (entry,) = entries(measured)[-1:]
    assert "genre" not in entry.changes.tags  # type: ignore[union-attr]
    measured.run()
    outcome = measured.record.outcome(pair.scene)
    assert outcome is not None
    assert outcome.content is not None
    assert pair.memory().tags["genre"].ours == ("Tag 0",)


def test_the_cover_and_the_rating_go_with_the_fields(measured: Workbench) -> None:
    measured.use(skip_poster=False)
    measure(measured)
    (pair,) = changed(measured, 1)
    pair.in_stash(cover=png("x"), rating100=80)
    queued(measured, [pair])
    measured.worker.run_due()
    assert measured.waiting() == {pair.scene: LISTS_LEFT}
    assert {request.kind for request in measured.plex.requests if request.write} >= {"edit", "rate"}
    written = len(pair.requests())
    assert edits(measured) == ["fields"]
    measured.run()
    assert len(pair.requests()) == written + 1, "its lists"
    are_right(measured, [pair])


def test_a_scene_that_is_saved_while_its_lists_wait_goes_first_and_only_its_newest_lists_are_written(
    measured: Workbench,
) -> None:
    pairs = changed(measured, 3, "Old")
    queued(measured, pairs)
    measured.worker.run_due()
    for number, pair in enumerate(pairs):
        pair.in_stash(tags=[f"Tag {number}"])
    pairs[2].in_stash(title="Newer")
    for _ in range(2):
        measured.queue.add(pairs[2].scene, UpdateType.UPDATE)
    measured.worker.run_due()
    assert [pair.shown()["title"] for pair in pairs] == ["T0", "T1", "Newer"]
    assert edits(measured) == ["fields"] * 4
    measured.run()
    assert edits(measured)[4:] == ["lists"] * 3
    assert not [one for one in measured.plex.requests if "Old" in str(one.params)]
    pairs[2].in_stash(title="T2")
    pairs[2].sync()
    are_right(measured, pairs)


def test_what_was_read_for_lists_is_not_written_after_a_newer_job_of_the_scene(tmp_path: Path) -> None:
    """As where a newer job is dealt with while lists are under way."""
    with slow_tags(tmp_path, tags_take=STALE + 10) as workbench:
        first = changed(workbench, 1, "First")
        first[0].sync()
        pairs = changed(workbench, 3)
        queued(workbench, pairs)
        workbench.worker.run_due()

        def newer() -> None:
            if edits(workbench).count("lists") == 1 and pairs[2].scene not in seen:
                seen.append(pairs[2].scene)
                pairs[2].in_stash(title="Newer", tags=["Newer"])
                workbench.queue.add(pairs[2].scene, UpdateType.UPDATE)
                (claimed,) = workbench.queue.claim(50)
                pairs[2].by_hand(**{"title.value": "Newer", "genre[0].tag.tag": "Newer"})
                workbench.queue.done(claimed)

        seen: list[int] = []
        workbench.worker.run_due(one_done=newer)
        assert seen
        assert (pairs[2].shown()["title"], pairs[2].tags("genre")) == ("Newer", ["Newer"])
        assert workbench.waiting()[pairs[2].scene] == LISTS_LEFT, "it is read anew"
        workbench.run()
        assert (pairs[2].shown()["title"], pairs[2].tags("genre")) == ("Newer", ["Newer"])
        assert workbench.waiting() == {}


def test_others_have_their_turn_after_half_a_minute_of_lists(measured: Workbench) -> None:
    """An undo, a setting, a question of the page: none waits for fifty lists of 20 seconds each."""
    pairs = changed(measured, 20)
    queued(measured, pairs)
    measured.worker.run_due()
    goes = list[int]()
    while measured.waiting():
        before = measured.plex.tag_writes
        measured.worker.run_due()
        goes.append(measured.plex.tag_writes - before)
    assert sum(goes) == 20
    assert max(goes) <= 3


@pytest.mark.parametrize("before", [True, False], ids=["before it", "after it"])
@pytest.mark.parametrize("number", [1, 3])
def test_a_kill_between_fields_and_lists_loses_and_doubles_nothing(
    measured: Workbench, monkeypatch: pytest.MonkeyPatch, before: bool, number: int
) -> None:
    pairs = changed(measured, 3)
    queued(measured, pairs)
    put_back, calls = JobQueue.put_back, list[int]()

    def killed(queue: JobQueue, claimed: Claimed, job: Job | None = None) -> None:
        calls.append(claimed.job.scene_id)
        if len(calls) == number and before:
            raise Killed
        put_back(queue, claimed, job)
        if len(calls) == number:
            raise Killed

    monkeypatch.setattr(JobQueue, "put_back", killed)
    with pytest.raises(Killed):
        measured.worker.run_due()
    monkeypatch.undo()
    measured.kill()
    measured.open()
    measured.run()
    assert edits(measured).count("lists") + edits(measured).count("both") == 3
    assert len(edits(measured)) <= 6
    are_right(measured, pairs)


def test_after_a_kill_lists_go_on_waiting_for_the_fields_of_others(measured: Workbench) -> None:
    pairs = changed(measured, 60)
    queued(measured, pairs)
    while not all(job.lists_left for job in measured.jobs()):
        measured.worker.run_due()
    assert edits(measured) == ["fields"] * 60
    measured.kill()
    measured.open()
    (saved,) = changed(measured, 1, "Saved")
    saved.in_stash(tags=[])
    measured.queue.add(saved.scene, UpdateType.UPDATE)
    measured.run()
    assert edits(measured) == ["fields"] * 61 + ["lists"] * 60
    are_right(measured, pairs)


@pytest.mark.parametrize("killed", [True, False])
def test_an_overwrite_stays_one_for_its_lists(measured: Workbench, killed: bool) -> None:
    measured.use(keep_plex_edits=True)
    measure(measured)
    (pair,) = changed(measured, 1)
    pair.sync()
    looked_at(measured)
    pair.by_hand(**{"title.value": "By hand", "genre[].tag.tag-": "Tag 0"})
    queued(measured, [pair], UpdateType.OVERWRITE)
    measured.worker.run_due()
    assert measured.waiting() == {pair.scene: LISTS_LEFT}
    if killed:
        measured.kill()
        measured.open()
        measured.use(keep_plex_edits=True)
    measured.run()
    are_right(measured, [pair])


def test_what_is_given_back_for_a_scene_that_is_gone_goes_at_once(measured: Workbench) -> None:
    measured.use(give_back_on_destroy=True)
    measure(measured)
    (pair,) = changed(measured, 1)
    pair.sync()
    looked_at(measured)
    del measured.library.scenes[pair.scene]
    queued(measured, [pair], UpdateType.DESTROY)
    measured.worker.run_due()
    assert edits(measured) == ["both"]
    assert measured.waiting() == {}


def test_what_is_only_looked_at_is_told_of_as_a_whole(measured: Workbench) -> None:
    measured.use(only_look=True)
    library = LibraryKey(str(measured.worker.plex_client.server.machineIdentifier), "1")
    measured.worker._read_back.times.took(library, {"genre[0].tag.tag": "Measured"}, TAG)
    (pair,) = changed(measured, 1)
    pair.in_stash(title="")
    queued(measured, [pair])
    measured.worker.run_due()
    assert measured.tally == {"to update": 1}, "its lists"
    assert measured.waiting() == {}


def test_lists_that_fail_wait_as_lists_and_hold_up_nobody(measured: Workbench) -> None:
    pairs = changed(measured, 1)
    queued(measured, pairs)
    measured.worker.run_due()
    measured.plex.inject({"type": "status", "status": 500, "kind": "edit", "count": 1})
    measured.worker.run_due()
    (job,) = measured.jobs()
    assert (job.lists_left, job.attempts) == (True, 1)
    assert measured.worker.run_due() == 0
    measured.clock.now += 3600
    measured.run()
    are_right(measured, pairs)


def test_an_item_that_is_made_anew_gets_its_fields_first_again(measured: Workbench) -> None:
    (pair,) = changed(measured, 1)
    queued(measured, [pair])
    measured.worker.run_due()
    (file,) = measured.library.scenes[pair.scene].files
    assert measured.person.delete(f"{measured.plex.url}/library/metadata/{pair.key}").status_code == 200
    measured.worker.finder.refresh()
    measured.run()
    (job,) = measured.jobs()
    assert (job.missing_since is not None, job.lists_left) == (True, False)
    made = measured.plex.add_item(1, file.path, file.size)
    measured.clock.now += 3600
    queued(measured, [pair])
    measured.run()
    assert edits(measured) == ["fields", "lists"]
    anew = Pair(measured, pair.scene, int(made["ratingKey"]))
    assert (anew.shown()["title"], anew.tags("genre")) == ("T0", ["Tag 0"])


def test_fields_that_fail_are_tried_again_together_with_the_lists(measured: Workbench) -> None:
    pairs = changed(measured, 1)
    queued(measured, pairs)
    measured.plex.inject({"type": "status", "status": 500, "kind": "edit", "count": 1})
    measured.worker.run_due()
    (job,) = measured.jobs()
    assert (job.lists_left, job.attempts) == (False, 1)
    measured.clock.now += 3600
    measured.run()
    are_right(measured, pairs)


def test_a_cover_that_fails_again_and_again_keeps_no_tag_away(measured: Workbench) -> None:
    measured.use(skip_poster=False)
    measure(measured)
    (pair,) = changed(measured, 1)
    pair.in_stash(cover=png("x"))
    measured.plex.inject({"type": "status", "status": 500, "kind": "poster", "count": None})
    queued(measured, [pair])
    measured.run()
    assert pair.tags("genre") == []
    measured.clock.now += 3600
    measured.run()
    assert pair.tags("genre") == ["Tag 0"]
    assert [job.attempts for job in measured.jobs()] == [2]


def test_a_text_that_is_too_long_keeps_no_tag_away(measured: Workbench) -> None:
    (pair,) = changed(measured, 1)
    pair.in_stash(title="Short", details="x" * 60_000)
    measured.plex.inject({"type": "status", "status": 414, "kind": "edit", "longer": 8192, "count": None})
    queued(measured, [pair])
    measured.run()
    assert (pair.shown()["title"], pair.tags("genre")) == ("Short", ["Tag 0"])
    assert measured.waiting() == {}
    assert "the summary of 60,000 characters" in measured.parked()[pair.scene]


def test_a_server_that_shows_writes_late_gets_both(tmp_path: Path) -> None:
    with slow_tags(tmp_path, visibility_delay=30) as workbench:
        pairs = changed(workbench, 20)
        queued(workbench, pairs)
        for _ in range(5):
            workbench.run()
            workbench.plex.advance(60)
            workbench.clock.now += 60
        are_right(workbench, pairs)


def test_where_tags_are_quick_fields_and_lists_go_together(tmp_path: Path) -> None:
    with slow_tags(tmp_path, tags_take=0.5) as workbench:
        pairs = changed(workbench, 20)
        queued(workbench, pairs)
        workbench.run()
        assert edits(workbench) == ["both"] * 20
        are_right(workbench, pairs)
