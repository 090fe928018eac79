"""What Stash did not say is not known: nothing in Plex follows from it, and nobody is at fault."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from stash.scenes import scenes_query
from tests.support.clock import HOUR
from tests.support.workbench import Workbench, running_workbench

#: How a scene stands in Plex beside which something cannot be read.
FULL = {"title": "T", "details": "Text.", "studio": "Alpha", "performers": ["Ann"], "tags": ["Beach"]}


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Workbench]:
    with running_workbench(tmp_path) as made:
        yield made


@pytest.mark.parametrize("keeping", [False, True])
@pytest.mark.parametrize(
    "field", ["title", "details", "studio", "Studio.name", "performers", "Performer.name", "tags", "groups", "files"]
)
def test_a_field_that_could_not_be_read_makes_its_scene_wait_and_no_other(
    made: Workbench, field: str, keeping: bool
) -> None:
    made.use(collection_studio=True, keep_plex_edits=keeping)
    one, other = made.pair(), made.pair()
    one.in_stash(**FULL)
    other.in_stash(title="O")
    made.sync(one.scene, other.scene)
    before = one.shown()
    fault = {"kind": "graphql_error", "field": field, "message": "database is locked", "count": None}
    made.stash.inject(fault if "." in field else {**fault, "scene": one.scene})
    other.in_stash(title="Other")
    made.sync(one.scene, other.scene)
    assert made.plex.counts()["edit"] == 1  # that of the other
    assert one.shown() == before
    assert other.shown()["title"] == "Other"
    assert one.scene in made.waiting()
    assert made.parked() == {}
    made.stash.clear_faults()
    made.clock.now += HOUR
    made.sync()
    assert (one.writes(), made.waiting()) == ([], {})


def test_a_scene_that_is_gone_is_told_from_one_that_could_not_be_read(made: Workbench) -> None:
    made.use(give_back_on_destroy=True)
    gone, unread = made.pair(title="Before"), made.pair(title="Before")
    gone.in_stash(title="T")
    unread.in_stash(title="T")
    made.sync(gone.scene, unread.scene)
    with made.library.lock:
        del made.library.scenes[gone.scene]
    made.stash.inject({"kind": "graphql_error", "scene": unread.scene, "count": None})
    made.sync(gone.scene, unread.scene)
    assert (gone.shown()["title"], unread.shown()["title"]) == ("Before", "T")
    assert (made.parked(), list(made.waiting())) == ({}, [unread.scene])


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        '{"data": null}',
        '{"data": {}}',
        '{"data": {"s0": {}}}',
        '{"status": "ok"}',
        '{"data": {"s0": null}, "errors": [{"message": "locked", "path": ["findScene"]}]}',
        '{"data": {"s0": null}, "errors": [{"message": "locked", "path": null}]}',
        '{"data": {"s0": null}, "error": "database is locked"}',
    ],
)
def test_json_that_says_nothing_of_a_scene_is_no_deleted_scene(made: Workbench, body: str) -> None:
    made.use(give_back_on_destroy=True)
    pair = made.pair(title="Before")
    pair.in_stash(title="T")
    pair.sync()
    made.stash.inject({"kind": "json", "body": body, "match": "findScene", "count": None})
    made.sync(pair.scene)
    assert (pair.shown()["title"], pair.writes(), list(made.waiting())) == ("T", [], [pair.scene])
    made.stash.clear_faults()
    made.clock.now += HOUR
    made.sync()
    assert (made.tally, made.waiting()) == ({"unchanged": 1}, {})


@pytest.mark.parametrize("told", [False, 0, [], {}])
@pytest.mark.parametrize("field", ["title", "details", "code", "director", "date"])
def test_what_is_neither_text_nor_null_is_no_emptied_field(made: Workbench, field: str, told: object) -> None:
    pair = made.pair(title="Before")
    pair.in_stash(**FULL)
    pair.sync()
    query = scenes_query(1)
    scene = made.client.execute(query, {"images": False, "stashIds": False, "id0": str(pair.scene)})["s0"]
    body = json.dumps({"data": {"s0": {**scene, field: told}}})
    made.stash.inject({"kind": "json", "body": body, "match": "findScene", "count": None})
    made.sync(pair.scene)
    assert (pair.shown()["title"], pair.shown()["summary"], pair.writes()) == ("T", "Text.", [])
    assert list(made.waiting()) == [pair.scene]


@pytest.mark.parametrize("scenes", [1, 3])
def test_a_reading_that_fails_for_all_parks_nobody_and_goes_on_when_it_works(made: Workbench, scenes: int) -> None:
    pairs = [made.pair() for _ in range(scenes)]
    for pair in pairs:
        pair.in_stash(title="T")
    made.sync(*(pair.scene for pair in pairs))
    made.stash.inject({"kind": "graphql_error", "match": "findScene", "count": None})
    for pair in pairs:
        pair.in_stash(title="New")
    made.sync(*(pair.scene for pair in pairs))
    for _ in range(300):  # beyond the tries of a scene that is itself at fault
        made.clock.now += 700
        made.sync()
    assert (made.parked(), len(made.waiting())) == ({}, scenes)
    made.stash.clear_faults()
    made.clock.now += 700
    made.sync()
    assert all(pair.shown()["title"] == "New" for pair in pairs)


def test_a_stash_that_can_read_no_scene_is_not_asked_in_haste(made: Workbench) -> None:
    pairs = [made.pair() for _ in range(200)]
    for pair in pairs:
        pair.in_stash(title="T")
    made.stash.inject({"kind": "graphql_error", "match": "findScene", "count": None})
    made.sync(*(pair.scene for pair in pairs))
    began = made.stash.counts()["requests"]
    for _ in range(60):
        made.clock.now += 1
        made.run()
    assert made.stash.counts()["requests"] - began <= 60
    assert made.parked() == {}
