"""What Plex tells by itself: who plays what, as server-sent events.

``/:/eventsource/notifications`` sends ``event: NAME`` and ``data: JSON``, one bare object a message, and a ``ping``
each 10 to 15 seconds (three clients that do not know of each other; the last recorded off PMS 1.43.3). Its websocket
wraps the same in a ``NotificationContainer`` with lists; either is read.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from enum import Enum

import requests

from plex.client import PlexClient
from plex.exceptions import PlexTemporaryError, PlexUnreachable

PATH = "/:/eventsource/notifications?filters=playing"

#: Seconds without a word, not even a ping, after which nobody is at the other end.
SILENCE = 45.0

#: Bytes of one line; what Plex sends stays far below it.
LONGEST_LINE = 100_000

_ENTRY = "PlaySessionStateNotification"


class PlayState(str, Enum):
    """What a player does."""

    PLAYING = "playing"
    PAUSED = "paused"
    BUFFERING = "buffering"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Playing:
    """A player tells how far it is in an item; ``offset`` in seconds. It names no user: ``/status/sessions`` does."""

    session: str
    player: str
    item: str
    offset: float
    state: PlayState


@dataclass(frozen=True)
class Message:
    """One message of the stream: its name, and its data as text."""

    name: str
    data: str


def listen(client: PlexClient) -> Generator[list[Playing], None, None]:
    """What Plex tells from now on, message by message: an empty list for one that tells of no player, such as a ping,
    and once as soon as Plex listens to us.

    Ends when Plex ends the stream. Raises the errors of plex/exceptions.py, also after ``SILENCE``.
    """
    response = client.open_stream(PATH, SILENCE)
    with closing(response):
        if not response.headers.get("Content-Type", "").startswith("text/event-stream"):
            raise PlexTemporaryError("Plex, or what answers in its place, sends no events.")
        yield []
        for message in read_messages(_lines(response)):
            yield read_playing(message)


def read_messages(lines: Iterable[str]) -> Iterator[Message]:
    """The messages of a stream (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""
    name, data = "", list[str]()
    for line in lines:
        if not line:
            if name or data:
                yield Message(name or "message", "\n".join(data))
            name, data = "", []
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            name = value
        elif field == "data":
            data.append(value)


def read_playing(message: Message) -> list[Playing]:
    """The players that a message tells of; none for one that tells of something else, or is not understood."""
    if _ENTRY not in message.data:
        return []
    try:
        content = json.loads(message.data)
        content = content.get("NotificationContainer", content)
        entries = content.get(_ENTRY) or []
        return [_playing(one) for one in (entries if isinstance(entries, list) else [entries])]
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return []


def _playing(entry: Mapping[str, object]) -> Playing:
    offset = float(str(entry.get("viewOffset") or 0)) / 1000.0
    return Playing(
        session=str(entry["sessionKey"]),
        player=str(entry.get("clientIdentifier") or ""),
        item=str(entry["ratingKey"]),
        offset=max(offset, 0.0),
        state=PlayState(str(entry["state"])),
    )


def _lines(response: requests.Response) -> Iterator[str]:
    """The lines of an answer, each as soon as it is there. Raises PlexUnreachable."""
    line = bytearray()
    try:
        for byte in response.iter_content(1):
            if byte == b"\n":
                yield line.decode("utf-8", "replace").rstrip("\r")
                line.clear()
            elif len(line) < LONGEST_LINE:
                line += byte
    except (requests.exceptions.RequestException, OSError) as error:
        raise PlexUnreachable(f"Plex's events ended ({type(error).__name__}).") from None
