"""For any scene and anything Plex held before: sync shows it, once is enough, and emptying gives everything back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.anything import LISTS, SETTINGS, form, items, scenes, state, with_added, with_year
from tests.support.pairs import Pair, listed
from tests.support.workbench import Workbench, running_workbench
from worker.metadata.memory import ItemMemory

EMPTY: dict[str, Any] = {
    "title": "",
    "details": "",
    "code": "",
    "date": None,
    "rating100": None,
    "studio": None,
    "director": "",
    "performers": [],
    "tags": [],
    "groups": [],
}


additions = st.dictionaries(st.sampled_from(list(LISTS)), st.sampled_from(["Added", "Zusatz"]), max_size=3)


@pytest.fixture(scope="module", params=["append", "replace"])
def workbench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    with running_workbench(tmp_path_factory.mktemp("round-trip"), tags=request.param) as made:
        yield made


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(scene=scenes, item=items, added=additions, as_labels=st.booleans())
def test_a_scene_comes_and_goes_and_plex_is_as_before_but_for_what_others_added(
    workbench: Workbench, scene: dict[str, Any], item: dict[str, Any], added: dict[str, str], as_labels: bool
) -> None:
    workbench.use(**SETTINGS, tags_as_labels=as_labels)
    pair = workbench.pair(**with_year(item))
    before = state(pair)

    pair.in_stash(**scene)
    pair.sync()
    assert_shows(pair, scene, before, as_labels)
    assert pair.sync() == []

    for kind, tag in added.items():
        pair.by_hand(**listed(kind, [*pair.tags(kind), tag]))
    pair.in_stash(**EMPTY)
    pair.sync()
    assert state(pair) == with_added(before, added)
    assert pair.sync() == []
    assert pair.memory() == ItemMemory()


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(first=scenes, second=scenes, item=items)
def test_however_a_scene_changes_in_between_emptying_it_gives_back_what_was_first(
    workbench: Workbench, first: dict[str, Any], second: dict[str, Any], item: dict[str, Any]
) -> None:
    workbench.use(**SETTINGS)
    pair = workbench.pair(**with_year(item))
    before = state(pair)
    for scene in (first, second):
        pair.in_stash(**scene)
        pair.sync()
        assert_shows(pair, scene, before, as_labels=False)
        assert pair.sync() == []
    pair.in_stash(**EMPTY)
    pair.sync()
    assert state(pair) == before


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(scene=scenes, item=items)
def test_with_edits_kept_a_locked_field_stays_as_it_was(
    workbench: Workbench, scene: dict[str, Any], item: dict[str, Any]
) -> None:
    workbench.use(**SETTINGS, keep_plex_edits=True)
    pair = workbench.pair(**with_year(item))
    before = pair.shown()
    pair.in_stash(**scene)
    pair.sync()
    now = pair.shown()
    for name in item["locked"]:
        if name in LISTS:
            assert sorted(now["tags"].get(name, [])) == sorted(before["tags"].get(name, [])), name
        else:
            assert now.get(name) == before.get(name), name
    assert pair.sync() == []


def assert_shows(pair: Pair, scene: dict[str, Any], before: dict[str, Any], as_labels: bool) -> None:
    """All that the scene says is there, and what it does not say is as it was before."""
    now = state(pair)
    number, date = scene["code"], scene["date"]
    wanted = {
        "title": scene["title"].strip(),
        "summary": "\n".join(line for line in scene["details"].split("\n")).strip(),
        "studio": (scene["studio"] or "").strip(),
        "titleSort": number,
        "tagline": ((f"No. {number}" if number else "") + (f" of {date}" if date else "")).strip(),
        "originallyAvailableAt": f"{date}-01-01"[:10] if date and len(date) != 7 else f"{date}-01" if date else "",
    }
    for name, value in wanted.items():
        assert now.get(name) == (value or before.get(name)), name
        if value and value != before.get(name):
            assert name in now["locked"]
    stars = scene["rating100"]
    if stars:
        assert abs(now["userRating"] - stars / 10) <= 0.4  # the nearest half star's half, and never none
        assert (now["userRating"] * 2).is_integer()
    else:
        assert now["userRating"] == before["userRating"]
    ours = {
        "label" if as_labels else "genre": scene["tags"],
        "actor": scene["performers"],
        "director": [name for name in scene["director"].split(", ") if name],
        "collection": [*scene["groups"], *([scene["studio"]] if scene["studio"] else [])],
    }
    for kind in LISTS:
        mine = {form(tag) for tag in ours.get(kind, [])}
        assert now[kind] == mine | before[kind], kind


def test_fifty_scenes_at_once_come_and_go_as_each_alone(workbench: Workbench) -> None:
    workbench.use(**SETTINGS)
    pairs = [workbench.pair(genres=["Theirs"], title=f"Old {number}") for number in range(50)]
    before = [state(pair) for pair in pairs]
    for number, pair in enumerate(pairs):
        pair.in_stash(title=f"New {number}", tags=["Beach", f"Tag {number}"], performers=["Ada"], rating100=number + 1)
    workbench.sync(*(pair.scene for pair in pairs))
    assert workbench.tally == {"updated": 50}
    workbench.sync(*(pair.scene for pair in pairs))
    assert workbench.tally == {"unchanged": 50}
    assert workbench.plex.counts()["writes"] == 0
    for pair in pairs:
        pair.in_stash(**EMPTY)
    workbench.sync(*(pair.scene for pair in pairs))
    assert workbench.plex.counts() == {"writes": 100, "details": 2, "edit": 50, "rate": 50}
    assert [state(pair) for pair in pairs] == before
