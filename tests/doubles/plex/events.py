"""Notifications: what happened, handed to every open websocket and event stream."""

from __future__ import annotations

import queue
import threading

Event = dict[str, object]


class EventBus:
    """Listeners get what is published after they subscribed, in order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: list[queue.SimpleQueue[Event]] = []

    def subscribe(self) -> queue.SimpleQueue[Event]:
        listener: queue.SimpleQueue[Event] = queue.SimpleQueue()
        with self._lock:
            self._listeners.append(listener)
        return listener

    def unsubscribe(self, listener: queue.SimpleQueue[Event]) -> None:
        with self._lock:
            self._listeners.remove(listener)

    def publish(self, kind: str, entry_name: str, *entries: dict[str, object]) -> None:
        """`kind` is Plex's notification type ("timeline", "activity"), `entry_name` its JSON list."""
        event: Event = {"NotificationContainer": {"type": kind, "size": len(entries), entry_name: list(entries)}}
        with self._lock:
            for listener in self._listeners:
                listener.put(event)

    def timeline(self, section: int, item: int, kind: int, title: str, state: int) -> None:
        """States: 0 created, 1 progress, 2 matching, 3 downloading, 4 processing, 5 processed, 9 deleted."""
        entry: dict[str, object] = {
            "identifier": "com.plexapp.plugins.library",
            "sectionID": str(section),
            "itemID": str(item),
            "type": kind,
            "title": title,
            "state": state,
        }
        self.publish("timeline", "TimelineEntry", entry)
