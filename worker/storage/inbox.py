"""Taking events out of the inbox and into the queue. The hooks' side of it is worker/hook.py."""

from __future__ import annotations

import logging
import os
import stat
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from stash.client import StashClient
from stash.scenes import scene_ids_showing
from validation.errors import StashUnavailable
from validation.jobs import Event, UpdateType
from validation.wishes import Action, Question, parse_inbox
from worker.datadir import HOLDS, DataDir
from worker.storage.jobqueue import JobQueue
from worker.storage.record import Record
from worker.storage.wishes import carry_out
from worker.system import is_in_use

log = logging.getLogger(__name__)

#: Events taken in one go, so that a flood does not keep scenes from being sent.
MOST = 500

#: The largest event in bytes; what hooks write stays far below it.
LARGEST = 1_000_000

#: A file that can be neither read nor moved is tried again only after so many seconds.
STUCK = 60.0

#: An event that another program uses, a virus scanner for instance, after so many.
IN_USE = 1.0

#: An event whose scenes Stash cannot list is tried again behind the others, then after 1, 2, 4 seconds, at most so
#: many; where several fail in a row, none is asked for again until so many seconds later.
LONGEST_WAIT, LONGEST_SILENCE = 600.0, 30.0

#: So many scenes destroyed within so many seconds are a flood, and those that follow wait for so many seconds.
FLOOD, FLOOD_WITHIN, FLOOD_WAIT = 25, 60.0, 600.0

#: A draft that was not finished for so many seconds belongs to a process that was killed.
STALE_DRAFT = 3600.0


@dataclass(frozen=True)
class Later:
    """An event that failed so many times, and when it is tried again."""

    tries: int
    until: float


@dataclass(frozen=True)
class _Refused:
    """A file that is no event, by its name, and why."""

    name: str
    why: str


