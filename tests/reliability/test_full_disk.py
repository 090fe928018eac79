"""A disk that is full, and an inbox that holds anything but events."""

from __future__ import annotations

import errno
import logging
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from stash.connection import StashConnection, load_connection, save_connection
from tests.support.harness import LONG, Setup, eventually, hook_input, installed, plex_library, stash_library
from tests.support.tasks import answer, run
from worker import hook, system
from worker.datadir import PLUGIN_FOLDER, DataDir
from worker.logs import SecretsFilter, log_to_file
from worker.storage.database import open_database
from worker.storage.inbox import LARGEST, Inbox
from worker.storage.jobqueue import JobQueue
from worker.storage.record import Record

EVENT = b'{"server_connection":{},"hook":{"id":%d,"type":"Scene.Update.Post"}}'


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    data = DataDir(str(tmp_path / "data"))
    data.create()
    return data


def at_most(size: int) -> Callable[[], None]:
    """To be run in a child: its files cannot grow beyond so many bytes, as on a disk that is full."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


# Hooks --------------------------------------------------------------------------------------------------------


def test_a_hook_on_a_full_disk_stores_all_or_nothing_and_says_so(tmp_path: Path) -> None:
    with installed(tmp_path, stash_library(1), plex_library(1)) as setup:
        raw = hook_input(setup.stash, 1)
        whole = len(hook.read_hook(raw))
        setup.data.create()
        lock = system.open_lock(setup.data.worker_lock)
        assert system.try_lock(lock)  # no worker is started: it would share the limit
        for size in (0, 1, whole // 2, whole - 1, whole):
            done = subprocess.run(
                [sys.executable, "-S", "-E", str(setup.plugin / "PlexSync.py")],
                input=raw,
                capture_output=True,
                preexec_fn=at_most(size),
            )
            assert os.listdir(setup.data.drafts) == []
            if size < whole:
                assert (done.returncode, setup.inbox()) == (1, [])
                assert done.stderr.startswith(b"\x01e\x02PlexSync could not store this change in ")
                assert done.stderr.count(b"\n") == 1
            else:
                assert (done.returncode, done.stderr, len(setup.inbox())) == (0, b"", 1)
        os.close(lock)


def test_modules_that_were_compiled_on_a_full_disk_are_compiled_anew(tmp_path: Path) -> None:
    """Python keeps them cut off, and trusts them later."""
    with installed(tmp_path, stash_library(1), plex_library(1)) as setup:
        for kept in (0, 1, 20, 200):
            title = f"Cut to {kept}"
            setup.stash.save(1, title=title)
            eventually(partial(setup.shows, 1, title=title))
            folder = setup.plugin / "worker" / "__pycache__"
            compiled = [*folder.glob("main.*.pyc"), *folder.glob("hook.*.pyc")]
            assert len(compiled) == 2
            for path in compiled:
                os.truncate(path, kept)
        setup.stash.save(1, title="Whole again")
        eventually(partial(setup.shows, 1, title="Whole again"))


def test_a_save_succeeds_although_nothing_can_be_stored(tmp_path: Path) -> None:
    with installed(tmp_path, stash_library(1), plex_library(1)) as setup:
        Path(setup.data.root).write_text("a file where the data folder belongs")
        setup.stash.save(1, title="Saved")
        assert setup.stash.graphql("{findScene(id: 1) {title}}")["data"]["findScene"]["title"] == "Saved"
        (run,) = setup.stash.hook_runs
        assert run["exit_code"] == 1
        assert run["error"].startswith("PlexSync could not store this change in ")
        os.unlink(setup.data.root)
        setup.stash.save(1, title="Saved again")
        eventually(lambda: setup.shows(1, title="Saved again"))


@pytest.mark.parametrize("fault", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS])
@pytest.mark.parametrize("call", ["open", "write", "fsync", "replace"])
def test_whichever_call_fails_the_hook_says_so_and_leaves_nothing_half_written(
    data: DataDir, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], call: str, fault: int
) -> None:
    real = getattr(os, call)

    def failing(*arguments: Any, **others: Any) -> Any:
        if call == "write" and len(arguments[1]) > 10:
            return real(arguments[0], arguments[1][:10])  # a short write first, as a disk that fills up
        raise OSError(fault, os.strerror(fault))

    monkeypatch.setattr(os, call, failing)
    code = hook.run(b'{"server_connection":{},"args":{"hookContext":{"id":1,"type":"Scene.Update.Post"}}}', data)
    monkeypatch.undo()
    assert code == 1
    assert os.listdir(data.drafts) == os.listdir(data.inbox) == []
    said = capsys.readouterr()
    assert os.strerror(fault) in said.err
    assert said.err.count("\n") == 1
    assert said.out.startswith('{"error": "PlexSync could not store this change')


# The worker ---------------------------------------------------------------------------------------------------


@contextmanager
def starving_worker(setup: Setup, size: int) -> Iterator[subprocess.Popen[bytes]]:
    """A worker, started by hand, whose files cannot grow beyond so many bytes. It never says a word."""
    worker = subprocess.Popen(
        [sys.executable, "-E", str(setup.plugin / "PlexSync.py"), "--worker"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PLEXSYNC_TIME_SCALE": "20"},
        preexec_fn=at_most(size),
    )
    try:
        yield worker
    finally:
        (setup.plugin / "PlexSync.yml").unlink()
        said, _ = worker.communicate(timeout=LONG)
        assert said == b""


@pytest.mark.parametrize("size", [0, 40_000])
@pytest.mark.parametrize("fresh", [True, False], ids=["first-start", "later"])
def test_a_worker_on_a_full_disk_loses_nothing_and_goes_on_when_there_is_room(
    tmp_path: Path, size: int, fresh: bool
) -> None:
    library = stash_library(60)
    for scene in library["scenes"]:
        scene["title"] = f"Title {scene['id']}"
    with installed(tmp_path, library, plex_library(60)) as setup:
        setup.data.create()
        if not fresh:
            open_database(setup.data.database).close()
            JobQueue(setup.data.queue, lambda: 0.0).close()
        for number in range(1, 61):
            hook.store(hook.read_hook(hook_input(setup.stash, number)), setup.data)
        with starving_worker(setup, size) as worker:
            setup.stash.reset_counts()
            # Between two tries it asks Stash whether it is wanted.
            eventually(lambda: setup.stash.counts()["fields"].get("configuration", 0) >= 3, what="it tries again")
            assert worker.poll() is None
            resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            eventually(lambda: all(setup.shows(n, title=f"Title {n}") for n in range(1, 61)), what="all in Plex")
            eventually(setup.idle)
        log = setup.log()
        assert log.count(" ERROR ") < 20
        assert "Traceback" not in log
        assert not list(Path(setup.data.root).rglob("*.damaged-*"))


def test_a_worker_without_a_data_folder_ends_without_a_word(tmp_path: Path) -> None:
    with installed(tmp_path, stash_library(1), plex_library(1)) as setup:
        blocked = tmp_path / "a-file"
        blocked.write_text("")
        done = subprocess.run(
            [sys.executable, "-E", str(setup.plugin / "PlexSync.py"), "--worker"],
            capture_output=True,
            env={**os.environ, "PLEXSYNC_DATA": str(blocked / "below")},
        )
        assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"")


@pytest.mark.skipif(os.geteuid() == 0, reason="modes do not bind root")
def test_a_read_only_data_folder_is_said_by_the_hook_and_changes_nothing(tmp_path: Path) -> None:
    with installed(tmp_path, stash_library(1), plex_library(1)) as setup:
        setup.data.create()
        os.chmod(setup.data.drafts, 0o500)
        setup.stash.save(1, title="Saved")
        os.chmod(setup.data.drafts, 0o700)
        assert setup.stash.hook_runs[0]["error"].startswith("PlexSync could not store this change in ")
        assert setup.inbox() == []


@pytest.mark.parametrize("task", ["Status", "History", "Sync All Scenes", "Undo Last Run", "Preview", "Bug Report"])
def test_a_task_says_in_one_sentence_that_the_data_folder_cannot_be_used(setup_on_a_file: Setup, task: str) -> None:
    run(setup_on_a_file, task)
    sentence = answer(setup_on_a_file)["error"]
    assert sentence.startswith(f"The data folder {setup_on_a_file.data.root} cannot be used (Not a directory). Make ")


@pytest.fixture(scope="module")
def setup_on_a_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setup]:
    """Where the data folder should be, there is a file."""
    with installed(tmp_path_factory.mktemp("file"), stash_library(1), plex_library(1)) as made:
        Path(made.data.root).touch()
        yield made


@pytest.mark.parametrize("named", ["elsewhere", "elsewhere/", "./elsewhere", "../PlexSync/elsewhere/."])
def test_a_data_folder_that_is_no_whole_path_is_the_same_for_all(named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hook, task and worker each run in a folder of their own, and what is kept of a folder is compared as text."""
    monkeypatch.setenv("PLEXSYNC_DATA", named.replace("PlexSync", os.path.basename(PLUGIN_FOLDER)))
    assert DataDir().root == os.path.join(PLUGIN_FOLDER, "elsewhere")


