"""Listening to Plex's events: their genuine shapes, what happens to the stream, and what it costs."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from plex.client import PlexClient
from plex.exceptions import PlexConfigurationError, PlexTemporaryError
from plex.streams import Message, Playing, PlayState, listen, read_messages, read_playing
from tests.doubles.plex import PlexDouble
from tests.support.harness import eventually
from tests.support.watching import Watching, watching
from tests.support.workbench import EMPTY_PLEX
from worker.returns import listener as listener_module
from worker.returns.heard import Heard
from worker.returns.listener import Listener
from worker.timing import Timing

#: What a server told of a player that paused (rebuilt from the facts of events that were recorded off real servers).
PAUSED: dict[str, Any] = {
    "sessionKey": "23",
    "clientIdentifier": "a-player",
    "guid": "",
    "ratingKey": "9876",
    "url": "",
    "key": "/library/metadata/9876",
    "viewOffset": 1_234_567,
    "playQueueItemID": 42,
    "state": "paused",
    "transcodeSession": "xyz",
}
SEEN = Playing("23", "a-player", "9876", 1234.567, PlayState.PAUSED)


@pytest.mark.parametrize(
    "content",
    [
        {"PlaySessionStateNotification": PAUSED},
        {"PlaySessionStateNotification": [PAUSED]},
        {"NotificationContainer": {"type": "playing", "size": 1, "PlaySessionStateNotification": [PAUSED]}},
        {"PlaySessionStateNotification": {**PAUSED, "sessionKey": 23, "viewOffset": "1234567"}},
    ],
)
def test_every_shape_in_which_servers_tell_it_is_read(content: dict[str, Any]) -> None:
    assert read_playing(Message("playing", json.dumps(content))) == [SEEN]


@pytest.mark.parametrize(
    "data",
    [
        "",
        "{}",
        "{",
        "[]",
        '"PlaySessionStateNotification"',
        '{"TimelineEntry":{"itemID":"1","state":5}}',
        '{"PlaySessionStateNotification":null}',
        '{"PlaySessionStateNotification":{"state":"playing"}}',
        '{"PlaySessionStateNotification":{"sessionKey":"1","ratingKey":"1","state":"dancing"}}',
        '{"PlaySessionStateNotification":{"sessionKey":"1","ratingKey":"1","state":"playing","viewOffset":"soon"}}',
    ],
)
def test_what_tells_of_no_player_is_passed_over(data: str) -> None:
    assert read_playing(Message("playing", data)) == []


def test_messages_are_read_as_the_standard_says() -> None:
    lines = [
        ": a comment",
        "event: ping",
        "data: {}",
        "",
        "",
        "data:a",
        "data: b",
        "id: 7",
        "",
        "event:x",
        "",
        "data: cut",
    ]
    assert list(read_messages(lines)) == [Message("ping", "{}"), Message("message", "a\nb"), Message("x", "")]


@pytest.fixture
def plex() -> Iterator[PlexDouble]:
    with PlexDouble(EMPTY_PLEX) as made:
        made.add_item(1, "/media/library/a.mp4", 1, duration=60_000)
        yield made


def test_a_wrong_token_and_a_server_without_events_are_said(plex: PlexDouble) -> None:
    with pytest.raises(PlexConfigurationError, match="token"):
        next(listen(PlexClient(plex.url, "wrong")))
    with pytest.raises(PlexTemporaryError, match="HTTP 404"):
        PlexClient(plex.url, plex.token).open_stream("/nowhere", 5.0)


class Ears:
    """A listener on a double, and what it laid down."""

    def __init__(self, plex: PlexDouble, **timing: float) -> None:
        self.heard: list[Heard] = []
        self.fails = False
        client = PlexClient(plex.url, plex.token)
        self.listener = Listener(client, self.keep, replace(Timing(), probe=0.01, **timing), time.time)
        self.listener.start()

    def keep(self, heard: Heard) -> None:
        if self.fails:
            raise OSError(28, "No space left on device")
        self.heard.append(heard)

    def close(self) -> None:
        self.listener.stop()


def test_it_goes_on_after_every_cut_and_asks_whose_session_it_is_once(plex: PlexDouble) -> None:
    with closing(Ears(plex)) as ears:
        listener = ears.listener
        for cut in range(1, 4):
            eventually(lambda cut=cut: listener.hears and listener.cuts == cut, what="it hears")  # type: ignore[misc]
            plex.play(1, "playing", {"state": "paused", "offset": 5000}, user="Guest" if cut == 2 else 1)
            eventually(lambda cut=cut: len(ears.heard) == 2 * cut, what="both events are there")  # type: ignore[misc]
            plex.restart()
        assert [one.account for one in ears.heard] == [1, 1, 2, 2, 1, 1]
        assert {one.item for one in ears.heard} == {"1"}
        asked = sum(request.kind == "sessions" or "/status/sessions" in request.line for request in plex.requests)
        assert asked == 3


def test_what_cannot_be_laid_down_is_kept_until_it_can(plex: PlexDouble) -> None:
    with closing(Ears(plex)) as ears:
        eventually(lambda: ears.listener.hears)
        ears.fails = True
        plex.play(1, "playing")
        eventually(lambda: ears.listener._waiting, what="the event has come")
        ears.fails = False
        plex.play(1, "paused")
        eventually(lambda: len(ears.heard) == 2)
        assert [one.state for one in ears.heard] == [PlayState.PLAYING, PlayState.PAUSED]


def test_the_token_stands_in_no_address_and_no_log(plex: PlexDouble, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    with closing(Ears(plex)) as ears:
        eventually(lambda: ears.listener.hears)
        plex.play(1, "playing")
        eventually(lambda: ears.heard)
    assert plex.token not in caplog.text
    assert not [one.line for one in plex.requests if plex.token in one.line]


@pytest.mark.skipif(not hasattr(time, "pthread_getcpuclockid"), reason="nothing tells the time of one thread here")
def test_a_quiet_stream_costs_next_to_nothing(plex: PlexDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ping each ten seconds: less than a thousandth of that is work."""
    pings = 0

    def counted(client: PlexClient) -> Iterator[list[Playing]]:
        nonlocal pings
        for players in listen(client):
            pings += 1
            yield players

    monkeypatch.setattr(listener_module, "listen", counted)
    with closing(Ears(plex)) as ears:
        eventually(lambda: pings)
        clock = time.pthread_getcpuclockid(ears.listener._thread.ident or 0)
        before, first = time.clock_gettime(clock), pings
        for number in range(30):
            plex.advance(10)
            eventually(lambda number=number: pings > first + number, what="a ping")  # type: ignore[misc]
        used = time.clock_gettime(clock) - before
        assert used < 0.001 * 300, f"{used:.4f} seconds of work in five minutes"


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Watching]:
    with watching(tmp_path, listens=True) as made:
        yield made


