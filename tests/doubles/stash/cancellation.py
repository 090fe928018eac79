"""What a Go context is to Stash: one thing that a request or a job can be cancelled by."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Gate:
    """What a job waits at while it is held."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self._open.set()

    def hold(self, held: bool) -> None:
        (self._open.clear if held else self._open.set)()

    def passed(self, cancellation: Cancellation) -> bool:
        """Wait until it is open; false when cancelled before."""
        while not self._open.wait(0.01):
            if cancellation.cancelled:
                return False
        return not cancellation.cancelled


class Cancellation:
    """Cancelled once, for good. Whoever registered is called in the thread that cancels."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cancelled = False
        self._callbacks: list[Callable[[], None]] = []

    @property
    def cancelled(self) -> bool:
        return self._cancelled

    def cancel(self) -> None:
        with self._lock:
            if self._cancelled:
                return
            self._cancelled = True
            callbacks = list(self._callbacks)
        for callback in callbacks:
            callback()

    @contextmanager
    def calling(self, callback: Callable[[], None]) -> Iterator[None]:
        """Call `callback` if this is cancelled before the block ends; at once if it already is."""
        with self._lock:
            already = self._cancelled
            if not already:
                self._callbacks.append(callback)
        try:
            if already:
                callback()
            yield
        finally:
            with self._lock:
                if callback in self._callbacks:
                    self._callbacks.remove(callback)
