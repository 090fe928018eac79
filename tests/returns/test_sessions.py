"""How long something was played, out of what players tell: pauses, leaps, several ends, what is lost or doubled."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from plex.streams import PlayState
from stash.activity import PlayRules
from worker.returns.heard import Heard
from worker.returns.scenes import is_generic
from worker.returns.sessions import Opening, counts, hear, is_left, noted, progress, resume_at

#: Seconds, a player's state, its position, and the key of its session.
Said = tuple[float, str, float, str]


def told(*events: Sequence[object]) -> Opening | None:
    known: Opening | None = None
    for at, state, offset, *key in events:
        session = str(key[0]) if key else "1"
        heard = Heard(
            at=float(str(at)), server="s", session=session, player="p", item="7", offset=float(str(offset)),
            state=PlayState(str(state)), account=1,
        )  # fmt: skip
        known = hear(known, heard)
    return known


@pytest.mark.parametrize(
    ("events", "played"),
    [
        ([(0, "playing", 0), (10, "playing", 10), (20, "stopped", 20)], 20),
        ([(0, "playing", 0), (10, "paused", 10), (500, "playing", 10), (510, "stopped", 20)], 20),
        ([(0, "playing", 0), (10, "paused", 10), (11, "playing", 300), (21, "stopped", 310)], 20),
        ([(0, "playing", 100), (10, "paused", 110), (11, "playing", 5), (21, "stopped", 15)], 20),
        ([(0, "playing", 0), (10, "buffering", 10), (30, "playing", 10), (40, "stopped", 20)], 20),
        ([(0, "playing", 0), (10, "playing", 10), (10, "playing", 10), (10.0, "playing", 10), (20, "stopped", 20)], 20),
        ([(0, "playing", 0), (20, "stopped", 20), (20.1, "stopped", 20), (21, "stopped", 20)], 20),
        ([(0, "playing", 0), (10, "stopped", 10, "9"), (11, "stopped", 10)], 10),
        ([(0, "playing", 0), (600, "stopped", 600)], 600),
        ([(0, "playing", 0), (600, "stopped", 30)], 30),  # that it was paused was lost
        ([(0, "playing", 500), (600, "playing", 10)], 60),  # that it leapt back was lost, and what came then
        ([(0, "playing", 0), (10, "stopped", 0)], 10),  # some players forget where they were
        ([(0, "playing", 0), (10, "stopped", 10), (9, "playing", 9)], 10),  # late
        ([(0, "playing", 590), (10, "playing", 610), (20, "stopped", 700)], 20),  # beyond the end
    ],
)
def test_the_time_that_was_played(events: list[Said], played: float) -> None:
    opening = told(*events)
    assert opening is not None
    assert opening.played == pytest.approx(played)


def test_an_opening_ends_when_it_was_left_for_a_while() -> None:
    one = [(0, "playing", 0), (10, "stopped", 10)]
    again = told(*one, (200, "playing", 10, "2"), (210, "stopped", 20, "2"))
    another = told(*one, (400, "playing", 10, "2"), (410, "stopped", 20, "2"))
    assert again is not None
    assert another is not None
    assert (again.began, again.played) == (0, 20)
    assert (another.began, another.played) == (400, 10)


def test_a_pause_of_hours_is_no_other_opening_and_a_late_end_is_none() -> None:
    paused = told((0, "playing", 0), (10, "paused", 10), (9000, "playing", 10), (9010, "stopped", 20))
    assert paused is not None
    assert (paused.began, paused.played) == (0, 20)
    assert told((0, "stopped", 10)) is None


def test_an_end_that_tells_no_position_moves_none() -> None:
    opening = told((0, "playing", 100), (10, "playing", 110), (20, "stopped", 0))
    assert opening is not None
    assert (opening.offset, opening.played) == (110, 20)


@pytest.mark.parametrize(
    ("played", "percent", "duration", "is_play"),
    [(0, 0, 100, False), (1, 0, 100, True), (49, 50, 100, False), (50, 50, 100, True), (5, 50, 0, True)],
)
def test_what_counts(played: float, percent: float, duration: float, is_play: bool) -> None:
    opening = Opening(session="1", began=0, at=0, offset=0, state=PlayState.PLAYING, played=played)
    assert counts(opening, duration, PlayRules(True, percent)) is is_play
    assert not counts(opening, duration, PlayRules(False, percent))
    assert not counts(opening.model_copy(update={"counted": True}), duration, PlayRules(True, percent))


def test_where_it_resumes() -> None:
    assert [resume_at(offset, 100) for offset in (0, 50, 97.9, 98, 130)] == [0, 50, 97.9, 0, 0]
    assert resume_at(50, 0) == 50


def test_what_was_noted_is_not_noted_again() -> None:
    opening = told((0, "playing", 0), (10, "paused", 10))
    assert opening is not None
    assert progress(opening, 100, is_over=False) is not None
    opening = noted(opening)
    assert progress(opening, 100, is_over=True) is None
    assert is_left(opening, 1000) is False
    playing = told((0, "playing", 0), (10, "playing", 10))
    assert playing is not None
    assert progress(playing, 100, is_over=False) is None
    assert (is_left(playing, 100), is_left(playing, 1000)) == (False, True)


@pytest.mark.parametrize("name", ["video1.mp4", "0001.mkv", "Scene (2).mp4", "movie.mp4", "ab.mp4", "trailer-1.mkv"])
def test_names_that_say_nothing(name: str) -> None:
    assert is_generic(name)


@pytest.mark.parametrize("name", ["Low Tide.mp4", "studio.2024.harbour.mkv", "clipper.mp4", "scene.of.the.sea.mp4"])
def test_names_that_say_something(name: str) -> None:
    assert not is_generic(name)
