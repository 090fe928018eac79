"""A data folder on a file system that is no local disk: it works, or one sentence says what to do.

What such file systems do is done here to the calls of the system, or by standing in SQLite's way.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.harness import installed, plex_library, stash_library
from tests.support.tasks import answer, lines, run
from validation.errors import StorageTrouble
from validation.jobs import UpdateType
from worker import hook, system
from worker.datadir import DataDir
from worker.endings import Ending
from worker.plugin_watch import PluginWatch
from worker.storage.companions import COMPANIONS
from worker.storage.database import open_database
from worker.storage.facts import Fact
from worker.storage.index_file import open_index
from worker.storage.jobqueue import FILE
from worker.storage.ownership import own, take_over
from worker.storage.queue_file import read_jobs
from worker.storage.reading import open_for_reading
from worker.tasks.checkup import surroundings

posix = pytest.mark.skipif(os.name == "nt", reason="Windows' calls are other ones")

EVENT = b'{"server_connection":{},"args":{"hookContext":{"id":1,"type":"Scene.Update.Post"}}}'


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    data = DataDir(str(tmp_path / "data"))
    data.create()
    return data


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hooks find a worker that runs."""
    monkeypatch.setattr(hook, "ensure_worker", lambda _: False)


# Folder syncs ----------------------------------------------------------------------------------------------------


@pytest.fixture
def failing_sync(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, Callable[[int], bool]], None]:
    """Makes fsync fail for some kinds of files."""

    def fail(number: int, kind: Callable[[int], bool]) -> None:
        real = os.fsync

        def fsync(descriptor: int) -> None:
            if kind(os.fstat(descriptor).st_mode):
                raise OSError(number, os.strerror(number))
            real(descriptor)

        monkeypatch.setattr(os, "fsync", fsync)

    return fail


FailingSync = Callable[[int, Callable[[int], bool]], None]


@posix
@pytest.mark.usefixtures("started")
@pytest.mark.parametrize("kind", [stat.S_ISDIR, stat.S_ISREG], ids=["folders", "files"])
@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP])
def test_where_nothing_can_be_synced_an_event_is_stored_without_a_word(
    data: DataDir,
    failing_sync: FailingSync,
    capsys: pytest.CaptureFixture[str],
    number: int,
    kind: Callable[[int], bool],
) -> None:
    failing_sync(number, kind)
    assert hook.run(EVENT, data) == 0
    assert len(os.listdir(data.inbox)) == 1
    assert capsys.readouterr() == ('{"output":"stored"}', "")


@posix
@pytest.mark.usefixtures("started")
def test_a_folder_whose_sync_fails_holds_the_event_all_the_same(
    data: DataDir, failing_sync: FailingSync, capsys: pytest.CaptureFixture[str]
) -> None:
    failing_sync(errno.EIO, stat.S_ISDIR)
    assert hook.run(EVENT, data) == 0
    assert len(os.listdir(data.inbox)) == 1
    said = capsys.readouterr()
    assert said.out == '{"output":"stored"}'
    assert said.err.startswith("\x01w\x02The change is stored, but")
    assert "PLEXSYNC_DATA" in said.err
    assert said.err.count("\n") == 1


# Locks -----------------------------------------------------------------------------------------------------------


@pytest.fixture(params=[errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL])
def no_locks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(*_: object) -> None:
        raise OSError(request.param, os.strerror(request.param))

    monkeypatch.setattr("fcntl.flock", flock)


@posix
@pytest.mark.usefixtures("no_locks")
def test_without_locks_one_sentence_says_what_to_do(data: DataDir, capsys: pytest.CaptureFixture[str]) -> None:
    assert hook.run(EVENT, data) == 0
    assert len(os.listdir(data.inbox)) == 1
    said = capsys.readouterr().err
    assert said.startswith("\x01w\x02The change is stored, but no worker could be started: ")
    assert "knows no locks" in said
    for opened in (own, take_over):
        with pytest.raises(StorageTrouble, match=r"knows no locks.*PLEXSYNC_DATA"), opened(data):
            pass
    if os.path.isdir("/proc/self/fd"):
        files = (os.path.join("/proc/self/fd", number) for number in os.listdir("/proc/self/fd"))
        assert data.owner_lock not in {os.path.realpath(file) for file in files}, "it stays open"


@posix
def test_without_locks_check_setup_does_not_say_that_all_is_well(tmp_path: Path) -> None:
    with installed(tmp_path, stash_library(3), plex_library(3)) as setup:
        with (setup.plugin / "worker" / "system.py").open("a") as module:
            module.write(
                "\ndef _none(*_):\n    raise OSError(errno.ENOLCK, 'No locks available')\nfcntl.flock = _none\n"
            )
        setup.stash.save(1, title="A")
        said = run(setup, "Check Setup")
        assert any(line.startswith("✗ The file system of the data folder") for line in said)
        assert "PLEXSYNC_DATA" in answer(setup)["output"]
        run(setup, "Sync All Scenes")
        assert "PLEXSYNC_DATA" in answer(setup)["error"]
        assert any("no worker could be started" in line for line in lines(setup, "Warning"))


