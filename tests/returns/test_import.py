"""The task that brings what was played before plays came back by themselves: a look first, then all of it, once."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.watching import Watching, watching
from validation.errors import ConfigurationError
from worker.tasks.import_plays import import_plays


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Watching]:
    with watching(tmp_path) as made:
        yield made


def run(room: Watching, **arguments: str) -> str:
    return room.task(import_plays, {}, **arguments)


def test_a_look_first_and_then_all_of_it_once(room: Watching, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    pair, other, unknown = room.matched(), room.matched(), room.workbench.pair(duration=60_000)
    room.workbench.plex.advance(60)
    seconds = []
    for key in (pair.key, pair.key, other.key, unknown.key):
        room.pass_time(3600)
        room.workbench.plex.play(key, "playing", {"state": "stopped", "offset": 60_000})
        seconds.append(int(room.clock.now))
    room.pass_time(3600)
    room.workbench.plex.play(other.key, "playing", {"state": "stopped", "offset": 60_000}, user="Guest")
    room.workbench.library.scenes[other.scene].play_history = [seconds[2] + 100]
    room.work()

    said = run(room)
    assert said.startswith("2 plays of 1 scene would come from Plex. Nothing was changed yet.")
    assert (room.plays(pair), len(room.plays(other))) == ([], 1)
    for line in (
        f"Scene {pair.scene}: 2 plays",
        "1 left out: played by another account.",
        "1 left out: PlexSync never matched it with a scene.",
        "1 left out: Stash has a play of that time.",
    ):
        assert line in caplog.messages
    assert run(room, confirm="yes").startswith("2 plays of 1 scene came from Plex.")
    found = sorted(room.plays(pair))
    assert [second - known for second, known in zip(found, seconds, strict=False)] == [pytest.approx(0, abs=3)] * 2
    assert run(room, confirm="yes") == "There is nothing to bring from Plex."
    room.pass_time(25 * 3600)
    room.work()
    assert (len(room.plays(pair)), len(room.plays(other))) == (2, 1)


def test_what_stash_fails_at_did_not_come_and_is_said_to_wait(room: Watching) -> None:
    pairs = [room.matched(), room.matched()]
    for pair in pairs:
        room.pass_time(3600)
        room.workbench.plex.play(pair.key, "playing", {"state": "stopped", "offset": 60_000})
    room.pass_time(3600)
    room.workbench.stash.inject({"kind": "graphql_error", "match": "sceneAddPlay", "count": 3})  # the first one twice
    assert run(room, confirm="yes") == (
        "1 play of 1 scene came from Plex. Undo Last Run takes them back. "
        "1 play of 1 scene will be tried again in the background, since Stash failed at them."
    )
    assert sum(len(room.plays(pair)) for pair in pairs) == 1


def test_it_wants_the_setting(room: Watching) -> None:
    with pytest.raises(ConfigurationError, match='"Plays from Plex"'):
        room.task(import_plays, {"plays_from_plex": False})
