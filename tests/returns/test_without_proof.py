"""Nothing is counted, and nothing taken away, without proof that the owner did it since it was switched on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.watching import Watching, watching


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Watching]:
    with watching(tmp_path, marked_counts_as_play=True, guest="guest") as made:
        yield made


def test_a_plex_that_is_put_back_and_forth_takes_and_counts_nothing(room: Watching) -> None:
    marked, watched, later = (room.matched() for _ in range(3))
    room.work()
    back_ups = [room.back_up()]
    for act in (room.marked, room.watched):
        room.pass_time(60)
        act(marked)
        act(watched)
        room.ask()
        back_ups.append(room.back_up())
    before = room.plays(marked), room.plays(watched)
    assert [len(plays) for plays in before] == [2, 2]
    for put_back in (*reversed(back_ups), *back_ups):
        put_back()
        room.ask()
        assert (room.plays(marked), room.plays(watched)) == before
    room.marked(later)
    room.ask()
    assert len(room.plays(later)) == 1, "and it goes on"
    room.marked(later, played=False)
    room.ask()
    assert room.plays(later) == []


def test_very_many_marks_that_are_gone_were_taken_away_by_nobody(room: Watching) -> None:
    pairs = [room.matched() for _ in range(26)]
    room.work()
    put_back = room.back_up()
    for pair in pairs:
        room.pass_time(60)
        room.marked(pair)
    room.ask()
    assert all(len(room.plays(pair)) == 1 for pair in pairs)
    put_back()
    room.ask()
    room.ask()
    assert all(len(room.plays(pair)) == 1 for pair in pairs)


def test_what_another_account_sees_is_nothing_that_the_owner_did(room: Watching) -> None:
    plex = room.workbench.plex
    played, other = room.matched(), room.matched()
    plex.play(other.key, "playing", {"state": "stopped", "offset": 20_000}, user="Guest")
    room.work()
    room.pass_time(60)
    room.marked(played)
    room.ask()
    before = room.plays(played)
    assert len(before) == 1
    for token in ("guest", plex.token, "guest"):
        room.workbench.use(plex_token=token)
        room.workbench.person.headers["X-Plex-Token"] = "guest"
        room.pass_time(60)
        room.marked(other)
        room.ask()
        assert (room.plays(played), room.plays(other), room.resumes(other)) == (before, [], 0)


@pytest.mark.parametrize("off", [{"plays_from_plex": False}, {"marked_counts_as_play": False}])
def test_what_was_marked_while_it_was_off_is_no_news(room: Watching, off: dict[str, bool]) -> None:
    pair = room.matched()
    room.work()
    room.workbench.use(**off)
    room.pass_time(4000)
    room.work()
    room.pass_time(60)
    room.marked(pair)
    room.pass_time(60)
    room.workbench.use()
    room.ask()
    room.ask()
    assert room.plays(pair) == []
    room.marked(pair)
    room.ask()
    assert len(room.plays(pair)) == 1


@pytest.mark.parametrize("looks", [True, False])
def test_what_was_watched_while_it_was_off_is_no_news(room: Watching, looks: bool) -> None:
    pair = room.matched()
    room.work()
    room.workbench.use(plays_from_plex=False)
    room.pass_time(4000)
    room.work()
    room.watched(pair)
    if looks:
        room.pass_time(4000)
        room.work()
    room.pass_time(4000)
    room.workbench.use()
    room.work()
    room.ask()
    assert room.plays(pair) == []
    room.watched(pair)
    room.ask()
    assert len(room.plays(pair)) == 1


def test_where_an_item_was_left_while_it_was_off_is_no_news(room: Watching) -> None:
    pair = room.matched()
    room.work()
    room.workbench.use(resume_from_plex=False)
    room.pass_time(4000)
    room.work()
    room.workbench.plex.play(pair.key, "playing", {"state": "stopped", "offset": 20_000})
    room.pass_time(60)
    room.workbench.use()
    room.ask()
    assert room.resumes(pair) == 0
    room.workbench.plex.play(pair.key, "playing", {"state": "stopped", "offset": 40_000})
    room.ask()
    assert room.resumes(pair) == 40


@pytest.mark.parametrize("ahead", [3600, -3600, 40 * 86400])
def test_a_clock_of_plex_that_is_wrong_makes_no_second_play(room: Watching, ahead: int) -> None:
    heard, unheard = room.matched(seconds=600), room.matched()
    room.workbench.plex.advance(ahead)
    room.work()
    began = room.clock.now
    for offset in range(0, 601, 10):
        if offset == 550:
            room.workbench.plex.play(heard.key, {"state": "playing", "offset": 550_000}, "stopped")
        room.tell(heard, "playing" if offset < 600 else "stopped", offset)
        room.pass_time(10)
        room.work()
    room.watched(unheard)
    at = room.clock.now
    room.ask()
    assert room.plays(heard) == [int(began + 10)]
    assert room.plays(unheard) == [pytest.approx(at, abs=3)], "by the clock here"
    room.ask()
    assert (len(room.plays(heard)), len(room.plays(unheard))) == (1, 1)


def test_what_plex_stamped_with_the_future_once_hides_nothing_that_is_watched_now(room: Watching) -> None:
    old, new = room.matched(), room.matched()
    room.workbench.plex.advance(40 * 86400)
    room.watched(old)
    room.workbench.plex.advance(-40 * 86400)
    room.work()
    room.pass_time(60)
    room.watched(new)
    for _ in range(3):
        room.ask()
    assert (room.plays(old), len(room.plays(new))) == ([], 1)
    for _ in range(3):
        room.pass_time(20 * 86400)
        room.ask()
    assert (room.plays(old), len(room.plays(new))) == ([], 1), "it is no news when that time has come"
