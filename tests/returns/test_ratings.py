"""Ratings given in Plex reach Stash, between real servers, and nothing goes back the way it came."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plex.index import FULL_SWEEP
from reconciliation.gaps import Gap
from reconciliation.preview import preview
from reconciliation.ratings import RatingLook
from stash.activity import set_rating
from stash.protocol import Progress
from tests.doubles.stash.model import Scene, VideoFile
from tests.support.pairs import Pair
from tests.support.workbench import MEDIA, Workbench, running_workbench
from validation.errors import StashUnavailable
from validation.jobs import UpdateType
from worker.logs import SecretsFilter
from worker.returns import rating_changes, ratings
from worker.storage.facts import Fact
from worker.storage.journal_entries import Cause, Direction, ReturnKind
from worker.storage.journal_words import changes_text
from worker.storage.ownership import Owned
from worker.storage.plan_reading import read_plans
from worker.storage.returned import PlexNews
from worker.storage.to_undo import Chosen
from worker.storage.undo_wishes import take_back_return, take_back_writes
from worker.tasks.context import TaskContext
from worker.tasks.history import history
from worker.tasks.status import status
from worker.timing import Timing

ON: dict[str, Any] = {"ratings_from_plex": True}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with running_workbench(tmp_path) as made:
        made.use(**ON)
        yield made


def look(pair: Pair, kind: UpdateType = UpdateType.RECONCILE) -> list[str]:
    """Look at a scene, and once more where Stash's hook would ask for it; what was written to Plex."""
    written = pair.sync(kind)
    return written + (pair.sync() if written_to_stash(pair.workbench) else [])


def written_to_stash(bench: Workbench) -> int:
    """How many writes Stash got since the last look began."""
    return int(bench.stash.counts()["writes"])


def task(bench: Workbench) -> TaskContext:
    """What a task has, started beside the worker."""
    config, progress = bench.worker.config, Progress(io.StringIO())
    return TaskContext(bench.client, config, bench.data, Timing(), SecretsFilter(), {}, progress)


def take_back(bench: Workbench) -> None:
    """Take the newest rating back, as a person does on the page."""
    (newest,) = bench.record.latest_returned(1)
    take_back_return(bench.record, newest.id)
    bench.run()


def stash_of(pair: Pair) -> int | None:
    return pair.workbench.library.scenes[pair.scene].rating100


def plex_of(pair: Pair) -> Any:
    return pair.shown()["userRating"]


def ledger(bench: Workbench) -> list[tuple[int | None, int | None, str]]:
    """Before, after, and what became of it, newest first."""
    return [
        (one.before.get("rating100"), one.after.get("rating100"), one.state.value)  # type: ignore[misc]
        for one in bench.record.latest_returned(100)
    ]


def settled(pair: Pair) -> None:
    """Two more looks write nothing to either side."""
    before = (stash_of(pair), plex_of(pair))
    for _ in range(2):
        assert pair.sync(UpdateType.RECONCILE) == []
        assert written_to_stash(pair.workbench) == 0
    assert (stash_of(pair), plex_of(pair)) == before


def scene_with(bench: Workbench, file: tuple[str, int]) -> int:
    """A scene in Stash with that file; its number."""
    library, now = bench.library, bench.library.clock.now()
    number = library.new_id("scene", library.scenes)
    with library.lock:
        row = VideoFile(library.new_id("file", library.files), *file, 60.0, now, now, now)
        library.add_scene(Scene(number, now, now, files=[row]))
    bench.clock.now += 60
    return number


def rated(bench: Workbench, rating: int | None, **in_plex: Any) -> Pair:
    """A pair that both sides were seen to show."""
    pair = bench.pair(**in_plex)
    pair.in_stash(rating100=rating)
    look(pair)
    look(pair)
    return pair


def test_a_rating_given_in_plex_reaches_stash_and_nothing_goes_back(bench: Workbench) -> None:
    pair = rated(bench, 73)
    pair.rated_by_hand(9)
    assert look(pair) == []
    assert (stash_of(pair), plex_of(pair)) == (90, 9.0)
    assert ledger(bench) == [(73, 90, "done")]
    settled(pair)


def test_73_and_seven_and_a_half_are_a_fixed_point(bench: Workbench) -> None:
    pair = rated(bench, 73)
    settled(pair)
    assert (stash_of(pair), plex_of(pair)) == (73, 7.5)
    assert ledger(bench) == []


def test_a_rating_between_the_halves_stays_as_it_was_given(bench: Workbench) -> None:
    pair = rated(bench, 73)
    pair.rated_by_hand(8.3)
    assert look(pair) == []
    assert (stash_of(pair), plex_of(pair)) == (83, 8.3)
    settled(pair)