class Inbox:
    """The folder into which hooks rename their events."""

    def __init__(self, data: DataDir) -> None:
        self._data = data
        self._stuck: dict[str, float] = {}
        self._met: frozenset[str] = frozenset()
        #: Events that another program uses, and whether one that was not read wants something held.
        self._in_use: set[str] = set()
        self._holds_wait = False
        #: Events that need Stash; of those, the ones whose scenes it could not list.
        self._for_stash: set[str] = set()
        self._later: dict[str, Later] = {}
        self._failed_in_a_row, self._silent_until = 0, 0.0
        #: Events that are in the queue, which is not known to survive a power cut yet.
        self._queued: dict[str, None] = {}
        #: Whether Stash failed at a question when events were taken last.
        self.unanswered = False
        #: What the page asked, and nobody has answered yet.
        self._asked: list[Question] = []

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

    def has_hold(self) -> bool:
        """Whether the page wants something held, or given back, that was not taken in yet. Asked before each write,
        from any thread: the folder, in which thousands of events may lie, is not listed for it."""
        return self._holds_wait or os.path.exists(self._data.holding)

    def take(self, queue: JobQueue, record: Record, stash: StashClient | None = None) -> dict[str, Any] | None:
        """Move events into the queue, each durable there before it leaves here.

        Events of performers, studios, tags and groups need ``stash`` to say which scenes show them; while it
        does not answer, they stay. One whose scenes it cannot list holds up no other, and is tried again at growing
        intervals. Returns the newest event's ``server_connection``, or None when there was none. A file that is no
        event is moved to the folder ``damaged``.

        Raises sqlite3.Error and OSError; what was not taken stays.
        """
        connection, now = None, queue.clock()
        self.unanswered = False
        self._holds_wait = self.has_hold()
        self._unmark_holds()
        refused: list[_Refused] = []
        if now < self._silent_until <= now + LONGEST_SILENCE:
            stash = None
        read, left = 0, set[str]()
        for name in self._next(now):
            if stash is None and name in self._for_stash:
                continue
            if read == MOST:
                left.add(name)
                continue
            read += 1
            event = self._read(name, refused)
            if event is None:
                continue
            connection = event.connection or connection
            if not isinstance(event, Event) or event.kind == "scene":
                self._enqueue(event, queue, record)
                self._queued[name] = None
                continue
            self._for_stash.add(name)
            if stash is None:
                continue
            try:
                self._enqueue_showing(event, queue, record, stash)
            except StashUnavailable as error:
                self._failed(name, event, error, stash, now)
                stash = None  # it may not answer for the next one either
            else:
                self._queued[name] = None
                self._failed_in_a_row = 0
        self._met -= left
        self._in_use &= self._stuck.keys()
        self._holds_wait = any(name.endswith(f"{HOLDS}.json") for name in left | self._in_use)
        self._let_go(queue)
        self._set_aside(refused)
        return connection

    def _unmark_holds(self) -> None:
        """What is listed from now on has every event in it that was marked. Raises OSError."""
        try:
            os.unlink(self._data.holding)
        except FileNotFoundError:
            return
        except PermissionError as error:
            if not is_in_use(error):
                raise

    def _read(self, name: str, refused: list[_Refused]) -> Event | Action | Question | None:
        """What lies there; None where it cannot be taken now, or is no event and is ``refused``. Raises OSError."""
        try:
            return parse_inbox(_content(os.path.join(self._data.inbox, name)))
        except FileNotFoundError:
            pass  # a task was quicker
        except PermissionError as error:
            if is_in_use(error):
                self._stuck[name] = time.monotonic() + IN_USE
                self._in_use.add(name)
            else:
                refused.append(_Refused(name, f"not readable ({error.strerror})"))
        except ValueError as error:
            refused.append(_Refused(name, str(error)))
        return None

    def _let_go(self, queue: JobQueue) -> None:
        """Remove the events that are in the queue for good."""
        if self._queued and queue.sync():
            log.debug("Events taken in: %d.", len(self._queued))
            for name in self._queued:
                self._later.pop(name, None)
            self._for_stash -= self._queued.keys()
            self._queued = {name: None for name in self._queued if not self._remove(name)}

    def _remove(self, name: str) -> bool:
        """Remove an event; says whether it is gone. One that another program uses is removed the next time."""
        try:
            os.unlink(os.path.join(self._data.inbox, name))
        except FileNotFoundError:
            return True  # a task was quicker
        except PermissionError as error:
            if not is_in_use(error):
                raise
            return False
        return True

    def _failed(self, name: str, event: Event, error: StashUnavailable, stash: StashClient, now: float) -> None:
        """Stash did not say which scenes show something: it is not there, or fails at this."""
        self.unanswered = True
        try:
            stash.ping()
        except StashUnavailable:
            return
        known = self._later.get(name)
        tries = known.tries + 1 if known else 1
        wait = min(2.0 ** min(tries - 2, 30), LONGEST_WAIT) if tries > 1 else 0.0
        self._later[name] = Later(tries, now + wait)
        self._failed_in_a_row += 1
        if self._failed_in_a_row > 1:
            self._silent_until = now + min(2.0 ** min(self._failed_in_a_row - 2, 30), LONGEST_SILENCE)
        log.warning(
            "The scenes of %s %d cannot be listed (tried %d times, again in %.0f s): %s",
            *(event.kind, event.id, tries, wait, error),
        )

    def newest_connection(self) -> dict[str, Any] | None:
        """The way to Stash that the newest event brought, which stays where it is; None when none can be read."""
        try:
            newest = self.names()[-10:]
        except OSError:
            return None
        for name in reversed(newest):
            try:
                return parse_inbox(_content(os.path.join(self._data.inbox, name))).connection
            except (ValueError, OSError):
                continue
        return None

    def _next(self, now: float) -> list[str]:
        """The events to take now, those that Stash failed at last: not those that could not even be moved aside a
        moment ago."""
        self._stuck = {name: until for name, until in self._stuck.items() if until > time.monotonic()}
        names = self.names()
        self._met = frozenset(names)
        waiting = {name for name, later in self._later.items() if now < later.until <= now + LONGEST_WAIT}
        waiting |= self._stuck.keys() | self._queued.keys()
        return sorted((name for name in names if name not in waiting), key=lambda name: (name in self._later, name))

    def _set_aside(self, refused: Sequence[_Refused]) -> None:
        """Move files that are no events out of the way of those that are."""
        stays = ""
        for one in refused:
            try:
                os.makedirs(self._data.damaged, mode=0o700, exist_ok=True)
                os.replace(os.path.join(self._data.inbox, one.name), os.path.join(self._data.damaged, one.name))
            except OSError as error:
                self._stuck[one.name] = time.monotonic() + STUCK
                stays = f" not all could be moved ({error.strerror})"
        if refused:
            more = f", and so are {len(refused) - 1:,} more" if len(refused) > 1 else ""
            done = stays or f" moved to {self._data.damaged}"
            log.warning("The file %s in the inbox is %s%s;%s.", refused[0].name, refused[0].why, more, done)

    def clear_drafts(self) -> None:
        """Remove what processes left half done when they were killed: events, the connection to Stash, news."""
        data = self._data
        # Then the process id: stash/connection.py, worker/hook.py, worker/neighbours.py.
        half_saved = tuple(f"{os.path.basename(path)}." for path in (data.connection, data.news, data.stash))
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

    def questions(self) -> list[Question]:
        """What the page asked since the last time; whoever calls answers it."""
        asked, self._asked = self._asked, []
        return asked

    def _enqueue(self, event: Event | Action | Question, queue: JobQueue, record: Record) -> None:
        if isinstance(event, Question):
            self._asked.append(event)
        elif isinstance(event, Action):
            carry_out(event, queue, record)
        elif event.update_type is UpdateType.DESTROY:
            # Of many at once, the guard has to see all before it believes the first.
            queue.add(event.id, event.update_type, FLOOD_WAIT if queue.destroyed.at_least(FLOOD, FLOOD_WITHIN) else 0.0)
        else:
            queue.add(event.id, event.update_type)
            record.unpark(event.id)

    def _enqueue_showing(self, event: Event, queue: JobQueue, record: Record, stash: StashClient) -> None:
        """Queue the scenes that show something that was changed, or showed what is gone. Raises StashUnavailable."""
        scenes = dict.fromkeys(record.scenes_that_showed(event.kind, event.id))
        if event.update_type is not UpdateType.DESTROY:
            for page in scene_ids_showing(stash, event.kind, event.id):
                scenes.update(dict.fromkeys(page))
        for scene_id in scenes:
            queue.add(scene_id, UpdateType.RELATED)
        if scenes:
            log.info("The %s %d was changed; scenes to be compared: %s.", event.kind, event.id, f"{len(scenes):,}")


def _content(path: str) -> bytes:
    """The content of a file in the inbox.

    Raises:
        ValueError: what lies there is no file, or too large for an event.
        PermissionError: it is not ours to read, or in use. FileNotFoundError, OSError.
    """
    found = os.lstat(path)
    if not stat.S_ISREG(found.st_mode):
        raise ValueError("no file")
    if found.st_size > LARGEST:
        raise ValueError(f"too large for an event ({found.st_size:,} bytes)")
    with open(path, "rb") as file:
        return file.read()
