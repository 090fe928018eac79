"""What is played in Plex becomes a play in Stash: heard, or asked for, and counted once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.watching import Watching, watching


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Watching]:
    with watching(tmp_path) as made:
        yield made


def test_what_is_heard_is_a_play_with_its_time_and_its_end(room: Watching) -> None:
    pair = room.matched(seconds=600)
    room.work()
    began = room.clock.now
    for offset in range(0, 100, 10):
        room.tell(pair, "playing", offset)
        room.pass_time(10)
        room.work()
    room.tell(pair, "stopped", 100)
    room.work()

    assert room.plays(pair) == [int(began + 10)]
    assert room.played(pair) == pytest.approx(100)
    assert room.resumes(pair) == 100
    room.work()
    room.kill()
    room.work()
    assert len(room.plays(pair)) == 1


def watched_to_the_end(room: Watching, key: int, user: str | int = 1) -> None:
    """Played in Plex from beginning to end while nobody listened."""
    room.workbench.plex.play(key, "playing", {"state": "stopped", "offset": 60_000}, user=user)


def ask(room: Watching) -> None:
    """So much later that Plex is asked what was played, and what its items show."""
    room.pass_time(25 * 3600)
    room.work()


def test_the_first_look_brings_nothing_and_later_ones_what_came_since(room: Watching) -> None:
    old, new = room.matched(), room.matched()
    watched_to_the_end(room, old.key)
    room.work()
    room.pass_time(5)
    watched_to_the_end(room, new.key)
    at = int(room.clock.now)
    ask(room)

    assert room.plays(old) == []
    assert [second - at for second in room.plays(new)] == [pytest.approx(0, abs=2)]
    for _ in range(2):
        ask(room)
        room.kill()
        room.work()
    assert len(room.plays(new)) == 1


def test_heard_and_asked_for_is_one_play(room: Watching) -> None:
    pair = room.matched(seconds=600)
    room.work()
    # Plex's own history has a row from the point at which nine tenths were played.
    room.workbench.plex.play(pair.key, {"state": "playing", "offset": 0, "at": 0},
                             {"state": "playing", "offset": 550_000, "at": 550},
                             {"state": "stopped", "offset": 600_000, "at": 600})  # fmt: skip
    for offset in range(0, 600, 10):
        room.tell(pair, "playing", offset)
        room.pass_time(10)
        room.work()
    room.tell(pair, "stopped", 600)
    room.work()
    ask(room)
    assert len(room.plays(pair)) == 1
    assert room.played(pair) == pytest.approx(600)
    assert room.resumes(pair) == 0, "near the end it begins anew"


def test_a_second_time_of_which_only_the_history_tells_counts(room: Watching) -> None:
    pair = room.matched(seconds=60)
    room.work()
    room.workbench.plex.play(pair.key, {"state": "playing", "offset": 58_000}, {"state": "stopped", "offset": 60_000})
    for offset in range(0, 61, 10):
        room.tell(pair, "playing" if offset < 60 else "stopped", offset)
        room.pass_time(10)
    room.work()
    room.pass_time(60)
    room.workbench.plex.play(pair.key, {"state": "playing", "offset": 58_000}, {"state": "stopped", "offset": 60_000})
    ask(room)
    assert len(room.plays(pair)) == 2
    ask(room)
    assert len(room.plays(pair)) == 2


def test_only_the_owner_counts_unless_others_are_named(room: Watching) -> None:
    pair = room.matched()
    room.work()
    for account in (7, None):
        room.tell(pair, "playing", 0, account=account, session=str(account))
        room.pass_time(10)
        room.tell(pair, "stopped", 10, account=account, session=str(account))
        room.work()
    assert room.plays(pair) == []
    watched_to_the_end(room, pair.key, "Guest")
    ask(room)
    assert (room.plays(pair), room.resumes(pair)) == ([], 0)
    room.workbench.use(accounts_from_plex=("guest",))
    watched_to_the_end(room, pair.key, "Guest")
    room.pass_time(5)
    watched_to_the_end(room, pair.key)
    ask(room)
    assert len(room.plays(pair)) == 2, "both of the guest's, the first of which is in the history still"


def test_stashs_own_rules_say_what_a_play_is(room: Watching) -> None:
    room.workbench.stash.stash.ui.update(minimumPlayPercent=50)
    pair = room.matched(seconds=60)
    room.work()
    for session, length in (("1", 20), ("2", 40)):
        room.tell(pair, "playing", 0, session=session)
        for offset in range(10, length, 10):
            room.pass_time(10)
            room.tell(pair, "playing", offset, session=session)
        room.pass_time(10)
        room.tell(pair, "stopped", length, session=session)
        room.work()
        assert len(room.plays(pair)) == int(session) - 1
        room.pass_time(400)
    assert room.played(pair) == pytest.approx(60)

    room.workbench.stash.stash.ui.update(trackActivity=False)
    room.pass_time(700)
    room.tell(pair, "playing", 0, session="3")
    room.pass_time(10)
    room.tell(pair, "stopped", 50, session="3")
    watched_to_the_end(room, pair.key)
    ask(room)
    assert (len(room.plays(pair)), room.resumes(pair)) == (1, 40)


def test_no_echo(room: Watching) -> None:
    pair = room.matched()
    room.work()
    bench = room.workbench
    before, runs = bench.library.scenes[pair.scene].updated_at, len(bench.stash.runs)
    watched_to_the_end(room, pair.key)
    ask(room)
    assert room.plays(pair)
    assert (bench.library.scenes[pair.scene].updated_at, len(bench.stash.runs)) == (before, runs)
    assert bench.jobs() == []


def marked(room: Watching, key: int, *, played: bool = True) -> None:
    url = f"{room.workbench.plex.url}/:/{'scrobble' if played else 'unscrobble'}"
    assert room.workbench.person.get(url, params={"key": str(key), "identifier": "x"}).status_code == 200


@pytest.mark.parametrize("counts", [True, False])
def test_marked_as_played(room: Watching, counts: bool) -> None:
    room.workbench.use(marked_counts_as_play=counts)
    pair = room.matched()
    own = int(room.clock.now) - 5000
    room.workbench.library.scenes[pair.scene].play_history = [own]
    room.work()
    room.pass_time(5)
    marked(room, pair.key)
    for _ in range(2):
        ask(room)
        assert len(room.plays(pair)) == (2 if counts else 1)
    marked(room, pair.key, played=False)
    for _ in range(2):
        ask(room)
        assert room.plays(pair) == [own], "what Stash counted by itself stays"
    marked(room, pair.key)
    ask(room)
    assert len(room.plays(pair)) == (2 if counts else 1)


def test_a_play_and_a_mark_are_told_apart(room: Watching) -> None:
    room.workbench.use(marked_counts_as_play=True)
    pair = room.matched()
    room.work()
    watched_to_the_end(room, pair.key)
    ask(room)
    assert len(room.plays(pair)) == 1
    room.pass_time(10)
    watched_to_the_end(room, pair.key)
    room.pass_time(100)
    marked(room, pair.key)
    ask(room)
    assert len(room.plays(pair)) == 3


def test_an_item_of_several_scenes_or_without_proof_tells_of_none(room: Watching) -> None:
    bench = room.workbench
    fine, replaced, generic, shared, twin = (room.matched() for _ in range(5))
    room.work()
    files = {pair.scene: bench.library.scenes[pair.scene].files[0] for pair in (replaced, generic, shared, twin)}
    with bench.plex._state.lock:  # Plex takes two files for versions of one film
        item = bench.plex._state.items[shared.key]
        item.media.extend(bench.plex._state.items[twin.key].media)
    bench.sync(shared.scene)
    for pair in (fine, replaced, generic, shared):
        watched_to_the_end(room, pair.key)
    files[replaced.scene].size += 1
    files[generic.scene].path = "/elsewhere/scene.0003.mp4"
    ask(room)
    assert [len(room.plays(pair)) for pair in (fine, replaced, generic, shared, twin)] == [1, 0, 0, 0, 0]


def test_what_others_play_is_not_kept(room: Watching) -> None:
    pair = room.matched()
    room.work()
    room.tell(pair, "playing", 0, account=7)
    room.work()
    assert room.workbench.record.openings() == []
