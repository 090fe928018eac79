"""Opening queue and record although a file is damaged: it is moved aside, never deleted, and a new one is made.

Of the record, what no comparison brings back is taken over row by row. Changes could be lost with the rest, and with
the queue, so both libraries are due to be compared as soon as there is nothing else to do.
"""

from __future__ import annotations

import errno
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from validation.errors import StorageTrouble
from worker.datadir import DataDir
from worker.storage.companions import COMPANIONS
from worker.storage.database import PATIENCE, DamagedDatabase, is_damage, open_database
from worker.storage.facts import Fact
from worker.storage.jobqueue import FILE, JobQueue
from worker.storage.record import Record
from worker.storage.salvage import salvage
from worker.system import MOVE_IT, NoLocks

log = logging.getLogger(__name__)

#: The system's words for a folder or a disk that cannot be used.
_STORAGE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOENT}
_STORAGE |= {errno.ENOTDIR, errno.EISDIR, errno.EIO, errno.EEXIST, errno.ESTALE, errno.EMFILE, errno.ENFILE}
_STORAGE |= {errno.ENOLCK}

#: Windows' own words that Python makes EINVAL of: a full disk, a quota, and a share that is away (winerror.h:
#: ERROR_HANDLE_DISK_FULL, _DISK_QUOTA_EXCEEDED, _BAD_NETPATH, _DEV_NOT_EXIST, _UNEXP_NET_ERR, _NETNAME_DELETED,
#: _BAD_NET_NAME, _NETWORK_UNREACHABLE, _HOST_UNREACHABLE).
_STORAGE_ON_WINDOWS = {39, 1295, 53, 55, 59, 64, 67, 1231, 1232}


@contextmanager
def open_both(
    data: DataDir, clock: Callable[[], float], patience: float = PATIENCE
) -> Iterator[tuple[sqlite3.Connection, JobQueue]]:
    """Record and queue of their one owner, mended where that was needed.

    Raises:
        NewerDatabase: a newer PlexSync wrote one of them; it stays where it is.
        StorageTrouble: they cannot be used now, or ceased to be usable inside the block.
    """
    queue_file = os.path.join(data.queue, FILE)
    with trouble_named(data):
        data.create()
        if not os.path.exists(queue_file):
            _forget_unborn(data.database)
        with closing(_open_record(data, patience)) as database:
            record = Record(database, clock)
            _take_over(data, database)
            if record.is_new:
                _forget_unborn(queue_file)
            with closing(_open_queue(data, clock, patience)) as queue:
                if os.path.exists(data.compare_soon):
                    record.set_fact(Fact.RECONCILE_AT, str(clock()))
                    os.unlink(data.compare_soon)
                yield database, queue


def _take_over(data: DataDir, database: sqlite3.Connection) -> None:
    """Read from the record that was moved aside last, now or by an owner that was killed before it had done so."""
    try:
        with open(data.compare_soon, encoding="utf-8") as file:
            aside = file.read()
    except FileNotFoundError:
        return
    if os.path.dirname(aside) != data.root:
        return  # it was the queue, whose scenes a comparison finds
    log.warning(
        "Read from the damaged record: what was remembered of %s items. Of all others, what Plex showed before "
        "PlexSync's first write is lost, and which of their tags are PlexSync's own.",
        f"{salvage(aside, database):,}",
    )


def _forget_unborn(path: str) -> None:
    """Remove an empty file that a first start left when it was killed: nothing was ever kept in it."""
    if os.path.isfile(path) and not os.path.getsize(path):
        os.unlink(path)


@contextmanager
def trouble_named(data: DataDir) -> Iterator[None]:
    """Faults of the data folder come out as StorageTrouble, with one sentence for a person."""
    try:
        yield
    except DamagedDatabase as error:
        raise StorageTrouble(f"A database made anew in {data.root} is damaged at once: {error}.") from error
    except sqlite3.DatabaseError as error:
        if not is_damage(error) and not isinstance(error, sqlite3.OperationalError):
            raise  # wrongly used, and not wrong itself
        raise StorageTrouble(_sentence(error, data.root)) from error
    except NoLocks as error:
        raise StorageTrouble(f"{error} Nothing that lies in {data.root} is lost.") from error
    except OSError as error:
        if not _is_storage(error):
            raise
        raise StorageTrouble(
            f"The data folder {data.root} cannot be used ({error.strerror}). Make room there, or make it writable "
            "for Stash; nothing that lies there is lost."
        ) from error


def _is_storage(error: OSError) -> bool:
    if getattr(error, "winerror", None) in _STORAGE_ON_WINDOWS:
        return True
    return error.errno in _STORAGE and not isinstance(error, (ConnectionError, TimeoutError))


def _sentence(error: sqlite3.Error, root: str) -> str:
    text = str(error)
    if is_damage(error):
        return f"A database in {root} turned out to be damaged ({text}); it is looked through at the next opening."
    if "locked" in text or "busy" in text:
        return (
            f"Another program, a backup perhaps, keeps a database in {root} locked. Nothing is lost; it is tried again "
            f"until that program lets go. If there is none, the file system knows no locks: {MOVE_IT}."
        )
    if "full" in text or "disk I/O" in text:
        return (
            f"The disk of {root} is full, or fails ({text}). Make room there, or {MOVE_IT}; nothing "
            "that lies there is lost."
        )
    return (
        f"A database in {root} cannot be used ({text}). Make the folder and its files readable and writable for Stash; "
        "nothing that lies there is lost."
    )


def _open_record(data: DataDir, patience: float) -> sqlite3.Connection:
    try:
        return open_database(data.database, patience)
    except DamagedDatabase as damage:
        aside = set_aside(data, data.database)
        log.error(
            "The record plexsync.db is damaged (%s); it was moved to %s and a new one is made. Both libraries are "
            "compared soon, so that Plex becomes right.",
            damage,
            aside,
        )
    return open_database(data.database, patience)


def _open_queue(data: DataDir, clock: Callable[[], float], patience: float) -> JobQueue:
    path = os.path.join(data.queue, FILE)
    try:
        return JobQueue(data.queue, clock, patience)
    except DamagedDatabase as damage:
        aside = set_aside(data, path)
        log.error(
            "The queue of changed scenes is damaged (%s); it was moved to %s and a new one is made. Both libraries are "
            "compared soon, so that no change is lost.",
            damage,
            aside,
        )
    return JobQueue(data.queue, clock, patience)


def set_aside(data: DataDir, path: str) -> str:
    """Rename a database and its companions, ``a.db`` to ``a.damaged-20261121-101500.db``; returns the new name.

    Raises OSError.
    """
    stem, suffix = os.path.splitext(path)
    stamp = time.strftime("%Y%m%d-%H%M%S")
    number, aside = 1, f"{stem}.damaged-{stamp}{suffix}"
    while os.path.lexists(aside):
        number += 1
        aside = f"{stem}.damaged-{stamp}-{number}{suffix}"
    with open(data.compare_soon, "w", encoding="utf-8") as file:  # first: we may be killed at any point from here on
        file.write(aside)
    os.rename(path, aside)
    for companion in COMPANIONS:
        if os.path.lexists(path + companion):
            os.rename(path + companion, aside + companion)
    return aside
