"""Posters, backgrounds and other images: upload, list, choose, take away. Uploads cannot be deleted.

Request forms from plexapi 4.18.3; that uploads are addressed by their SHA-1 is visible in their keys.
"""

from __future__ import annotations

import urllib.request
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit

from tests.doubles.plex.images import (
    PLACEHOLDER,
    SHELVES,
    data_of,
    is_image,
    selected,
    shelf,
    store,
)  # fmt: skip
from tests.doubles.plex.messages import Answer, HTTPFailure, Request, failure, ok
from tests.doubles.plex.model import Item
from tests.doubles.plex.nodes import Node, container
from tests.doubles.plex.state import State

_LOOPBACK = frozenset(("127.0.0.1", "localhost", "[::1]", "::1"))
_SINGULAR = {
    "poster": "posters",
    "art": "arts",
    "clearLogo": "clearLogos",
    "squareArt": "squareArts",
    "theme": "themes",
}


def listed(state: State, item: Item, kind: str) -> Answer:
    """`GET /library/metadata/{id}/posters`: what the agent found and every upload; one at most is `selected`."""
    _refuse_while_locked(state, item, kind)
    chosen = selected(item, kind)
    rows = []
    for key in shelf(item, kind).keys:
        address = f"/library/metadata/{item.id}/file?url={quote(key, safe='')}"
        provider = "" if key.startswith("upload:") else "com.plexapp.agents.localmedia"
        rows.append(
            Node(
                "Photo" if kind != "themes" else "Track",
                {"key": address, "provider": provider, "ratingKey": key, "selected": key == chosen, "thumb": address},
                json_key="Metadata",
            )
        )
    return Answer(node=container({"size": len(rows), "identifier": "com.plexapp.plugins.library"}, rows))


def upload(state: State, request: Request, item: Item, kind: str) -> Answer:
    """`POST …/posters` with the bytes as body, or with `?url=`: then the server fetches it (loopback only here).

    Bytes that the item has already are not stored again, and what is shown stays (a switch shows them): only
    the PUT of `choose` goes back to an earlier picture (measured on 1,607 albums).
    """
    _refuse_while_locked(state, item, kind)
    address = request.get("url")
    data = _fetched(address) if address else request.body
    if len(data) > state.switches.poster_limit:
        return failure(state.switches.poster_limit_status)
    if not is_image(data) and kind != "themes":
        return failure(500) if state.switches.non_image == "error" else ok()
    key = store(state, kind, data + b"made anew" if state.switches.reencode_pictures else data)
    if key in shelf(item, kind).keys and state.switches.held_image == "keep":
        return ok()
    return choose(state, item, kind, key)


def choose(state: State, item: Item, kind: str, key: str) -> Answer:
    """Show an image. One that is new to the item joins its list; one that is there is not listed twice."""
    if key not in shelf(item, kind).keys and key.startswith("upload://") and key not in state.images:
        return failure(404)
    state.later(state.switches.picture_delay, lambda: _show(state, item, kind, key))
    return ok()


def _show(state: State, item: Item, kind: str, key: str) -> None:
    row = shelf(item, kind)
    if key not in row.keys:
        row.keys.append(key)
    row.selected = key
    _changed(state, item)
    if state.switches.poster_auto_lock:
        item.locks = {*(item.locks or ()), SHELVES[kind]}


def take_away(state: State, item: Item, kind: str) -> Answer:
    """`DELETE …/thumb`: nothing is shown any more; the uploads stay listed."""
    shelf(item, kind).selected = None
    _changed(state, item)
    return ok()


def shown(state: State, item: Item, kind: str) -> Answer:
    """The bytes behind an item's `thumb` or `art` address."""
    key = selected(item, kind)
    return failure(404) if key is None else _image(data_of(state, key))


def by_address(state: State, request: Request) -> Answer:
    """`GET …/file?url=upload://…`: the bytes behind a row of the list."""
    return _image(data_of(state, request.get("url")))


def shelf_of(name: str) -> str:
    """`posters` for any of the words that Plex's addresses use: posters, poster, thumb."""
    if name in SHELVES:
        return name
    return _SINGULAR.get(name) or next(kind for kind, attribute in SHELVES.items() if attribute == name)


def _refuse_while_locked(state: State, item: Item, kind: str) -> None:
    if state.switches.locked_posters_fail and SHELVES[kind] in (item.locks or ()):
        raise HTTPFailure(failure(500))


def _changed(state: State, item: Item) -> None:
    state.applied_writes += 1
    state.show_change(item, at_least=(item.updated_at or 0) + 1)
    state.count_change(item)
    state.events.timeline(item.section, item.id, 1, item.title, 5)


def _image(data: bytes) -> Answer:
    png = data.startswith(PLACEHOLDER[:4])
    return Answer(body=data, content_type="image/png" if png else "image/jpeg")


def _fetched(address: str) -> bytes:
    """Nothing but loopback is ever fetched; what cannot be fetched is no image."""
    parts = urlsplit(address)
    if parts.scheme != "http" or parts.hostname not in _LOOPBACK:
        return b""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(address, timeout=5) as response:
            data: bytes = response.read()
            return data
    except HTTPError as refusal:
        refusal.close()
        return b""
    except (URLError, OSError):
        return b""
