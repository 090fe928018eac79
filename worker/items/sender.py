"""Writing to Plex in a thread of its own, while the caller's thread notes what became of former writes.

Plex takes 10 to 90 ms for an edit; planning one and noting what became of it takes two. So some edits are handed over
ahead, and are sent one after the other. The data folder is touched by the caller's thread alone.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Generic, TypeVar

_Value = TypeVar("_Value")
_Further = TypeVar("_Further")


#: Seconds after which a write takes long, and those between two looks whether it is over.
LONG, LOOK = 1.0, 0.25


class _NotBegun(Exception):
    """A write before it failed, or it was called back, or its time is over, or it may not begin."""


@dataclass(frozen=True)
class UnderWay(Generic[_Value]):
    """Writes that were handed over; None: there were none. ``land`` waits for the answer, notes what became of it and
    returns that, or raises what the writes did."""

    future: Future[None] | None
    land: Callable[[], _Value]

    @property
    def is_done(self) -> bool:
        """Whether there is nothing to wait for."""
        return self.future is None or self.future.done()

    def wait(self, seconds: float) -> None:
        """Wait for the answer, not longer than that."""
        if self.future is not None:
            wait([self.future], seconds)

    @property
    def was_begun(self) -> bool:
        """Whether it was sent; waits for the answer."""
        return self.future is None or not isinstance(self.future.exception(), _NotBegun)

    def then(self, note: Callable[[_Value], _Further]) -> UnderWay[_Further]:
        """The same, with more to be noted behind."""
        return UnderWay(self.future, lambda: note(self.land()))


class Sender:
    """One write at a time, in the order in which they are handed over. After one that fails, none is begun that was
    handed over before ``go_on``. ``clock`` gives seconds since 1970."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        #: Called again and again while a write takes long.
        self.meanwhile: Callable[[], object] = lambda: None
        #: Asked right before anything is begun that was handed over, in the thread of the writes.
        self.may_begin: Callable[[], bool] = lambda: True
        self._thread = ThreadPoolExecutor(1, "write-to-plex")
        self._is_halted = False

    def close(self) -> None:
        """Let the thread go."""
        self._thread.shutdown(wait=False)

    def hand_over(self, write: Callable[[], None], until: float) -> Future[None]:
        """Send something behind what was handed over before, if that is begun by then, in seconds since 1970."""
        return self._thread.submit(self._send, write, until)

    def send(self, write: Callable[[], None], is_long: Callable[[], object] = lambda: None) -> None:
        """Send something while nothing else is under way, and wait for its end. ``is_long`` is called when it takes
        long, before its end is known. Raises what it does, or what ``meanwhile`` does, after its end in both cases."""
        sent = self._thread.submit(write)
        try:
            if wait([sent], LONG).not_done:
                is_long()
            while not sent.done():
                self.meanwhile()
                wait([sent], LOOK)
        finally:
            wait([sent])
        sent.result()

    def halt(self) -> None:
        """Begin nothing more of what was handed over."""
        self._is_halted = True

    def go_on(self) -> None:
        """What is handed over from now on is sent again. Everything before was waited for."""
        self._is_halted = False

    def _send(self, write: Callable[[], None], until: float) -> None:
        if self._is_halted or self._clock() > until or not self.may_begin():
            raise _NotBegun
        try:
            write()
        except BaseException:
            self._is_halted = True
            raise
