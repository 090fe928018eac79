"""Whether a Plex server answers at an address: what ``/identity`` answers, which needs no token."""

from __future__ import annotations

import re
from enum import Enum

import requests


class Identity(Enum):
    """What answers."""

    PLEX = "a Plex server"
    STARTING = "a Plex server that is still starting, or something that says the same"
    ELSEWHERE = "a redirect"
    STRANGER = "something else, with a page of its own"
    REFUSING = "something that takes requests, and refuses this one"
    FAILING = "something that fails"


def ask_identity(session: requests.Session, url: str, timeout: float) -> requests.Response:
    """Ask. Raises requests' exceptions and OSError."""
    return session.get(f"{url}/identity", timeout=timeout)


def identity_of(response: requests.Response) -> Identity:
    """What the answer tells. A proxy's page comes with status 200, too."""
    status = response.status_code
    if status == 200 and b"machineIdentifier" in response.content:
        return Identity.PLEX
    if status == 503 or b"starting up" in response.content[:500]:
        return Identity.STARTING
    if response.is_redirect:
        return Identity.ELSEWHERE
    if status == 200:
        return Identity.STRANGER
    return Identity.REFUSING if status < 500 else Identity.FAILING


def machine_of(response: requests.Response) -> str:
    """Plex's identifier of the server that answered, empty where the answer tells none."""
    found = re.search(rb'machineIdentifier="([^"]+)"', response.content) if response.status_code == 200 else None
    return found.group(1).decode("utf-8", "replace") if found else ""
