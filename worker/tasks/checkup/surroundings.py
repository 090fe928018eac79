"""What PlexSync itself stands on: the Python, its packages, the data folder."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from importlib.metadata import PackageNotFoundError, distribution

from worker.datadir import DataDir
from worker.storage.companions import open_file, use_log
from worker.system import MOVE_IT, NoLocks, try_lock
from worker.tasks.checkup.lines import Line, hint, note, right, wrong

#: What requirements.txt asks for.
PACKAGES = ("plexapi", "tenacity", "requests", "persist-queue", "pydantic")

#: Bytes on the disk of the data folder below which a hint is due.
LITTLE_SPACE = 100 * 1024 * 1024

#: Seconds to wait for a database that nobody else knows of.
TRY = 1.0


def python_lines() -> Iterator[Line]:
    """Which Python this is, and where each package comes from."""
    yield right(f"Python {sys.version.split()[0]}, {sys.executable}.")
    places: dict[str, list[str]] = {}
    missing = []
    for name in PACKAGES:
        try:
            found = distribution(name)
            places.setdefault(str(found.locate_file("")), []).append(f"{name} {found.version}")
        except PackageNotFoundError:
            missing.append(name)
    for place, names in places.items():
        yield right(f"Packages from {place}: {', '.join(names)}.")
    if missing:
        # They were imported, or we were not here: a folder without its notes about what it holds.
        yield note(f"Packages whose version nothing tells: {', '.join(missing)}.")


def _try_database(path: str) -> None:
    """Raises sqlite3.Error."""
    with closing(use_log(open_file(path, TRY), path, TRY)) as connection, connection:
        connection.execute("CREATE TABLE tried (it)")


def data_lines(data: DataDir) -> Iterator[Line]:
    """Whether the data folder, or the one it will be made in, can be written to. Leaves nothing behind."""
    remedy = (
        f"Let the user that runs Stash write to {data.root}, or point the environment variable PLEXSYNC_DATA of "
        "Stash to a folder where it may."
    )
    place = data.root
    while not os.path.lexists(place) and os.path.dirname(place) != place:
        place = os.path.dirname(place)
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"x")
            file.flush()
            try_lock(file.fileno())
        with tempfile.TemporaryDirectory(prefix="plexsync-check-", dir=place) as folder:
            _try_database(os.path.join(folder, "try.db"))
    except (NoLocks, sqlite3.Error) as error:
        why = "knows no locks" if isinstance(error, NoLocks) else f"is no place for a database ({error})"
        yield wrong(
            f"The file system of the data folder {data.root} {why}, so that no worker can run.",
            f"{MOVE_IT[:1].upper()}{MOVE_IT[1:]}.",
        )
        return
    except OSError as error:
        yield wrong(f"The data folder {data.root} cannot be written to ({error.strerror or error}).", remedy)
        return
    kept = [path for path in (data.database, data.log, data.queue, data.inbox) if os.path.exists(path)]
    locked = [path for path in kept if not os.access(path, os.W_OK)]
    if locked:
        yield wrong(f"{locked[0]} belongs to another user and cannot be written to.", remedy)
        return
    yield right(f"The data folder {data.root} can be written to.")
    free = shutil.disk_usage(place).free
    if free < LITTLE_SPACE:
        yield hint(f"Its disk has only {free // (1024 * 1024):,} MB left.")
