"""The background worker's end: no event may fall between its last look into the inbox and the end of its lock."""

from __future__ import annotations

import errno
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciliation.chores import UsualChores
from tests.support.harness import ROOT
from worker import service
from worker.datadir import DataDir
from worker.hook import store
from worker.launcher import take_lock
from worker.signals import Signals
from worker.stash_link import StashLink
from worker.tasks.questions.answers import Answers
from worker.timing import Timing

EVENT = b'{"server_connection":{"Scheme":"http","Port":9},"hook":{"id":1,"type":"Scene.Update.Post"}}'


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Data folders for which another worker was started. Waits are so short that no Stash means the end at once."""
    folders: list[str] = []
    monkeypatch.setenv("PLEXSYNC_DATA", str(tmp_path))
    timing = replace(Timing().faster(100_000), stash_gone=0.001)
    monkeypatch.setattr(service, "timing_from_environment", lambda: timing)
    monkeypatch.setattr(Signals, "listen", lambda signals: None)
    monkeypatch.setattr(service, "ensure_worker", lambda data: folders.append(data.root))
    handlers, level = list(logging.root.handlers), logging.root.level
    yield folders
    for handler in set(logging.root.handlers) - set(handlers):
        logging.root.removeHandler(handler)
        handler.close()
    logging.root.setLevel(level)


def end() -> None:
    assert service.run_worker(take_lock(DataDir(), []), UsualChores, Answers) == 0


def test_an_event_that_comes_while_a_worker_ends_gets_another(
    tmp_path: Path, started: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = StashLink.keep

    def late(link: StashLink) -> None:
        keep(link)
        store(EVENT, DataDir(str(tmp_path)))

    monkeypatch.setattr(StashLink, "keep", late)
    end()
    assert started == [str(tmp_path)]


def test_events_that_no_worker_could_do_anything_about_start_none(tmp_path: Path, started: list[str]) -> None:
    data = DataDir(str(tmp_path))
    data.create()
    event = EVENT.replace(b"Scene.Update", b"Tag.Update")  # waits for Stash to say which scenes show the tag
    store(event, data)
    end()
    assert started == []


def test_a_data_folder_that_cannot_be_looked_into_is_waited_for(
    tmp_path: Path, started: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data, looks = DataDir(str(tmp_path)), []
    data.create()
    listdir, stat = os.listdir, os.stat

    def listed(path: str = ".") -> list[str]:
        if path == data.inbox:
            looks.append(path)
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))
        return listdir(path)

    def found(path: str | int, **more: Any) -> os.stat_result:
        if path == data.worker_lock and looks:
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))
        return stat(path, **more)

    monkeypatch.setattr(os, "listdir", listed)
    monkeypatch.setattr(os, "stat", found)
    end()
    assert "cannot be used" in (tmp_path / "plexsync.log").read_text()


@pytest.mark.parametrize(
    "what", ["reconciliation.chores, worker.service, worker.tasks.questions.answers", "reconciliation.tasks"]
)
def test_a_worker_and_a_task_that_sends_import_what_answers_the_page_when_it_is_asked(what: str) -> None:
    imported = f"import {what}, sys; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", imported], cwd=ROOT, check=True, capture_output=True, text=True)
    assert not [name for name in modules.stdout.split() if name.startswith(("difflib", "worker.tasks.checkup"))]