def test_what_somebody_plays_in_plex_is_a_play_in_stash(room: Watching) -> None:
    pair = room.matched(seconds=600)
    room.work()
    listener = room.returns._listener
    assert listener is not None
    eventually(lambda: listener.hears)
    room.workbench.plex.play(pair.key, "playing", {"state": "stopped", "offset": 30_000, "at": 30})
    eventually(lambda: len(room.files.names()) == 1)
    room.pass_time(30)
    eventually(lambda: len(room.files.names()) == 2)
    room.work()
    assert (len(room.plays(pair)), room.played(pair), room.resumes(pair)) == (1, 30, 30)
    assert room.files.names() == []


def test_a_task_that_owns_the_data_misses_nothing(room: Watching) -> None:
    pair = room.matched(seconds=600)
    room.work()
    listener = room.returns._listener
    assert listener is not None
    eventually(lambda: listener.hears)
    room.workbench.kill()  # the data has another owner
    room.workbench.plex.play(pair.key, "playing", {"state": "stopped", "offset": 30_000, "at": 30})
    eventually(lambda: len(room.files.names()) == 1)
    room.pass_time(30)
    eventually(lambda: len(room.files.names()) == 2)
    room.workbench.open()
    room.pass_time(3000)
    room.work()
    assert (len(room.plays(pair)), room.played(pair)) == (1, 30)
