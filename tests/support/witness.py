"""Looks at every request of PlexSync's that changes something in Plex, before it is sent: is it in the journal?"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
import requests

from tests.support.workbench import Workbench
from worker.storage.journal_entries import (
    CollectionAction,
    CollectionChange,
    Entry,
    ItemChanges,
    ReturnChange,
    Unreadable,
)
from worker.storage.journal_reading import open_entries

_PLACES = {"poster": "poster", "posters": "poster", "thumb": "poster", "art": "art", "arts": "art"}


@dataclass
class Watched:
    """The requests that were sent, and those of them that no entry tells of."""

    sent: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


@contextmanager
def watched_writes(workbench: Workbench) -> Iterator[Watched]:
    """Watch what PlexSync sends to Plex inside. An entry counts when another connection sees it: it is committed."""
    watched, real = Watched(), requests.Session.send

    def send(session: requests.Session, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        url = str(request.url)
        is_ours = session is not workbench.person and url.startswith(workbench.plex.url)
        if is_ours and request.method in ("PUT", "POST", "DELETE"):
            line = f"{request.method} {url.removeprefix(workbench.plex.url)}"
            watched.sent.append(line)
            if not _is_journaled(workbench, line):
                watched.missing.append(line)
        return real(session, request, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(requests.Session, "send", send)
        yield watched


def _is_journaled(workbench: Workbench, line: str) -> bool:
    method, _, address = line.partition(" ")
    path, params = urlsplit(address).path, dict(parse_qsl(urlsplit(address).query, keep_blank_values=True))
    key = params.get("id") or params.get("key") or re.findall(r"/(?:metadata|collections)/(\d+)", path)[0]
    keys = key.split(",")
    server = str(workbench.worker.plex_client.server.machineIdentifier)
    with closing(sqlite3.connect(workbench.data.database)) as other:
        found = [open_entries(other, server, one) for one in keys]
    tells = _tells if len(keys) == 1 else _tells_all
    return all(
        any(tells(entry, method, path, params) for entry in entries if entry.state.value == "intended")
        for entries in found
    )


def _tells_all(entry: Entry, method: str, path: str, params: dict[str, str]) -> bool:
    """Whether an entry of one item tells of a request for several: lists alone, and all that comes and goes in them."""
    changes = entry.changes
    if not isinstance(changes, ItemChanges) or not _tells(entry, method, path, params):
        return False
    if any(name.endswith(".value") for name in params):
        return False
    sent = {name.partition("[")[0] for name in params if "[" in name}
    return all(
        {tag.name for tag in changes.tags[name].added} <= set(_tags(params, name, ""))
        and {tag.name for tag in changes.tags[name].removed} == set(_tags(params, name, "-"))
        for name in sent
    )


def _tags(params: dict[str, str], name: str, sign: str) -> list[str]:
    """The tags of a list that a request adds, or with the minus sign removes."""
    values = [value for key, value in params.items() if re.fullmatch(rf"{name}\[\d*\]\.tag\.tag{sign}", key)]
    return [unquote(part) for value in values for part in value.split(",")] if sign else values


def _tells(entry: Entry, method: str, path: str, params: dict[str, str]) -> bool:
    """Whether an entry tells of a request: of each field, of each tag, of the picture."""
    changes = entry.changes
    assert not isinstance(changes, ReturnChange | Unreadable), "what came back from Plex is never open"
    if isinstance(changes, CollectionChange):
        return changes.action is _action(method, path)
    if path == "/:/rate":
        wanted = changes.texts.get("userRating")
        return wanted is not None and float(wanted.after or -1) == float(params["rating"])
    place = re.search(r"/(posters?|arts?|thumb)$", path)
    if place:
        return _PLACES[place[1]] in changes.pictures
    return all(_tells_of(changes, name, value) for name, value in params.items() if name not in ("id", "type"))


def _tells_of(changes: ItemChanges, name: str, value: str) -> bool:
    field_name, _, what = name.partition(".")
    if what == "value":
        return field_name in changes.texts and changes.texts[field_name].after == value
    if what == "locked":
        known = {*changes.texts, *changes.tags}
        return field_name in known or _PLACES.get(field_name, "") in changes.pictures
    return field_name.partition("[")[0] in changes.tags


def _action(method: str, path: str) -> CollectionAction | None:
    if path.endswith("/prefs"):
        return CollectionAction.ORDERED
    if path.endswith("/move"):
        return CollectionAction.MOVED
    if path.endswith("/posters"):
        return CollectionAction.PICTURE
    return CollectionAction.REMOVED if method == "DELETE" else None
