"""Whether Plex and Stash answer, and since when: noted as it changes, for the page to look at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.clock import HOUR, MINUTE
from tests.support.clockwork import Clockwork, Story, clockwork
from tests.support.harness import plex_library, stash_library
from worker.operations.files import looking_at
from worker.operations.overview import overview
from worker.storage.database import open_database
from worker.storage.facts import Fact
from worker.storage.record import Record
from worker.storage.undo_wishes import ALL_HELD


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Clockwork]:
    with clockwork(tmp_path, stash_library(3), plex_library(3)) as made:
        yield made


def light(made: Clockwork, server: str) -> tuple[str, float | None]:
    """Why a server does not answer (empty: it does), and since when, as the page gets it."""
    with looking_at(made.data) as files:
        seen = overview(files, {})[server]
    assert isinstance(seen, dict)
    return seen["silent"], seen["since"]


def test_each_outage_is_dated_and_explained_and_so_is_its_end(made: Clockwork) -> None:
    def story() -> Story:
        made.save(1, title="One")
        assert light(made, "plex") == ("", None)  # nobody has asked
        yield from made.until(lambda: made.shows(1, title="One") and made.settled(), MINUTE)
        since = made.now
        yield HOUR
        for server in ("plex", "stash"):
            silent, at = light(made, server)
            assert silent == ""
            assert at is not None
            assert since - MINUTE < at <= since
        made.plex.stop()
        made.save(1, title="Two")
        down = made.now
        yield HOUR
        silent, at = light(made, "plex")
        assert "Plex" in silent
        assert at is not None
        assert down <= at < down + MINUTE
        made.plex.start()
        back = made.now
        yield from made.until(lambda: made.settled(), 3 * MINUTE)
        silent, at = light(made, "plex")
        assert (silent, at is not None and at >= back) == ("", True)

    made.play(story())


def test_a_stash_that_is_silent_is_named_as_the_worker_meets_it(made: Clockwork) -> None:
    def story() -> Story:
        made.save(1, title="One")
        yield from made.until(lambda: made.settled(), MINUTE)
        made.stash.stop()
        stopped = made.now
        yield 10 * MINUTE
        silent, at = light(made, "stash")
        assert "Stash" in silent
        assert at is not None
        assert stopped <= at <= stopped + 2 * MINUTE

    made.play(story())


def test_a_token_that_is_refused_is_no_answer(made: Clockwork) -> None:
    def story() -> Story:
        made.settings(plex_token="wrong")
        made.save(1, title="One")
        yield from made.until(lambda: bool(made.paused()), MINUTE)
        yield MINUTE
        silent, _ = light(made, "plex")
        assert "token" in silent
        assert silent == made.paused()

    made.play(story())


def test_who_saves_while_everything_is_held_is_told_so_by_the_next_hook(made: Clockwork) -> None:
    def story() -> Story:
        made.save(1, title="One")
        yield from made.until(lambda: made.settled(), MINUTE)
        with closing(open_database(made.data.database)) as database:
            Record(database, lambda: made.now).set_fact(Fact.ALL_HELD, ALL_HELD)
        made.save(1, title="Two")
        yield from made.until(lambda: Path(made.data.news).exists(), 5 * MINUTE, "a line for the next hook")
        assert "Release Holds" in Path(made.data.news).read_text(encoding="utf-8")
        assert made.shows(1, title="One")

    made.play(story())
