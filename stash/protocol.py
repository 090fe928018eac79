"""How a plugin speaks to Stash: log lines and progress on stderr, one JSON document on stdout.

Source: pkg/logger/plugin.go and pkg/plugin/raw.go of Stash. Stash's reader gives up at lines over 64 KiB.
"""

from __future__ import annotations

import json
import logging
import sys
from typing import TextIO

LONGEST_LINE = 8000
_LEVELS = ((logging.ERROR, "e"), (logging.WARNING, "w"), (logging.INFO, "i"), (logging.DEBUG, "d"))


class StashLogHandler(logging.Handler):
    """Writes log records in Stash's protocol, one line each: a traceback belongs into a file."""

    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__()
        self._stream = stream or sys.stderr

    def emit(self, record: logging.LogRecord) -> None:
        """Write the first line of one record."""
        level = next((letter for least, letter in _LEVELS if record.levelno >= least), "t")
        line = record.getMessage().partition("\n")[0]
        self._stream.write(f"\x01{level}\x02{line[:LONGEST_LINE]}\n")
        self._stream.flush()


class Progress:
    """Stash's progress bar: a share of one, which only grows, by a thousandth at least: Stash sends each line that it
    reads on to every open page."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._shown = -1.0
        self.stage(0.0, 1.0)

    def stage(self, first: float, last: float) -> None:
        """What is shown from now on fills the bar from one share to another."""
        self._first, self._last = first, last
        self._total = self._done_by_then = 0

    def show(self, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` are finished; a share below what was shown is not written. When they become
        more, what is left of the bar stands for the rest, so that it does not stand still either."""
        if 0 < self._total < total:
            self._first, self._done_by_then = max(self._first, self._shown), done
        self._total = total
        done, total = done - self._done_by_then, total - self._done_by_then
        share = min(1.0, done / total) if total > 0 else 1.0
        share = round(self._first + (self._last - self._first) * share, 3)
        if share > self._shown:
            self._shown = share
            self._stream.write(f"\x01p\x02{share:.3f}\n")
            self._stream.flush()


def answer(output: object = None, error: str | None = None) -> int:
    """The plugin's one answer on stdout; returns the exit code."""
    document = {"error": error} if error else {"output": output}
    sys.stdout.write(json.dumps(document))
    sys.stdout.flush()
    return 1 if error else 0
