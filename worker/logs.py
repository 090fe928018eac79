"""Where log lines go: rotating files in the data folder, and Stash while a task is watched. Secrets go nowhere."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress

from stash.protocol import StashLogHandler
from worker.hidden import SHORTEST, Hidden
from worker.system import BINARY, WINDOWS, open_lock, try_lock

log = logging.getLogger(__name__)

#: A log file is rotated at this size in bytes, and so many older ones are kept.
LARGEST, KEPT = 1_000_000, 3

#: How often a line asks whether another process has written its own, and the seconds between.
TRIES, PAUSE = 100, 0.01

MASK = "***"

#: Secrets that are masked at a time.
MOST_SECRETS = 200


class SecretsFilter(logging.Filter):
    """Masks what must never be written down, also inside tracebacks."""

    def __init__(self) -> None:
        super().__init__()
        self._secrets: dict[str, Hidden] = {}

    def keep_out(self, secrets: Iterable[str]) -> None:
        """From now on, mask these as well; very short ones would mask ordinary words.

        Every hook brings a new cookie: the oldest are let go.
        """
        for secret in secrets:
            if len(secret) >= SHORTEST:
                known = self._secrets.pop(secret) if secret in self._secrets else Hidden(secret)
                self._secrets[secret] = known
        while len(self._secrets) > MOST_SECRETS:
            del self._secrets[next(iter(self._secrets))]

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask the secrets in one record."""
        text = record.getMessage()
        if record.exc_info:
            text += "\n" + logging.Formatter().formatException(record.exc_info)
            record.exc_info = record.exc_text = None
        record.msg, record.args = self.masked(text), None
        return True

    def masked(self, text: str) -> str:
        """A text without any of the secrets."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = self._secrets[secret].out_of(text, MASK)
        return text


class _LogFile(logging.Handler):
    """Appends to a file that is open only while a line is written: on Windows, an open one cannot be renamed, and the
    lines of a process that kept it open would end up in an older file.

    A line that cannot be written, to a full disk for instance, is let go without a word: work goes on.
    """

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path
        self._append(b"")

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        with suppress(OSError):
            line = self.format(record).encode("utf-8", "backslashreplace") + b"\n"
            if self._is_full(line):
                with suppress(OSError):
                    self._rotate(line)
            self._append(line)

    def _append(self, line: bytes) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | BINARY
        with self._turn() if WINDOWS else nullcontext(), open(os.open(self._path, flags, 0o600), "ab") as file:
            file.write(line)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Keep other processes from writing meanwhile. Windows' C library moves to the end of the file and writes there
        in two steps (Microsoft's documentation of _O_APPEND): two lines at once would stand one over the other.

        A lock that stays held, or cannot be had, costs no line: it is written all the same."""
        with ExitStack() as held:
            with suppress(OSError):
                lock = open_lock(f"{self._path}.lock")
                held.callback(os.close, lock)
                for _ in range(TRIES):
                    if try_lock(lock):
                        break
                    time.sleep(PAUSE)
            yield

    def _is_full(self, line: bytes) -> bool:
        try:
            return os.stat(self._path).st_size + len(line) > LARGEST
        except FileNotFoundError:
            return False

    def _rotate(self, line: bytes) -> None:
        """Rename the full file, and older ones before it. Where somebody has one of them open, or rotates just now, the
        line goes into the full one, and the next line tries again. Raises OSError."""
        lock = open_lock(f"{self._path}.lock")
        try:
            if try_lock(lock) and self._is_full(line):  # another process may have done so meanwhile
                names = [self._path, *(f"{self._path}.{number}" for number in range(1, KEPT + 1))]
                # Up to the first that is not there: one that was killed halfway took nothing that is kept.
                last = next((number for number, name in enumerate(names) if not os.path.lexists(name)), KEPT)
                for number in range(last, 0, -1):
                    os.replace(names[number - 1], names[number])
        finally:
            os.close(lock)


def log_to_file(path: str, secrets: SecretsFilter) -> None:
    """Write PlexSync's log to a file; where that cannot be written, say so to whoever else listens.

    Worker and tasks have one each, so that the lines of neither push out those of the other.
    """
    try:
        handler = _LogFile(path)
    except OSError as error:
        logging.getLogger().addHandler(logging.NullHandler())
        log.warning("The log file %s cannot be written (%s).", path, error.strerror)
        return
    handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(levelname)s %(message)s"))
    _add(handler, secrets, logging.DEBUG)


def log_to_stash(secrets: SecretsFilter) -> None:
    """Write PlexSync's log to the Stash that watches this process, but for the lines about single scenes."""
    _add(StashLogHandler(), secrets, logging.INFO)


def _add(handler: logging.Handler, secrets: SecretsFilter, level: int) -> None:
    handler.addFilter(secrets)
    handler.setLevel(level)
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    for noisy in ("urllib3", "plexapi", "persistqueue"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
