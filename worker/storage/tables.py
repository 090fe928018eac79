"""What all tables of the record share: the connection, the clock, and when a change is written down."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext


class Tables:
    """Some tables of plexsync.db. ``clock`` gives seconds since 1970."""

    def __init__(self, database: sqlite3.Connection, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock
        self._gathering = False

    @property
    def now(self) -> float:
        """Seconds since 1970."""
        return self._clock()

    @contextmanager
    def gathered(self, written: Callable[[], None]) -> Iterator[None]:
        """Write what scenes turned out to be in one go at the end, instead of one by one; then call ``written``.

        After an sqlite3.Error it is not called: what was gathered went with the transaction that failed."""
        was, self._gathering, kept = self._gathering, True, True
        try:
            yield
        except sqlite3.Error:
            kept = False
            raise
        finally:
            self._gathering = was
            if kept:
                self._database.commit()
                written()

    @contextmanager
    def apart(self) -> Iterator[None]:
        """What is noted inside does not wait for what is being gathered, and that is written down first."""
        was, self._gathering = self._gathering, False
        self._database.commit()
        try:
            yield
        finally:
            self._gathering = was

    @contextmanager
    def together(self) -> Iterator[None]:
        """Write everything that is noted inside in one transaction, which outlives everything once this is left."""
        was, self._gathering = self._gathering, True
        try:
            with self._database:
                yield
        finally:
            self._gathering = was

    def _soon(self) -> AbstractContextManager[object]:
        """A transaction that can wait: when it is lost, a scene is only compared once more."""
        return nullcontext() if self._gathering else self._database
