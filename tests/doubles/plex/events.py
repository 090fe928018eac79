"""Notifications: what happened, handed to every open websocket and event stream."""

from __future__ import annotations

import json
import queue
import threading
from dataclasses import dataclass

_PROCESSED = 5
PING_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Event:
    """`kind` is Plex's notification type ("timeline", "activity", "playing"), `entry_name` its JSON list."""

    kind: str
    entry_name: str
    entry: dict[str, object]

    def in_container(self) -> str:
        """As a websocket carries it."""
        container = {"type": self.kind, "size": 1, self.entry_name: [self.entry]}
        return json.dumps({"NotificationContainer": container})

    def bare(self) -> str:
        """As a server-sent event carries it: one object, no container, no list (three clients say so)."""
        return f"event: {self.kind}\ndata: {json.dumps({self.entry_name: self.entry})}\n\n"


class EventBus:
    """Listeners get what is published after they subscribed, in order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: list[queue.SimpleQueue[Event]] = []

    @property
    def listeners(self) -> int:
        with self._lock:
            return len(self._listeners)

    def subscribe(self) -> queue.SimpleQueue[Event]:
        listener: queue.SimpleQueue[Event] = queue.SimpleQueue()
        with self._lock:
            self._listeners.append(listener)
        return listener

    def unsubscribe(self, listener: queue.SimpleQueue[Event]) -> None:
        with self._lock:
            self._listeners.remove(listener)

    def publish(self, kind: str, entry_name: str, entry: dict[str, object]) -> None:
        event = Event(kind, entry_name, entry)
        with self._lock:
            for listener in self._listeners:
                listener.put(event)

    def timeline(self, section: int, item: int, kind: int, title: str, state: int) -> None:
        """States: 0 created, 1 progress, 2 matching, 3 downloading, 4 processing, 5 processed, 9 deleted.

        What is processed is told twice (recorded from a server).
        """
        entry: dict[str, object] = {
            "identifier": "com.plexapp.plugins.library",
            "sectionID": str(section),
            "itemID": str(item),
            "type": kind,
            "title": title,
            "state": state,
        }
        for _ in range(2 if state == _PROCESSED else 1):
            self.publish("timeline", "TimelineEntry", entry)
