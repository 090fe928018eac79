"""A performer, studio, tag or group changes, or is gone: every scene that showed it follows, once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.harness import hook_input
from tests.support.pairs import Pair
from tests.support.workbench import Workbench, running_workbench
from validation.jobs import UpdateType
from worker.hook import read_hook, store

KINDS = ("performer", "studio", "tag", "group")


@dataclass
class Setup:
    """A workbench with an inbox before it."""

    workbench: Workbench

    def hook(self, kind: str, number: int) -> None:
        """What Stash's hook leaves in the inbox."""
        store(read_hook(hook_input(self.workbench.stash, number, kind)), self.workbench.data)

    def taken(self) -> dict[int, UpdateType]:
        """Take the inbox in; the scenes that have a job then, and why."""
        self.workbench.inbox.take(self.workbench.queue, self.workbench.record, self.workbench.client)
        return {job.scene_id: job.update_type for job in self.workbench.jobs()}

    def ask(self, mutation: str, **variables: Any) -> None:
        """Change something in Stash as its pages do."""
        answer = self.workbench.stash.graphql(mutation, variables)
        assert "errors" not in answer, answer

    def rename(self, kind: str, old: str, new: str) -> int:
        """Rename in Stash, hook and all; the number of what was renamed."""
        number: int = self.workbench.entity(kind, old).id
        title = kind.capitalize()
        self.ask(
            f"mutation($input:{title}UpdateInput!){{{kind}Update(input:$input){{id}}}}",
            input={"id": str(number), "name": new},
        )
        self.hook(f"{title}.Update.Post", number)
        return number

    def destroy(self, kind: str, name: str) -> None:
        """Delete in Stash, hook and all."""
        number, title = self.workbench.entity(kind, name).id, kind.capitalize()
        self.ask(f"mutation($input:{title}DestroyInput!){{{kind}Destroy(input:$input)}}", input={"id": str(number)})
        self.hook(f"{title}.Destroy.Post", number)


@pytest.fixture
def setup(tmp_path: Path) -> Iterator[Setup]:
    with running_workbench(tmp_path) as workbench:
        workbench.use(collection_groups=True)
        yield Setup(workbench)


def with_one(kind: str, name: str) -> dict[str, Any]:
    """The fields of a scene that shows it."""
    return {"studio": name} if kind == "studio" else {f"{kind}s": [name]}


def showing(workbench: Workbench, kind: str, *names: str) -> list[Pair]:
    """One synced scene for each name."""
    pairs = [workbench.pair() for _ in names]
    for pair, name in zip(pairs, names, strict=True):
        pair.in_stash(**with_one(kind, name))
    workbench.sync(*(pair.scene for pair in pairs))
    return pairs


