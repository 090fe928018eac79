"""The way to Plex: lazily connected, so that a worker starts, waits and ends without it."""

from __future__ import annotations

from collections.abc import Callable

import requests.exceptions
from plexapi.library import LibrarySection
from plexapi.server import PlexServer
from requests.adapters import HTTPAdapter
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from plex.exceptions import (
    PlexConfigurationError,
    PlexNotConnected,
    PlexNotFound,
    PlexNotReady,
    PlexUnreachable,
    refused_stream,
    translated,
)
from plex.identity import Identity, ask_identity, identity_of, machine_of
from plex.session import PlexSession
from validation.errors import PlexSyncError

#: Faults of the connection itself, worth a quick second try.
RETRIABLE_EXCEPTIONS = (
    ConnectionError,
    TimeoutError,
    OSError,
    requests.exceptions.ConnectionError,
    requests.exceptions.Timeout,
)

#: Used where no identifier of this installation is at hand.
DEFAULT_IDENTIFIER = "plexsync"


class PlexClient:
    """Plex, reached when ``server`` is first read. Times in seconds; ``token`` goes into headers only."""

    def __init__(
        self,
        url: str,
        token: str,
        connect_timeout: float = 5.0,
        read_timeout: float = 30.0,
        *,
        verify_tls: bool = True,
        client_identifier: str = DEFAULT_IDENTIFIER,
        connected: Callable[[], None] = lambda: None,
    ) -> None:
        """``connected`` is called whenever the server was connected, and so has said which one it is."""
        self.url = url
        self._token = token
        self.connect_timeout = connect_timeout
        self.read_timeout = read_timeout
        self._verify_tls = verify_tls
        self._client_identifier = client_identifier
        self._connected = connected
        self._session: PlexSession | None = None
        self._server: PlexServer | None = None

    def __repr__(self) -> str:
        return f"PlexClient({self.url!r})"

    @property
    def server(self) -> PlexServer:
        """plexapi's server, connected at the first reading.

        Raises:
            PlexNotConnected, PlexNotReady: it could not be connected, which is no scene's fault.
            PlexConfigurationError: see plex/exceptions.py.
        """
        if self._server is None:
            try:
                with translated():
                    server = self._get_server()
            except PlexNotFound:
                server = None
            except PlexConfigurationError:
                raise
            except PlexUnreachable as error:
                raise PlexNotConnected(str(error)) from None
            except PlexSyncError as error:
                raise PlexNotReady(str(error)) from None
            if server is not None and not hasattr(server, "machineIdentifier"):
                raise PlexNotReady("Plex sent an empty answer, or something else answered in its place.")
            if server is None or not server.machineIdentifier:
                # A login page of a proxy can be well-formed XML and comes with status 200.
                raise PlexConfigurationError(f"What answers at {self.url} is not a Plex server.")
            self._server = server
            self._connected()
        return self._server

    @retry(
        retry=retry_if_exception_type(RETRIABLE_EXCEPTIONS),
        wait=wait_exponential_jitter(multiplier=0.1, max=0.4, jitter=0.1),
        stop=stop_after_attempt(3),
        reraise=True,
    )
    def _get_server(self) -> PlexServer:
        return PlexServer(self.url, self._token, session=self._open_session(), timeout=self.read_timeout)

    def _open_session(self) -> PlexSession:
        if self._session is None:
            self._session = PlexSession(self.url, self.connect_timeout, self._client_identifier, self._verify_tls)
        return self._session

    def get_library(self, name: str) -> LibrarySection:
        """plexapi's section of that name, ignoring case. Raises PlexNotFound and what ``server`` raises."""
        with translated():
            return self.server.library.section(name)

    def scan_library(self, name: str, path: str | None = None) -> None:
        """Ask Plex to scan a library, or only the folder ``path`` as Plex spells it. Answers before it is done.

        Raises PlexNotFound and what ``server`` raises.
        """
        section = self.get_library(name)
        with translated():
            section.update(path=path)

    def open_stream(self, path: str, silence: float) -> requests.Response:
        """An answer without an end, which the caller reads and closes. ``silence``: the longest wait for its next byte.

        It has a connection of its own, so that it is in nobody's way. Raises the errors of plex/exceptions.py.
        """
        session = PlexSession(self.url, self.connect_timeout, self._client_identifier, self._verify_tls)
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter())  # one whose answers have no deadline
        headers = {"X-Plex-Token": self._token, "Accept": "text/event-stream"}
        with translated():
            response = session.get(
                self.url + path, headers=headers, timeout=(self.connect_timeout, silence), stream=True
            )
        if response.status_code != 200:
            response.close()
            raise refused_stream(response.status_code)
        return response

    def answers(self) -> bool:
        """Whether Plex serves at this moment: one short request that needs no token.

        It tells which server that is: to one that was set up anew behind the same address, ``server`` connects again.
        """
        try:
            response = ask_identity(self._open_session(), self.url, min(self.read_timeout, 5.0))
        except (requests.exceptions.RequestException, OSError):
            return False
        machine = machine_of(response)
        if self._server is not None and machine and machine != str(self._server.machineIdentifier):
            self._server = None
        return identity_of(response) in (Identity.PLEX, Identity.ELSEWHERE, Identity.REFUSING)

    @property
    def is_connected(self) -> bool:
        """Whether ``server`` was read."""
        return self._server is not None

    def close(self) -> None:
        """Close the connections; the next use of ``server`` opens new ones."""
        if self._session is not None:
            self._session.close()
        self._session = self._server = None