def test_a_rating_that_was_taken_from_plex_is_taken_away_on_both_sides(bench: Workbench) -> None:
    pair = rated(bench, None)
    pair.rated_by_hand(9)
    look(pair)
    pair.in_stash(rating100=None)
    assert look(pair) == ["RATE -1"]
    settled(pair)
    assert (stash_of(pair), plex_of(pair)) == (None, None)


def test_the_first_look_takes_nothing(bench: Workbench) -> None:
    pair = bench.pair(userRating=9.0)
    assert look(pair) == []
    assert (stash_of(pair), plex_of(pair)) == (None, 9.0)
    settled(pair)
    pair.rated_by_hand(8)
    look(pair)
    assert stash_of(pair) == 80


def test_what_was_changed_while_it_was_off_is_no_news(bench: Workbench) -> None:
    pair = rated(bench, None)
    bench.use(ratings_from_plex=False)
    look(pair)
    pair.rated_by_hand(6)
    look(pair)
    bench.clock.now += 60
    bench.use(**ON)
    look(pair)
    assert (stash_of(pair), plex_of(pair)) == (None, 6.0)


def test_a_rating_taken_away_in_plex_is_taken_from_stash(bench: Workbench) -> None:
    pair = rated(bench, 73)
    pair.rated_by_hand(-1)
    assert look(pair) == []
    assert (stash_of(pair), plex_of(pair)) == (None, None)
    settled(pair)


@pytest.mark.parametrize("given", [101, 0])
def test_what_stash_stores_beyond_its_range_goes_to_plex_within_it(bench: Workbench, given: int) -> None:
    pair = rated(bench, 73)
    pair.in_stash(rating100=given)
    look(pair)
    look(pair)
    assert plex_of(pair) == (10.0 if given else None)
    assert stash_of(pair) == given
    settled(pair)


@pytest.mark.parametrize("keep", [False, True])
def test_a_change_in_stash_goes_to_plex_also_over_a_rating_that_was_taken(bench: Workbench, keep: bool) -> None:
    bench.use(**ON, keep_plex_edits=keep)
    pair = rated(bench, 73)
    pair.rated_by_hand(9)
    look(pair)
    pair.in_stash(rating100=40)
    assert look(pair) == ["RATE 4.0"]
    settled(pair)
    assert (stash_of(pair), plex_of(pair)) == (40, 4.0)


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("winner", ["stash", "plex"])
def test_of_two_changes_one_wins_and_that_is_noted(bench: Workbench, winner: str, keep: bool) -> None:
    bench.use(**ON, ratings_winner=winner, keep_plex_edits=keep)
    pair = rated(bench, 73)
    pair.rated_by_hand(9)
    pair.in_stash(rating100=40)
    look(pair)
    won = winner == "plex"
    assert (stash_of(pair), plex_of(pair)) == ((90, 9.0) if won else (40, 4.0))
    assert ledger(bench) == [(40, 90, "done")] if won else [(None, None, "not made")]
    settled(pair)


@pytest.mark.parametrize("as_parts", [False, True], ids=["versions", "parts"])
def test_a_rating_of_an_item_that_another_scene_shares_is_never_taken(bench: Workbench, as_parts: bool) -> None:
    files = [(f"{MEDIA}/a/one.mp4", 11), (f"{MEDIA}/b/two.mp4", 22)]
    owner, _ = (scene_with(bench, file) for file in files)
    parts = [{"file": path, "size": size} for path, size in files]
    media = [parts] if as_parts else [[part] for part in parts]
    key = int(bench.plex.add_item(1, *files[0], media=media)["ratingKey"])
    pair = Pair(bench, owner, key)
    pair.in_stash(rating100=73)
    for _ in range(2):
        bench.sync(owner)
    pair.rated_by_hand(9)
    bench.sync(owner)
    assert (stash_of(pair), plex_of(pair)) == (73, 7.5)


def test_without_it_nothing_is_taken_and_nothing_is_noted(bench: Workbench) -> None:
    bench.use()
    pair = rated(bench, 73)
    pair.rated_by_hand(9)
    assert look(pair) == ["RATE 7.5"]
    assert stash_of(pair) == 73
    assert pair.memory().rating is None
    assert bench.record.baseline(bench.worker.plex_client.server.machineIdentifier, ReturnKind.RATING) is None


def test_with_skipped_ratings_they_go_one_way(bench: Workbench) -> None:
    bench.use(**ON, skip_rating=True)
    pair = rated(bench, 73)
    assert plex_of(pair) is None
    pair.rated_by_hand(9)
    assert look(pair) == []
    assert (stash_of(pair), plex_of(pair)) == (90, 9.0)
    pair.in_stash(rating100=20)
    assert look(pair) == []
    settled(pair)


