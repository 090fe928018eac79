"""Both sides change at random, and what Plex tells is lost, doubled and late: each real play counts once."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

import worker.returns.activity_changes as changes
from tests.support.pairs import Pair
from tests.support.watching import Watching, watching

#: Seconds that a scene takes, and between two openings: less would be one to Stash.
LENGTH, APART = 600, 400

MUTATIONS = ("sceneAddPlay", "sceneDeletePlay", "sceneSaveActivity", "sceneUpdate")


class World:
    """Somebody plays in Plex, and in Stash; ``truth``: how often each scene was really played."""

    def __init__(self, room: Watching, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.room = room
        self.chance = random.Random(seed)
        self.pairs = [room.matched(seconds=LENGTH) for _ in range(3)]
        self.truth: Counter[int] = Counter()
        self.own: dict[int, float] = {}
        self.session = 0
        for name in ("add_play", "save_activity"):
            monkeypatch.setattr(changes, name, self._killing(getattr(changes, name)))

    def _killing(self, real: Callable[..., None]) -> Callable[..., None]:
        def sometimes(*given: object, **named: object) -> None:
            fate = self.chance.random()
            if fate < 0.05:
                raise KeyboardInterrupt
            real(*given, **named)
            if fate > 0.95:
                raise KeyboardInterrupt

        return sometimes

    def work(self) -> None:
        """A round of the worker, which may be killed in it, or before it."""
        if self.chance.random() < 0.03:
            self.room.kill()
        try:
            self.room.work()
        except KeyboardInterrupt:
            self.room.kill()

    def play(self, pair: Pair, seconds: int, *, lost: float, start: int = 0) -> None:
        """Play for so long, with a pause and leaps back; ``lost``: the share of events that nobody hears."""
        self.session += 1
        offset, played, state = start, 0, "playing"
        self.truth[pair.scene] += 1
        self.own.pop(pair.scene, None)
        while played < seconds:
            self.say(pair, state, offset, lost)
            step = min(10, seconds - played)
            self.room.pass_time(step)
            if state == "playing":
                offset, played = offset + step, played + step
            elif self.chance.random() < 0.5:
                self.room.pass_time(self.chance.choice((20, 1000)))
            state = "paused" if state == "playing" and self.chance.random() < 0.05 else "playing"
            if self.chance.random() < 0.3:
                self.work()
        for _ in range(self.chance.choice((1, 1, 3))):
            self.say(pair, "stopped", offset, lost)

    def say(self, pair: Pair, state: str, offset: int, lost: float) -> None:
        """Plex knows it; whether it is heard, and how often, is chance. It is heard when it comes, late or not."""
        bench = self.room.workbench
        key = str(self.session)
        if offset >= 0.9 * LENGTH and self.seen != self.session:
            self.seen = self.session
            bench.plex.play(pair.key, {"state": "playing", "offset": offset * 1000}, "stopped")
        if self.chance.random() < lost:
            return
        for _ in range(self.chance.choice((1, 1, 1, 2))):
            self.room.tell(
                pair, state, offset, session=key if state != "stopped" or self.chance.random() < 0.7 else "x"
            )

    seen = 0

    def step(self) -> None:
        """Something happens."""
        pair = self.chance.choice(self.pairs)
        kind = self.chance.choice(("whole", "whole", "part", "unheard", "in Stash", "nothing"))
        if kind == "whole":
            self.play(pair, LENGTH, lost=self.chance.choice((0, 0.3, 0.9)))
        elif kind == "part":
            self.play(pair, 240, lost=0)
        elif kind == "unheard":
            self.play(pair, LENGTH, lost=1)
        elif kind == "in Stash":
            self.room.clock.now += 1
            scene = self.room.workbench.library.scenes[pair.scene]
            scene.play_history.insert(0, int(self.room.clock.now))
            scene.resume_time = self.own[pair.scene] = float(self.chance.randrange(1, 500))
            self.truth[pair.scene] += 1
        self.room.pass_time(APART)
        self.work()

    def settle(self) -> None:
        """Until nothing happens any more."""
        for _ in range(6):
            self.room.pass_time(25 * 3600)
            self.work()

    def check(self) -> None:
        """Each real play is there once, and where somebody left it in Stash since is where Stash resumes."""
        assert {pair.scene: len(self.room.plays(pair)) for pair in self.pairs} == {
            pair.scene: self.truth[pair.scene] for pair in self.pairs
        }
        for pair in self.pairs:
            if pair.scene in self.own:
                assert self.room.resumes(pair) == self.own[pair.scene]


def changed(room: Watching) -> int:
    """How often Stash was asked to change something."""
    fields = room.workbench.stash.counts()["fields"]
    return sum(fields.get(name, 0) for name in MUTATIONS)


@pytest.mark.parametrize("seed", range(6))
def test_each_real_play_counts_once_and_no_position_goes_back(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with watching(tmp_path) as room:
        room.workbench.stash.stash.ui.update(minimumPlayPercent=20)
        room.work()
        world = World(room, seed, monkeypatch)
        for _ in range(12):
            world.step()
        world.settle()
        world.check()
        before = changed(room)
        room.pass_time(25 * 3600)
        room.work()
        room.kill()
        room.work()
        assert (changed(room), room.workbench.record.open_returns()) == (before, [])
        world.check()
