"""Fixtures: a double with a small library, and plexapi connected to it as anyone would."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import requests
from plexapi.server import PlexServer

from tests.contract.plex.libraries import MOVIES
from tests.doubles.plex import PlexDouble

Connect = Callable[..., Any]
Start = Callable[..., PlexDouble]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts doubles with switches: `plex = start(tags="replace")`."""
    with ExitStack() as stack:

        def begin(library: dict[str, Any] | None = None, **switches: Any) -> PlexDouble:
            generated = "generate" in switches
            chosen = library if library is not None or generated else MOVIES
            return stack.enter_context(PlexDouble(chosen, **switches))

        yield begin


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Connects plexapi: `server = connect(plex)`; the session is closed at the end."""
    with ExitStack() as stack:

        def open_server(plex: PlexDouble, token: str | None = None, timeout: float = 10) -> Any:
            session = stack.enter_context(requests.Session())
            session.trust_env = False
            return PlexServer(plex.url, token or plex.token, session=session, timeout=timeout)

        yield open_server


@pytest.fixture
def http(plex: PlexDouble) -> Iterator[requests.Session]:
    """A plain session with the token, for what plexapi does not send."""
    with requests.Session() as session:
        session.trust_env = False
        session.headers["X-Plex-Token"] = plex.token
        yield session


@pytest.fixture
def plex(start: Start) -> PlexDouble:
    return start()


@pytest.fixture
def server(plex: PlexDouble, connect: Connect) -> Any:
    return connect(plex)


@pytest.fixture
def section(server: Any) -> Any:
    """The section Movies, with nothing counted yet."""
    return server.library.section("Movies")


@pytest.fixture
def lines(plex: PlexDouble) -> Callable[[Callable[[], object]], list[str]]:
    """Runs a call and gives the request lines it caused."""

    def caused(call: Callable[[], object]) -> list[str]:
        before = len(plex.requests)
        call()
        return [entry.line for entry in plex.requests[before:]]

    return caused
