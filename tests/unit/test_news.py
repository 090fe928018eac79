"""What Stash's log hears of with a save: each thing once, and a burst as one."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.clock import HOUR, Clock
from validation.outcomes import Ended
from worker.datadir import DataDir
from worker.hook import pass_on_news
from worker.jobs.tally import Tally
from worker.logs import SecretsFilter
from worker.news import Holdup, News
from worker.timing import Timing

DOWN = "Plex does not answer."


class Teller:
    """The worker's news, and the hooks that fetch them; ``clock`` stands until it is moved."""

    def __init__(self, folder: Path, heard: Callable[[], str]) -> None:
        self.data, self.clock, self._heard = DataDir(str(folder)), Clock(), heard
        self.data.create()
        self.secrets = SecretsFilter()
        self.news = News(self.data, self.secrets, Timing(), self.clock)

    def send(self, *scenes: int, ended: Ended = Ended.UPDATED) -> None:
        tally = Tally()
        for scene in scenes:
            tally.note(scene, ended)
        self.news.sent(tally)

    def rounds(self, seconds: float, why: str = "", scenes: int = 0) -> None:
        for _ in range(int(seconds * 2)):
            self.clock.now += 0.5
            self.news.leave(Holdup(why, scenes) if why else Holdup())

    def hook(self) -> str:
        self.news.edited()
        pass_on_news(self.data)
        return self._heard()


@pytest.fixture
def teller(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Teller:
    return Teller(tmp_path, lambda: capsys.readouterr().err)


def test_what_was_sent_is_told_once_with_the_next_save(teller: Teller) -> None:
    assert teller.hook() == ""
    teller.send(1)
    teller.rounds(5)
    assert teller.hook() == "\x01i\x02Lately: 1 scene: 1 updated.\n"
    teller.rounds(5)
    assert teller.hook() == ""
    assert not [name for name in os.listdir(teller.data.root) if name.startswith("news")]


def test_a_bulk_edit_is_one_line_when_it_is_over(teller: Teller) -> None:
    for scene in range(1, 51):
        assert teller.hook() == ""
        teller.rounds(0.5)
        teller.send(scene)
    teller.rounds(5)
    assert teller.hook() == "\x01i\x02Lately: 50 scenes: 50 updated.\n"


def test_one_that_goes_on_and_on_is_told_of_each_minute(teller: Teller) -> None:
    lines = 0
    for scene in range(1, 501):
        lines += teller.hook().count("\n")
        teller.rounds(1)
        teller.send(scene)
    assert 6 <= lines <= 9


def test_what_nobody_has_fetched_is_added_to(teller: Teller) -> None:
    teller.send(1)
    teller.rounds(5)
    teller.send(2, ended=Ended.MISSING)
    teller.rounds(5)
    assert teller.hook() == "\x01i\x02Lately: 2 scenes: 1 updated, 1 not in Plex.\n"


def test_that_nothing_was_to_be_done_is_no_news(teller: Teller) -> None:
    teller.send(1, ended=Ended.UNCHANGED)
    teller.rounds(5)
    assert teller.hook() == ""


def test_why_nothing_is_sent_is_told_once_in_an_hour_with_how_many_wait(teller: Teller) -> None:
    teller.rounds(5, DOWN, 1)
    teller.rounds(5, DOWN, 3)
    assert teller.hook() == f"\x01i\x02{DOWN} 3 scenes wait.\n"
    for scenes in range(4, 10):
        teller.rounds(5, DOWN, scenes)
        assert teller.hook() == ""
    teller.clock.now += HOUR
    teller.rounds(5, DOWN, 11)
    assert teller.hook() == f"\x01i\x02{DOWN} 11 scenes wait.\n"
    teller.send(*range(11))
    teller.rounds(5)
    assert teller.hook() == "\x01i\x02Lately: 11 scenes: 11 updated.\n"
    teller.rounds(5, DOWN, 1)
    assert teller.hook() == f"\x01i\x02{DOWN} 1 scene waits.\n", "it is down once more, which is news"


def test_a_reason_that_is_over_before_anybody_heard_of_it_is_not_told(teller: Teller) -> None:
    teller.rounds(5, DOWN, 3)
    teller.rounds(5)
    assert teller.hook() == ""


def test_no_secret_is_told_and_no_line_is_two(teller: Teller) -> None:
    teller.secrets.keep_out(["the-secret"])
    teller.rounds(5, "It is the-secret\nthat matters.", 1)
    assert teller.hook() == "\x01i\x02It is *** that matters. 1 scene waits.\n"
