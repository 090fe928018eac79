"""Packages that fit and are there already: this Python's, those of PYTHONPATH, and those of PlexSync's last version."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

from worker.datadir import PLUGIN_FOLDER, DataDir
from worker.packages.folder import PackagesMissing, forget_failure
from worker.packages.requirements import missing_here

if TYPE_CHECKING:
    from worker.packages.folder import Say

#: Where newer packages could not be had, and older ones fit, it is tried again after so many seconds.
TRY_AGAIN = 6 * 3600.0


def fitting_elsewhere(data: DataDir) -> str:
    """The first package that neither this Python nor the folders of PYTHONPATH have in a version that fits; empty when
    they lack none: then those folders are looked into, last of all. Raises PackagesMissing."""
    missing = missing_here()
    if os.path.exists(_broken(data)):
        return missing or "pydantic"
    if missing:
        behind = _folders_of_pythonpath()
        sys.path.extend(behind)
        missing = missing_here()
        if missing:
            sys.path[:] = [path for path in sys.path if path not in behind]
    return missing


def _folders_of_pythonpath() -> list[str]:
    """What ``python -E`` leaves out, but for the folder of all plugins that Stash puts there. In some images, packages
    lie in such a folder."""
    named = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    plugins = os.path.realpath(os.path.dirname(PLUGIN_FOLDER))
    return [path for path in named if path and path not in sys.path and os.path.realpath(path) != plugins]


def install_unless_fitting(data: DataDir, folder: str, missing: str, say: Say) -> None:
    """Install into our own folder. Where that fails now and what an older PlexSync installed there fits, it serves.

    Raises PackagesMissing.
    """
    from worker.packages.installer import install

    fits = os.path.isdir(folder) and not missing_here([folder])
    if fits and _tried_lately(data):
        return
    try:
        install(data, folder, missing, say)
    except PackagesMissing as failure:
        if not fits:
            raise
        say(f"Those of the last version are used meanwhile, which fit: {failure}")
        forget_failure(data)
        with open(_later(data), "w", encoding="utf-8"):
            pass


def note_broken(data: DataDir) -> None:
    """From now on, leave alone what this Python has: it fits by its numbers and cannot be loaded."""
    try:
        os.makedirs(data.site, mode=0o700, exist_ok=True)
        with open(_broken(data), "w", encoding="utf-8"):
            pass
    except OSError:
        return  # it is said again, then


def _tried_lately(data: DataDir) -> bool:
    try:
        return 0 <= time.time() - os.stat(_later(data)).st_mtime < TRY_AGAIN
    except OSError:
        return False


def _broken(data: DataDir) -> str:
    return os.path.join(data.site, "environment-is-broken")


def _later(data: DataDir) -> str:
    return os.path.join(data.site, "tried")
