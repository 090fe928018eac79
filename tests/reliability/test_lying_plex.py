"""A Plex that lies: every fault of the double for every kind of request, for a moment and for minutes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.plex.faults import TYPES
from tests.doubles.stash.model import Group, Scene, SceneGroup
from tests.doubles.stash.pictures import Picture
from tests.support.clock import HOUR, MINUTE
from tests.support.clockwork import SILENCE, Clockwork, Story, clockwork
from tests.support.harness import PLEX_ROOT, file_name, plex_library, stash_library
from worker.timing import Timing

#: Every kind of request that PlexSync sends, and all of them at once.
KINDS = ("identity", "root", "sections", "list", "details", "edit", "rate", "poster", "art", "collection", "scan", "*")

#: Answers that are none: Plex, or something in its place, fails at the request.
FAILURES: dict[str, dict[str, Any]] = {
    "reset before": {"type": "reset_before"},
    "cut off": {"type": "truncate"},
    "broken XML": {"type": "broken_xml"},
    "a page": {"type": "html_200"},
    "a page that is no XML": {"type": "html_200", "well_formed": False},
    "nothing": {"type": "empty_200"},
    "429": {"type": "status", "status": 429},
    "500": {"type": "status", "status": 500},
    "520": {"type": "status", "status": 520},
    "unavailable": {"type": "unavailable"},
}
STARTING: dict[str, dict[str, Any]] = {"starting": {"type": "starting_up"}, "maintenance": {"type": "maintenance"}}
SETTINGS: dict[str, dict[str, Any]] = {
    "401": {"type": "status", "status": 401},
    "403": {"type": "status", "status": 403},
    "redirect": {"type": "redirect", "location": "http://127.0.0.1:9/elsewhere"},
}
REFUSALS: dict[str, dict[str, Any]] = {
    "400": {"type": "status", "status": 400},
    "404": {"type": "status", "status": 404},
    "409": {"type": "status", "status": 409},
    "414": {"type": "status", "status": 414},
    "415": {"type": "status", "status": 415},
    "422": {"type": "status", "status": 422},
}
#: Those that take real time, or that say nothing of whether the request was carried out.
SLOW: dict[str, dict[str, Any]] = {
    "reset after": {"type": "reset_after"},
    "500 after": {"type": "status", "status": 500, "after": True},
    "a page after": {"type": "html_200", "after": True},
    "hang": {"type": "hang", "seconds": SILENCE},
    "applied but timed out": {"type": "hang_after", "seconds": SILENCE},
    "slow": {"type": "slow", "seconds": 0.02},
    "in drops": {"type": "drip", "seconds": 0.001},
    "busy": {"type": "busy", "ms": 1, "queue": 0},
}
#: Of these, each request that they meet was carried out.
APPLIED = ("reset after", "500 after", "a page after", "applied but timed out", "slow", "in drops")
ALL: dict[str, dict[str, Any]] = {**FAILURES, **STARTING, **SETTINGS, **REFUSALS, **SLOW}

STEP = 5.0


class Cases:
    """For each case, two new scenes of a new group, and a third whose file Plex does not have yet."""

    def __init__(self, made: Clockwork) -> None:
        self.rig = made
        self._numbers = count(10, 3)
        self.first = self.second = self.missing = 0
        self.posters, self.stars = 1, 8.0
        made.timing = Timing(poll=STEP, about=60.0)
        made.settings(
            skip_poster=False,
            sync_background=True,
            collection_groups=True,
            plex_scan_missing=True,
            reconcile_every_hours=-1,
        )

    def begin(self) -> None:
        """New scenes, and the hooks that tell of them."""
        self.posters, self.stars = 1, 8.0
        self.first = next(self._numbers)
        self.second, self.missing = self.first + 1, self.first + 2
        library = self.rig.stash.stash.library
        now = library.clock.now()
        with library.lock:
            group = Group(self.first, f"Series {self.first}", now, now, front_image=_picture(self.first, 1))
            library.groups[group.id] = group
        for place, scene in enumerate((self.first, self.second, self.missing), 1):
            self._make(scene)
            fields: dict[str, Any] = {"rating100": 80, "groups": [SceneGroup(group, 9 - place)]}
            self.rig.save(scene, title=f"Title {scene}", details="Text.", cover=_picture(scene, 2), **fields)
        for scene in (self.first, self.second):
            self.appear(scene)

    def _make(self, scene: int) -> None:
        library = self.rig.stash.stash.library
        now = library.clock.now()
        template = library.scenes[1].files[0]
        file = type(template)(
            library.new_id("file", library.files),
            f"/media/stash/{file_name(scene)}",
            1000 + scene,
            60.0,
            now,
            now,
            now,
        )
        with library.lock:
            library.add_scene(Scene(scene, now, now, files=[file]))

    def appear(self, scene: int) -> None:
        """Plex has the file."""
        self.rig.plex.add_item(1, f"{PLEX_ROOT}/{file_name(scene)}", 1000 + scene, title="From the file")

    def right(self, *scenes: int) -> bool:
        """Whether Plex shows all of these scenes, each thing once."""
        return all(self._right(scene) for scene in scenes)

    def _right(self, scene: int) -> bool:
        shown = self.rig.shown(scene)
        uploads = [one for one in shown["posters"] if one.startswith("upload:")]
        return (
            shown["title"] == f"Title {scene}"
            and shown.get("summary") == "Text."
            and shown["userRating"] == (8.0 if scene == self.missing else self.stars)
            and shown["tags"]["collection"] == [f"Series {self.first}"]
            and len(uploads) == (1 if scene == self.missing else self.posters)
            and shown["selected"]["thumb"] == uploads[-1]
            and shown["selected"]["art"].startswith("upload:")
        )

    def outcome(self) -> str:
        """What became of the two scenes that Plex has."""
        two = {self.first, self.second}
        if self.rig.paused():
            return "paused"
        if two & self.rig.parked().keys():
            return "parked"
        waiting = {job.scene_id: job.attempts for job in self.rig.jobs()}
        if not two & waiting.keys():
            return "done"
        return "tried again" if any(waiting.get(scene) for scene in two) else "waits"


def _picture(number: int, place: int) -> Picture:
    return Picture(b"\xff\xd8\xff" + number.to_bytes(4, "big") + bytes([place]))


@pytest.fixture
def cases(tmp_path: Path) -> Iterator[Cases]:
    with clockwork(tmp_path, stash_library(3), plex_library(3)) as made:
        yield Cases(made)


def bystanders(made: Clockwork) -> list[dict[str, Any]]:
    return [made.shown(scene) for scene in (2, 3)]


def test_every_fault_of_the_double_is_tried() -> None:
    told = {"refused": "test_outages.py", "vanish": "test_wholeness.py"}
    assert {fault["type"] for fault in ALL.values()} | told.keys() == TYPES.keys()


def expected(name: str, kind: str) -> str:
    """What has to become of scenes while Plex fails so at every request of a kind."""
    if kind in ("identity", "scan"):
        return "done"  # nothing hangs on them
    if kind == "rate" and name in (*REFUSALS, *SETTINGS):
        return "done"  # other edits work, so it is the rating alone that is refused
    if name in SETTINGS:
        return "paused"
    if kind in ("root", "*") and name in ("a page", "404"):
        return "paused"  # whatever is there, it is no Plex
    if kind in ("root", "sections", "list", "*") or name in STARTING:
        return "waits"  # no scene's fault
    if kind == "collection":
        return {"404": "done"}.get(name, "parked" if name in REFUSALS else "tried again")
    if (name, kind) == ("404", "details"):
        return "waits"  # as for a file that is not in Plex yet
    if name in REFUSALS and kind in ("edit", "details"):
        return "paused"  # so are the scenes that were right before
    if name in REFUSALS and kind in ("poster", "art"):
        return "done"  # a refused picture holds up nothing
    if kind != "details" and name in ("cut off", "broken XML", "nothing"):
        return "done"  # a success without a body, as Plex's own
    return "tried again"


@pytest.mark.parametrize("name", [*FAILURES, *STARTING, *SETTINGS, *REFUSALS])
def test_what_fails_for_minutes_is_waited_for_without_haste_and_then_right(cases: Cases, name: str) -> None:
    made = cases.rig
    before = bystanders(made)
    for kind in KINDS:

        def story(kind: str = kind) -> Story:
            began = made.passed
            made.plex.inject({**ALL[name], "kind": kind, "count": None})
            cases.begin()
            yield 5 * MINUTE
            allowed = {expected(name, kind)}
            if name == "cut off" and "done" in allowed:
                allowed.add("tried again")  # whether the connection broke before the short answer was read
            assert cases.outcome() in allowed, kind
            assert made.most_in(MINUTE, "plex", began) <= 60, kind
            # A try of a picture costs a look at the item's list, and another try without the lock.
            most = 150 if kind in ("poster", "art") else 100
            assert len(made.tries("plex", began)) <= most, kind
            made.plex.clear_faults()
            if cases.outcome() == "parked":
                for scene in (cases.first, cases.second):
                    made.hook(scene)
            if cases.outcome() == "done" and name in REFUSALS and kind in ("poster", "art"):
                cases.posters = 2 if kind == "art" else 1
                for scene in (cases.first, cases.second):  # it is not tried again before it changes
                    made.save(scene, cover=_picture(scene, 3))
            if cases.outcome() == "done" and kind == "rate":
                cases.stars = 6.0
                for scene in (cases.first, cases.second):
                    made.save(scene, rating100=60)
            if not (name == "nothing" and kind in ("edit", "rate", "poster", "art")):
                # (Plex's own answer to a write is empty, too: one that it did not carry out cannot be told.)
                late = 2 * HOUR if (name, kind) == ("404", "details") else 11 * MINUTE
                yield from made.until(lambda: cases.right(cases.first, cases.second), late, kind)
            cases.appear(cases.missing)
            yield from made.until(lambda: cases.right(cases.missing) and made.settled(), HOUR, kind)
            assert made.parked() == {}, kind

        made.play(story())
    assert made.plex.edits_without_id == 0
    assert bystanders(made) == before
    assert made.tries("elsewhere") == []


@pytest.mark.parametrize("name", [*SETTINGS, *STARTING, "a page", "404", "nothing", "500"])
def test_a_plex_that_changes_while_connected_costs_no_scene_anything(cases: Cases, name: str) -> None:
    made = cases.rig

    def story() -> Story:
        cases.begin()
        yield from made.until(lambda: cases.right(cases.first, cases.second), MINUTE)
        cases.appear(cases.missing)
        yield from made.until(lambda: made.settled(), 10 * MINUTE)
        began = made.passed
        made.plex.inject({**ALL[name], "kind": "*", "count": None})
        made.save(cases.first, cases.second, title="Meanwhile")  # known scenes: nothing has to be listed for them
        yield HOUR
        assert {job.scene_id for job in made.jobs()} == {cases.first, cases.second}
        assert {job.attempts for job in made.jobs()} == {0}
        assert made.parked() == {}
        assert made.most_in(MINUTE, "plex", began + 5 * MINUTE) <= 5
        made.plex.clear_faults()
        yield from made.until(lambda: made.shows(cases.first, cases.second, title="Meanwhile"), 2 * HOUR)

    made.play(story())


@pytest.mark.parametrize("name", [name for name in FAILURES if name != "cut off"])
def test_a_plex_that_goes_down_between_reading_and_writing_costs_no_scene_anything(cases: Cases, name: str) -> None:
    made = cases.rig

    def story() -> Story:
        made.plex.inject({**ALL[name], "kind": "edit", "count": None})
        made.plex.inject({"type": "unavailable", "kind": "identity", "count": None})
        cases.begin()
        yield HOUR
        assert cases.outcome() == expected(name, "edit").replace("tried again", "waits")
        assert {job.attempts for job in made.jobs()} == {0}
        made.plex.clear_faults()
        if name != "nothing":
            yield from made.until(lambda: cases.right(cases.first, cases.second), 2 * MINUTE)

    made.play(story())


@pytest.mark.parametrize("name", SLOW)
def test_what_happens_once_leaves_no_trace(cases: Cases, name: str) -> None:
    """Twice for each kind of request; what was applied although no answer came has no second effect that shows."""
    made = cases.rig
    before = bystanders(made)
    for kind in KINDS:

        def story(kind: str = kind) -> Story:
            made.plex.reset_counts()
            began = made.passed
            made.plex.inject({**ALL[name], "kind": kind, "count": 1000 if ALL[name]["type"] == "busy" else 2})
            cases.begin()
            yield from made.until(lambda: cases.right(cases.first, cases.second), 11 * MINUTE, kind)
            made.plex.clear_faults()
            cases.appear(cases.missing)
            yield from made.until(lambda: cases.right(cases.missing) and made.settled(), HOUR, kind)
            assert made.parked() == {}, kind
            assert made.most_in(MINUTE, "plex", began) <= 60, kind
            if kind in ("edit", "rate") and name in APPLIED:
                for scene in (cases.first, cases.second, cases.missing):
                    key = str(made.shown(scene)["ratingKey"])
                    of_it = [one for one in made.plex.requests if key in (one.params.get("id"), one.params.get("key"))]
                    assert [one.kind for one in of_it if one.kind == kind] == [kind], kind

        made.play(story())
    assert made.plex.edits_without_id == 0
    assert bystanders(made) == before
