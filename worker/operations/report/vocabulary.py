"""The words that PlexSync's own sentences are made of: what a masked report still shows as it is."""

from __future__ import annotations

import builtins
import errno
import os
import re
from collections.abc import Iterator
from http import HTTPStatus

from worker.datadir import PLUGIN_FOLDER
from worker.operations.report.seams import seams_of

#: Folders of the plugin whose files hold its sentences.
_FOLDERS = ("plex", "reconciliation", "stash", "validation", "worker")

#: Of sentences that come from below: SQLite's, urllib3's, those of sockets and of TLS.
_OTHERS = """
    database disk image is malformed locked readonly full I/O error no such table column unable to open file is not
    a Max retries exceeded with url Caused by NewConnectionError ConnectTimeoutError ReadTimeoutError SSLError
    HTTPSConnectionPool HTTPConnectionPool NameResolutionError Failed to establish new connection host port timed
    out read connect timeout Temporary failure in name resolution Name or service not known nodename nor servname
    provided certificate verify failed self-signed unable to get local issuer hostname mismatch expired
    RemoteDisconnected Remote end closed without response Connection aborted reset by peer BadRequest NotFound
    Unauthorized OperationalError DatabaseError IntegrityError Traceback most recent call last File line module
    frozen importlib bootstrap
"""

#: A word: anything but white space and ASCII's punctuation, so that a letter and its accent stay together.
WORD = r"[^\s!-/:-@\[-`{-~]+"


def own_words() -> frozenset[str]:
    """Every word in PlexSync's files, and those of the errors of Python and the system; in small letters."""
    texts = [
        *_files(),
        _read(os.path.join(PLUGIN_FOLDER, "PlexSync.yml")),
        _OTHERS,
        *(os.strerror(number) for number in errno.errorcode),
    ]
    texts += [*dir(builtins), *(f"{status.phrase} {status.name}" for status in HTTPStatus)]
    return frozenset(word.lower() for text in texts for word in re.findall(WORD, text))


def own_seams() -> frozenset[str]:
    """What stands beside and between quotes in PlexSync's own sentences."""
    return seams_of(_files())


def own_names() -> frozenset[str]:
    """The names of tasks and settings as Stash shows them."""
    manifest = _read(os.path.join(PLUGIN_FOLDER, "PlexSync.yml"))
    found = re.findall(r"^ +(?:- )?(?:name|displayName): (.+)$", manifest, re.MULTILINE)
    return frozenset(name.strip().strip("'\"") for name in found)


def own_settings() -> list[str]:
    """The keys of all settings, as PlexSync.yml lists them."""
    _, _, settings = _read(os.path.join(PLUGIN_FOLDER, "PlexSync.yml")).partition("\nsettings:\n")
    return re.findall(r"^  (\w+):$", settings, re.MULTILINE)


def _files() -> Iterator[str]:
    for folder in _FOLDERS:
        for at, _, names in os.walk(os.path.join(PLUGIN_FOLDER, folder)):
            for name in names:
                if name.endswith(".py"):
                    yield _read(os.path.join(at, name))


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
