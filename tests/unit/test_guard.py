"""A scheduled comparison that stopped itself stays stopped until somebody compares the libraries by hand."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from reconciliation.tasks import reconcile, reconcile_thoroughly, sync_all
from stash.client import StashClient
from stash.connection import StashConnection
from tests.doubles.plex import PlexDouble
from tests.doubles.stash import StashDouble
from tests.support.harness import plex_library, stash_library
from validation.config import PlexSyncConfig
from validation.jobs import Job, UpdateType
from validation.outcomes import Ended
from worker.datadir import DataDir
from worker.logs import SecretsFilter
from worker.storage.facts import Fact
from worker.storage.ownership import own
from worker.tasks.context import TaskContext
from worker.tasks.kept_edits import overwrite_edits
from worker.tasks.parked import forget_parked, retry_parked
from worker.tasks.status import status
from worker.timing import Timing

WHY = "The scheduled comparison stopped."


@pytest.fixture
def context(tmp_path: Path) -> Iterator[TaskContext]:
    """Two scenes, one of them parked, and a comparison that stopped itself."""
    data = DataDir(str(tmp_path))
    data.create()
    handlers, level = list(logging.root.handlers), logging.root.level
    with ExitStack() as stack:
        stash = stack.enter_context(StashDouble(stash_library(2)))
        plex = stack.enter_context(PlexDouble(plex_library(2)))
        client = stack.enter_context(StashClient(StashConnection(stash.url)))
        config = PlexSyncConfig(plex_url=plex.url, plex_token=plex.token)
        with own(data) as owned:
            owned.record.park(Job(scene_id=1, update_type=UpdateType.UPDATE), "a reason", Ended.PARKED)
            owned.record.set_fact(Fact.GUARD, WHY)
        yield TaskContext(
            client, config, data, Timing(), SecretsFilter(), {"scene_ids": 2}, start_worker=lambda data: None
        )
    for handler in set(logging.root.handlers) - set(handlers):
        logging.root.removeHandler(handler)
        handler.close()
    logging.root.setLevel(level)


def stopped(context: TaskContext) -> bool:
    with own(context.data) as owned:
        return owned.record.fact(Fact.GUARD) == WHY


@pytest.mark.parametrize("task", [retry_parked, forget_parked, overwrite_edits, status])
def test_tasks_that_compare_nothing_leave_the_stop_alone(
    context: TaskContext, task: Callable[[TaskContext], str]
) -> None:
    task(context)
    assert stopped(context)


@pytest.mark.parametrize("task", [reconcile, reconcile_thoroughly, sync_all])
def test_a_comparison_by_hand_lifts_the_stop(context: TaskContext, task: Callable[[TaskContext], str]) -> None:
    task(context)
    assert not stopped(context)
