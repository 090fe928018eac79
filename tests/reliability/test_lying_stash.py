"""A Stash that lies: every fault of the double for every question that the worker asks it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.stash.faults import KINDS as FAULT_KINDS
from tests.doubles.stash.pictures import Picture
from tests.support.clock import MINUTE
from tests.support.clockwork import SILENCE, Clockwork, Story, clockwork
from tests.support.harness import plex_library, stash_library
from worker.timing import Timing

#: What the worker asks: settings, whether it answers at all, scenes in full, scenes that show something or have a
#: file of that name, its task queue, covers; and all at once.
QUESTIONS = ("configuration", "version", "findScene", "findScenes", "jobQueue", "image", "any")

FAULTS: dict[str, dict[str, Any]] = {
    "reset": {"kind": "reset"},
    "reset after": {"kind": "reset", "when": "after"},
    "cut off": {"kind": "truncated"},
    "404": {"kind": "status", "status": 404},
    "429": {"kind": "status", "status": 429},
    "500": {"kind": "status", "status": 500},
    "502": {"kind": "status", "status": 502, "body": "<html>Bad gateway</html>"},
    "session over": {"kind": "unauthorized"},
    "a page": {"kind": "html"},
    "broken JSON": {"kind": "invalid_json"},
    "an error": {"kind": "graphql_error"},
    "an empty object": {"kind": "json"},
    "no data": {"kind": "json", "body": '{"data": null}'},
    "another program": {"kind": "json", "body": '{"MediaContainer": {"size": 0}}'},
}
SLOW: dict[str, dict[str, Any]] = {
    "hang": {"kind": "hang", "seconds": SILENCE},
    "slow": {"kind": "slow", "seconds": 0.02},
    "in drops": {"kind": "drip", "seconds": 0.02},
}
ALL = {**FAULTS, **SLOW}

SCENES = (1, 2, 3)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Clockwork]:
    library = {**stash_library(4), "tags": [{"id": 1, "name": "Beach"}]}
    library["scenes"][3]["tags"] = [1]
    with clockwork(tmp_path, library, plex_library(4)) as made:
        made.timing = Timing(poll=1.0, about=30.0)
        made.settings(skip_poster=False)
        yield made


def test_every_fault_of_the_double_is_tried() -> None:
    assert {fault["kind"] for fault in ALL.values()} | {"refused"} == set(FAULT_KINDS)  # refused: test_outages.py


@pytest.mark.parametrize("name", ALL)
def test_what_stash_fails_at_is_waited_for_without_haste_and_then_right(made: Clockwork, name: str) -> None:
    def story() -> Story:
        made.save(*SCENES, title="Before")
        yield from made.until(lambda: made.shows(*SCENES, title="Before") and made.settled(), 5 * MINUTE)
        last = "Before"
        for number, question in enumerate(QUESTIONS, 1):
            title, tag = f"{name} {question}", f"Beach {number}"
            made.stash.inject({**ALL[name], "match": question, "count": None if name in FAULTS else 3})
            began = made.passed
            made.plex.reset_counts()
            for scene in SCENES:
                made.save(scene, title=title, cover=Picture(b"\xff\xd8\xff" + bytes([number, scene])))
            made.stash.stash.library.tags[1].name = tag
            made.hook(1, "Tag.Update.Post")
            # As long as no Stash has been silent so long that it counts as ended, and no try is the last.
            yield 1.5 * MINUTE
            assert made.most_in(MINUTE, "stash", began) <= 60, question
            assert made.most_in(MINUTE, "plex", began) <= 40, question
            # Nothing is blanked for want of an answer.
            assert all(made.shown(scene)["title"] in (title, last) for scene in SCENES), question
            made.stash.clear_faults()
            yield from made.until(
                lambda title=title, tag=tag: (  # type: ignore[misc]
                    made.shows(*SCENES, title=title) and made.shown(4)["tags"]["genre"] == [tag] and made.settled()
                ),
                11 * MINUTE,
                question,
            )
            assert made.parked() == {}, question
            assert made.plex.counts().get("poster", 0) <= 4, question
            last = title
        assert made.endings == []

    made.settings(skip_poster=False, reconcile_every_hours=-1)
    made.play(story())
    assert made.plex.edits_without_id == 0
