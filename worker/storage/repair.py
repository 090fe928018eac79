"""Opening queue and record although a file is damaged: it is moved aside, never deleted, and a new one is made.

What can still be read is taken over. Changes could be lost with the rest, so both libraries are due to be
compared as soon as there is nothing else to do.
"""

from __future__ import annotations

import errno
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager

from pydantic import ValidationError

from validation.errors import StorageTrouble
from worker.datadir import DataDir
from worker.metadata.memory import ItemMemory
from worker.storage.database import COMPANIONS, PATIENCE, DamagedDatabase, is_damage, open_database, readable_rows
from worker.storage.jobqueue import FILE, JobQueue, salvage_jobs
from worker.storage.record import RECONCILE_AT, Record

log = logging.getLogger(__name__)

#: What of the record no comparison brings back: table, columns, key.
_PRECIOUS = (
    ("items", ("scene", "server", "item", "memory", "seen"), "scene, server, item"),
    ("members", ("collection", "item", "place"), "collection, item"),
    ("state", ("key", "value"), "key"),
)

#: The system's words for a folder or a disk that cannot be used.
_STORAGE = {
    number
    for number, name in errno.errorcode.items()
    if name in {"ENOSPC", "EDQUOT", "EFBIG", "EROFS", "EACCES", "EPERM", "ENOENT", "ENOTDIR", "EISDIR"}
    or name in {"EIO", "EEXIST", "ESTALE", "EMFILE", "ENFILE", "ENOLCK"}
}


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
        with closing(_open_record(data, patience)) as database, ExitStack() as stack:
            if Record(database, clock).is_new:
                _forget_unborn(queue_file)
            queue = stack.enter_context(closing(_open_queue(data, clock, patience)))
            if os.path.exists(data.compare_soon):
                _finish_salvage(data, database, queue)
                Record(database, clock).say(RECONCILE_AT, str(clock()))
                os.unlink(data.compare_soon)
            yield database, queue


def _finish_salvage(data: DataDir, database: sqlite3.Connection, queue: JobQueue) -> None:
    """Take over from the file that was moved aside last: who moved it may have been killed before it had done so."""
    with open(data.compare_soon, encoding="utf-8") as file:
        aside = file.read()
    if os.path.dirname(aside) == data.queue:
        salvage_jobs(aside, queue)
    elif aside:
        _salvage(aside, database)


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
    except OSError as error:
        if error.errno not in _STORAGE or isinstance(error, (ConnectionError, TimeoutError)):
            raise
        raise StorageTrouble(
            f"The data folder {data.root} cannot be used ({error.strerror}). Make room there, or make it writable "
            "for Stash; nothing that lies there is lost."
        ) from error


def _sentence(error: sqlite3.Error, root: str) -> str:
    text = str(error)
    if is_damage(error):
        return f"A database in {root} turned out to be damaged ({text}); it is looked through at the next opening."
    if "locked" in text or "busy" in text:
        return (
            f"Another program, a backup perhaps, keeps a database in {root} locked. Nothing is lost; it is tried again "
            "until that program lets go."
        )
    if "full" in text or "disk I/O" in text:
        return f"The disk of {root} is full, or fails ({text}). Make room there; nothing that lies there is lost."
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
    database = open_database(data.database, patience)
    try:
        kept = _salvage(aside, database)
    except BaseException:
        database.close()
        raise
    log.warning(
        "Read from the damaged record: what was remembered of %s items. Of all others is lost what Plex showed before "
        "PlexSync's first write, and which of their tags are PlexSync's own.",
        f"{kept:,}",
    )
    return database


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
    queue = JobQueue(data.queue, clock, patience)
    try:
        log.warning("Read from the damaged queue: %s scenes that wait.", f"{salvage_jobs(aside, queue):,}")
    except BaseException:
        queue.close()
        raise
    return queue


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


def _salvage(damaged: str, database: sqlite3.Connection) -> int:
    """Take over what no comparison brings back; says of how many items."""
    with database:
        for table, columns, key in _PRECIOUS:
            marks = ", ".join("?" * len(columns))
            database.executemany(
                f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({marks})",  # noqa: S608
                (row for row in readable_rows(damaged, table, columns, key) if _is_sound(table, row)),
            )
    return int(database.execute("SELECT count(DISTINCT item) FROM items").fetchone()[0])


def _is_sound(table: str, row: tuple[object, ...]) -> bool:
    if table == "items":
        scene, server, item, memory, seen = row
        return _are(int, scene, seen) and _are(str, server, item, memory) and _is_memory(str(memory))
    if table == "members":
        collection, item, place = row
        return _are(str, collection, item) and (place is None or _are(int, place))
    return _are(str, *row)


def _are(kind: type, *values: object) -> bool:
    return all(type(value) is kind for value in values)


def _is_memory(text: str) -> bool:
    try:
        ItemMemory.model_validate_json(text)
    except ValidationError:
        return False
    return True
