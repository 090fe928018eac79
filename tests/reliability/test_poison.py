"""A scene that always fails, in whatever way, slows no other and ends up parked with its reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.stash.pictures import Picture
from tests.support.clock import HOUR, MINUTE
from tests.support.clockwork import Clockwork, Story, clockwork
from tests.support.harness import plex_library, stash_library
from worker.metadata import wanted
from worker.timing import MOST_ATTEMPTS, Timing

POISON = 2
OTHERS = tuple(range(3, 31))


def in_plex(kind: str, **fault: Any) -> Callable[[Clockwork, pytest.MonkeyPatch], None]:
    """Plex fails at this one item, for ever."""

    def poison(made: Clockwork, _: pytest.MonkeyPatch) -> None:
        key = int(made.shown(POISON)["ratingKey"])
        made.plex.inject({**fault, "kind": kind, "rating_key": key, "count": None})

    return poison


def in_stash(made: Clockwork, _: pytest.MonkeyPatch) -> None:
    """Stash fails at this one scene."""
    made.stash.inject({"kind": "graphql_error", "scene": POISON, "count": None})


def bug(_: Clockwork, monkeypatch: pytest.MonkeyPatch) -> None:
    """PlexSync itself trips over it."""
    real = wanted.wanted_of

    def trips(scene: Any, config: Any) -> Any:
        if scene.id == POISON:
            raise ZeroDivisionError("a bug")
        return real(scene, config)

    monkeypatch.setattr("worker.scene_sync.wanted_of", trips)


TRIED = f"tried {MOST_ATTEMPTS} times"
POISONS: dict[str, tuple[Callable[[Clockwork, pytest.MonkeyPatch], None], str]] = {
    "details 500": (in_plex("details", type="status", status=500), TRIED),
    "details reset": (in_plex("details", type="reset_before"), TRIED),
    "details a page": (in_plex("details", type="html_200"), TRIED),
    "details cut off": (in_plex("details", type="truncate"), TRIED),
    "details broken": (in_plex("details", type="broken_xml"), TRIED),
    "details nothing": (in_plex("details", type="empty_200"), TRIED),
    "details refused": (in_plex("details", type="status", status=400), "HTTP 400"),
    "edit 429": (in_plex("edit", type="status", status=429), TRIED),
    "edit 599": (in_plex("edit", type="status", status=599), TRIED),
    "edit a page": (in_plex("edit", type="html_200"), TRIED),
    "edit too long": (in_plex("edit", type="status", status=414), "too long"),
    "edit 409": (in_plex("edit", type="status", status=409), "HTTP 409"),
    "poster reset": (in_plex("poster", type="reset_before"), TRIED),
    "Stash": (in_stash, "Stash reports: database is locked"),
    "a bug": (bug, TRIED),
}


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Clockwork]:
    with clockwork(tmp_path, stash_library(30), plex_library(30)) as made:
        made.settings(skip_poster=False, reconcile_every_hours=-1)
        made.timing = Timing(poll=5.0, about=60.0)
        yield made


@pytest.mark.parametrize("name", POISONS)
def test_poison_slows_no_other_scene_and_is_parked_with_its_reason(
    made: Clockwork, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    spoil, reason = POISONS[name]

    def story() -> Story:
        made.save(1, title="Warm up")
        yield from made.until(lambda: made.shows(1, title="Warm up") and made.settled(), MINUTE)
        spoil(made, monkeypatch)
        began = made.passed
        for scene in (POISON, *OTHERS):  # the poison first
            made.save(scene, title="Text", rating100=80, cover=Picture(b"\xff\xd8\xff" + bytes([scene])))
        yield from made.until(lambda: made.shows(*OTHERS, title="Text", userRating=8.0), 2 * made.timing.poll)
        first = len(made.tries("plex", began))
        yield from made.until(made.parked, HOUR)
        assert set(made.parked()) == {POISON}
        assert reason in made.parked()[POISON]
        assert made.settled()
        # Details, edit, rating, cover and background of each, a look at its pictures after, with some for the poison.
        assert first <= 6 * len(OTHERS) + 15
        assert len(made.tries("plex", began)) - first <= 12 * MOST_ATTEMPTS
        quiet = made.passed
        yield HOUR
        assert made.tries("plex", quiet) == []

    made.play(story())
    assert made.plex.edits_without_id == 0