def test_where_no_database_can_be_check_setup_says_what_to_do(data: DataDir, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    before = sorted(os.listdir(data.root))
    monkeypatch.setattr(surroundings, "open_file", fail)
    (line,) = (str(line) for line in surroundings.data_lines(data))
    assert line.startswith("✗ The file system of the data folder")
    assert "PLEXSYNC_DATA" in line
    assert sorted(os.listdir(data.root)) == before


# SQLite's write-ahead log ----------------------------------------------------------------------------------------


def obstruct(path: str) -> None:
    """Let the shared memory of a database's log be impossible: its file cannot be made."""
    os.symlink(f"{path}-shm", f"{path}-shm")


@pytest.fixture
def obstructed(data: DataDir) -> DataDir:
    for path in (data.database, data.index, os.path.join(data.queue, FILE)):
        obstruct(path)
    return data


@posix
def test_without_shared_memory_everything_is_kept_and_can_be_read_beside_its_owner(obstructed: DataDir) -> None:
    data = obstructed
    for scene in (1, 2):
        with own(data) as owned:
            owned.queue.add(scene, UpdateType.UPDATE)
            owned.queue.sync()
            owned.record.set_fact(Fact.GUARD, f"stopped {scene}")
            assert {job.scene_id for job in read_jobs(data.queue)} == {*range(1, scene + 1)}
            reader = open_for_reading(data.database)
            assert reader is not None
            with closing(reader):
                assert reader.execute("SELECT value FROM facts").fetchone() == (f"stopped {scene}",)
            owned.queue.done(owned.queue.claim(1)[0])
            owned.queue.add(1, UpdateType.UPDATE)
    assert not os.path.exists(f"{data.database}-wal")


@posix
def test_a_folder_that_was_moved_to_where_no_shared_memory_is_goes_on(data: DataDir, tmp_path: Path) -> None:
    """Even a log that a kill left is taken over."""
    with own(data) as owned:
        owned.queue.add(7, UpdateType.UPDATE)
        owned.record.set_fact(Fact.GUARD, "stopped")
        paths = (data.database, os.path.join(data.queue, FILE))
        left = {path + end: Path(path + end).read_bytes() for path in paths for end in ("", "-wal")}
    moved = DataDir(str(tmp_path / "moved"))
    moved.create()
    for path, content in left.items():
        Path(path.replace(data.root, moved.root)).write_bytes(content)
    for path in paths:
        obstruct(path.replace(data.root, moved.root))
    with own(moved) as owned:
        assert 7 in owned.queue
        assert owned.record.fact(Fact.GUARD) == "stopped"


@posix
def test_where_shared_memory_comes_back_the_log_does_too(obstructed: DataDir) -> None:
    with closing(open_database(obstructed.database)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    os.unlink(f"{obstructed.database}-shm")
    with closing(open_database(obstructed.database)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


# Who may read ----------------------------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize("opened", [open_database, open_index])
def test_from_the_first_moment_nobody_else_can_read_a_database(
    tmp_path: Path, opened: Callable[[str], sqlite3.Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, modes = str(tmp_path / "x.db"), list[int]()
    real = sqlite3.connect

    def connect(name: str, *rest: object, **more: object) -> object:
        modes.extend(os.stat(name).st_mode & 0o777 for _ in (0,) if name == path)
        return real(name, *rest, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(sqlite3, "connect", connect)
    before = os.umask(0)
    try:
        with closing(opened(path)) as connection, connection:
            connection.execute("CREATE TABLE other (x)")
            names = [path + end for end in ("", *COMPANIONS) if os.path.exists(path + end)]
            assert len(names) == 3
            assert {os.stat(name).st_mode & 0o777 for name in names} == {0o600}
    finally:
        os.umask(before)
    assert set(modes) == {0o600}


@posix
def test_the_queue_and_what_an_older_plexsync_made_are_closed_to_others(data: DataDir) -> None:
    paths = (data.database, os.path.join(data.queue, FILE))
    before = os.umask(0)
    try:
        with own(data):
            assert os.stat(paths[1]).st_mode & 0o777 == 0o600
        for path in paths:
            os.chmod(path, 0o644)
        with own(data):
            assert {os.stat(path).st_mode & 0o777 for path in paths} == {0o600}
    finally:
        os.umask(before)


def test_a_file_system_without_modes_is_no_reason_to_stop(data: DataDir, monkeypatch: pytest.MonkeyPatch) -> None:
    def chmod(*_: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "chmod", chmod)
    with own(data) as owned:
        owned.queue.add(1, UpdateType.UPDATE)


# A worker that runs ----------------------------------------------------------------------------------------------


@pytest.fixture
def watch(data: DataDir) -> Iterator[PluginWatch]:
    lock = system.open_lock(data.worker_lock)
    yield PluginWatch(data, lock, 0.0, lambda _: None)
    os.close(lock)


def renumbered(path: str) -> None:
    """The same file under another number, as FUSE and SMB hand them out."""
    Path(path + ".copy").write_bytes(Path(path).read_bytes())
    os.replace(path + ".copy", path)


def test_a_lock_file_whose_number_changes_is_still_ours(data: DataDir, watch: PluginWatch) -> None:
    watch.check()
    renumbered(data.worker_lock)
    watch.check()


def test_a_lock_file_of_another_worker_or_none_ends_this_one(data: DataDir, watch: PluginWatch) -> None:
    os.unlink(data.worker_lock)
    with pytest.raises(Ending, match="data folder was removed"):
        watch.check()
    os.close(system.open_lock(data.worker_lock))
    with pytest.raises(Ending, match="data folder was removed"):
        watch.check()
    lock = system.open_lock(data.worker_lock)
    PluginWatch(data, lock, 0.0, lambda _: None).check()
    os.close(lock)
    with pytest.raises(Ending, match="data folder was removed"):
        watch.check()


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.ENOTCONN])
def test_a_share_that_is_away_is_no_plugin_that_was_removed(
    watch: PluginWatch, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def away(*_: object, **__: object) -> os.stat_result:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patched:
        patched.setattr(os, "stat", away)
        watch.check()
    watch.check()
