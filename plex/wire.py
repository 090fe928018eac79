"""Plex's HTTP interface: the one place that sends requests of our own, through plexapi, with errors translated."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from email.utils import parsedate_to_datetime
from types import SimpleNamespace
from typing import Any
from xml.etree.ElementTree import Element

import requests

from plex.elements import Container, read_container
from plex.exceptions import PlexTemporaryError, translate_refusal
from plex.protocols import Server

_NOT_PLEX = "Plex sent an empty answer, or something else answered in its place."


def get(server: Server, path: str, headers: dict[str, str] | None = None) -> Element:
    """One GET of something to read. Raises the errors of plex/exceptions.py; an empty answer counts as temporary."""
    with _told_apart():
        answer = server.query(path, headers=headers)
    if answer is None or answer.tag != "MediaContainer":
        raise PlexTemporaryError(_NOT_PLEX)
    return answer


def get_each(server: Server, path: str, headers: dict[str, str] | None = None) -> Container:
    """One GET of something long to read, whose elements are made one at a time. Raises as ``get``; so does whoever
    asks for the elements."""
    kept: list[bytes] = []

    def ask(url: str, **given: Any) -> requests.Response | SimpleNamespace:
        answer = server._session.get(url, **given)
        if answer.status_code != 200:
            return answer
        kept.append(answer.content)
        return SimpleNamespace(status_code=200, text="")  # of the text, plexapi would make all elements

    with _told_apart():
        server.query(path, method=ask, headers=headers)
        container = read_container(b"".join(kept))
    if container is None or container.tag != "MediaContainer":
        raise PlexTemporaryError(_NOT_PLEX)
    return replace(container, elements=_told_apart_each(container.elements))


def _told_apart_each(elements: Iterator[Element]) -> Iterator[Element]:
    with _told_apart():
        yield from elements


def clock_of(server: Server) -> float | None:
    """What a server's clock says, in seconds since 1970, by the ``Date`` of an answer, which Plex sends with what is no
    file (answers of 2020 and 2021 that others recorded); None where there is none. Raises as ``get``."""
    dates: list[str] = []

    def ask(url: str, **given: Any) -> requests.Response:
        answer = server._session.get(url, **given)
        dates.append(answer.headers.get("Date", ""))
        return answer

    with _told_apart():
        server.query("/identity", method=ask)
    try:
        return parsedate_to_datetime(dates[-1]).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def get_bytes(server: Server, path: str, most: int, patience: float) -> bytes:
    """What lies at an address, such as a picture; of more than ``most`` bytes nothing. ``patience``: seconds for each
    part of the answer. Raises the errors of plex/exceptions.py."""
    with (
        _told_apart(),
        server._session.get(server.url(path), headers=server._headers(), timeout=patience, stream=True) as answer,
    ):
        if answer.status_code != 200:
            raise PlexTemporaryError(f"Plex does not send this picture (HTTP {answer.status_code}).")
        found = b""
        for part in answer.iter_content(65536):
            found += part
            if len(found) > most:
                return b""
        return found


def put(server: Server, path: str, *, edit: bool = False) -> None:
    """One PUT; ``edit``: that of an item. Raises the errors of plex/exceptions.py."""
    with _told_apart(change=True, edit=edit):
        answer = server.query(path, method=server._session.put)
    _check(answer)


def post(server: Server, path: str, body: bytes) -> None:
    """One POST. Raises the errors of plex/exceptions.py."""
    with _told_apart(change=True):
        answer = server.query(path, method=server._session.post, data=body)
    _check(answer)


def delete(server: Server, path: str) -> None:
    """One DELETE. Raises the errors of plex/exceptions.py."""
    with _told_apart(change=True):
        answer = server.query(path, method=server._session.delete)
    _check(answer)


def _check(answer: Element | None) -> None:
    """Whether it was Plex that answered a write: it says nothing, or one of these."""
    if answer is not None and answer.tag not in ("MediaContainer", "Response"):
        raise PlexTemporaryError("Something else answered in Plex's place.")


@contextmanager
def _told_apart(*, change: bool = False, edit: bool = False) -> Iterator[None]:
    """Turns every exception that is raised inside into one of the error tree, as ``translate_refusal``."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - plexapi lets anything through, from TypeError to SyntaxError
        raise translate_refusal(error, change, edit) from None
