"""Answering what the page asked, beside the work: whoever owns the data does so between two batches.

An answer is a file of its own that nobody else may read, laid down whole; it is removed when it is old.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Protocol

from validation.errors import PlexSyncError
from validation.wishes import Question
from worker.datadir import DataDir
from worker.processor import SyncWorker
from worker.storage.ownership import Owned
from worker.system import write_durably

log = logging.getLogger(__name__)

#: Seconds after which nobody waits for an answer any more, and after which one is removed.
TOO_LATE, OLD = 300.0, 600.0

#: What JSON can hold.
Content = dict[str, object]


class Answerer(Protocol):
    """Answers one question with what the worker and the owner of the data have. Raises the errors of the tree."""

    def __call__(self, question: Question, worker: SyncWorker, owned: Owned) -> Content: ...


class Answering:
    """Answers into the data folder; ``answer`` knows how."""

    def __init__(self, data: DataDir, answer: Answerer, clock: Callable[[], float] = time.time) -> None:
        self._data = data
        self._answer = answer
        self._clock = clock

    def work_off(self, questions: Iterable[Question], worker: SyncWorker, owned: Owned) -> None:
        """Answer what still waits for an answer. Raises OSError: the data folder cannot be written."""
        for question in questions:
            if not abs(self._clock() - question.asked) < TOO_LATE:
                continue
            self._clear_up()
            content = json.dumps(self._content(question, worker, owned)).encode("ascii")
            write_durably(self._data.answers, self._data.answers, f"{question.id}.json", content)

    def _content(self, question: Question, worker: SyncWorker, owned: Owned) -> Content:
        try:
            return self._answer(question, worker, owned)
        except PlexSyncError as error:
            return {"error": str(error)}
        except Exception as error:  # a question must not stop what was there before it
            log.exception("The page's question %s could not be answered.", question.kind.value)
            return {"error": f"PlexSync failed in an unforeseen way ({type(error).__name__}); plexsync.log says more."}

    def _clear_up(self) -> None:
        os.makedirs(self._data.answers, mode=0o700, exist_ok=True)
        for entry in os.scandir(self._data.answers):
            with suppress(FileNotFoundError):
                if not abs(self._clock() - entry.stat().st_mtime) < OLD:
                    os.unlink(entry.path)
