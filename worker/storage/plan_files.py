"""Writing what was planned and not carried out, as worker/storage/plan_reading.py reads it; nobody else may read it."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from typing import IO

from worker.datadir import DataDir
from worker.storage.plan_reading import SUMMARY, Document
from worker.system import replace

#: Bytes of what is kept while nothing is written; beyond, the older half goes.
MOST_KEPT = 2 * 1024 * 1024


class PreviewFile:
    """One preview: nothing of it is in the data folder before it is whole."""

    def __init__(self, data: DataDir) -> None:
        self._data = data
        self._lines: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the preview

    def add(self, row: Document) -> None:
        """One scene more."""
        self._lines.write(_line(row))

    def finish(self, summary: Document) -> None:
        """Lay the file down in place of the last one. Raises OSError; nothing is left behind then."""
        draft = os.path.join(self._data.drafts, f"preview.{os.getpid()}")
        try:
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(_line({SUMMARY: summary}))
                self._lines.seek(0)
                shutil.copyfileobj(self._lines, file)
            replace(draft, self._data.preview)
        except BaseException:
            if os.path.exists(draft):
                os.unlink(draft)
            raise

    def close(self) -> None:
        """Let go of what was not laid down."""
        self._lines.close()


def keep_looked_at(data: DataDir, row: Document) -> None:
    """Add a scene to what was looked at while nothing is written. Raises OSError."""
    line = _line(row)
    descriptor = os.open(data.looked_at, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with open(descriptor, "r+b") as file:
        end = file.seek(0, os.SEEK_END)
        if end:
            file.seek(end - 1)
            line = line if file.read(1) == b"\n" else b"\n" + line
        file.write(line)
    if end + len(line) > MOST_KEPT:
        _drop_older_half(data)


def forget_looked_at(data: DataDir) -> None:
    """What was looked at is of no interest any more. Raises OSError."""
    try:
        os.unlink(data.looked_at)
    except FileNotFoundError:
        return


def _drop_older_half(data: DataDir) -> None:
    with open(data.looked_at, "rb") as file:
        file.seek(-MOST_KEPT // 2, os.SEEK_END)
        file.readline()  # the rest of a line
        rest = file.read()
    draft = os.path.join(data.drafts, f"only-look.{os.getpid()}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(rest)
    replace(draft, data.looked_at)


def _line(row: Document) -> bytes:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"
