"""The HTTP session under plexapi: timeouts on everything, a stable identity, no proxy at home, no redirects."""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3

PRODUCT = "PlexSync"


def is_private(url: str) -> bool:
    """Whether an address is at home: private, loopback, a bare name or one of a local domain."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith((".local", ".lan", ".home", ".internal", ".home.arpa"))


class PlexSession(requests.Session):
    """A session whose every request has a (connect, read) timeout in seconds and says who it is.

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
        self.verify = verify_tls
        # A proxy set for the internet answers 404 for an address at home, which looks like a missing item.
        self.trust_env = not is_private(url)
        if not verify_tls:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)

    def request(self, method: str, url: str, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        """Send one request; a redirect is an answer like any other, since the token would go along."""
        timeout = kwargs.get("timeout")
        if not isinstance(timeout, tuple):
            kwargs["timeout"] = (self._connect_timeout, timeout)
        kwargs["headers"] = {**(kwargs.get("headers") or {}), **self._identity}
        kwargs["allow_redirects"] = False
        return super().request(method, url, **kwargs)
