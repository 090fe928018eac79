"""Posters and backgrounds that a person chose in Plex: kept, or put right, and given back."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.stash.pictures import png
from tests.support.pairs import Pair
from tests.support.pictures import JPEG, choose_by_hand, chosen, covered, key, post, upload_by_hand, uploads
from tests.support.workbench import Workbench, running_workbench
from validation.jobs import UpdateType

#: What an item shows that nobody gave a poster.
FOUND = "media://thumb1"
CHOSEN = "PUT poster 0 bytes"


@pytest.fixture
def workbench(tmp_path: Path) -> Iterator[Workbench]:
    with running_workbench(tmp_path) as made:
        made.use(skip_poster=False)
        yield made


def by_hand(pair: Pair, how: str) -> str:
    """A person gives the item another poster; returns its key."""
    if how == "an upload":
        upload_by_hand(pair, png("by hand"))
        return key(png("by hand"))
    if how == "none":
        url = f"{pair.workbench.plex.url}/library/metadata/{pair.key}/thumb"
        assert pair.workbench.person.delete(url).status_code == 200
        return ""
    choose_by_hand(pair, how)
    return how


WAYS = pytest.mark.parametrize("how", ["an upload", FOUND, key(png("earlier")), "none"])


def twice_covered(workbench: Workbench) -> Pair:
    """A pair that was sent with two covers, one after the other."""
    pair = covered(workbench, png("earlier"))
    pair.sync()
    pair.in_stash(cover=png("ours"))
    pair.sync()
    workbench.clock.now += 3600
    return pair


@WAYS
def test_a_poster_chosen_by_hand_stays_where_edits_are_kept_and_is_named(workbench: Workbench, how: str) -> None:
    workbench.use(skip_poster=False, keep_plex_edits=True)
    pair = twice_covered(workbench)
    theirs = by_hand(pair, how)
    for cover in (png("ours"), png("new"), png("newer")):
        pair.in_stash(cover=cover, title=f"With {len(cover)}")
        assert [line for line in pair.sync() if "title" not in line] == []
        assert (chosen(pair), workbench.kept) == (theirs, 1)
    assert workbench.record.kept() == [("poster", pair.scene)]
    assert pair.sync(UpdateType.OVERWRITE) == [post(png("newer"))]
    assert (chosen(pair), workbench.kept) == (key(png("newer")), 0)


@WAYS
def test_a_poster_chosen_by_hand_is_put_right_at_the_next_comparison_with_nothing_uploaded(
    workbench: Workbench, how: str
) -> None:
    pair = twice_covered(workbench)
    by_hand(pair, how)
    assert pair.sync(UpdateType.RECONCILE) == [CHOSEN]
    assert chosen(pair) == key(png("ours"))
    assert pair.sync(UpdateType.RECONCILE) == []


def test_a_background_chosen_by_hand_is_an_edit_too(workbench: Workbench) -> None:
    workbench.use(skip_poster=True, sync_background=True, keep_plex_edits=True)
    pair = covered(workbench, png("wide"))
    pair.sync()
    upload_by_hand(pair, png("by hand"), "arts")
    assert pair.sync() == []
    assert chosen(pair, "art") == key(png("by hand"), "arts")
    workbench.use(skip_poster=True, sync_background=True)
    assert pair.sync() == ["PUT art 0 bytes"]
    assert chosen(pair, "art") == key(png("wide"), "arts")


def test_a_picture_that_a_person_uploaded_first_is_neither_uploaded_again_nor_ours(workbench: Workbench) -> None:
    pair = covered(workbench, png("the same"))
    upload_by_hand(pair, png("the same"))
    assert pair.sync() == []
    workbench.use(skip_poster=False, keep_plex_edits=True)
    pair.in_stash(cover=png("another"))
    assert pair.sync() == []
    assert workbench.kept == 1


def test_a_poster_that_was_put_up_unseen_is_told_from_a_persons(workbench: Workbench) -> None:
    """The answer is lost; nobody knows whether Plex showed the picture before the person chose another one."""
    workbench.use(skip_poster=False, keep_plex_edits=True)
    pair = covered(workbench, png("lost"))
    workbench.plex.inject({"type": "reset_after", "kind": "poster"})
    workbench.sync(pair.scene)
    upload_by_hand(pair, png("by hand"))
    workbench.clock.now += 700
    assert pair.sync() == []
    assert (chosen(pair), workbench.kept) == (key(png("by hand")), 1)


def test_an_upload_that_never_arrived_is_made_where_edits_are_kept_too(workbench: Workbench) -> None:
    workbench.use(skip_poster=False, keep_plex_edits=True)
    pair = covered(workbench, png("cut off"))
    workbench.plex.inject({"type": "reset_before", "kind": "poster"})
    workbench.sync(pair.scene)
    workbench.clock.now += 700
    assert pair.sync() == [post(png("cut off"))]
    assert chosen(pair) == key(png("cut off"))


def test_the_lock_of_a_poster_is_no_hand_edit_and_text_edits_cost_no_second_look(workbench: Workbench) -> None:
    pair = covered(workbench, png("one"))
    pair.sync()
    pair.sync()
    pair.in_stash(title="T")
    pair.sync()
    assert "posters" not in workbench.plex.counts()


@pytest.mark.parametrize("before", ["found", "theirs, locked", "theirs", "none"])
def test_the_poster_of_before_comes_back_with_its_lock_when_the_scene_goes(workbench: Workbench, before: str) -> None:
    kinds: dict[str, dict[str, Any]] = {
        "found": {},
        "theirs, locked": {"posters": ["theirs"], "locked": ["thumb"]},
        "theirs": {"posters": ["theirs"]},
        "none": {"hasThumb": False},
    }
    workbench.use(skip_poster=False, sync_background=True, give_back_on_destroy=True)
    pair = workbench.pair(**kinds[before])
    shown = pair.shown()
    for cover in (png("one"), png("two")):
        pair.in_stash(title="T", cover=cover)
        pair.sync()
    workbench.stash.graphql("mutation($i: ID!) { sceneDestroy(input: {id: $i}) }", {"i": str(pair.scene)})
    workbench.sync(pair.scene, kind=UpdateType.DESTROY)
    assert pair.shown()["selected"] == shown["selected"]
    assert (pair.shown()["locked"], pair.shown()["title"]) == (shown["locked"], shown["title"])


def test_a_poster_that_a_person_chose_since_is_not_taken_down_when_the_scene_goes(workbench: Workbench) -> None:
    workbench.use(skip_poster=False, give_back_on_destroy=True)
    pair = covered(workbench, png("ours"))
    pair.sync()
    upload_by_hand(pair, png("by hand"))
    workbench.stash.graphql("mutation($i: ID!) { sceneDestroy(input: {id: $i}) }", {"i": str(pair.scene)})
    workbench.sync(pair.scene, kind=UpdateType.DESTROY)
    assert (chosen(pair), pair.shown()["locked"]) == (key(png("by hand")), ["thumb"])


def test_pictures_are_read_and_put_up_though_plex_fails_at_them_while_the_poster_is_locked(tmp_path: Path) -> None:
    with running_workbench(tmp_path, locked_posters_fail=True) as workbench:
        workbench.use(skip_poster=False)
        pair = covered(workbench, png("one"))
        for cover in (png("one"), png("two"), png("one")):
            pair.in_stash(cover=cover)
            pair.sync()
            assert (chosen(pair), pair.shown()["locked"]) == (key(cover), ["thumb"])
        assert len(uploads(pair)) == 2
        pair.sync()
        assert pair.shown()["locked"] == ["thumb"]
        assert pair.sync() == []


@pytest.mark.parametrize("status", [413, 414, 400])
def test_a_cover_that_is_refused_is_named_once_with_its_size_and_holds_up_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    caplog.set_level(logging.WARNING)
    with running_workbench(tmp_path, poster_limit=1000, poster_limit_status=status) as workbench:
        workbench.use(skip_poster=False, keep_plex_edits=True)
        pair = covered(workbench, JPEG + bytes(2_000_000))
        pair.in_stash(title="T", rating100=80)
        pair.sync()
        for _ in range(3):
            workbench.clock.now += 100_000
            assert pair.sync() == []
        assert (pair.shown()["title"], pair.shown()["userRating"]) == ("T", 8.0)
        assert (chosen(pair), pair.shown()["locked"]) == (FOUND, ["title"])
        assert sum("2.0 MB" in line and str(pair.scene) in line for line in caplog.messages) == 1
        (told,) = workbench.record.refused()
        assert (told.scene_id, "poster: it has 2.0 MB" in told.reason) == (pair.scene, True)
        assert f"HTTP {status}" in told.reason
        pair.by_hand(**{"title.value": "By hand"})
        pair.in_stash(title="U", cover=png("small"))
        pair.sync()
        assert workbench.record.refused() == []
        assert (chosen(pair), pair.shown()["title"]) == (key(png("small")), "By hand")


def test_a_cover_at_which_plex_fails_over_and_over_counts_as_refused(tmp_path: Path) -> None:
    with running_workbench(tmp_path, poster_limit=1000) as workbench:
        workbench.use(skip_poster=False)
        pair = covered(workbench, JPEG + bytes(2_000_000))
        pair.in_stash(title="T")
        workbench.sync(pair.scene)
        assert pair.shown()["title"] == "T"
        for _ in range(12):
            workbench.clock.now += 600
            workbench.run()
        assert (workbench.waiting(), workbench.parked()) == ({}, {})
        assert pair.sync() == []
        assert (chosen(pair), pair.shown()["locked"]) == (FOUND, ["title"])
        assert [line for line in pair.sync(UpdateType.OVERWRITE) if "POST" in line] != []


def test_a_plex_that_is_busy_for_minutes_gets_the_cover_later(tmp_path: Path) -> None:
    with running_workbench(tmp_path) as workbench:
        workbench.use(skip_poster=False)
        pair = covered(workbench, png("later"))
        workbench.plex.inject({"type": "status", "status": 500, "kind": "poster", "count": None})
        workbench.sync(pair.scene)
        for _ in range(6):
            workbench.clock.now += 50
            workbench.run()
        workbench.plex.clear_faults()
        workbench.clock.now += 600
        workbench.run()
        assert (chosen(pair), workbench.waiting(), workbench.parked()) == (key(png("later")), {}, {})


def test_a_proxy_that_refuses_every_write_is_not_the_covers_fault(tmp_path: Path) -> None:
    with running_workbench(tmp_path) as workbench:
        workbench.use(skip_poster=False)
        pair = covered(workbench, png("one"))
        pair.sync()
        pair.in_stash(cover=png("two"))
        workbench.plex.inject({"type": "status", "status": 405, "kind": "writes", "count": None})
        workbench.sync(pair.scene)
        workbench.plex.clear_faults()
        workbench.clock.now += 700
        pair.sync()
        assert chosen(pair) == key(png("two"))


def test_what_plex_takes_and_does_not_have_is_not_sent_for_ever(tmp_path: Path) -> None:
    with running_workbench(tmp_path) as workbench:
        workbench.use(skip_poster=False)
        pair = covered(workbench, png("nowhere"))
        workbench.plex.advance(5)  # so that the lock moves the picture's address
        workbench.plex.inject({"type": "empty_200", "kind": "poster", "count": None})
        sent = []
        for _ in range(6):
            sent += [line for line in pair.sync() if "POST" in line]
            workbench.clock.now += 3600
        assert len(sent) == 2
        assert chosen(pair) == FOUND


@pytest.mark.parametrize("size", [10_000_001, 25_000_000])
def test_a_cover_that_plex_cannot_take_is_named_with_its_size_and_never_sent(
    workbench: Workbench, caplog: pytest.LogCaptureFixture, size: int
) -> None:
    caplog.set_level(logging.WARNING)
    pair = covered(workbench, JPEG + bytes(size - len(JPEG)))
    pair.in_stash(title="T")
    for _ in range(3):
        assert [line for line in pair.sync() if "POST" in line] == []
    assert sum(f"{size / 1e6:.1f} MB" in line and str(pair.scene) in line for line in caplog.messages) == 1


def test_an_upload_that_did_not_happen_is_tried_again_without_another_look_at_the_list(workbench: Workbench) -> None:
    pair = covered(workbench, png("tried"))
    workbench.plex.inject({"type": "reset_before", "kind": "poster", "count": 3})
    workbench.plex.advance(2)  # our lock comes in another second than what is shown, and moves its address
    workbench.sync(pair.scene)
    for _ in range(4):
        workbench.clock.now += 700
        workbench.run()
    counts = workbench.plex.counts()
    assert (chosen(pair), counts["poster"]) == (key(png("tried")), 4)
    assert counts["posters"] == 3, "one before our own lock moved the address, one after it, one that shows the cover"


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("times", [1, 2])
def test_a_cover_at_which_plex_failed_first_comes_with_its_lock_and_goes_with_it(
    workbench: Workbench, keep: bool, times: int
) -> None:
    """The lock of the first try is not taken for a person's at the next."""
    workbench.use(skip_poster=False, keep_plex_edits=keep, give_back_on_destroy=True)
    pair = covered(workbench, png("one"))
    workbench.plex.inject({"type": "status", "status": 500, "kind": "poster", "method": "POST", "count": times})
    workbench.sync(pair.scene)
    assert (chosen(pair), pair.shown()["locked"]) == (FOUND, [])
    for _ in range(times):
        workbench.clock.now += 60
        workbench.run()
    assert (chosen(pair), pair.shown()["locked"]) == (key(png("one")), ["thumb"])
    assert (workbench.kept, workbench.waiting(), workbench.parked()) == (0, {}, {})
    workbench.stash.graphql("mutation($i: ID!) { sceneDestroy(input: {id: $i}) }", {"i": str(pair.scene)})
    workbench.sync(pair.scene, kind=UpdateType.DESTROY)
    assert (chosen(pair), pair.shown()["locked"]) == (FOUND, [])
