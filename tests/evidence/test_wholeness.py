"""What a list lacks is gone only when the list is proved whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from plex import listing, wire
from plex.elements import Container
from tests.support.harness import PLEX_ROOT, file_name, plex_library, stash_library
from tests.support.workbench import Workbench, loaded_workbench
from worker.storage.jobqueue import JobQueue

COUNT = 55


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workbench]:
    monkeypatch.setattr(listing, "PAGE", 20)
    with loaded_workbench(tmp_path, stash_library(COUNT), plex_library(COUNT), {"skip_poster": True}) as made:
        made.stash.bulk_save(range(1, COUNT + 1), details="Text.")
        made.stash.advance(60)
        made.reconcile()
        made.reconcile()
        made.clock.now += 25 * 3600  # a full list is due
        yield made


def between_pages(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object], times: int) -> None:
    """Something happens in Plex after the first page of so many lists was read."""
    real, left = wire.get_each, [times]

    def get_each(server: Any, path: str, headers: Any = None) -> Container:
        answer = real(server, path, headers)
        if "sort=addedAt" in path and headers["X-Plex-Container-Start"] == "0" and left[0]:
            left[0] -= 1
            happens()
        return answer

    monkeypatch.setattr(listing, "get_each", get_each)


def delete(made: Workbench, number: int) -> None:
    item = made.plex.find(f"{PLEX_ROOT}/{file_name(number)}")
    url = f"{made.plex.url}/library/metadata/{item['ratingKey']}"
    assert requests.delete(url, headers={"X-Plex-Token": made.plex.token}).status_code == 200


def queued(made: Workbench, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The scenes that a pass queues."""
    found: list[int] = []
    monkeypatch.setattr(JobQueue, "add", lambda self, scene, kind: found.append(scene))
    made.reconcile()
    return sorted(found)


def test_an_item_deleted_between_two_pages_hides_no_other(made: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    between_pages(monkeypatch, lambda: delete(made, 1), 1)
    assert queued(made, monkeypatch) == [1]


def test_one_added_at_the_same_time_makes_the_totals_agree_and_hides_none(
    made: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def happens() -> None:
        delete(made, 1)
        made.plex.add_item(1, f"{PLEX_ROOT}/another.mp4", 5)

    between_pages(monkeypatch, happens, 1)
    assert queued(made, monkeypatch) == [1]


def test_of_a_library_that_changes_with_every_list_only_what_is_listed_counts(
    made: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    deleted: list[int] = []

    def happens() -> None:
        deleted.append(len(deleted) + 1)
        delete(made, deleted[-1])

    between_pages(monkeypatch, happens, 20)
    assert set(queued(made, monkeypatch)) <= set(deleted)  # none that is there
    monkeypatch.undo()
    monkeypatch.setattr(listing, "PAGE", 20)
    made.clock.now += 3600
    assert queued(made, monkeypatch) == deleted