def test_another_account_has_other_ratings_which_are_no_news(tmp_path: Path) -> None:
    with running_workbench(tmp_path, guest_token="another-token") as bench:
        bench.use(**ON, skip_rating=True)
        pair = rated(bench, 73)
        pair.rated_by_hand(9)
        look(pair)
        assert stash_of(pair) == 90
        bench.use(**ON, skip_rating=True, plex_token="another-token")
        look(pair)
        assert stash_of(pair) == 90


def test_what_was_taken_is_taken_back_while_stash_still_shows_it(bench: Workbench) -> None:
    pair = rated(bench, 73)
    pair.rated_by_hand(9)
    look(pair)
    take_back(bench)
    assert stash_of(pair) == 73
    assert ledger(bench) == [(73, 90, "taken back")]
    settled(pair)
    assert plex_of(pair) == 9.0  # held, until a person lets go
    bench.record.release(pair.scene)
    look(pair)
    assert (stash_of(pair), plex_of(pair)) == (73, 7.5)
    settled(pair)


def test_a_run_of_the_journal_is_undone_with_the_ratings_it_took(bench: Workbench) -> None:
    pair = rated(bench, 73)
    pair.rated_by_hand(9)
    look(pair)
    entry = bench.newest_entry(pair.scene)
    assert (entry.direction, entry.cause) == (Direction.FROM_PLEX, Cause.SEEN)
    take_back_writes(bench.record, bench.queue, lambda: bench.record.chosen(Chosen(entry.run)))
    bench.run()
    assert stash_of(pair) == 73
    undone = bench.newest_entry(pair.scene)
    assert (undone.cause, "taken back" in changes_text(undone.changes)) == (Cause.UNDO, True)


def test_what_a_person_changed_since_is_not_taken_back(bench: Workbench) -> None:
    pair = rated(bench, 73)
    pair.rated_by_hand(9)
    look(pair)
    pair.in_stash(rating100=20)
    take_back(bench)
    assert stash_of(pair) == 20
    assert ledger(bench) == [(73, 90, "stays")]


def test_stash_away_at_the_wrong_moment_costs_nothing(bench: Workbench) -> None:
    pair = rated(bench, 73)
    pair.rated_by_hand(9)
    bench.stash.inject({"kind": "graphql_error", "field": "sceneUpdate", "count": 1})
    with pytest.raises(StashUnavailable):
        pair.sync()
    assert stash_of(pair) == 73
    bench.run()
    assert (stash_of(pair), plex_of(pair)) == (90, 9.0)
    assert ledger(bench) == [(73, 90, "done")]
    settled(pair)


def test_an_edit_made_between_the_look_and_the_write_is_kept(bench: Workbench) -> None:
    pair = rated(bench, 73)
    pair.rated_by_hand(9)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ratings, "send_rating", lambda *_: None)
        pair.sync()
    assert stash_of(pair) == 73
    pair.in_stash(rating100=20)
    look(pair)
    look(pair)
    assert (stash_of(pair), plex_of(pair)) == (20, 2.0)
    settled(pair)


@pytest.mark.parametrize("after", ["noted", "sent"])
def test_a_kill_in_the_middle_counts_nothing_twice(bench: Workbench, after: str) -> None:
    pair = rated(bench, 73)
    pair.rated_by_hand(9)
    bench.queue.add(pair.scene, UpdateType.UPDATE)

    def killed(*given: Any) -> None:
        if after == "sent":
            set_rating(*given)
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rating_changes, "set_rating", killed)
        with pytest.raises(KeyboardInterrupt):
            bench.run()
    bench.kill()
    bench.open()
    bench.use(**ON)
    look(pair)
    assert (stash_of(pair), plex_of(pair)) == (90, 9.0)
    assert ledger(bench) == [(73, 90, "done")]
    settled(pair)


def test_an_undo_of_what_was_written_to_plex_is_no_rating_of_the_users(bench: Workbench) -> None:
    pair = rated(bench, 73)
    run = bench.newest_entry(pair.scene).run
    take_back_writes(bench.record, bench.queue, lambda: bench.record.chosen(Chosen(run)))
    bench.run()
    assert plex_of(pair) is None
    look(pair)
    bench.record.release(pair.scene)
    assert look(pair) == ["RATE 7.5"]
    assert stash_of(pair) == 73
    settled(pair)


def test_the_usual_comparison_finds_what_was_rated_with_one_request_more(bench: Workbench) -> None:
    pairs = [rated(bench, 73) for _ in range(3)]
    bench.reconcile()
    bench.reconcile()
    pairs[1].rated_by_hand(9)
    bench.plex.reset_counts()
    findings = bench.reconcile()
    assert dict(findings.gaps) == {Gap.RATED: 1}
    assert [stash_of(pair) for pair in pairs] == [73, 90, 73]
    asked = [request for request in bench.plex.requests if "lastRatedAt>" in request.params]
    assert len(asked) == 1
    bench.reconcile()
    assert not bench.reconcile().gaps


