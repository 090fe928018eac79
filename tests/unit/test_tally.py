"""Each scene is counted once, by its last outcome, whatever its number is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from validation.jobs import LARGEST_ID
from validation.outcomes import Ended
from worker.jobs.tally import Tally

OUTCOMES = st.lists(st.tuples(st.integers(1, 600) | st.integers(1, LARGEST_ID), st.sampled_from(Ended)), max_size=40)


def tally_of(outcomes: list[tuple[int, Ended]]) -> Tally:
    tally = Tally()
    for scene, outcome in outcomes:
        tally.note(scene, outcome)
    return tally


@given(OUTCOMES, OUTCOMES)
def test_each_scene_counts_by_its_last_outcome_also_when_counts_are_handed_over(
    former: list[tuple[int, Ended]], later: list[tuple[int, Ended]]
) -> None:
    tally, news = tally_of(former), tally_of(later)
    news.hand_over(tally)
    last = [*dict([*former, *later]).values()]
    assert tally.counts() == {outcome: last.count(outcome) for outcome in {*last}}
    assert not news.counts()
