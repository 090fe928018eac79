"""Taking events out of the inbox and into the queue. The hooks' side of it is worker/hook.py."""

from __future__ import annotations

import logging
import os
import time
from typing import Any

from stash.client import StashClient
from stash.scenes import scene_ids_showing
from validation.errors import SceneFault, StashUnavailable
from validation.jobs import Event, UpdateType, parse_event
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

    def take(self, queue: JobQueue, record: Record, stash: StashClient | None = None) -> dict[str, Any] | None:
        """Move events into the queue, each durable there before it leaves here.

        Events of performers, studios, tags and groups need ``stash`` to say which scenes show them; while it
        does not answer, they stay. Returns the newest event's ``server_connection``, or None when there was
        none. A file that is no event is moved to the folder ``damaged``.

        Raises sqlite3.Error and OSError; what was not taken stays.
        """
        connection, taken = None, []
        for name in self.names()[:MOST]:
            path = os.path.join(self._data.inbox, name)
            try:
                with open(path, "rb") as file:
                    event = parse_event(file.read())
            except ValueError as error:
                log.warning("The file %s in the inbox is %s; it was moved to %s.", name, error, self._data.damaged)
                os.replace(path, os.path.join(self._data.damaged, name))
                continue
            connection = event.connection or connection
            try:
                if self._enqueue(event, queue, record, stash):
                    taken.append(path)
            except StashUnavailable:
                stash = None  # it would not answer for the next one either
        if taken:
            queue.sync()
        for path in taken:
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

    def _enqueue(self, event: Event, queue: JobQueue, record: Record, stash: StashClient | None) -> bool:
        """Queue the scenes of an event; says whether that is done, or has to wait for Stash.

        Raises StashUnavailable.
        """
        if event.kind == "scene":
            queue.add(event.id, event.update_type)
            if event.update_type is not UpdateType.DESTROY:
                record.unpark(event.id)
            return True
        if stash is None:
            return False
        scenes = dict.fromkeys(record.scenes_that_showed(event.kind, event.id))
        if event.update_type is not UpdateType.DESTROY:
            try:
                for page in scene_ids_showing(stash, event.kind, event.id):
                    scenes.update(dict.fromkeys(page))
            except SceneFault as error:
                log.warning("The scenes of %s %d cannot be listed: %s", event.kind, event.id, error)
        for scene_id in scenes:
            queue.add(scene_id, UpdateType.RELATED)
        if scenes:
            log.info("The %s %d was changed; scenes to be compared: %s.", event.kind, event.id, f"{len(scenes):,}")
        return True
