"""Where log lines go: a rotating file in the data folder, and Stash while a task is watched. Secrets go nowhere."""

from __future__ import annotations

import logging
import logging.handlers
import os
from collections.abc import Iterable

from stash.protocol import StashLogHandler
from worker.datadir import DataDir

log = logging.getLogger(__name__)

#: The log file is rotated at this size in bytes, and so many older ones are kept.
LARGEST, KEPT = 1_000_000, 3

MASK = "***"

#: Secrets that are masked at a time.
MOST_SECRETS = 200


class SecretsFilter(logging.Filter):
    """Masks what must never be written down, also inside tracebacks."""

    def __init__(self) -> None:
        super().__init__()
        self._secrets: dict[str, None] = {}

    def keep_out(self, secrets: Iterable[str]) -> None:
        """From now on, mask these as well; very short ones would mask ordinary words.

        Every hook brings a new cookie: the oldest are let go.
        """
        for secret in secrets:
            if len(secret) > 3:
                self._secrets.pop(secret, None)
                self._secrets[secret] = None
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
            text = text.replace(secret, MASK)
        return text


class _LogFile(logging.handlers.RotatingFileHandler):
    """The log file; a line that cannot be written, to a full disk for instance, is no reason to stop working."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - its name is given
        """Let go of the line; the usual complaint on stderr would be a traceback in Stash's log."""


def log_to_file(data: DataDir, secrets: SecretsFilter) -> None:
    """Write PlexSync's log to its file; where that cannot be written, say so to whoever else listens."""
    previous = os.umask(0o077)
    try:
        handler = _LogFile(data.log, maxBytes=LARGEST, backupCount=KEPT, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        logging.getLogger().addHandler(logging.NullHandler())
        log.warning("The log file %s cannot be written (%s).", data.log, error.strerror)
        return
    finally:
        os.umask(previous)
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
