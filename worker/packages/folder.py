"""The folder of packages that PlexSync installs for itself: where it is, and whether it is whole."""

from __future__ import annotations

import os
import sys
from importlib.machinery import EXTENSION_SUFFIXES

from worker.datadir import PLUGIN_FOLDER, DataDir

REQUIREMENTS = os.path.join(PLUGIN_FOLDER, "requirements.txt")
LOCK = os.path.join(PLUGIN_FOLDER, "requirements.lock")

TYPE_CHECKING = False
if TYPE_CHECKING:  # every start would pay for the import
    from collections.abc import Callable

    #: Takes one line about what is going on, for the person who waits.
    Say = Callable[[str], object]


class PackagesMissing(ImportError):
    """There are no packages to work with; the text is one sentence that says what helps."""


def own_folder(data: DataDir) -> str:
    """PlexSync's own folder of packages for this Python, whether it exists or not."""
    return os.path.join(data.site, python_tag())


def python_tag() -> str:
    """What compiled packages depend on: kind and version of Python, system, processor and C library.

    Such as ``cpython-311-x86_64-linux-gnu``, ``cpython-313t-darwin-arm64``, ``cp312-win_amd64``.
    """
    tag = EXTENSION_SUFFIXES[0].split(".")[1]
    if sys.platform == "win32":
        return tag
    machine = os.uname().machine
    if machine not in tag:
        tag += f"-{machine}"
    if sys.platform == "linux" and "musl" not in tag and not _has_glibc():
        tag += "-musl"  # early Pythons 3.10 call themselves "gnu" there, too
    return tag


def is_complete(folder: str) -> bool:
    """Whether a folder holds what the lock file names: the copy of that file is laid into it last."""
    try:
        with open(os.path.join(folder, os.path.basename(LOCK)), "rb") as copy, open(LOCK, "rb") as lock:
            return copy.read() == lock.read()
    except OSError:
        return False


def forget_failure(data: DataDir) -> None:
    """From now on, hooks start workers again."""
    try:
        os.unlink(data.install_failed)
    except OSError:
        return  # there is none, or it stays: it counts for some minutes only (worker/launcher.py)


def _has_glibc() -> bool:
    try:
        return bool(os.confstr("CS_GNU_LIBC_VERSION"))
    except (ValueError, OSError):
        return False