def shown(pair: Pair, kind: str) -> list[str]:
    """What Plex shows of that kind for a scene."""
    if kind == "studio":
        return [str(pair.shown()["studio"])] if pair.shown().get("studio") else []
    return pair.tags({"performer": "actor", "tag": "genre", "group": "collection"}[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_name_reaches_every_scene_that_shows_it_and_no_other(setup: Setup, kind: str) -> None:
    pairs = showing(setup.workbench, kind, "Old", "Old", "Other", "Old")
    setup.rename(kind, "Old", "New")
    meant = [pairs[0], pairs[1], pairs[3]]
    assert setup.taken() == {pair.scene: UpdateType.RELATED for pair in meant}
    assert setup.workbench.inbox.names() == []
    setup.workbench.sync()
    assert [shown(pair, kind) for pair in pairs] == [["New"], ["New"], ["Other"], ["New"]]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_gone_from_stash_leaves_every_scene_that_showed_it(setup: Setup, kind: str) -> None:
    pairs = showing(setup.workbench, kind, "Old", "Other", "Old")
    setup.destroy(kind, "Old")
    assert setup.taken() == {pair.scene: UpdateType.RELATED for pair in (pairs[0], pairs[2])}
    setup.workbench.sync()
    assert [shown(pair, kind) for pair in pairs] == [[], ["Other"], []]


@pytest.mark.parametrize("kind", KINDS)
def test_a_scene_that_showed_it_and_one_that_never_was_synced_get_a_job_once_each(setup: Setup, kind: str) -> None:
    workbench = setup.workbench
    (synced, left), new = showing(workbench, kind, "Old", "Old"), workbench.pair()
    new.in_stash(**with_one(kind, "Old"))
    left.in_stash(**with_one(kind, "Other"))  # by something that fires no hook
    for _ in range(3):
        setup.rename(kind, "Old", "New")
        workbench.entity(kind, "New").name = "Old"
    assert set(setup.taken()) == {synced.scene, left.scene, new.scene}
    assert len(setup.workbench.jobs()) == 3


def test_merged_tags_reach_the_scenes_of_both(setup: Setup) -> None:
    pairs = showing(setup.workbench, "tag", "Beach", "Seaside", "Night")
    both = setup.workbench.pair()
    both.in_stash(tags=["Beach", "Seaside"])
    setup.workbench.sync(both.scene)
    beach, seaside = (setup.workbench.entity("tag", name).id for name in ("Beach", "Seaside"))
    setup.ask(
        "mutation($input:TagsMergeInput!){tagsMerge(input:$input){id}}",
        input={"source": [str(beach)], "destination": str(seaside)},
    )
    setup.hook("Tag.Merge.Post", seaside)
    assert set(setup.taken()) == {pairs[0].scene, pairs[1].scene, both.scene}
    setup.workbench.sync()
    assert [shown(pair, "tag") for pair in (*pairs, both)] == [["Seaside"], ["Seaside"], ["Night"], ["Seaside"]]


@pytest.mark.parametrize("kind", KINDS)
def test_an_event_that_comes_while_stash_is_down_waits_in_the_inbox(setup: Setup, kind: str) -> None:
    (pair,) = showing(setup.workbench, kind, "Old")
    setup.rename(kind, "Old", "New")
    setup.workbench.stash.stop()
    assert setup.taken() == {}
    assert len(setup.workbench.inbox.names()) == 1
    setup.workbench.stash.start()
    assert setup.taken() == {pair.scene: UpdateType.RELATED}
    assert setup.workbench.inbox.names() == []


def test_an_event_waits_until_stash_is_known_and_holds_up_no_saved_scene(setup: Setup) -> None:
    (pair,) = showing(setup.workbench, "tag", "Old")
    other = setup.workbench.pair()
    setup.rename("tag", "Old", "New")
    setup.hook("Scene.Update.Post", other.scene)
    setup.workbench.inbox.take(setup.workbench.queue, setup.workbench.record, None)
    assert [job.scene_id for job in setup.workbench.jobs()] == [other.scene]
    assert set(setup.taken()) == {pair.scene, other.scene}


def test_half_an_answer_of_stash_loses_no_scene(setup: Setup) -> None:
    pairs = showing(setup.workbench, "tag", "Old", "Old")
    setup.rename("tag", "Old", "New")
    setup.workbench.stash.inject({"kind": "truncated", "match": "findScenes"})
    setup.taken()
    assert set(setup.taken()) == {pair.scene for pair in pairs}


def test_a_renamed_studio_reaches_the_scenes_of_its_child_studios(setup: Setup) -> None:
    setup.workbench.use(title_template="{parent_studio}: {title}", collection_parent_studio=True)
    child, own = setup.workbench.pair(), setup.workbench.pair()
    child.in_stash(title="A", studio={"name": "Small", "parent": "Large"})
    own.in_stash(title="B", studio="Large")
    setup.workbench.sync(child.scene, own.scene)
    setup.rename("studio", "Large", "Huge")
    assert set(setup.taken()) == {child.scene, own.scene}
    setup.workbench.sync()
    assert child.shown()["title"] == "Huge: A"
    assert child.tags("collection") == ["Huge"]
    setup.destroy("studio", "Huge")
    assert set(setup.taken()) == {child.scene, own.scene}


def test_a_renamed_performer_is_one_actor_with_the_new_name(setup: Setup) -> None:
    pair = setup.workbench.pair(actors=[{"tag": "Guest", "role": "Herself"}])
    pair.in_stash(performers=["Ann Old", "Bea"])
    setup.workbench.sync(pair.scene)
    assert pair.tags("actor") == ["Ann Old", "Bea", "Guest"]
    setup.rename("performer", "Ann Old", "Ann New")
    setup.taken()
    setup.workbench.sync()
    assert pair.tags("actor") == ["Ann New", "Bea", "Guest"]
    assert {role["tag"]: role["role"] for role in pair.shown()["roles"]}["Guest"] == "Herself"


def test_a_tag_of_many_scenes_is_one_question_and_batches_of_fifty(setup: Setup) -> None:
    workbench = setup.workbench
    pairs = showing(workbench, "tag", *["Old"] * 120)
    setup.rename("tag", "Old", "New")
    workbench.stash.reset_counts()
    assert len(setup.taken()) == 120
    assert workbench.stash.counts()["graphql"] == 1
    workbench.sync()
    assert workbench.stash.counts()["graphql"] == 3
    assert workbench.plex.counts() == {"details": 6, "edit": 120, "writes": 120}
    assert all(shown(pair, "tag") == ["New"] for pair in pairs)


@pytest.mark.parametrize("give_back", [False, True])
def test_a_destroyed_scene_is_closed_and_plex_left_alone_or_given_back(setup: Setup, give_back: bool) -> None:
    workbench = setup.workbench
    workbench.use(give_back_on_destroy=give_back)
    pair = workbench.pair(title="As it was", summary="By hand.", genres=["Mine"], locked=["summary"], userRating=4.0)
    before = pair.shown()
    pair.in_stash(title="Ours", details="Ours.", tags=["Beach"], performers=["Ann"], studio="S", rating100=90)
    setup.workbench.sync(pair.scene)
    pair.by_hand(**{"label[0].tag.tag": "Added since"})
    written = pair.shown()
    setup.ask("mutation($input:SceneDestroyInput!){sceneDestroy(input:$input)}", input={"id": str(pair.scene)})
    setup.hook("Scene.Destroy.Post", pair.scene)
    assert setup.taken() == {pair.scene: UpdateType.DESTROY}
    workbench.sync()
    added = {**before, "tags": {**before["tags"], "label": ["Added since"]}}
    left = pair.shown()
    if give_back:
        assert left == added
    else:
        assert left == written
        assert workbench.plex.counts()["writes"] == 0
    server = str(workbench.worker.plex_client.server.machineIdentifier)
    assert workbench.record.items_of(pair.scene, server) == []
    assert workbench.record.scenes_that_showed("tag", workbench.entity("tag", "Beach").id) == []