def test_the_way_to_stash_is_kept_whole_or_as_it_was(data: DataDir, monkeypatch: pytest.MonkeyPatch) -> None:
    save_connection(data.connection, StashConnection("http://127.0.0.1:9999", "old"))
    files = os.listdir(data.root)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("stash.connection.json.dump", full)
    with pytest.raises(OSError, match="No space left"):
        save_connection(data.connection, StashConnection("http://127.0.0.1:9999", "new"))
    assert os.listdir(data.root) == files
    kept = load_connection(data.connection)
    assert kept is not None
    assert kept.cookie == "old"


def test_a_log_line_that_cannot_be_written_is_let_go_without_a_word(
    data: DataDir, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    log_to_file(data.log, SecretsFilter())
    (handler,) = [one for one in root.handlers if one not in before]
    os.unlink(data.log)
    os.mkdir(data.log)
    try:
        logging.getLogger("worker").error("lost")
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    assert capsys.readouterr().err == ""


# The inbox ----------------------------------------------------------------------------------------------------


@contextmanager
def owner(data: DataDir) -> Iterator[tuple[JobQueue, Record]]:
    with closing(open_database(data.database)) as database, closing(JobQueue(data.queue, lambda: 1.0)) as queue:
        yield queue, Record(database, lambda: 1.0)


def test_whatever_lies_in_the_inbox_is_set_aside_and_events_go_on(
    data: DataDir, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    inbox = Path(data.inbox)
    (inbox / "0001.json").write_bytes(b"")
    (inbox / "0002.json").mkdir()
    (inbox / "0002.json" / "something").write_text("inside")
    elsewhere = tmp_path / "elsewhere.json"
    elsewhere.write_bytes(EVENT % 666)
    (inbox / "0003.json").symlink_to(elsewhere)
    (inbox / "0004.json").symlink_to("nowhere")
    os.mkfifo(inbox / "0005.json")
    with (inbox / "0006.json").open("wb") as file:
        file.truncate(100_000_000)
    (inbox / "0007.json").write_bytes(EVENT % 7 + b" " * LARGEST)
    (inbox / "0008.json").write_bytes(b"[" * 500_000)
    (inbox / "0009.json").write_bytes(EVENT % 2**63)
    (inbox / "0010.json").write_bytes(b'{"server_connection":[1],"hook":{"id":10,"type":"Scene.Update.Post"}}')
    (inbox / "0011.json").write_bytes(EVENT % 11)
    with owner(data) as (queue, record):
        Inbox(data).take(queue, record)
        assert [scene for scene in range(1, 100) if scene in queue] == [10, 11]
    assert os.listdir(inbox) == []
    assert sorted(os.listdir(data.damaged)) == [f"{n:04d}.json" for n in range(1, 10)]
    assert elsewhere.read_bytes() == EVENT % 666
    assert len(caplog.records) == 1
    assert "is not an event of PlexSync's (JSONDecodeError), and so are 8 more; moved to" in caplog.text


@pytest.mark.skipif(os.geteuid() == 0, reason="modes do not bind root")
def test_an_event_that_may_not_be_read_is_set_aside(data: DataDir) -> None:
    path = Path(data.inbox, "0001.json")
    path.write_bytes(EVENT % 1)
    path.chmod(0)
    with owner(data) as (queue, record):
        Inbox(data).take(queue, record)
    assert os.listdir(data.damaged) == ["0001.json"]


def test_thousands_of_damaged_files_do_not_block_the_one_that_is_sound(
    data: DataDir, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(2000):
        Path(data.inbox, f"{number:04d}.json").write_bytes(b"\xff")
    Path(data.inbox, "9999.json").write_bytes(EVENT % 5)
    inbox = Inbox(data)
    with owner(data) as (queue, record):
        for _ in range(5):
            inbox.take(queue, record)
        assert 5 in queue
    assert len(os.listdir(data.damaged)) == 2000
    assert len(caplog.records) == 4


def test_what_cannot_even_be_moved_aside_is_left_in_peace_and_blocks_nobody(
    data: DataDir, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.rmtree(data.damaged)
    Path(data.damaged).write_text("in the way")
    for number in range(600):
        Path(data.inbox, f"{number:04d}.json").write_bytes(b"")
    Path(data.inbox, "9999.json").write_bytes(EVENT % 5)
    inbox = Inbox(data)
    with owner(data) as (queue, record):
        for _ in range(20):
            inbox.take(queue, record)
        assert 5 in queue
    assert len(os.listdir(data.inbox)) == 600
    assert len(caplog.records) < 10, "not a line for each, again and again"
