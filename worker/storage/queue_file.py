"""The file of the queue, as persist-queue keeps it: looked through before it is opened, and read beside its owner."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing

from pydantic import ValidationError

from validation.jobs import Job
from worker.storage.database import Column, columns_of, examined
from worker.storage.reading import QUEUE_FILE as FILE
from worker.storage.reading import QUEUE_TABLE as TABLE
from worker.storage.reading import WAITING_OR_IN_FLIGHT, open_for_reading, open_untouched

_VERSION = 0  # persist-queue gives its tables none
WAITING = "status < 2"

#: Rows that are read at a time, and a number below that of every row.
_PAGE, _BEFORE_ALL = 500, -(2**63)


def read_jobs(folder: str) -> Iterator[Job]:
    """The jobs that wait or are in flight, read without disturbing the owner, or leaving anything behind."""
    path = os.path.join(folder, FILE)
    return (job for _, job in read_rows(path, WAITING_OR_IN_FLIGHT, open_untouched) if job is not None)


def count_jobs(folder: str) -> int:
    """How many there are."""
    return sum(1 for _ in read_jobs(folder))


def read_rows(
    path: str,
    condition: str = WAITING,
    opened: Callable[[str], sqlite3.Connection | None] = open_for_reading,
) -> Iterator[tuple[int, Job | None]]:
    """Rows in their order, a page at a time: 100,000 jobs take 80 MiB, and nobody is kept from writing meanwhile."""
    connection = opened(path)
    if connection is None:
        return
    query = f"SELECT _id, data FROM {TABLE} WHERE _id > ? AND {condition} ORDER BY _id LIMIT {_PAGE}"  # noqa: S608
    with closing(connection):
        page = _page(connection, query, _BEFORE_ALL)
        while page:
            for row, data in page:
                yield row, _read_job(data)
            page = _page(connection, query, page[-1][0])


def _page(connection: sqlite3.Connection, query: str, after: int) -> list[tuple[int, object]]:
    try:
        return connection.execute(query, (after,)).fetchall()
    except sqlite3.OperationalError as error:
        if str(error).startswith("no such table"):
            return []  # made, but without its table yet
        raise


def _read_job(data: object) -> Job | None:
    try:
        return Job.model_validate(json.loads(data))  # type: ignore[arg-type]
    except (ValueError, TypeError, RecursionError, ValidationError):
        return None


def examine(path: str, patience: float) -> None:
    """Look through the file, or make it, before persist-queue opens it. Raises as ``database.open_database``."""
    with examined(path, _VERSION, patience, _is_queue) as connection:
        if columns_of(connection):
            with connection:  # nobody would ever take one of a status that there is not
                known = "status IN (0, 1, 2, 5, 9)"
                connection.execute(f"UPDATE {TABLE} SET status = 1 WHERE NOT coalesce({known}, 0)")  # noqa: S608
        connection.close()


def _is_queue(connection: sqlite3.Connection) -> bool:
    columns = columns_of(connection)
    return not columns or {Column(TABLE, name) for name in ("_id", "data", "timestamp", "status")} <= columns
