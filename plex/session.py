"""The HTTP session under plexapi: timeouts on everything, a stable identity, no proxy at home, no redirects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests
import urllib3

from validation.addresses import is_private
from validation.deadline import WRITES, TimelyAdapter

PRODUCT = "PlexSync"

#: Seconds within which Plex has to answer a request that asks for a change; tags of large libraries take it 20.
EDIT_LIMIT = 120.0


class PlexSession(requests.Session):
    """A session whose every request has a (connect, read) timeout in seconds, and a deadline, and says who it is.

    plexapi passes one number as the timeout and its own identity headers with each call; its client identifier
    is made from the MAC address, so a container would become a new device in Plex at every start.
    """

    def __init__(self, url: str, connect_timeout: float, client_identifier: str, verify_tls: bool = True) -> None:
        super().__init__()
        self._connect_timeout = connect_timeout
        self._identity = {
            "X-Plex-Client-Identifier": client_identifier,
            "X-Plex-Product": PRODUCT,
            "X-Plex-Device-Name": PRODUCT,
        }
        self._edit: requests.PreparedRequest | None = None
        self._edit_headers: Mapping[str, str | bytes] = {}
        self.verify = verify_tls
        for scheme in ("http://", "https://"):
            self.mount(scheme, TimelyAdapter())
        # A proxy set for the internet answers 404 for an address at home, which looks like a missing item.
        self.trust_env = not is_private(url)
        if not verify_tls:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)

    def request(self, method: str, url: str, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        """Send one request; a redirect is an answer like any other, since the token would go along.

        Raises requests.exceptions.RequestException.
        """
        timeout = kwargs.get("timeout")
        if not isinstance(timeout, tuple):
            limit = max(EDIT_LIMIT, timeout or 0.0) if method.upper() in WRITES else timeout
            kwargs["timeout"] = (self._connect_timeout, limit)
        kwargs["headers"] = {**(kwargs.get("headers") or {}), **self._identity}
        kwargs["allow_redirects"] = False
        try:
            return super().request(method, url, **kwargs)
        except (UnicodeError, urllib3.exceptions.LocationValueError) as error:
            # A host that no name system knows passes requests' own look at the address.
            raise requests.exceptions.InvalidURL(type(error).__name__) from None

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """As requests has it, which takes longer than sending what it makes. One edit differs from the next in its
        address alone, which is quoted already: it is made once."""
        if request.method != "PUT" or request.data or request.params or self.cookies:
            return super().prepare_request(request)
        if self._edit is None or self._edit_headers != request.headers:
            self._edit, self._edit_headers = super().prepare_request(request), request.headers
        edit = self._edit.copy()
        edit.url = request.url
        return edit
