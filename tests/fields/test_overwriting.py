"""Edits made by hand in Plex: kept where the user wants that, and overwritten when the user says so."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from reconciliation.tasks import sync_all
from stash.client import StashClient
from stash.connection import StashConnection
from tests.doubles.plex import PlexDouble
from tests.doubles.stash import StashDouble
from tests.support.harness import PLEX_ROOT, STASH_ROOT, BothSides, plex_library, stash_library
from tests.support.pairs import Pair
from tests.support.workbench import Workbench, running_workbench
from validation.config import PlexSyncConfig
from validation.errors import PermanentError
from validation.jobs import Job, UpdateType
from validation.paths import parse_path_map
from worker.datadir import DataDir
from worker.logs import SecretsFilter
from worker.storage.database import open_database
from worker.storage.record import Record
from worker.tasks.arguments import scene_numbers
from worker.tasks.context import TaskContext
from worker.tasks.kept_edits import overwrite_edits
from worker.timing import Timing


@pytest.fixture
def workbench(tmp_path: Path) -> Iterator[Workbench]:
    with running_workbench(tmp_path) as workbench:
        workbench.use(keep_plex_edits=True)
        yield workbench


def synced(workbench: Workbench, **in_stash: Any) -> Pair:
    pair = workbench.pair()
    pair.in_stash(**in_stash)
    workbench.sync(pair.scene)
    return pair


def test_a_kept_edit_is_overwritten_by_a_job_that_says_so(workbench: Workbench) -> None:
    pair = synced(workbench, title="Ours", details="Ours.")
    pair.by_hand(**{"title.value": "By hand", "title.locked": 1})
    pair.in_stash(title="Ours again", details="Ours again.")
    workbench.sync(pair.scene)
    assert (pair.shown()["title"], pair.shown()["summary"]) == ("By hand", "Ours again.")
    assert workbench.record.scenes_with_kept_edits() == [pair.scene]
    workbench.sync(pair.scene, kind=UpdateType.OVERWRITE)
    assert pair.shown()["title"] == "Ours again"
    assert workbench.record.scenes_with_kept_edits() == []


def test_what_is_edited_by_hand_after_that_is_kept_again(workbench: Workbench) -> None:
    pair = synced(workbench, title="Ours")
    for number in range(2):
        pair.by_hand(**{"title.value": f"By hand {number}"})
        workbench.sync(pair.scene)
        assert pair.shown()["title"] == f"By hand {number}"
        workbench.sync(pair.scene, kind=UpdateType.OVERWRITE)
        assert pair.shown()["title"] == "Ours"


def test_a_field_locked_before_the_first_write_is_overwritten_too(workbench: Workbench) -> None:
    pair = workbench.pair(summary="By hand.", studio="By hand", locked=["summary", "studio"])
    pair.in_stash(details="Ours.", studio="Ours")
    workbench.sync(pair.scene)
    assert (pair.shown()["summary"], pair.shown()["studio"]) == ("By hand.", "By hand")
    workbench.sync(pair.scene, kind=UpdateType.OVERWRITE)
    assert (pair.shown()["summary"], pair.shown()["studio"]) == ("Ours.", "Ours")


def test_a_tag_that_a_person_took_away_comes_back_when_overwritten_and_theirs_stay(workbench: Workbench) -> None:
    pair = synced(workbench, tags=["Beach", "Night"], performers=["Ann"])
    pair.by_hand(**{"genre[].tag.tag-": "Beach"})
    pair.by_hand(**{"genre[0].tag.tag": "Theirs", "actor[].tag.tag-": "Ann"})
    workbench.sync(pair.scene)
    assert (set(pair.tags("genre")), pair.tags("actor")) == ({"Night", "Theirs"}, [])
    workbench.sync(pair.scene, kind=UpdateType.OVERWRITE)
    assert (set(pair.tags("genre")), pair.tags("actor")) == ({"Beach", "Night", "Theirs"}, ["Ann"])


def test_a_rating_given_by_hand_is_kept_and_overwritten(workbench: Workbench) -> None:
    pair = synced(workbench, rating100=80)
    pair.rated_by_hand(2.0)
    workbench.sync(pair.scene)
    assert pair.shown()["userRating"] == 2.0
    workbench.sync(pair.scene, kind=UpdateType.OVERWRITE)
    assert pair.shown()["userRating"] == 8.0


def test_an_overwrite_stays_one_when_the_scene_is_saved_before_its_turn(workbench: Workbench) -> None:
    pair = synced(workbench, title="Ours")
    pair.by_hand(**{"title.value": "By hand"})
    workbench.queue.add(pair.scene, UpdateType.OVERWRITE)
    workbench.sync(pair.scene, kind=UpdateType.UPDATE)
    assert pair.shown()["title"] == "Ours"


def test_overwriting_what_is_right_writes_nothing(workbench: Workbench) -> None:
    pair = synced(workbench, title="Ours", tags=["Beach"])
    workbench.sync(pair.scene, kind=UpdateType.OVERWRITE)
    assert workbench.plex.counts()["writes"] == 0


def test_without_the_setting_stash_wins_at_once(workbench: Workbench) -> None:
    workbench.use(keep_plex_edits=False)
    pair = synced(workbench, title="Ours")
    pair.by_hand(**{"title.value": "By hand", "title.locked": 1})
    workbench.sync(pair.scene)
    assert pair.shown()["title"] == "Ours"
    assert workbench.record.scenes_with_kept_edits() == []


class Task(BothSides):
    """Both doubles with five scenes, and tasks as Stash runs them, in this process."""

    def __init__(self, folder: Path, stash: StashDouble, plex: PlexDouble, client: StashClient) -> None:
        self.stash, self.plex, self._client = stash, plex, client
        self.data = DataDir(str(folder / "data"))
        self.data.create()

    def context(self, **arguments: Any) -> TaskContext:
        config = PlexSyncConfig(
            plex_url=self.plex.url,
            plex_token=self.plex.token,
            path_map=parse_path_map(f"{STASH_ROOT} => {PLEX_ROOT}"),
            keep_plex_edits=True,
            skip_poster=True,
        )
        return TaskContext(
            self._client, config, self.data, Timing(), SecretsFilter(), arguments, start_worker=lambda data: None
        )

    def title(self, number: int) -> str:
        return str(self.shown(number)["title"])

    def by_hand(self, number: int, title: str) -> None:
        """A person renames the item of a scene in Plex."""
        key = self.shown(number)["ratingKey"]
        section = self.plex_section()
        section.fetchItem(key).editTitle(title)

    def plex_section(self) -> Any:
        from plexapi.server import PlexServer

        return PlexServer(self.plex.url, self.plex.token).library.section("Clips")


@pytest.fixture
def task(tmp_path: Path) -> Iterator[Task]:
    """Five synced scenes, two of them edited by hand in Plex since, and found so."""
    handlers = list(logging.getLogger().handlers)
    level = logging.getLogger().level
    with ExitStack() as stack:
        stash = stack.enter_context(StashDouble(stash_library(5)))
        plex = stack.enter_context(PlexDouble(plex_library(5)))
        client = stack.enter_context(StashClient(StashConnection(stash.url)))
        task = Task(tmp_path, stash, plex, client)
        for number in range(1, 6):
            stash.save(number, title=f"Ours {number}")
        sync_all(task.context())
        for number in (2, 4):
            task.by_hand(number, f"By hand {number}")
        line = sync_all(task.context())
        assert "Edits made in Plex were kept in 2 of them." in line
        yield task
        for handler in set(logging.getLogger().handlers) - set(handlers):
            logging.getLogger().removeHandler(handler)
            handler.close()
        logging.getLogger().setLevel(level)


def test_the_task_overwrites_all_edits_that_were_kept(task: Task) -> None:
    line = overwrite_edits(task.context())
    assert line == "2 scenes: 2 updated."
    assert [task.title(number) for number in range(1, 6)] == [f"Ours {number}" for number in range(1, 6)]
    assert overwrite_edits(task.context()).startswith("0 scenes")


@pytest.mark.parametrize("named", ["2", 2, ["2"], "2,", " 2 , 1", "2; 1", [2, "1"], [None, 2]])
def test_the_task_overwrites_only_the_scenes_that_are_named(task: Task, named: object) -> None:
    overwrite_edits(task.context(scene_ids=named))
    assert (task.title(2), task.title(4)) == ("Ours 2", "By hand 4")


@pytest.mark.parametrize("named", ["", [], None, " , ", [""], [None]])
def test_the_task_overwrites_nothing_when_no_scene_is_named(task: Task, named: object) -> None:
    task.plex.reset_counts()
    assert overwrite_edits(task.context(scene_ids=named)).startswith("0 scenes")
    assert task.plex.counts()["writes"] == 0


@pytest.mark.parametrize(
    "odd",
    [
        *("²", "١", "0", "-1", "1.0", "1 2", "scene", "99" * 3000, str(2**63)),
        *(0, -1, 1.0, 2**63, True, {"id": 1}, [[1]], [{"id": 1}], ["1", "all"]),
    ],
)
def test_what_is_no_scene_number_is_a_sentence(odd: object) -> None:
    with pytest.raises(PermanentError, match=r"^.{1,45} is no scene number; scene_ids is one, or several"):
        scene_numbers(odd)


@pytest.mark.parametrize("number", [1, 2**63 - 1])
def test_a_scene_number_can_be_as_large_as_stash_has_them(number: int) -> None:
    assert scene_numbers(number) == scene_numbers(str(number)) == [Job(scene_id=number).scene_id]


def test_the_task_says_which_number_is_none_and_touches_nothing(task: Task) -> None:
    task.plex.reset_counts()
    with pytest.raises(PermanentError, match='"all" is no scene number'):
        overwrite_edits(task.context(scene_ids="2, all"))
    assert task.plex.counts() == {"writes": 0}


def test_the_end_of_the_task_is_kept_for_status(task: Task) -> None:
    line = overwrite_edits(task.context())
    database = open_database(task.data.database)
    try:
        name, _, kept = Record(database, lambda: 0.0).last_runs(1)[0]
    finally:
        database.close()
    assert (name, kept) == ("Overwrite Edits Made in Plex", line)
