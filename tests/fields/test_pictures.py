"""Covers on their way to posters and backgrounds: uploaded when their bytes are new, and only when they are pictures.

Plex keeps every upload for ever, so that one too many can never be taken back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.doubles.stash.pictures import Picture, png
from tests.support.pictures import JPEG, LOCK, asked_for, chosen, covered, key, post, uploads
from tests.support.workbench import Workbench, running_workbench
from validation.errors import StashUnavailable
from validation.jobs import UpdateType


@pytest.fixture(scope="module", params=[True, False], ids=["locks by itself", "does not lock"])
def workbench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """Plex locks the poster at an upload; should it not, PlexSync does."""
    with running_workbench(tmp_path_factory.mktemp("pictures"), poster_auto_lock=request.param) as made:
        yield made


@pytest.fixture(autouse=True)
def _posters_on(workbench: Workbench) -> Iterator[None]:
    workbench.use(skip_poster=False)
    yield
    workbench.stash.clear_faults()
    workbench.plex.clear_faults()


def test_a_cover_is_uploaded_once_and_the_poster_is_locked_once(workbench: Workbench) -> None:
    cover = png("one")
    pair = covered(workbench, cover)
    assert pair.sync() == [LOCK, post(cover)]
    assert pair.shown()["selected"]["thumb"].startswith("upload://posters/")
    assert pair.shown()["locked"] == ["thumb"]
    for _ in range(2):
        assert pair.sync() == []
        assert asked_for(workbench) == [304]
    assert len(uploads(pair)) == 1


def test_the_lock_goes_with_the_other_fields_in_one_put(workbench: Workbench) -> None:
    cover = png("two")
    pair = covered(workbench, cover)
    pair.in_stash(title="T")
    assert pair.sync() == ["PUT thumb.locked=1; title.locked=1; title.value=T", post(cover)]
    pair.in_stash(title="U")
    assert pair.sync() == ["PUT title.locked=1; title.value=U"]


def test_a_cover_that_changed_is_uploaded_although_nothing_else_did(workbench: Workbench) -> None:
    pair = covered(workbench, png("old"))
    pair.sync()
    new = png("a new one")
    pair.in_stash(cover=new)
    assert pair.sync() == [post(new)]
    assert workbench.plex.counts() == {"writes": 1, "details": 2, "posters": 1, "poster": 1}
    assert pair.sync() == []


def test_a_cover_that_comes_back_is_chosen_again_and_not_uploaded(workbench: Workbench) -> None:
    first, second = png("first"), png("second")
    pair = covered(workbench, first)
    pair.sync()
    pair.in_stash(cover=second)
    pair.sync()
    pair.in_stash(cover=first)
    assert pair.sync() == ["PUT poster 0 bytes"]
    assert workbench.plex.counts() == {"writes": 1, "details": 2, "posters": 1, "poster": 1}
    assert chosen(pair) == key(first)
    assert len(uploads(pair)) == 2
    assert pair.sync() == []


def test_the_same_bytes_under_another_mark_are_not_uploaded_again(workbench: Workbench) -> None:
    class Remarked(Picture):
        @property
        def etag(self) -> str:
            return '"another mark"'

    pair = covered(workbench, png("same"))
    pair.sync()
    workbench.library.scenes[pair.scene].cover = Remarked(png("same"))
    assert pair.sync() == []
    assert asked_for(workbench) == [200]
    assert pair.sync() == []
    assert asked_for(workbench) == [304]


def test_stashs_default_drawing_is_never_uploaded(workbench: Workbench) -> None:
    pair = workbench.pair()
    pair.in_stash(title="T")
    assert pair.sync() == ["PUT title.locked=1; title.value=T"]
    assert asked_for(workbench) == [200]
    assert pair.sync() == []


def test_a_cover_that_is_gone_leaves_the_poster(workbench: Workbench) -> None:
    pair = covered(workbench, png("gone"))
    pair.sync()
    shown = pair.shown()
    pair.in_stash(cover=None)
    assert pair.sync() == []
    assert pair.shown() == shown


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no picture at all",
        b"<html><body>Login</body></html>",
        b"<?xml version='1.0'?><svg/>",
        b"RIFF\x00\x00\x00\x00AVI LIST",
        b"RIFF\x00\x00\x00\x00WAVEfmt ",
        b"\x00\x00\x00\x20ftypmp42",
        b"%PDF-1.7",
    ],
)
def test_what_is_no_picture_is_never_uploaded(workbench: Workbench, content: bytes) -> None:
    pair = covered(workbench, content)
    pair.in_stash(title="T")
    assert pair.sync() == ["PUT title.locked=1; title.value=T"]
    assert pair.shown()["selected"]["thumb"] == "media://thumb1"


@pytest.mark.parametrize("content", [JPEG, png("x"), b"GIF89a.....", b"RIFF\x00\x00\x00\x00WEBPVP8 ", b"BM......"])
def test_the_kinds_of_pictures_that_plex_shows_are_uploaded(workbench: Workbench, content: bytes) -> None:
    pair = covered(workbench, content)
    assert pair.sync() == [LOCK, post(content)]
    assert pair.sync() == []


def test_a_picture_of_more_than_ten_megabytes_is_never_uploaded(workbench: Workbench) -> None:
    pair = covered(workbench, JPEG + bytes(10_000_000))
    pair.in_stash(title="T")
    assert pair.sync() == ["PUT title.locked=1; title.value=T"]
    smaller = JPEG + bytes(9_000_000)
    pair.in_stash(cover=smaller)
    assert pair.sync() == [LOCK, post(smaller)]


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 302},
        {"kind": "unauthorized"},
        {"kind": "html"},
        {"kind": "truncated"},
        {"kind": "reset"},
    ],
    ids=lambda fault: str(fault.get("status", fault["kind"])),
)
def test_a_login_page_or_half_a_picture_is_never_uploaded_and_the_cover_comes_later(
    workbench: Workbench, fault: dict[str, object]
) -> None:
    cover = JPEG + bytes(100_000)
    pair = covered(workbench, cover)
    workbench.stash.inject({**fault, "match": "image"})
    with suppress(StashUnavailable):
        workbench.sync(pair.scene)
    assert uploads(pair) == []
    assert workbench.parked() == {}
    pair.sync()
    assert len(uploads(pair)) == 1
    assert pair.sync() == []


def test_a_cover_that_stash_fails_to_deliver_costs_plex_no_question(workbench: Workbench) -> None:
    pair = covered(workbench, png("late"))
    workbench.stash.inject({"kind": "reset", "when": "after", "match": "image", "count": None})
    workbench.plex.reset_counts()
    with suppress(StashUnavailable):
        workbench.sync(pair.scene)
    assert uploads(pair) == []
    assert workbench.plex.counts().get("identity", 0) == 0


@pytest.mark.parametrize("status", [404, 500])
def test_a_cover_that_stash_cannot_deliver_keeps_no_scene_waiting_for_ever(
    tmp_path_factory: pytest.TempPathFactory, status: int
) -> None:
    with running_workbench(tmp_path_factory.mktemp("broken")) as workbench:
        workbench.use(skip_poster=False)
        workbench.stash.inject({"kind": "status", "status": status, "match": "image", "count": None})
        pair = covered(workbench, png("broken"))
        pair.in_stash(title="T")
        for _ in range(10):
            with suppress(StashUnavailable):
                workbench.sync(pair.scene)
            workbench.clock.now += 700
        assert pair.shown()["title"] == "T" or pair.scene in workbench.parked()


def test_a_poster_that_plex_refuses_leaves_the_fields_right(tmp_path_factory: pytest.TempPathFactory) -> None:
    with running_workbench(tmp_path_factory.mktemp("small"), poster_limit=1000) as workbench:
        workbench.use(skip_poster=False)
        pair = covered(workbench, JPEG + bytes(2000))
        pair.in_stash(title="T", rating100=80)
        workbench.sync(pair.scene)
        assert (pair.shown()["title"], pair.shown()["userRating"]) == ("T", 8.0)
        assert uploads(pair) == []


def test_an_upload_whose_answer_is_lost_leaves_one_poster(workbench: Workbench) -> None:
    pair = covered(workbench, png("lost"))
    workbench.plex.inject({"type": "reset_after", "kind": "poster"})
    workbench.sync(pair.scene)
    workbench.clock.now += 700
    assert len(workbench.waiting()) == 1
    pair.sync()
    assert len(uploads(pair)) == 1
    assert pair.sync() == []


def test_the_cover_becomes_the_background_too_when_switched_on(workbench: Workbench) -> None:
    workbench.use(skip_poster=False, sync_background=True)
    cover = png("both")
    pair = covered(workbench, cover)
    assert pair.sync() == ["PUT art.locked=1; thumb.locked=1", post(cover), post(cover, "arts")]
    assert asked_for(workbench) == [200]
    assert pair.sync() == []
    assert asked_for(workbench) == [304]
    assert pair.shown()["selected"]["art"].startswith("upload://arts/")


def test_a_background_that_is_switched_on_later_uploads_no_poster_again(workbench: Workbench) -> None:
    cover = png("later")
    pair = covered(workbench, cover)
    pair.sync()
    workbench.use(skip_poster=False, sync_background=True)
    assert pair.sync() == ["PUT art.locked=1", post(cover, "arts")]
    assert pair.sync() == []
    new = png("later and new")
    pair.in_stash(cover=new)
    assert pair.sync() == [post(new), post(new, "arts")]


def test_the_background_alone_is_possible(workbench: Workbench) -> None:
    workbench.use(skip_poster=True, sync_background=True)
    cover = png("background only")
    pair = covered(workbench, cover)
    assert pair.sync() == ["PUT art.locked=1", post(cover, "arts")]
    assert workbench.record.latest_updates(1)[0].detail.endswith("background"), "Plex's word for it is no person's"
    assert pair.sync() == []


def test_switched_off_no_picture_is_even_asked_for_and_none_is_taken_away(workbench: Workbench) -> None:
    pair = covered(workbench, png("off"))
    pair.sync()
    shown = pair.shown()
    workbench.use(skip_poster=True)
    pair.in_stash(cover=png("off and new"))
    assert pair.sync() == []
    assert asked_for(workbench) == []
    assert pair.shown() == shown


def test_a_poster_locked_before_the_first_upload_is_replaced_by_default_without_another_lock(
    workbench: Workbench,
) -> None:
    cover = png("wins")
    pair = covered(workbench, cover, locked=["thumb"], posters=["theirs"])
    assert pair.sync() == [post(cover)]
    assert pair.shown()["locked"] == ["thumb"]


def test_a_poster_locked_before_the_first_upload_can_be_kept_until_it_is_forced(workbench: Workbench) -> None:
    workbench.use(skip_poster=False, keep_plex_edits=True)
    cover = png("kept")
    pair = covered(workbench, cover, locked=["thumb"], posters=["theirs"])
    before = pair.shown()
    for _ in range(2):
        assert pair.sync() == []
        assert workbench.kept == 1
        assert pair.shown() == before
    assert ("poster", pair.scene) in workbench.record.kept()
    assert pair.sync(UpdateType.OVERWRITE) == [post(cover)]
    assert pair.sync() == []


def test_our_own_lock_is_never_taken_for_a_persons(workbench: Workbench) -> None:
    workbench.use(skip_poster=False, keep_plex_edits=True)
    pair = covered(workbench, png("mine"))
    pair.sync()
    new = png("mine, and new")
    pair.in_stash(cover=new)
    assert pair.sync() == [post(new)]
    assert workbench.kept == 0


def test_fifty_scenes_upload_a_cover_each_and_none_the_second_time(workbench: Workbench) -> None:
    pairs = [covered(workbench, png(f"cover {number}")) for number in range(50)]
    workbench.sync(*(pair.scene for pair in pairs))
    assert workbench.plex.counts()["poster"] == 50
    workbench.sync(*(pair.scene for pair in pairs))
    assert workbench.plex.counts() == {"writes": 0, "details": 1}
    assert asked_for(workbench) == [304] * 50