def test_a_rating_taken_away_is_found_by_the_next_list_in_full(bench: Workbench) -> None:
    pair = rated(bench, 73)
    bench.reconcile()
    bench.reconcile()
    pair.rated_by_hand(-1)
    bench.clock.now += FULL_SWEEP
    bench.reconcile()
    assert stash_of(pair) is None


def test_a_server_that_ignores_the_question_is_read_no_further(tmp_path: Path) -> None:
    with running_workbench(tmp_path, rated_filter="ignored") as bench:
        bench.use(**ON)
        rated(bench, None)
        pair = rated(bench, 73)
        bench.reconcile()
        bench.reconcile()
        pair.rated_by_hand(9)
        assert not bench.reconcile().gaps
        bench.clock.now += FULL_SWEEP
        bench.reconcile()
        assert stash_of(pair) == 90


def test_a_preview_says_what_would_be_taken_and_takes_nothing(bench: Workbench) -> None:
    pair = rated(bench, 73)
    pair.rated_by_hand(9)
    bench.stash.reset_counts()
    preview(task(bench), bench.clock)
    (row,) = read_plans(bench.data.preview, 0, 10).rows
    assert '"texts": {"rating100": ["73", "90"]}' in json.dumps(row)
    assert written_to_stash(bench) == 0
    assert ledger(bench) == []
    look(pair)
    assert stash_of(pair) == 90


def test_while_nothing_is_written_nothing_is_taken(bench: Workbench) -> None:
    pair = rated(bench, 73)
    pair.rated_by_hand(9)
    bench.record.set_fact(Fact.ONLY_LOOK, "1.0")
    bench.use(**ON, only_look=True)
    pair.sync()
    assert (stash_of(pair), ledger(bench)) == (73, [])
    bench.record.set_fact(Fact.ONLY_LOOK, "")
    bench.use(**ON)
    look(pair)
    assert stash_of(pair) == 90


def test_between_two_comparisons_ratings_are_asked_for_seldom_and_soon_after_something_was_played(
    bench: Workbench,
) -> None:
    pair, _ = rated(bench, 73), rated(bench, 20)
    bench.reconcile()
    bench.reconcile()
    owned, look_for = Owned(bench.queue, bench.record, bench.index), RatingLook(bench.clock)

    def asked(seconds: float) -> int:
        """How many requests Plex had in a time, with a look each five seconds."""
        bench.plex.reset_counts()
        for _ in range(int(seconds / 5)):
            look_for(owned, bench.worker)
            bench.run()
            bench.clock.now += 5
        return len(bench.plex.requests)

    assert asked(5) == 1
    assert asked(3600) == 4
    pair.rated_by_hand(9)
    source = "session 1 of 1000"
    bench.record.note_return(PlexNews(ReturnKind.PLAY, pair.scene, "server", str(pair.key), source, 1000, {}))
    asked(70)
    assert stash_of(pair) == 90
    bench.use()
    assert asked(3600) == 0


def test_status_and_history_say_what_came_back(bench: Workbench, caplog: pytest.LogCaptureFixture) -> None:
    pair = rated(bench, 73)
    pair.rated_by_hand(9)
    look(pair)
    bench.record.set_fact(Fact.EVENTS_SILENT, "Plex ended the stream of its events.")
    bench.use(**ON, plays_from_plex=True)
    caplog.set_level("INFO")
    status(task(bench))
    history(task(bench))
    said = [record.getMessage() for record in caplog.records]
    assert "Came back from Plex: plays: 0, positions: 0, ratings: 1." in said
    assert any(f"scene {pair.scene}: rating 73 → 90 in Stash, from Plex" in line for line in said)
    assert any("asked for instead: Plex ended the stream" in line for line in said)
    assert any(line.startswith(f"Scene {pair.scene}: ") and "rating 73 → 90" in line for line in said)


def test_a_plex_that_lost_its_ratings_does_not_empty_stash(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ratings, "MOST_UNRATED", 2)
    pairs = [rated(bench, 73) for _ in range(5)]
    for pair in pairs:
        pair.rated_by_hand(-1)
        look(pair)
    assert [stash_of(pair) for pair in pairs] == [None, None, 73, 73, 73]
    assert [plex_of(pair) for pair in pairs] == [None, None, 7.5, 7.5, 7.5]
    bench.clock.now += 3601
    pairs[4].rated_by_hand(-1)
    look(pairs[4])
    assert stash_of(pairs[4]) is None
