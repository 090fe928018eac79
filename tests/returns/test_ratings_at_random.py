"""Both sides are rated at random, looks come late or never, the worker is killed: both settle, nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plex.items import PlexItem
from stash.activity import set_rating
from tests.support.pairs import Pair
from tests.support.workbench import Workbench, running_workbench
from validation.jobs import UpdateType
from worker.metadata.ratings import agree, text_of, value_of
from worker.returns import rating_changes

STASH_VALUES = st.none() | st.integers(1, 100)
PLEX_VALUES = st.sampled_from([-1.0, 0.5, 3.0, 7.5, 8.3, 9.0, 10.0])
SCENES = st.integers(0, 2)


@dataclass(frozen=True)
class Step:
    """What happens: somebody rates in Stash or Plex, a scene is looked at, the libraries are compared, or the worker
    is killed as it looks at everything, before or after the ``value``-th write to a side."""

    kind: str
    scene: int = 0
    value: Any = None


STEPS = st.lists(
    st.one_of(
        st.builds(Step, st.just("stash"), SCENES, STASH_VALUES),
        st.builds(Step, st.just("plex"), SCENES, PLEX_VALUES),
        st.builds(Step, st.just("look"), SCENES),
        st.builds(Step, st.just("compare")),
        st.builds(Step, st.sampled_from(["kill before", "kill after"])),
        st.builds(Step, st.just("settle")),
    ),
    max_size=14,
)


class Killed(BaseException):
    """The worker is gone."""


@dataclass
class World:
    """A workbench with some scenes, and what somebody rated on which side since both sides were at rest."""

    bench: Workbench
    winner: str
    pairs: list[Pair] = field(default_factory=list)
    stash_rated: dict[int, int | None] = field(default_factory=dict)
    plex_rated: dict[int, float] = field(default_factory=dict)

    def begin(self) -> None:
        self.bench.clock.now += 3600
        self.use()
        self.pairs = [self.bench.pair() for _ in range(3)]
        self.look(*range(3))
        self.look(*range(3))

    def use(self) -> None:
        self.bench.use(ratings_from_plex=True, ratings_winner=self.winner)

    def do(self, step: Step) -> None:
        self.bench.clock.now += 60
        if step.kind == "stash":
            self.pairs[step.scene].in_stash(rating100=step.value)
            self.stash_rated[step.scene] = step.value
        elif step.kind == "plex":
            self.pairs[step.scene].rated_by_hand(step.value)
            self.plex_rated[step.scene] = step.value
        elif step.kind == "look":
            self.look(step.scene)
        elif step.kind == "compare":
            self.bench.reconcile()
        elif step.kind == "settle":
            self.settle()
        else:
            self.kill(after=step.kind.endswith("after"))

    def look(self, *scenes: int) -> None:
        for scene in scenes:
            self.bench.queue.add(self.pairs[scene].scene, UpdateType.UPDATE)
        self.bench.run()

    def kill(self, after: bool) -> None:
        """Look at everything, and go at the first write to either side."""

        def going(real: Callable[..., Any]) -> Callable[..., Any]:
            def go(*given: Any) -> None:
                if after:
                    real(*given)
                raise Killed

            return go

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(rating_changes, "set_rating", going(set_rating))
            patch.setattr(PlexItem, "rate", going(PlexItem.rate))
            with suppress(Killed):
                self.look(*range(3))
        self.bench.kill()
        self.bench.open()
        self.use()

    def settle(self) -> None:
        """Nobody rates, and everything is looked at until nothing is written."""
        for _ in range(4):
            self.bench.plex.reset_counts()
            self.bench.stash.reset_counts()
            self.look(*range(3))
            if not self.writes():
                break
        assert not self.writes(), "both sides do not come to rest"
        self.bench.reconcile()
        assert not self.writes(), "the next comparison writes"
        for scene, pair in enumerate(self.pairs):
            self.check(scene, pair)
        self.stash_rated.clear()
        self.plex_rated.clear()

    def writes(self) -> int:
        return int(self.bench.plex.counts()["writes"]) + int(self.bench.stash.counts()["writes"])

    def check(self, scene: int, pair: Pair) -> None:
        stash = self.bench.library.scenes[pair.scene].rating100
        shown = pair.shown()["userRating"]
        plex = f"{shown:g}" if shown else ""
        if scene in self.plex_rated and scene not in self.stash_rated:
            given = self.plex_rated[scene]
            text = f"{given:g}" if given > 0 else ""
            assert (stash, plex) == (value_of(text), text), "what was rated in Plex alone"
        elif scene in self.stash_rated and scene not in self.plex_rated:
            value = self.stash_rated[scene]
            assert (stash, plex) == (value, text_of(value)), "what was rated in Stash alone"
        assert agree(stash, plex), "both sides at rest"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    with running_workbench(Path(tmp_path_factory.mktemp("random"))) as made:
        yield made


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(winner=st.sampled_from(["later", "stash", "plex"]), steps=STEPS)
def test_both_sides_settle_and_no_rating_is_lost_or_invented(bench: Workbench, winner: str, steps: list[Step]) -> None:
    world = World(bench, winner)
    world.begin()
    for step in steps:
        world.do(step)
    world.settle()
