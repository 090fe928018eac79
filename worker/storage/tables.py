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
        self._written: Callable[[], object] = _nothing

    @property
    def now(self) -> float:
        """Seconds since 1970."""
        return self._clock()

    @contextmanager
    def gathered(self, written: Callable[[], object]) -> Iterator[None]:
        """Write what scenes turned out to be with what cannot wait, and the rest at the end, instead of one by one;
        call ``written`` each time.

        After an sqlite3.Error it is not called: what was gathered went with the transaction that failed."""
        before, kept = (self._gathering, self._written), True
        self._gathering, self._written = True, written
        try:
            yield
        except sqlite3.Error:
            kept = False
            raise
        finally:
            self._gathering, self._written = before
            if kept:
                self._database.commit()
                written()

    @contextmanager
    def apart(self) -> Iterator[None]:
        """What is noted inside does not wait for what is being gathered, and that is written down first."""
        self._database.commit()
        self._written()
        before = self._gathering, self._written
        self._gathering, self._written = False, _nothing
        try:
            yield
        finally:
            self._gathering, self._written = before

    @contextmanager
    def together(self) -> Iterator[None]:
        """Write everything that is noted inside in one transaction, which outlives everything once this is left; what
        was gathered before goes with it."""
        was, self._gathering = self._gathering, True
        try:
            with self._beside_gathered() if was else self._database:
                yield
        finally:
            self._gathering = was
        self._written()

    @contextmanager
    def _beside_gathered(self) -> Iterator[None]:
        """As the database's own transaction, but that what was gathered before stays when the block fails."""
        self._database.execute("SAVEPOINT beside")
        try:
            yield
        except sqlite3.Error:
            self._database.rollback()  # it may be gone already, and what was gathered with it
            raise
        except BaseException:
            self._database.execute("ROLLBACK TO beside")
            self._database.execute("RELEASE beside")
            raise
        self._database.commit()

    def _soon(self) -> AbstractContextManager[object]:
        """A transaction that can wait: when it is lost, a scene is only compared once more."""
        return nullcontext() if self._gathering else self._database


def _nothing() -> None:
    """Nothing is gathered."""
