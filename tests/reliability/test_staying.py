"""The worker stays: for nights without anything to do, and through an absence of Stash, with the clock moved."""

from __future__ import annotations

from pathlib import Path

from tests.support.clock import DAY, HOUR, MINUTE
from tests.support.clockwork import Clockwork, Story, clockwork
from tests.support.harness import plex_library, stash_library
from worker.timing import Timing


def sent(made: Clockwork, scene: int, title: str, within: float = MINUTE) -> Story:
    made.save(scene, title=title)
    yield from made.until(lambda: made.shows(scene, title=title) and made.settled(), within)


def test_days_without_anything_to_do_end_no_worker(tmp_path: Path) -> None:
    with clockwork(tmp_path, stash_library(3), plex_library(3)) as made:
        made.timing = Timing(poll=300.0, about=300.0)

        def story() -> Story:
            yield from sent(made, 1, "One", HOUR)
            yield 3 * DAY
            assert not made.endings

        made.play(story())


def test_a_silent_stash_is_asked_at_growing_intervals_and_met_again_by_itself(tmp_path: Path) -> None:
    with clockwork(tmp_path, stash_library(3), plex_library(3)) as made:

        def story() -> Story:
            yield from sent(made, 1, "One")
            made.stash.stop()
            lost = made.passed
            yield HOUR
            assert 3 <= len(made.tries("stash", lost)) - len(made.tries("stash", lost + 3 * MINUTE)) <= 7
            assert made.most_in(MINUTE, "stash", lost + 3 * MINUTE) <= 1
            yield 8 * HOUR
            assert made.most_in(MINUTE, "stash", lost + 3 * MINUTE) <= 1
            made.change(2, title="While nobody looked")
            made.hook(2)
            yield from made.until(lambda: set(made.waiting()) == {2}, 2.0)
            made.stash.start()
            yield from made.until(lambda: made.shows(2, title="While nobody looked"), MINUTE + 2.0)
            assert not made.endings

        made.play(story())


def test_a_save_in_a_stash_that_is_back_is_sent_at_once(tmp_path: Path) -> None:
    with clockwork(tmp_path, stash_library(3), plex_library(3)) as made:

        def story() -> Story:
            yield from sent(made, 1, "One")
            made.stash.stop()
            yield HOUR
            made.stash.start()
            yield from sent(made, 2, "Two", within=2.0)

        made.play(story())


def test_seven_days_without_a_word_from_stash_end_the_worker_and_a_hook_starts_another(tmp_path: Path) -> None:
    with clockwork(tmp_path, stash_library(3), plex_library(3)) as made:
        made.timing = Timing(poll=60.0, about=60.0, longest_probe=HOUR)

        def story() -> Story:
            yield from sent(made, 1, "One", 5 * MINUTE)
            made.stash.stop()
            yield 6.9 * DAY
            assert not made.endings
            yield from made.until(lambda: made.endings, DAY)
            assert "That was so for seven days." in made.endings[0]
            made.stash.start()
            yield from sent(made, 2, "Two", 5 * MINUTE)

        made.play(story())


def test_a_worker_that_had_nothing_to_do_for_an_hour_sends_a_save_within_two_seconds(tmp_path: Path) -> None:
    with clockwork(tmp_path, stash_library(3), plex_library(3)) as made:

        def story() -> Story:
            yield from sent(made, 1, "One")
            yield HOUR
            yield from sent(made, 2, "Two", within=2.0)

        made.play(story())


def test_a_save_lets_its_hook_end_before_the_worker_begins(tmp_path: Path) -> None:
    with clockwork(tmp_path, stash_library(3), plex_library(3)) as made:
        made.timing = Timing(saving=40.0)

        def story() -> Story:
            yield from sent(made, 1, "One", HOUR)
            made.save(2, title="Two")
            yield 30.0
            assert not made.shows(2, title="Two")
            yield from made.until(lambda: made.shows(2, title="Two"), MINUTE)

        made.play(story())
