"""A file that another program uses on Windows, a virus scanner or a backup, is waited for; nothing is lost by it."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.scanner import failing, windows_says
from validation.errors import StorageTrouble
from worker.datadir import DataDir
from worker.storage import inbox as inbox_module
from worker.storage.database import open_database
from worker.storage.inbox import Inbox
from worker.storage.jobqueue import JobQueue
from worker.storage.record import Record
from worker.storage.repair import trouble_named
from worker.system import write_durably

EVENT = b'{"server_connection":{"Scheme":"http","Port":9},"hook":{"id":%d,"type":"Scene.Update.Post"}}'

#: ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION of winerror.h.
IN_USE = [32, 33]


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    data = DataDir(str(tmp_path))
    data.create()
    for number in (1, 2):
        Path(data.inbox, f"{number:04d}.json").write_bytes(EVENT % number)
    return data


@pytest.fixture
def take(data: DataDir, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[int]]]:
    """Takes what lies in the inbox; returns the scenes that are queued then."""
    monkeypatch.setattr(inbox_module, "IN_USE", 0.0)
    inbox = Inbox(data)
    with closing(open_database(data.database)) as database, closing(JobQueue(data.queue, lambda: 1.0)) as queue:

        def take() -> list[int]:
            inbox.take(queue, Record(database, lambda: 1.0))
            return [scene for scene in (1, 2) if scene in queue]

        yield take


@pytest.mark.parametrize("number", IN_USE)
def test_an_event_in_use_is_read_later_and_never_set_aside(
    data: DataDir, take: Callable[[], list[int]], monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    failing(monkeypatch, "lstat", os.path.join(data.inbox, "0001.json"), windows_says(number), windows_says(number))
    assert take() == [2]
    assert os.listdir(data.inbox) == ["0001.json"]
    assert take() == [2]
    assert take() == [1, 2]
    assert os.listdir(data.damaged) == os.listdir(data.inbox) == []


@pytest.mark.parametrize("number", IN_USE)
def test_an_event_that_cannot_be_removed_yet_is_taken_once(
    data: DataDir, take: Callable[[], list[int]], monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    failing(monkeypatch, "unlink", os.path.join(data.inbox, "0001.json"), windows_says(number))
    assert take() == [1, 2]
    assert os.listdir(data.inbox) == ["0001.json"]
    monkeypatch.setattr(inbox_module, "_content", lambda path: pytest.fail(f"{path} is read again"))
    take()
    assert os.listdir(data.inbox) == []


@pytest.mark.parametrize("number", [5, *IN_USE])
def test_a_hook_waits_for_a_scanner_that_looks_at_its_new_file(
    data: DataDir, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("worker.system.time.sleep", waits.append)
    draft = os.path.join(data.drafts, "0003.json")
    failing(monkeypatch, "replace", draft, windows_says(number), windows_says(number))
    assert write_durably(data.inbox, data.drafts, "0003.json", b"{}")
    assert Path(data.inbox, "0003.json").read_bytes() == b"{}"
    assert len(waits) == 2
    assert os.listdir(data.drafts) == []


def test_a_hook_does_not_wait_for_ever_and_not_where_it_may_not_write(
    data: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("worker.system.time.sleep", waits.append)
    draft = os.path.join(data.drafts, "0003.json")
    failing(monkeypatch, "replace", draft, *[windows_says(32)] * 100)
    with pytest.raises(PermissionError):
        write_durably(data.inbox, data.drafts, "0003.json", b"{}")
    assert sum(waits) < 3
    waits.clear()
    failing(monkeypatch, "replace", draft, PermissionError(errno.EACCES, "Permission denied"))
    with pytest.raises(PermissionError):
        write_durably(data.inbox, data.drafts, "0003.json", b"{}")
    assert (waits, os.listdir(data.drafts)) == ([], [])


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ESTALE, "Stale file handle"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        windows_says(32),
        windows_says(1295, errno.EINVAL),  # ERROR_DISK_QUOTA_EXCEEDED
        windows_says(64, errno.EINVAL),  # ERROR_NETNAME_DELETED: a share that is away
    ],
)
def test_a_folder_that_cannot_be_used_now_is_waited_for_in_every_system_s_words(data: DataDir, error: OSError) -> None:
    with pytest.raises(StorageTrouble, match="nothing that lies there is lost"), trouble_named(data):
        raise error
