"""The log files: rotated by several processes at once, no line is lost, none stands in a file older than it is."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.secrets import written
from worker import logs
from worker.storage.ownership import Lock

#: Writes so many numbered lines into a log file, each of a hundred bytes, the largest file being of so many bytes.
WRITER = """
import logging, sys
from worker import logs
path, name, count, logs.LARGEST, logs.KEPT = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
logs.log_to_file(path, logs.SecretsFilter())
for number in range(count):
    logging.getLogger("test").info("%s %05d %s", name, number, "x" * 50)
"""


@pytest.fixture
def handler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[logging.Handler]:
    """A log file that holds three lines."""
    monkeypatch.setattr(logs, "LARGEST", 3 * len("line 01\n"))
    handler = logs._LogFile(str(tmp_path / "a.log"))
    yield handler
    handler.close()


def write(handler: logging.Handler, *numbers: int) -> None:
    for number in numbers:
        handler.emit(logging.LogRecord("test", logging.INFO, __file__, 1, "line %02d", (number,), None))


def content(folder: Path) -> dict[str, list[int]]:
    """The numbers of the lines of each file."""
    paths = [path for path in folder.iterdir() if path.suffix != ".lock"]
    return {path.name: [int(line.split()[1]) for line in path.read_text().splitlines()] for path in paths}


def test_the_newest_lines_are_kept_in_their_order(tmp_path: Path, handler: logging.Handler) -> None:
    write(handler, *range(14))
    assert content(tmp_path) == {"a.log": [12, 13], "a.log.1": [9, 10, 11], "a.log.2": [6, 7, 8], "a.log.3": [3, 4, 5]}


def test_two_processes_with_one_file_lose_no_line_and_no_file(tmp_path: Path) -> None:
    path, count = tmp_path / "plexsync.log", 400
    arguments = [str(count), "20000", "9"]
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), name, *arguments], cwd=logs.__file__[:-14])
        for name in "AB"
    ]
    assert [writer.wait() for writer in writers] == [0, 0]
    files = [path, *(Path(f"{path}.{number}") for number in range(1, 10))]
    files = [file for file in files if file.exists()]
    # How large each is, the machine decides: while one process renames, the other's lines go into the full file.
    assert len(files) >= 2
    lines = [line for file in reversed(files) for line in file.read_text().splitlines()]
    for name in "AB":
        assert [line.split()[-2] for line in lines if f" {name} " in line] == [f"{n:05d}" for n in range(count)]


def test_a_file_that_somebody_reads_on_windows_takes_the_lines_until_it_can_be_renamed(
    tmp_path: Path, handler: logging.Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = os.replace

    def in_use(*_: Any) -> None:
        raise PermissionError(13, "in use")

    monkeypatch.setattr(os, "replace", in_use)
    write(handler, *range(7))
    assert content(tmp_path) == {"a.log": [0, 1, 2, 3, 4, 5, 6]}
    monkeypatch.setattr(os, "replace", rename)
    write(handler, 7)
    assert content(tmp_path) == {"a.log": [7], "a.log.1": [0, 1, 2, 3, 4, 5, 6]}


def test_what_a_rotation_left_that_was_killed_halfway_costs_no_kept_file(
    tmp_path: Path, handler: logging.Handler
) -> None:
    write(handler, *range(12))
    os.replace(tmp_path / "a.log.2", tmp_path / "a.log.3")  # the first of three steps
    write(handler, 12)
    assert content(tmp_path) == {"a.log": [12], "a.log.1": [9, 10, 11], "a.log.2": [6, 7, 8], "a.log.3": [3, 4, 5]}


def test_a_file_that_another_process_rotates_just_now_takes_the_line(tmp_path: Path, handler: logging.Handler) -> None:
    write(handler, 0, 1, 2)
    other = Lock(str(tmp_path / "a.log.lock"))
    assert other.take()
    write(handler, 3)
    assert content(tmp_path) == {"a.log": [0, 1, 2, 3]}
    other.release()
    write(handler, 4)
    assert content(tmp_path) == {"a.log": [4], "a.log.1": [0, 1, 2, 3]}


def test_a_line_on_windows_waits_until_another_process_has_written_its_own(
    tmp_path: Path, handler: logging.Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, before = Lock(str(tmp_path / "a.log.lock")), []

    def has_written(_: float) -> None:
        before.append(content(tmp_path))
        other.release()

    monkeypatch.setattr(logs, "WINDOWS", True)
    monkeypatch.setattr(time, "sleep", has_written)
    assert other.take()
    write(handler, 0)
    assert before == [{"a.log": []}]
    assert content(tmp_path) == {"a.log": [0]}


def test_a_lock_that_stays_held_on_windows_costs_no_line(
    tmp_path: Path, handler: logging.Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Lock(str(tmp_path / "a.log.lock"))
    monkeypatch.setattr(logs, "WINDOWS", True)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    assert other.take()
    write(handler, 0, 1)
    assert content(tmp_path) == {"a.log": [0, 1]}
    other.release()


def test_log_lines_are_readable_by_their_owner_alone(tmp_path: Path, handler: logging.Handler) -> None:
    if sys.platform == "win32":
        pytest.skip("Windows has no such modes")
    write(handler, *range(4))
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


@pytest.mark.parametrize("secret", ["t0ken-qx7/of+plex==", "quo\"te'd\\one", "<a&b>c%d", "plain0123"])
def test_a_secret_is_masked_however_it_is_written(secret: str) -> None:
    secrets = logs.SecretsFilter()
    secrets.keep_out([secret])
    for text in written(secret):
        assert secrets.masked(f"GET /x?X-Plex-Token={text} failed") == "GET /x?X-Plex-Token=*** failed"
