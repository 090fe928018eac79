"""A server may show what was written late, or otherwise: that is neither corrected for ever, nor taken for an edit by
hand, nor a reason to write the field no more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.plex import edits
from tests.support.changing import CHANGED
from tests.support.clock import DAY, HOUR
from tests.support.workbench import Workbench, running_workbench
from validation.jobs import UpdateType
from validation.outcomes import Ended

each_change = pytest.mark.parametrize("name", CHANGED)
both_ways = pytest.mark.parametrize("keep", [False, True], ids=["Stash wins", "hand edits are kept"])


@contextmanager
def server(folder: Path, keep: bool, **switches: Any) -> Iterator[Workbench]:
    with running_workbench(folder, **switches) as workbench:
        workbench.use(keep_plex_edits=keep)
        yield workbench


def wait(workbench: Workbench, seconds: float) -> None:
    """Time passes for Plex, Stash and the worker, which looks after what it wrote."""
    workbench.plex.advance(seconds)
    workbench.stash.advance(seconds)
    workbench.clock.now += seconds
    workbench.run()


def compared(workbench: Workbench) -> int:
    """The writes of a comparison, a day later."""
    wait(workbench, DAY)
    workbench.plex.reset_counts()
    workbench.reconcile()
    return int(workbench.plex.counts().get("writes", 0))


def shows(workbench: Workbench, key: int, wanted: dict[str, Any]) -> bool:
    shown = workbench.plex.item(key)
    return all(
        sorted(shown.get("tags", {}).get("genre", [])) == sorted(value.get("genre", []))
        if name == "tags"
        else shown.get(name) == value
        for name, value in wanted.items()
    )


@each_change
@both_ways
@pytest.mark.parametrize("delay", [0.0, 40.0, 900.0], ids=["at once", "after 40 seconds", "after 15 minutes"])
def test_a_changed_value_comes_to_rest_and_later_changes_arrive(
    tmp_path: Path, name: str, keep: bool, delay: float
) -> None:
    switches, first, second, expected = CHANGED[name]
    if delay and name == "an only tag renamed":
        pytest.skip("nothing proves later that it is not a person's tag")
    with server(tmp_path, keep, visibility_delay=delay, **switches) as workbench:
        pairs = [workbench.pair() for _ in range(4)]
        for pair in pairs:
            pair.in_stash(**first)
        workbench.sync(*(pair.scene for pair in pairs))
        writes = [compared(workbench) for _ in range(5)]
        assert writes[2:] == [0, 0, 0]
        assert delay or writes[:2] == [0, 0], "read back, it is known at once"
        assert workbench.record.kept() == []
        pairs[0].in_stash(**second)
        workbench.sync(pairs[0].scene)
        wait(workbench, 1000)
        assert shows(workbench, pairs[0].key, expected)
        compared(workbench)
        assert compared(workbench) == 0
        assert workbench.record.fields_left_out() == []
        assert workbench.record.kept() == []


@pytest.mark.parametrize("name", [name for name in CHANGED if name != "dates a day early"])
def test_a_changed_value_is_given_back(tmp_path: Path, name: str) -> None:
    switches, first, _, _ = CHANGED[name]
    with server(tmp_path, keep=False, **switches) as workbench:
        pair = workbench.pair(title="Own", summary="Text", genres=["Theirs"])
        before = pair.shown()
        pair.in_stash(**first)
        pair.sync()
        pair.in_stash(title="", details="", date="", tags=[])
        pair.sync()
        assert pair.shown() == before


@both_ways
def test_an_edit_by_hand_of_a_changed_value_is_one(tmp_path: Path, keep: bool) -> None:
    with server(tmp_path, keep, fold_texts=True) as workbench:
        pair = workbench.pair()
        pair.in_stash(details="One.\n\nTwo.")
        pair.sync()
        pair.by_hand(**{"summary.value": "By hand", "summary.locked": 1})
        wait(workbench, HOUR)
        pair.in_stash(title="New")
        pair.sync()
        assert pair.shown()["summary"] == ("By hand" if keep else "One. Two.")


@both_ways
@pytest.mark.parametrize("delay", [2.0, 30.0, 3600.0])
def test_a_server_that_shows_edits_late_loses_nothing(tmp_path: Path, keep: bool, delay: float) -> None:
    with server(tmp_path, keep, visibility_delay=delay) as workbench:
        pairs = [workbench.pair(title="Old", genres=["Theirs"]) for _ in range(8)]
        for number, pair in enumerate(pairs):
            pair.in_stash(title=f"Title {number}", details="Text", studio="S", tags=["A", "B"], performers=["P"])
        workbench.sync(*(pair.scene for pair in pairs))
        # Saved again before Plex shows anything of the first write.
        pairs[0].in_stash(title="Another", tags=["B", "C"])
        pairs[1].in_stash(title="", tags=[])
        pairs[2].in_stash(title="Old")
        workbench.sync(*(pair.scene for pair in pairs))
        wait(workbench, 2 * delay + 1)
        compared(workbench)
        wait(workbench, 2 * delay + 1)
        assert compared(workbench) == 0
        titles = [pair.shown()["title"] for pair in pairs]
        assert titles == ["Another", "Old", "Old", *(f"Title {number}" for number in range(3, 8))]
        assert [sorted(pair.tags("genre")) for pair in pairs[:3]] == [
            ["B", "C", "Theirs"],
            ["Theirs"],
            ["A", "B", "Theirs"],
        ]
        assert workbench.record.fields_left_out() == []
        assert workbench.record.kept() == []


@both_ways
@pytest.mark.parametrize("second", ["Second", ""], ids=["another value", "none"])
def test_what_was_written_before_a_write_that_failed_is_no_edit_by_hand_when_it_is_shown_late(
    tmp_path: Path, keep: bool, second: str
) -> None:
    with server(tmp_path, keep, visibility_delay=60.0) as workbench:
        pair = workbench.pair(title="Old")
        pair.in_stash(title="First")
        pair.sync()
        pair.in_stash(title=second)
        workbench.plex.inject({"type": "reset_before", "kind": "edit", "count": 2})
        workbench.sync(pair.scene)
        unseen = pair.memory().texts["title"].unseen
        assert unseen is not None
        assert unseen.vain == 0, "what was answered is the former write"
        workbench.queue.add(pair.scene, UpdateType.UPDATE)
        workbench.run()
        workbench.plex.advance(HOUR)
        assert pair.shown()["title"] == "First"
        for _ in range(2):
            wait(workbench, HOUR)
        assert pair.shown()["title"] == (second or "Old")
        assert pair.memory().texts.keys() == ({"title"} if second else set())
        assert compared(workbench) == 0


@both_ways
@pytest.mark.parametrize("left", [["B"], []], ids=["some", "none"])
@pytest.mark.parametrize("again", [True, False], ids=["tried again soon", "tried again later"])
def test_tags_whose_removal_failed_before_they_were_shown_are_removed_when_they_are(
    tmp_path: Path, keep: bool, left: list[str], again: bool
) -> None:
    with server(tmp_path, keep, visibility_delay=60.0) as workbench:
        pair = workbench.pair(genres=["Theirs"])
        pair.in_stash(tags=["A", "B"])
        pair.sync()
        pair.in_stash(tags=left)
        workbench.plex.inject({"type": "reset_before", "kind": "edit", "count": 1 + again})
        workbench.sync(pair.scene)
        if again:
            workbench.queue.add(pair.scene, UpdateType.UPDATE)
            workbench.run()
        workbench.plex.advance(HOUR)
        assert sorted(pair.tags("genre")) == ["A", "B", "Theirs"]
        for _ in range(2):
            wait(workbench, HOUR)
        assert sorted(pair.tags("genre")) == [*left, "Theirs"]
        assert not pair.memory().unseen_fields
        assert compared(workbench) == 0


@pytest.mark.parametrize("wanted", [["Ours"], ["Theirs"]], ids=["for one of ours", "for one that is theirs, too"])
@pytest.mark.parametrize("failures", [0, 1, 3])
def test_what_was_mirrored_away_and_is_not_shown_gone_yet_is_given_back_all_the_same(
    tmp_path: Path, wanted: list[str], failures: int
) -> None:
    with server(tmp_path, keep=False, visibility_delay=60.0) as workbench:
        workbench.use(mirror_exactly=True)
        pair = workbench.pair(genres=["Theirs", "More"])
        pair.in_stash(tags=wanted)
        pair.sync()
        pair.in_stash(tags=[])
        if failures:
            workbench.plex.inject({"type": "reset_before", "kind": "edit", "count": failures})
        workbench.sync(pair.scene)
        for _ in range(6):
            wait(workbench, HOUR)
        assert sorted(pair.tags("genre")) == ["More", "Theirs"]
        assert not pair.memory().tags
        assert compared(workbench) == 0


def test_an_edit_by_hand_before_a_late_server_was_read_back_is_kept(tmp_path: Path) -> None:
    with server(tmp_path, keep=True, visibility_delay=2.0) as workbench:
        pair = workbench.pair()
        pair.in_stash(title="From Stash")
        pair.sync()
        workbench.plex.advance(3)
        pair.by_hand(**{"title.value": "By hand", "title.locked": 1})
        wait(workbench, HOUR)
        pair.in_stash(details="Text")
        pair.sync()
        assert (pair.shown()["title"], workbench.kept) == ("By hand", 1)


class Deaf:
    """A server that answers edits of taglines, and keeps nothing of them until it ``hears``."""

    hears = False


@pytest.fixture
def deaf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workbench]:
    real = edits._set_field

    def set_field(state: Any, account: int, item: Any, name: str, given: str) -> None:
        if name != "tagline" or Deaf.hears:
            real(state, account, item, name, given)

    monkeypatch.setattr(edits, "_set_field", set_field)
    monkeypatch.setattr(Deaf, "hears", False)
    with server(tmp_path, keep=False) as workbench:
        workbench.use(tagline_template="{code}")
        yield workbench


def test_a_field_is_given_up_by_evidence_over_hours_and_tried_again_after_a_week(deaf: Workbench) -> None:
    pairs = [deaf.pair() for _ in range(6)]
    for number, pair in enumerate(pairs):
        pair.in_stash(title=f"T{number}", code="X")
    deaf.sync(*(pair.scene for pair in pairs))
    for _ in range(3):
        wait(deaf, 30)
        deaf.sync(*(pair.scene for pair in pairs))
    assert deaf.record.fields_left_out() == [], "minutes are no evidence"
    compared(deaf)
    assert deaf.record.fields_left_out() == ["tagline"]
    assert compared(deaf) == 0
    deaf.sync(*(pair.scene for pair in pairs))
    assert deaf.tally == {Ended.NOT_SHOWN: 6}, "nothing was written, and nothing is right"
    deaf.worker.tally.clear()
    deaf.reconcile()
    assert deaf.tally == {Ended.NOT_SHOWN: 6}, "nor is it in a pass that finds no gap"
    assert {reason for reason, _ in deaf.record.not_shown()} == {"tagline"}
    Deaf.hears = True
    wait(deaf, 8 * DAY)
    assert deaf.record.fields_left_out() == []
    deaf.sync(*(pair.scene for pair in pairs))
    assert [pair.shown().get("tagline") for pair in pairs] == ["X"] * 6
    deaf.sync(*(pair.scene for pair in pairs))
    assert deaf.tally == {Ended.UNCHANGED: 6}
    assert deaf.record.not_shown() == []


def test_one_item_that_does_not_take_a_value_is_left_at_rest(deaf: Workbench) -> None:
    pair = deaf.pair()
    pair.in_stash(title="T", code="X")
    pair.sync()
    writes = [compared(deaf) for _ in range(5)]
    assert writes == [1, 0, 0, 0, 0]
    assert deaf.record.fields_left_out() == [], "of one item nothing follows for the others"
    pair.sync()
    assert deaf.tally == {Ended.NOT_SHOWN: 1}
    Deaf.hears = True
    pair.sync(UpdateType.OVERWRITE)
    assert pair.shown()["tagline"] == "X"


def test_read_back_costs_one_request_for_fifty_and_waits_while_scenes_do(tmp_path: Path) -> None:
    with server(tmp_path, keep=False) as workbench:
        pairs = [workbench.pair() for _ in range(120)]
        for pair in pairs:
            pair.in_stash(title=f"T{pair.key}")
        workbench.sync(*(pair.scene for pair in pairs))
        counts = workbench.plex.counts()
        assert (counts["edit"], counts["details"]) == (120, 3 + 3)
        wait(workbench, 40)
        assert workbench.plex.counts()["details"] == 6, "what was seen is not asked again"
