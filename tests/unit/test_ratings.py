"""Which way a rating goes between both sides: decided from what they show, and showed when they were looked at."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.metadata.memory import SeenRating
from worker.metadata.ratings import (
    PlexRating,
    RatingDecision,
    StashRating,
    Way,
    Winner,
    agree,
    decide_rating,
    text_of,
    value_of,
)

#: What Stash holds: it stores 0 and 101 as they are given.
VALUES = st.none() | st.integers(0, 105)
#: What Plex shows: its own apps give halves, other programs whatever they like.
TEXTS = st.just("") | st.integers(0, 100).map(lambda tenths: f"{tenths / 10:g}")
TIMES = st.integers(0, 5)
WINNERS = st.sampled_from(Winner)
SEEN = st.builds(SeenRating, plex=TEXTS, stash=VALUES, rated_at=TIMES, guid=st.sampled_from(["", "a", "b"]))
STASH = st.builds(StashRating, value=VALUES, changed_at=TIMES)
PLEX = st.builds(PlexRating, text=TEXTS, rated_at=TIMES, guid=st.sampled_from(["", "a", "b"]))


def seen(plex: str, stash: int | None, rated_at: int = 100) -> SeenRating:
    return SeenRating(plex=plex, stash=stash, rated_at=rated_at, guid="a")


def decided(
    stash: int | None, plex: str, last: SeenRating | None, winner: Winner = Winner.LATER, **more: float
) -> RatingDecision:
    rated_at = int(more.get("rated_at", 100))
    return decide_rating(StashRating(stash, more.get("changed_at", 0.0)), PlexRating(plex, rated_at, "a"), last, winner)


@pytest.mark.parametrize("value", range(1, 101))
def test_every_rating_of_stash_and_what_plex_shows_of_it_are_a_fixed_point(value: int) -> None:
    shown = text_of(value)
    assert agree(value, shown)
    for last in (None, seen(shown, value), seen("", None), seen("9", 12)):
        assert decided(value, shown, last) == RatingDecision(Way.NOWHERE)


@given(TEXTS)
def test_what_is_taken_from_plex_is_a_fixed_point_too(text: str) -> None:
    assert agree(value_of(text), text)


@pytest.mark.parametrize(
    ("text", "value"), [("", None), ("0", None), ("0.01", 1), ("7.5", 75), ("8.3", 83), ("10", 100), ("12", 100)]
)
def test_ratings_of_plex_become_1_to_100(text: str, value: int | None) -> None:
    assert value_of(text) == value


@pytest.mark.parametrize(("value", "text"), [(None, ""), (0, ""), (1, "0.5"), (73, "7.5"), (100, "10"), (105, "10")])
def test_ratings_of_stash_become_halves_up_to_10(value: int | None, text: str) -> None:
    assert text_of(value) == text


def test_a_rating_given_in_plex_goes_to_stash() -> None:
    assert decided(73, "9", seen("7.5", 73)) == RatingDecision(Way.TO_STASH, 90)


def test_a_rating_taken_away_in_plex_goes_from_stash_only_where_it_was_seen_there() -> None:
    assert decided(73, "", seen("7.5", 73)) == RatingDecision(Way.TO_STASH, None)
    assert decided(73, "", seen("", 73)) == RatingDecision(Way.AS_USUAL)
    assert decided(73, "", None) == RatingDecision(Way.AS_USUAL)


def test_a_rating_changed_in_stash_goes_to_plex() -> None:
    assert decided(40, "7.5", seen("7.5", 73)) == RatingDecision(Way.TO_PLEX)


def test_without_a_former_look_nothing_is_taken_from_plex() -> None:
    assert decided(None, "9", None) == RatingDecision(Way.AS_USUAL)
    assert decided(73, "9", None) == RatingDecision(Way.AS_USUAL)


def test_a_rating_lost_with_the_match_of_an_item_is_none_that_somebody_took_away() -> None:
    last = replace_guid(seen("7.5", 73), "b")
    assert decided(73, "", last) == RatingDecision(Way.AS_USUAL)


def test_the_same_rating_given_anew_counts() -> None:
    assert decided(73, "9", seen("9", 73), rated_at=101) == RatingDecision(Way.TO_STASH, 90)


def test_a_write_of_ours_is_no_rating_of_the_users() -> None:
    plex = PlexRating("4", 101, "a", awaited="4")
    assert decide_rating(StashRating(70), plex, seen("7.5", 73), Winner.PLEX) == RatingDecision(Way.TO_PLEX)


@pytest.mark.parametrize(
    ("winner", "rated_at", "changed_at", "wins"),
    [
        (Winner.STASH, 300, 200.0, Way.TO_PLEX),
        (Winner.PLEX, 100, 200.0, Way.TO_STASH),
        (Winner.LATER, 300, 200.0, Way.TO_STASH),
        (Winner.LATER, 200, 300.0, Way.TO_PLEX),
        (Winner.LATER, 200, 200.0, Way.TO_PLEX),
        # Plex's time is that of the rating before, or Stash's is not known.
        (Winner.LATER, 100, 50.0, Way.TO_PLEX),
        (Winner.LATER, 300, 0.0, Way.TO_PLEX),
    ],
)
def test_of_two_changes_the_setting_says_which_counts(
    winner: Winner, rated_at: int, changed_at: float, wins: Way
) -> None:
    found = decided(40, "9", seen("7.5", 73), winner, rated_at=rated_at, changed_at=changed_at)
    assert found == RatingDecision(wins, 90 if wins is Way.TO_STASH else None, lost=True)


@pytest.mark.parametrize("text", ["nan", "inf", "many"])
def test_what_is_no_number_is_no_rating(text: str) -> None:
    assert decided(73, text, seen("7.5", 73)) == RatingDecision(Way.AS_USUAL)


@given(STASH, PLEX, SEEN | st.none(), WINNERS)
def test_nothing_is_taken_without_a_change_in_plex_that_was_seen(
    stash: StashRating, plex: PlexRating, last: SeenRating | None, winner: Winner
) -> None:
    found = decide_rating(stash, plex, last, winner)
    assert found.value is None or 1 <= found.value <= 100
    if found.way is Way.TO_STASH:
        assert last is not None
        assert last.guid == plex.guid or not (last.guid and plex.guid)
        assert plex.text != last.plex or plex.rated_at > last.rated_at
        assert found.value == value_of(plex.text)


@given(STASH, PLEX, SEEN | st.none(), WINNERS)
def test_what_was_decided_is_carried_out_once_and_settles(
    stash: StashRating, plex: PlexRating, last: SeenRating | None, winner: Winner
) -> None:
    """Neither side is changed by a second look, and nothing goes back the way it came."""
    found = decide_rating(stash, plex, last, winner)
    last = SeenRating(plex=plex.text, stash=stash.value, rated_at=plex.rated_at, guid=plex.guid)
    if found.way is Way.TO_STASH:
        stash = StashRating(found.value, 9.0)
        last = replace(last, stash=found.value)
    elif found.way is Way.TO_PLEX:
        plex = replace(plex, text=text_of(stash.value), rated_at=9, awaited=text_of(stash.value))
    again = decide_rating(stash, plex, last, winner)
    if found.way is Way.AS_USUAL:
        assert again.way in (Way.AS_USUAL, Way.NOWHERE)
    else:
        assert again == RatingDecision(Way.NOWHERE)


def replace_guid(last: SeenRating, guid: str) -> SeenRating:
    return replace(last, guid=guid)
