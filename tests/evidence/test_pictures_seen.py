"""That a picture is shown is told by Plex's list alone: an answer of 200 does not tell it, and neither does the address
in the item's details, which moves with its lock, with every other field, and with Plex's own agent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from plex.items import PlexItem
from plex.places import Pictures, Place
from tests.doubles.stash.pictures import png
from tests.support.clock import DAY
from tests.support.pairs import Pair
from tests.support.pictures import choose_by_hand, chosen, covered, key, upload_by_hand, uploads
from tests.support.workbench import Workbench, running_workbench
from validation.jobs import UpdateType
from worker.storage.journal_entries import WriteState
from worker.storage.journal_reading import last_run, latest_entries
from worker.storage.to_undo import Chosen
from worker.storage.undo_wishes import take_back_writes

#: What an item shows that nobody gave a picture.
FOUND = {"thumb": "media://thumb1", "art": "media://art1"}

PLACES = pytest.mark.parametrize(
    ("field", "shelf", "settings"),
    [
        ("thumb", "posters", {"skip_poster": False}),
        ("art", "arts", {"skip_poster": True, "sync_background": True}),
    ],
    ids=["poster", "background"],
)


@contextmanager
def server(folder: Path, settings: dict[str, Any] | None = None, **switches: Any) -> Iterator[Workbench]:
    with running_workbench(folder, **switches) as workbench:
        workbench.use(**(settings or {"skip_poster": False}))
        yield workbench


def lose(workbench: Workbench, shelf: str = "posters", count: int | None = None, **more: str) -> None:
    """Plex answers with 200, and keeps no picture."""
    kind = {"posters": "poster", "arts": "art"}[shelf]
    workbench.plex.inject({"type": "empty_200", "kind": kind, "count": count, **more})


def wait(workbench: Workbench, seconds: float) -> None:
    """Time passes for Plex and the worker, which looks after what it wrote."""
    workbench.plex.advance(seconds)
    workbench.clock.now += seconds
    workbench.run()


def compare(workbench: Workbench) -> int:
    """The writes of a comparison, a day later."""
    wait(workbench, DAY)
    workbench.plex.reset_counts()
    workbench.reconcile()
    return int(workbench.plex.counts().get("writes", 0))


def lists(workbench: Workbench) -> int:
    """How often Plex was asked for a list of pictures since the last sync began."""
    counts = workbench.plex.counts()
    return sum(
        request.method == "GET"
        for request in workbench.plex.requests
        if request.kind in counts and _is_list(request.path)
    )


def _is_list(path: str) -> bool:
    return path.endswith(("/posters", "/arts"))


def states(workbench: Workbench) -> list[WriteState]:
    """What the journal says became of each write, oldest first."""
    return [one.state for one in latest_entries(workbench.database, 100)[::-1]]


def late_pair(workbench: Workbench, cover: str) -> Pair:
    """A pair that Plex knows for a while, so that every edit moves the address of its pictures."""
    pair = covered(workbench, png(cover))
    workbench.plex.advance(5)
    return pair


@PLACES
@pytest.mark.parametrize("locks", [True, False], ids=["locks by itself", "does not lock"])
@pytest.mark.parametrize("fields", [{}, {"title": "T", "tags": ["A"]}], ids=["the lock alone", "with other fields"])
def test_a_first_cover_that_is_not_kept_is_put_up_by_the_next_comparison(
    tmp_path: Path, field: str, shelf: str, settings: dict[str, Any], locks: bool, fields: dict[str, Any]
) -> None:
    with server(tmp_path, settings, poster_auto_lock=locks) as workbench:
        pair = late_pair(workbench, "lost")
        pair.in_stash(**fields)
        lose(workbench, shelf, count=1)
        pair.sync()
        assert chosen(pair, field) == FOUND[field]
        assert WriteState.CONFIRMED not in states(workbench)
        wait(workbench, 2)
        wait(workbench, 30)
        assert states(workbench) == [WriteState.NOT_CONFIRMED]
        assert compare(workbench) == 1
        assert chosen(pair, field) == key(png("lost"), shelf)
        assert states(workbench)[-1] is WriteState.CONFIRMED
        assert compare(workbench) == 0


@PLACES
def test_another_cover_that_is_not_kept_is_put_up_though_plexs_agent_moved_the_address(
    tmp_path: Path, field: str, shelf: str, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with server(tmp_path, settings) as workbench:
        pair = late_pair(workbench, "one")
        pair.sync()
        pair.in_stash(cover=png("two"))
        real = PlexItem.upload

        def upload(item: PlexItem, place: Place, picture: bytes) -> None:
            real(item, place, picture)
            workbench.plex.advance(5)
            pair.by_hand(**{"contentRating.value": "of the agent"})

        monkeypatch.setattr(PlexItem, "upload", upload)
        lose(workbench, shelf, count=1)
        pair.sync()
        assert chosen(pair, field) == key(png("one"), shelf)
        wait(workbench, 40)
        assert states(workbench)[-1] is not WriteState.CONFIRMED
        compare(workbench)
        assert chosen(pair, field) == key(png("two"), shelf)


@PLACES
def test_a_cover_that_plex_has_and_does_not_choose_is_chosen_by_the_next_comparison(
    tmp_path: Path, field: str, shelf: str, settings: dict[str, Any]
) -> None:
    with server(tmp_path, {**settings, "keep_plex_edits": True}) as workbench:
        pair = late_pair(workbench, "one")
        pair.sync()
        pair.in_stash(cover=png("two"))
        pair.sync()
        wait(workbench, 40)
        pair.in_stash(cover=png("one"))
        lose(workbench, shelf, count=1, method="PUT")
        pair.sync()
        assert chosen(pair, field) == key(png("two"), shelf)
        wait(workbench, 2)
        wait(workbench, 30)
        assert states(workbench)[-1] is WriteState.NOT_CONFIRMED
        assert compare(workbench) == 1
        assert chosen(pair, field) == key(png("one"), shelf)
        assert workbench.record.kept() == []


@PLACES
def test_a_cover_that_is_never_kept_is_given_up_and_named(
    tmp_path: Path, field: str, shelf: str, settings: dict[str, Any]
) -> None:
    with server(tmp_path, settings) as workbench:
        pair = late_pair(workbench, "never")
        lose(workbench, shelf)
        pair.sync()
        writes = [compare(workbench) for _ in range(5)]
        assert (sum(writes), writes[3:]) == (1, [0, 0])
        assert chosen(pair, field) == FOUND[field]
        (told,) = workbench.record.refused()
        assert "without a word" in told.reason


@PLACES
@pytest.mark.parametrize("delay", [1.0, 20.0, 900.0])
def test_a_picture_that_shows_late_is_seen_and_sent_once(
    tmp_path: Path, field: str, shelf: str, settings: dict[str, Any], delay: float
) -> None:
    with server(tmp_path, {**settings, "keep_plex_edits": True}, picture_delay=delay) as workbench:
        pair = late_pair(workbench, "late")
        pair.in_stash(title="T")
        pair.sync()
        assert states(workbench) == [WriteState.ANSWERED]
        for _ in range(3):
            wait(workbench, 15)
        if delay < 30:
            assert states(workbench) == [WriteState.CONFIRMED]
        wait(workbench, delay)
        assert compare(workbench) == 0
        assert compare(workbench) == 0
        assert chosen(pair, field) == key(png("late"), shelf)
        assert (workbench.record.kept(), states(workbench)) == ([], [WriteState.CONFIRMED])


@PLACES
def test_a_picture_that_plex_makes_anew_is_ours_and_is_sent_once(
    tmp_path: Path, field: str, shelf: str, settings: dict[str, Any]
) -> None:
    with server(tmp_path, {**settings, "keep_plex_edits": True}, reencode_pictures=True) as workbench:
        pair = late_pair(workbench, "made anew")
        pair.sync()
        made = chosen(pair, field)
        assert made not in (FOUND[field], key(png("made anew"), shelf))
        assert states(workbench) == [WriteState.CONFIRMED]
        assert [compare(workbench) for _ in range(2)] == [0, 0]
        pair.in_stash(cover=png("another"))
        pair.sync()
        assert chosen(pair, field) not in (FOUND[field], made)
        assert workbench.record.kept() == []


def test_a_picture_of_the_agents_is_not_what_plex_made_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with server(tmp_path, poster_auto_lock=False) as workbench:
        pair = late_pair(workbench, "lost")
        real = PlexItem.upload

        def upload(item: PlexItem, place: Place, picture: bytes) -> None:
            real(item, place, picture)
            choose_by_hand(pair, "com.plexapp.agents.other://1")

        with monkeypatch.context() as patched:
            patched.setattr(PlexItem, "upload", upload)
            lose(workbench, count=1, method="POST")
            pair.sync()
        compare(workbench)
        assert chosen(pair) == key(png("lost"))


@pytest.mark.parametrize("keep", [True, False])
def test_a_picture_that_a_person_chose_as_ours_was_put_up_is_theirs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keep: bool
) -> None:
    with server(tmp_path, {"skip_poster": False, "keep_plex_edits": keep}) as workbench:
        pair = late_pair(workbench, "ours")
        real = PlexItem.pictures

        def pictures(item: PlexItem, place: Place) -> Pictures:
            if uploads(pair) and chosen(pair) == key(png("ours")):
                upload_by_hand(pair, png("by hand"))
            return real(item, place)

        with monkeypatch.context() as patched:
            patched.setattr(PlexItem, "pictures", pictures)
            pair.sync()
        assert states(workbench) == [WriteState.DIFFERENT]
        compare(workbench)
        assert chosen(pair) == key(png("by hand" if keep else "ours"))
        assert len(uploads(pair)) == 2


@pytest.mark.parametrize("keep", [True, False])
def test_a_picture_that_a_person_chose_just_before_the_list_was_read_is_theirs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keep: bool
) -> None:
    with server(tmp_path, {"skip_poster": False, "keep_plex_edits": keep}) as workbench:
        pair = late_pair(workbench, "former")
        pair.sync()
        for number in range(6):  # more than are remembered: Plex's list is read before another cover is put up
            upload_by_hand(pair, png(f"of a person {number}"))
        choose_by_hand(pair, key(png("former")))
        compare(workbench)
        pair.in_stash(cover=png("ours"))
        real = PlexItem.pictures

        def pictures(item: PlexItem, place: Place) -> Pictures:
            if chosen(pair) == key(png("former")):
                upload_by_hand(pair, png("by hand"))
            return real(item, place)

        with monkeypatch.context() as patched:
            patched.setattr(PlexItem, "pictures", pictures)
            pair.sync()
        assert chosen(pair) == key(png("by hand" if keep else "ours"))
        assert len(uploads(pair)) == (8 if keep else 9)


def test_each_picture_that_is_put_up_costs_one_list_afterwards_and_other_edits_cost_none(tmp_path: Path) -> None:
    with server(tmp_path, {"skip_poster": False, "sync_background": True}) as workbench:
        pairs = [late_pair(workbench, f"cover {number}") for number in range(20)]
        for pair in pairs:
            pair.in_stash(title="T", tags=["A"])
        workbench.sync(*(pair.scene for pair in pairs))
        assert (lists(workbench), workbench.plex.counts()["details"]) == (80, 2)
        for pair in pairs:
            pair.in_stash(title="U", tags=["B"])
        workbench.sync(*(pair.scene for pair in pairs))
        assert lists(workbench) == 0
        for number, pair in enumerate(pairs):
            pair.in_stash(title="V", cover=png(f"new cover {number}"))
        workbench.sync(*(pair.scene for pair in pairs))
        assert (lists(workbench), workbench.plex.counts()["details"]) == (40, 2)
        for number, pair in enumerate(pairs):
            pair.in_stash(cover=png(f"cover {number}"))
        workbench.sync(*(pair.scene for pair in pairs))
        assert lists(workbench) == 40
        assert sum(len(uploads(pair)) for pair in pairs) == 40
        assert compare(workbench) == 0


def test_an_upload_by_hand_is_known_when_the_cover_changes(tmp_path: Path) -> None:
    """It moved the address, so the list is read."""
    with server(tmp_path) as workbench:
        pair = late_pair(workbench, "one")
        pair.sync()
        workbench.plex.advance(5)
        upload_by_hand(pair, png("two"))
        choose_by_hand(pair, key(png("one")))
        pair.in_stash(cover=png("two"))
        assert pair.sync() == ["PUT poster 0 bytes"]
        assert chosen(pair) == key(png("two"))


def test_an_upload_that_plex_lost_since_is_made_again(tmp_path: Path) -> None:
    with server(tmp_path) as workbench:
        pair = late_pair(workbench, "one")
        pair.sync()
        pair.in_stash(cover=png("two"))
        pair.sync()
        item = workbench.plex._state.items[pair.key]
        assert item.shelves is not None
        item.shelves["posters"].keys.remove(key(png("one")))
        del workbench.plex._state.images[key(png("one"))]
        pair.in_stash(cover=png("one"))
        workbench.sync(pair.scene)
        wait(workbench, 700)
        assert chosen(pair) == key(png("one"))
        assert (workbench.waiting(), workbench.parked()) == ({}, {})


def test_where_the_list_cannot_be_read_while_it_is_locked_the_answer_has_to_do(tmp_path: Path) -> None:
    with server(tmp_path, locked_posters_fail=True) as workbench:
        pair = late_pair(workbench, "locked")
        pair.sync()
        assert states(workbench) == [WriteState.ANSWERED]
        assert [compare(workbench) for _ in range(2)] == [0, 0]
        workbench.plex.reset_counts()
        workbench.reconcile()
        assert "details" not in workbench.plex.counts(), "it is not looked at for ever"


def test_whoever_wants_to_interrupt_waits_for_no_list(tmp_path: Path) -> None:
    with server(tmp_path) as workbench:
        pairs = [late_pair(workbench, f"cover {number}") for number in range(5)]
        for pair in pairs:
            pair.in_stash(title="T")
            workbench.queue.add(pair.scene, UpdateType.UPDATE)
        workbench.plex.reset_counts()
        workbench.worker.run_due(lambda: workbench.plex.counts().get("poster", 0) == 5)
        workbench.run()
        assert lists(workbench) == 5
        assert compare(workbench) == 0, "they are only looked at later"
        assert [chosen(pair) for pair in pairs] == [key(png(f"cover {number}")) for number in range(5)]


# Given back --------------------------------------------------------------------------------------------------------


def run_of(workbench: Workbench) -> int:
    """The run that wrote last."""
    run = last_run(workbench.database)
    assert run is not None
    return run.id


def take_back(workbench: Workbench, run: int) -> None:
    """Undo it, and look at it as long as it is looked at."""
    take_back_writes(workbench.record, workbench.queue, lambda: workbench.record.chosen(Chosen(run)))
    for seconds in (1, 2, 30):
        wait(workbench, seconds)


@PLACES
@pytest.mark.parametrize("covers", [1, 2], ids=["what stood before the first", "what ours stood before"])
def test_an_undo_that_plex_answers_and_does_not_make_is_not_called_confirmed_and_can_be_repeated(
    tmp_path: Path, field: str, shelf: str, settings: dict[str, Any], covers: int
) -> None:
    with server(tmp_path, settings) as workbench:
        pair = late_pair(workbench, "one")
        pair.sync()
        if covers == 2:
            pair.in_stash(cover=png("two"))
            pair.sync()
        before = {1: FOUND[field], 2: key(png("one"), shelf)}[covers]
        ours, run = chosen(pair, field), run_of(workbench)
        lose(workbench, shelf, count=1)
        take_back(workbench, run)
        assert chosen(pair, field) == ours
        assert states(workbench)[-1] is WriteState.NOT_CONFIRMED
        take_back(workbench, run)
        assert chosen(pair, field) == before
        assert states(workbench)[-1] is WriteState.CONFIRMED
