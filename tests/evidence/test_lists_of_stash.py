"""What Stash's lists do not say: a scene that it cannot read, a list that it cannot read, rows that it only counts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciliation.gaps import Gap
from stash import paging
from stash.client import StashClient
from stash.light import light_pages
from stash.scenes import scene_ids_showing, scenes_with_file
from tests.support.clock import HOUR
from tests.support.harness import file_name, plex_library, stash_library
from tests.support.workbench import Workbench, loaded_workbench
from validation.errors import StashUnavailable

COUNT = 60
LISTS = ("performer", "studio", "tag", "group")


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Workbench]:
    settings = {"skip_poster": True, "give_back_on_destroy": True}
    with loaded_workbench(tmp_path, stash_library(COUNT), plex_library(COUNT), settings) as made:
        made.stash.graphql('mutation { tagCreate(input: {name: "Old"}) { id } }')
        made.stash.bulk_save(range(1, COUNT + 1), details="Text.", tag_ids={"ids": ["1"], "mode": "SET"})
        made.stash.advance(60)
        made.reconcile()
        made.stash.advance(60)
        made.reconcile()
        made.plex.reset_counts()
        yield made


def unread(made: Workbench, scene: int, **fault: Any) -> None:
    """Stash cannot read a scene: it fails at lists with it, too, as it reads whole scenes for any."""
    made.stash.inject({"kind": "graphql_error", "scene": scene, "count": None, **fault})


def destroy(made: Workbench, *scenes: int) -> None:
    with made.library.lock:
        for scene in scenes:
            made.library.remove_scene(made.library.scenes[scene], keep_files=True)


@pytest.mark.parametrize("scene", [1, 30, COUNT])
@pytest.mark.parametrize("fault", [{}, {"field": "files"}, {"field": "updated_at"}], ids=["all", "files", "date"])
def test_a_scene_that_the_list_cannot_show_waits_and_the_others_go_on(
    made: Workbench, scene: int, fault: dict[str, Any]
) -> None:
    before = made.shown(scene)
    other = 31
    made.stash.bulk_save([scene, other], title="New")
    made.stash.advance(60)
    unread(made, scene, **fault)
    findings = made.reconcile()
    assert dict(findings.gaps) == {Gap.STALE: 1, Gap.UNREAD: 1}
    assert (made.title(other), made.shown(scene)) == ("New", before)
    assert (list(made.waiting()), made.parked()) == ([scene], {})
    line = made.worker.tally.summary()
    assert f"{COUNT - 2} already right, 1 updated, 1 to be tried again" in line
    made.stash.clear_faults()
    made.clock.now += HOUR
    made.run()
    assert (made.title(scene), made.waiting()) == ("New", {})
    assert not made.reconcile().gaps


def test_several_in_a_row_and_apart_are_told_from_those_that_are_gone(made: Workbench) -> None:
    for scene in (2, 3, 4, 40, COUNT):
        unread(made, scene)
    destroy(made, 41, COUNT - 1)
    made.stash.reset_counts()
    findings = made.reconcile()
    assert dict(findings.gaps) == {Gap.GONE_FROM_STASH: 2, Gap.UNREAD: 5}
    assert sorted(made.waiting()) == [2, 3, 4, 40, COUNT]
    assert made.plex.counts()["edit"] == 2  # given back for those that are gone
    assert made.stash.counts()["requests"] < 80


def test_one_whose_number_is_far_from_the_others_is_found(made: Workbench) -> None:
    destroy(made, *range(3, COUNT))
    with made.library.lock:
        far = made.library.scenes[COUNT]
        made.library.remove_scene(far, keep_files=True)
        far.id = 70_001
        made.library.add_scene(far)
    unread(made, far.id)
    assert [(page.scenes, page.unread) for page in light_pages(made.client) if page.unread] == [((), (far.id,))]


def test_a_stash_that_fails_at_every_scene_puts_the_comparison_off(made: Workbench) -> None:
    made.stash.inject({"kind": "graphql_error", "field": "Scene.files", "count": None})
    with pytest.raises(StashUnavailable):
        made.reconcile()
    made.run()
    assert (made.plex.counts()["writes"], made.parked()) == (0, {})
    assert len(made.waiting()) < paging.MANY
    made.stash.clear_faults()
    made.clock.now += HOUR
    made.run()
    assert (made.waiting(), dict(made.reconcile().gaps)) == ({}, {})


def test_a_locked_database_is_asked_twice_and_not_scene_by_scene(made: Workbench) -> None:
    made.stash.inject({"kind": "graphql_error", "match": "findScenes", "count": None})
    made.stash.reset_counts()
    with pytest.raises(StashUnavailable):
        list(light_pages(made.client))
    assert made.stash.counts()["requests"] == 2


def test_a_scene_of_a_changed_tag_that_cannot_be_listed_is_queued_with_the_others(made: Workbench) -> None:
    unread(made, 7)
    listed = sorted(scene for part in scene_ids_showing(made.client, "tag", 1) for scene in part)
    assert listed == list(range(1, COUNT + 1))


def test_one_that_cannot_be_listed_may_hold_the_file_that_is_asked_for(made: Workbench) -> None:
    unread(made, 7)
    with pytest.raises(StashUnavailable, match="scene 7"):
        scenes_with_file(made.client, file_name(7))
    assert [one.scene_id for one in scenes_with_file(made.client, file_name(8))] == [8]


@pytest.mark.parametrize("kind", LISTS)
def test_of_a_list_that_cannot_be_read_nothing_counts_as_renamed_or_gone_until_it_is_read(
    made: Workbench, kind: str
) -> None:
    made.stash.graphql('mutation { tagUpdate(input: {id: 1, name: "New"}) { id } }')
    made.stash.advance(60)
    made.stash.inject({"kind": "graphql_error", "match": f"find{kind.title()}s", "count": None})
    made.stash.bulk_save([5], title="Edited")
    made.stash.advance(60)
    findings = made.reconcile()
    renamed = {} if kind == "tag" else {Gap.RENAMED: COUNT - 1}
    assert (dict(findings.gaps), made.title(5)) == ({Gap.STALE: 1, **renamed}, "Edited")
    assert f"could not read 1 of 4 lists ({kind}s)" in findings.remark
    made.stash.clear_faults()
    again = made.reconcile()
    assert dict(again.gaps) == ({Gap.RENAMED: COUNT} if kind == "tag" else {})
    assert again.remark == ""
    assert made.shown(9)["tags"]["genre"] == ["New"]


def test_a_tag_made_and_renamed_between_two_passes_reaches_its_scenes(made: Workbench) -> None:
    tag = made.stash.graphql('mutation { tagCreate(input: {name: "Young"}) { id } }')["data"]["tagCreate"]["id"]
    made.edit(3, tag_ids=[tag])
    made.stash.advance(60)
    made.run()
    made.stash.advance(60)
    made.stash.graphql(f'mutation {{ tagUpdate(input: {{id: {tag}, name: "Older"}}) {{ id }} }}')
    made.stash.advance(60)
    assert made.reconcile().gaps == {Gap.RENAMED: 1}
    assert made.shown(3)["tags"]["genre"] == ["Older"]
    assert not made.reconcile().gaps


@pytest.mark.parametrize("hidden", [1, 30, COUNT])
def test_a_scene_that_is_counted_and_not_listed_is_asked_for_by_id_and_not_gone(
    made: Workbench, monkeypatch: pytest.MonkeyPatch, hidden: int
) -> None:
    real = StashClient.execute

    def execute(self: StashClient, query: str, variables: Any = None) -> dict[str, Any]:
        answer = real(self, query, variables)
        if "LightScenes" in query:
            found = answer["findScenes"]
            found["scenes"] = [scene for scene in found["scenes"] if int(scene["id"]) != hidden]
        return answer

    monkeypatch.setattr(StashClient, "execute", execute)
    assert dict(made.reconcile().gaps) == {Gap.UNREAD: 1}
    assert made.plex.counts()["writes"] == 0
    assert made.waiting() == {}


def test_scenes_that_come_and_go_between_two_pages_hide_no_other(
    made: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "PAGE", 20)
    real, seen = StashClient.execute, list[int]()

    def execute(self: StashClient, query: str, variables: Any = None) -> dict[str, Any]:
        answer = real(self, query, variables)
        if "LightScenes" in query:
            seen.append(variables["after"])
            destroy(made, len(seen))  # on the page that was read
            made.stash.save(COUNT, organized=True)
        return answer

    monkeypatch.setattr(StashClient, "execute", execute)
    listed = [scene.id for page in light_pages(made.client, size=20) for scene in page.scenes]
    assert listed == list(range(1, COUNT + 1))
    assert seen == [0, 20, 40]
