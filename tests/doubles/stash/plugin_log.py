"""What Stash logs, and how it reads a plugin's standard error (pkg/logger/plugin.go, pkg/plugin/log.go).

A line is `0x01 level 0x02 text`; without that prefix the whole line is logged at the plugin's `errLog` level.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from tests.doubles.stash.clock import Clock, rfc3339

LEVELS = ("Trace", "Debug", "Info", "Progress", "Warning", "Error")
_RANK = {"Trace": 0, "Debug": 1, "Info": 2, "Progress": 2, "Warning": 3, "Error": 4}
_BY_CHARACTER = {b"t": "Trace", b"d": "Debug", b"i": "Info", b"w": "Warning", b"e": "Error", b"p": "Progress"}
_BY_NAME = {"trace": "Trace", "debug": "Debug", "info": "Info", "warning": "Warning", "progress": "Progress"}

# bufio.Scanner's limit: a line must fit into it together with its newline.
LINE_LIMIT = 64 * 1024

# What the `logs` query shows: the newest lines, newest first (internal/log/logger.go).
_CACHED_LINES = 30


@dataclass(frozen=True, slots=True)
class LogLine:
    """`plugin` is the id of the plugin whose line this is, None for Stash's own."""

    time: int
    level: str
    plugin: str | None
    message: str
    prefix: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "time": rfc3339(self.time)}


class Log:
    """Everything that was logged, whatever its level; `shown` is what Stash itself would show."""

    def __init__(self, clock: Clock, level: str = "Info") -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self.level = level
        self.lines: list[LogLine] = []

    def add(self, level: str, message: str, plugin: str | None = None, prefix: str = "") -> None:
        with self._lock:
            self.lines.append(LogLine(self._clock.now(), level, plugin, message, prefix))

    def clear(self) -> None:
        with self._lock:
            self.lines.clear()

    def shown(self) -> list[LogLine]:
        threshold = _RANK[self.level]
        with self._lock:
            lines = [line for line in self.lines if _RANK[line.level] >= threshold]
        return lines[: -_CACHED_LINES - 1 : -1]


def error_log_level(name: str) -> str | None:
    """The level of lines without a prefix: `errLog` of the yml, None for "none", Error for anything unknown."""
    return None if name == "none" else _BY_NAME.get(name, "Error")


class PluginLogReader:
    """Takes the bytes of a plugin's standard error as they come and logs whole lines."""

    def __init__(
        self, log: Log, plugin: str, name: str, default_level: str | None, progress: Callable[[float], None]
    ) -> None:
        self._log = log
        self._plugin = plugin
        self._prefix = f"[Plugin / {name}] "
        self._default_level = default_level
        self._progress = progress
        self._buffer = b""

    def feed(self, data: bytes) -> bool:
        """False when a line was too long: the reader has given up, and Stash closes the pipe."""
        self._buffer += data
        while True:
            line, newline, rest = self._buffer.partition(b"\n")
            if len(line) + len(newline) > LINE_LIMIT or (not newline and len(line) >= LINE_LIMIT):
                self._buffer = b""
                return False
            if not newline:
                return True
            self._buffer = rest
            self._line(line)

    def end(self) -> None:
        """The pipe has ended; what stands without a newline is a line too."""
        if self._buffer:
            self._line(self._buffer)
            self._buffer = b""

    def _line(self, raw: bytes) -> None:
        raw = raw.removesuffix(b"\r")
        level = _BY_CHARACTER.get(raw[1:2]) if len(raw) >= 4 and raw[0] == 1 and raw[2] == 2 else None
        text = raw.decode("utf-8", "replace")
        if level is not None:
            text = text[3:].strip()
        else:
            level = self._default_level
        if level == "Progress":
            self._progress_line(text)
        elif level is not None:
            self._log.add(level, text, self._plugin, self._prefix)

    def _progress_line(self, text: str) -> None:
        try:
            value = float(text)
        except ValueError:
            message = f"Error parsing progress value '{text}': invalid syntax"
            self._log.add("Error", message, self._plugin, self._prefix)
            return
        self._progress(value)
