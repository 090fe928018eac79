"""Taking events out of the inbox and into the queue. The hooks' side of it is worker/hook.py."""

from __future__ import annotations

import logging
import os
import time
from typing import Any

from validation.jobs import UpdateType, parse_event
from worker.datadir import DataDir
from worker.jobqueue import JobQueue
from worker.record import Record

log = logging.getLogger(__name__)

#: Events taken in one go, so that a flood does not keep scenes from being sent.
MOST = 500

#: A draft that no hook finished for so many seconds belongs to a hook that was killed.
STALE_DRAFT = 3600.0


class Inbox:
    """The folder into which hooks rename their events."""

    def __init__(self, data: DataDir) -> None:
        self._data = data

    def names(self) -> list[str]:
        """Names of the events that lie there, oldest first."""
        try:
            return sorted(name for name in os.listdir(self._data.inbox) if name.endswith(".json"))
        except FileNotFoundError:
            return []

    def take(self, queue: JobQueue, record: Record) -> dict[str, Any] | None:
        """Move events into the queue, each durable there before it leaves here.

        Returns the newest event's ``server_connection``, or None when there was none. A file that is no event
        is moved to the folder ``damaged``. Raises sqlite3.Error and OSError; what was not taken stays.
        """
        connection = None
        for name in self.names()[:MOST]:
            path = os.path.join(self._data.inbox, name)
            try:
                with open(path, "rb") as file:
                    event = parse_event(file.read())
            except ValueError as error:
                log.warning("The file %s in the inbox is %s; it was moved to %s.", name, error, self._data.damaged)
                os.replace(path, os.path.join(self._data.damaged, name))
                continue
            queue.add(event.scene_id, event.update_type)
            if event.update_type is not UpdateType.DESTROY:
                record.unpark(event.scene_id)
            connection = event.connection or connection
            os.unlink(path)
        return connection

    def clear_drafts(self) -> None:
        """Remove drafts of hooks that were killed before they finished writing."""
        for name in os.listdir(self._data.drafts):
            path = os.path.join(self._data.drafts, name)
            try:
                if time.time() - os.stat(path).st_mtime > STALE_DRAFT:
                    os.unlink(path)
            except FileNotFoundError:
                continue  # finished just now
