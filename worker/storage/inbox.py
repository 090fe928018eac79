"""Taking events out of the inbox and into the queue. The hooks' side of it is worker/hook.py."""

from __future__ import annotations

import logging
import os
import stat
import time
from collections.abc import Sequence
from typing import Any

from stash.client import StashClient
from stash.scenes import scene_ids_showing
from validation.errors import SceneFault, StashUnavailable
from validation.jobs import Event, UpdateType, parse_event
from worker.datadir import DataDir
from worker.storage.jobqueue import JobQueue
from worker.storage.record import Record

log = logging.getLogger(__name__)

#: Events taken in one go, so that a flood does not keep scenes from being sent.
MOST = 500

#: The largest event in bytes; what hooks write stays far below it.
LARGEST = 1_000_000

#: A file that can be neither read nor moved is tried again only after so many seconds.
STUCK = 60.0

#: A draft that was not finished for so many seconds belongs to a process that was killed.
STALE_DRAFT = 3600.0


class Inbox:
    """The folder into which hooks rename their events."""

    def __init__(self, data: DataDir) -> None:
        self._data = data
        self._stuck: dict[str, float] = {}
        self._met: frozenset[str] = frozenset()
        #: Whether Stash failed at a question when events were taken last.
        self.unanswered = False

    def names(self) -> list[str]:
        """Names of the events that lie there, oldest first."""
        try:
            return sorted(name for name in os.listdir(self._data.inbox) if name.endswith(".json"))
        except FileNotFoundError:
            return []

    def has_new(self) -> bool:
        """Whether an event that can be seen came since the last ``take``."""
        try:
            return not self._met.issuperset(self.names())
        except OSError:
            return False

    def take(self, queue: JobQueue, record: Record, stash: StashClient | None = None) -> dict[str, Any] | None:
        """Move events into the queue, each durable there before it leaves here.

        Events of performers, studios, tags and groups need ``stash`` to say which scenes show them; while it
        does not answer, they stay. Returns the newest event's ``server_connection``, or None when there was
        none. A file that is no event is moved to the folder ``damaged``.

        Raises sqlite3.Error and OSError; what was not taken stays.
        """
        connection, taken = None, []
        self.unanswered = False
        refused: list[tuple[str, str]] = []
        for name in self._next():
            path = os.path.join(self._data.inbox, name)
            try:
                event = parse_event(_content(path))
            except FileNotFoundError:
                continue  # a task was quicker
            except (ValueError, PermissionError) as error:
                refused.append((name, str(error)))
                continue
            connection = event.connection or connection
            try:
                if self._enqueue(event, queue, record, stash):
                    taken.append(path)
            except StashUnavailable:
                self.unanswered = True
                stash = None  # it would not answer for the next one either
        if taken:
            queue.sync()
            log.debug("Events taken in: %d.", len(taken))
        for path in taken:
            os.unlink(path)
        self._set_aside(refused)
        return connection

    def newest_connection(self) -> dict[str, Any] | None:
        """The way to Stash that the newest event brought, which stays where it is; None when none can be read."""
        try:
            newest = self.names()[-10:]
        except OSError:
            return None
        for name in reversed(newest):
            try:
                return parse_event(_content(os.path.join(self._data.inbox, name))).connection
            except (ValueError, OSError):
                continue
        return None

    def _next(self) -> list[str]:
        """The events to take now: not those that could not even be moved aside a moment ago."""
        now = time.monotonic()
        self._stuck = {name: until for name, until in self._stuck.items() if until > now}
        names = self.names()
        self._met = frozenset(names)
        return [name for name in names if name not in self._stuck][:MOST]

    def _set_aside(self, refused: Sequence[tuple[str, str]]) -> None:
        """Move files that are no events out of the way of those that are."""
        stays = ""
        for name, _ in refused:
            try:
                os.makedirs(self._data.damaged, mode=0o700, exist_ok=True)
                os.replace(os.path.join(self._data.inbox, name), os.path.join(self._data.damaged, name))
            except OSError as error:
                self._stuck[name] = time.monotonic() + STUCK
                stays = f" not all could be moved ({error.strerror})"
        if refused:
            name, why = refused[0]
            more = f", and so are {len(refused) - 1:,} more" if len(refused) > 1 else ""
            done = stays or f" moved to {self._data.damaged}"
            log.warning("The file %s in the inbox is %s%s;%s.", name, why, more, done)

    def clear_drafts(self) -> None:
        """Remove what processes left half written when they were killed: events, and the connection to Stash."""
        data = self._data
        half_saved = os.path.basename(data.connection) + "."  # stash/connection.py: then the process id
        paths = [os.path.join(data.drafts, name) for name in os.listdir(data.drafts)]
        paths += [os.path.join(data.root, name) for name in os.listdir(data.root) if name.startswith(half_saved)]
        for path in paths:
            try:
                if time.time() - os.lstat(path).st_mtime > STALE_DRAFT:
                    os.unlink(path)
            except FileNotFoundError:
                continue  # finished just now
            except (PermissionError, IsADirectoryError) as error:
                log.warning("The draft %s cannot be removed (%s).", path, error.strerror)

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


def _content(path: str) -> bytes:
    """The content of a file in the inbox.

    Raises:
        ValueError: what lies there is no file, or too large for an event.
        PermissionError: it is not ours to read. FileNotFoundError, OSError.
    """
    found = os.lstat(path)
    if not stat.S_ISREG(found.st_mode):
        raise ValueError("no file")
    if found.st_size > LARGEST:
        raise ValueError(f"too large for an event ({found.st_size:,} bytes)")
    try:
        with open(path, "rb") as file:
            return file.read()
    except PermissionError as error:
        raise PermissionError(f"not readable ({error.strerror})") from None
