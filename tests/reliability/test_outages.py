"""Outages of hours, with the clock moved: nothing is lost, nothing is parked, hardly anything is asked meanwhile."""

from __future__ import annotations

import errno
import os
import random
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.clock import DAY, HOUR, MINUTE
from tests.support.clockwork import Clockwork, Story, clockwork, network, port_of
from tests.support.harness import PLEX_ROOT, file_name, plex_library, stash_library
from worker.timing import Timing


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Clockwork]:
    with clockwork(tmp_path, stash_library(12), plex_library(11)) as made:
        yield made


def warm_up(made: Clockwork) -> Story:
    """One scene goes through, so that everything is connected and known."""
    made.save(1, title="Warm up")
    yield from made.until(lambda: made.shows(1, title="Warm up") and made.settled(), MINUTE)


def test_ten_hours_without_plex_and_ten_thousand_edits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)  # nobody pulls the plug here
    scenes, edits, chance = 600, 10_000, random.Random(7)
    with clockwork(tmp_path, stash_library(scenes), plex_library(scenes)) as made:
        last: dict[int, str] = {}

        def story() -> Story:
            yield from warm_up(made)
            made.plex.stop()
            began = made.passed
            for number in range(edits):
                scene = chance.randint(1, scenes)
                last[scene] = f"Edit {number}"
                made.save(scene, title=last[scene])
                if number % 100 == 99:
                    yield 10 * HOUR * 100 / edits
            assert made.parked() == {}
            assert set(made.waiting()) | {1} == set(last) | {1}
            assert made.attempts() == {0}
            # 2, 4, 8, … 60 seconds apart: 6 in the first minute, then one a minute.
            probes = made.tries("plex", began)
            assert len(probes) <= 10 * 60 + 15
            assert made.most_in(MINUTE, "plex", began + 3 * MINUTE) <= 2
            assert set(probes[6:]) == {"/identity"}
            made.plex.reset_counts()
            made.stash.reset_counts()
            made.plex.start()
            back = made.passed
            yield from made.until(lambda: made.settled(), 3 * MINUTE, "recovery by itself")
            assert all(made.shows(scene, title=title) for scene, title in last.items())
            assert made.parked() == {}
            # First one probe, then batches of fifty: nothing is asked twice.
            assert made.tries("plex", back)[0] == "/identity"
            batches = -(-len(last) // 50)
            counts = made.plex.counts()
            assert counts["edit"] == len(last)
            assert counts["identity"] == 1
            assert counts["details"] <= 2 * batches + 2  # read, and read back
            assert sum(counts.values()) - counts["writes"] <= len(last) + 2 * batches + 10
            assert made.stash.counts()["fields"]["findScene"] <= 50 * batches + 50

        made.timing = Timing(poll=3.0)
        made.play(story())


NETWORKS = {
    "refused": lambda: ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"),
    "no address": lambda: OSError(errno.ENETUNREACH, "Network is unreachable"),
    "no route": lambda: OSError(errno.EHOSTUNREACH, "No route to host"),
    "no name": lambda: socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"),
    "silence": lambda: TimeoutError(errno.ETIMEDOUT, "Connection timed out"),
    "address gone": lambda: OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address"),
}


@pytest.mark.parametrize("kind", NETWORKS)
def test_a_machine_without_network_waits_and_goes_on_by_itself(made: Clockwork, kind: str) -> None:
    """Neither Stash nor Plex can be reached for 90 seconds; after 120 Stash would count as ended."""

    def story() -> Story:
        yield from warm_up(made)
        made.plex.stop()  # ends the open connections
        made.stash.stop()
        with network(NETWORKS[kind]):
            made.plex.start()
            made.stash.start()
            made.save(2, 3, title="Meanwhile")
            lost = made.passed
            yield 1.5 * MINUTE
            assert set(made.waiting()) == {2, 3}
            assert made.attempts() == {0}
            assert made.most_in(MINUTE, "plex", lost) <= 10
            assert made.most_in(MINUTE, "stash", lost) <= 15
        yield from made.until(lambda: made.shows(2, 3, title="Meanwhile") and made.settled(), 2 * MINUTE)
        assert made.parked() == {}

    made.play(story())


@pytest.mark.parametrize("kind", NETWORKS)
def test_a_plex_that_cannot_be_reached_for_an_hour_costs_a_probe_a_minute(made: Clockwork, kind: str) -> None:
    def story() -> Story:
        yield from warm_up(made)
        made.plex.stop()  # ends the open connections
        with network(NETWORKS[kind], port_of(made.plex.url)):
            made.plex.start()
            lost = made.passed
            made.save(2, 3, title="Meanwhile")
            yield HOUR
            assert made.waiting() == {2: "", 3: ""}
            assert made.attempts() == {0}
            assert made.most_in(MINUTE, "plex", lost + 3 * MINUTE) <= 2
        yield from made.until(lambda: made.shows(2, 3, title="Meanwhile"), 2 * MINUTE)
        assert made.parked() == {}

    made.play(story())


def test_a_changed_token_pauses_and_the_new_one_in_the_settings_ends_that(made: Clockwork) -> None:
    def story() -> Story:
        yield from warm_up(made)
        made.plex._app.token = "another-token"
        changed = made.passed
        made.save(2, 3, title="Meanwhile")
        yield 10 * HOUR
        assert "Plex does not accept the token" in made.paused()
        assert set(made.waiting()) == {2, 3}
        assert made.attempts() == {0}
        assert made.most_in(MINUTE, "plex", changed + MINUTE) <= 2
        made.settings(plex_token="another-token")
        # A comparison that was due has found the scene whose file Plex lacks; that one waits.
        yield from made.until(lambda: made.shows(2, 3, title="Meanwhile") and not {2, 3} & set(made.waiting()), MINUTE)
        assert made.paused() == ""
        assert made.parked() == {}

    made.timing = Timing(poll=20.0, about=60.0)
    made.play(story())


@pytest.mark.parametrize("has_key", [False, True])
def test_a_restarted_stash_that_forgot_its_sessions_costs_nothing(tmp_path: Path, has_key: bool) -> None:
    """With an API key the worker goes on by itself; without one the next hook brings the new session."""
    switches = {"password": "user:password", **({"api_key": "the-key"} if has_key else {})}
    with clockwork(tmp_path, stash_library(5), plex_library(5), **switches) as made:

        def story() -> Story:
            made.log_in("user", "password")
            yield from warm_up(made)
            made.stash.stop()
            made.save(2, title="Saved just before")
            yield MINUTE
            made.stash.start()
            made.stash.stash.sessions.forget_all()
            restarted = made.passed
            if not has_key:
                yield MINUTE / 2
                assert 2 in made.waiting() or made.shows(2, title="Saved just before")
                assert made.most_in(MINUTE, "stash", restarted) <= 15
                made.log_in("user", "password")
                made.save(3, title="With the new session")
            yield from made.until(lambda: made.shows(2, title="Saved just before") and made.settled(), MINUTE)
            assert has_key or made.shows(3, title="With the new session")
            assert made.parked() == {}

        made.play(story())


# Sleep and wake ------------------------------------------------------------------------------------------------


def a_job_waits_longer(made: Clockwork) -> Story:
    """Plex refused scene 2 some times, and it waits for its next try."""
    key = int(made.shown(2)["ratingKey"])
    made.plex.inject({"type": "status", "status": 500, "kind": "edit", "rating_key": key, "count": 4})
    made.save(2, title="Right in the end")
    yield from made.until(lambda: made.attempts() and max(made.attempts()) == 4, 10 * MINUTE)


def plex_is_down(made: Clockwork) -> Story:
    made.plex.stop()
    made.save(2, title="Right in the end")
    yield 10 * MINUTE


def a_setting_is_wrong(made: Clockwork) -> Story:
    made.plex._app.token = "another-token"
    made.save(2, title="Right in the end")
    yield 10 * MINUTE
    assert made.paused()


def a_scene_is_missing(made: Clockwork) -> Story:
    made.save(12, title="Right in the end")
    yield 10 * MINUTE
    assert made.waiting() == {12: "its file is not in Plex yet"}


def stash_is_silent(made: Clockwork) -> Story:
    made.stash.stop()
    made.save(2, title="Right in the end")
    yield MINUTE


def nothing_waits(made: Clockwork) -> Story:
    yield MINUTE


JUMPS = [3 * DAY, -3 * DAY, 400 * DAY, -400 * DAY]


@pytest.mark.parametrize("days", [jump / DAY for jump in JUMPS])
@pytest.mark.parametrize(
    "state", [a_job_waits_longer, plex_is_down, a_setting_is_wrong, a_scene_is_missing, stash_is_silent, nothing_waits]
)
def test_a_clock_that_jumps_by_days_neither_loses_nor_parks_nor_puts_off(
    made: Clockwork, state: Callable[[Clockwork], Story], days: float
) -> None:
    def story() -> Story:
        yield from warm_up(made)
        yield from state(made)
        made.now += days * DAY
        jumped = made.passed
        yield MINUTE  # whatever was wrong is still so for a minute after the machine woke up
        assert made.parked() == {}
        assert made.most_in(MINUTE, "plex", jumped) <= 30
        made.plex.start()
        made.stash.start()
        made.plex._app.token = made.plex.token
        scene = 2
        if state is a_scene_is_missing:
            scene = 12
            made.plex.add_item(1, f"{PLEX_ROOT}/{file_name(12)}", 1012)
        elif state is nothing_waits:
            made.save(2, title="Right in the end")
        yield from made.until(lambda: made.shows(scene, title="Right in the end") and made.settled(), 11 * MINUTE)
        assert made.parked() == {}
        assert made.paused() == ""

    made.settings(reconcile_every_hours=-1)
    made.play(story())


@pytest.mark.parametrize("days", [3, -3, 400, -400])
def test_a_parked_scene_stays_parked_through_a_jump_and_is_tried_when_it_is_saved(made: Clockwork, days: float) -> None:
    def story() -> Story:
        yield from warm_up(made)
        key = int(made.shown(2)["ratingKey"])
        made.plex.inject({"type": "status", "status": 409, "kind": "edit", "rating_key": key, "count": 1})
        made.save(2, title="Right in the end")
        yield from made.until(made.parked, MINUTE)
        made.now += days * DAY
        yield 10 * MINUTE
        assert set(made.parked()) == {2}
        made.save(2, title="Right in the end")
        yield from made.until(lambda: made.shows(2, title="Right in the end") and made.settled(), MINUTE)
        assert made.parked() == {}

    made.settings(reconcile_every_hours=-1)
    made.play(story())


@pytest.mark.parametrize("days", [3, -3, 400, -400])
def test_the_scheduled_comparison_is_not_put_off_by_a_jump_and_not_repeated(
    made: Clockwork, days: float, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")

    def story() -> Story:
        yield from warm_up(made)
        yield 10 * HOUR
        made.change(3, title="No hook told of this")
        made.now += days * DAY
        made.hook(4)
        yield 10 * HOUR
        made.hook(4)
        yield 10 * HOUR
        made.hook(4)
        yield from made.until(lambda: made.shows(3, title="No hook told of this"), 10 * HOUR)
        assert 1 <= caplog.text.count("Comparing both libraries.") <= 2

    made.timing = Timing(poll=30.0, about=300.0)
    made.play(story())
