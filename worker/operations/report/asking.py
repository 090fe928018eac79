"""What a report asks of Stash and of Plex: their versions, and our settings; without a package or a long wait."""

from __future__ import annotations

import http.client
import json
import re
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from stash.connection import StashConnection, read_connection

#: Seconds to wait for an answer: somebody waits for the report.
PATIENCE = 3.0

#: The most that is read of an answer, in bytes.
_MOST = 4_000_000

_ABOUT = """query AboutForReport { version { version } configuration { plugins(include: ["PlexSync"])
    general { apiKey } } plugins { id enabled } }"""

_FAULTS = (OSError, ValueError, LookupError, TypeError, AttributeError, http.client.HTTPException)


class StashSaid:
    """What Stash told. ``why`` says why it told nothing; ``settings`` are ours as it stores them."""

    def __init__(self, why: str = "") -> None:
        self.why, self.version, self.enabled = why, "", False
        self.settings: Mapping[str, object] = {}
        self.secrets: list[str] = []


def way_to_stash(connection: object) -> StashConnection | None:
    """The way that a ``server_connection`` tells; None when it tells none."""
    try:
        return read_connection(connection if isinstance(connection, dict) else {})
    except ValueError:
        return None


def ask_stash(way: StashConnection | None) -> StashSaid:
    """Ask Stash about itself and us. Never raises."""
    if way is None:
        return StashSaid("it did not say how to reach it")
    said = StashSaid()
    said.secrets.append(way.cookie)
    try:
        body = json.dumps({"query": _ABOUT}).encode("ascii")
        headers = {"Content-Type": "application/json", **({"Cookie": f"session={way.cookie}"} if way.cookie else {})}
        answer = json.loads(_fetch(f"{way.url}/graphql", body, headers))["data"]
        said.version = _version(answer["version"]["version"])
        settings = (answer["configuration"]["plugins"] or {}).get("PlexSync")
        said.settings = settings if isinstance(settings, dict) else {}
        token, key = said.settings.get("plex_token"), answer["configuration"]["general"]["apiKey"]
        said.secrets += [str(one).strip() for one in (token, key) if one]
        said.enabled = any(one["id"] == "PlexSync" and one["enabled"] for one in answer["plugins"] or [])
    except _FAULTS as error:
        said.why = _why(error)
    return said


def ask_plex(address: object) -> str:
    """The version of the Plex at an address, which it tells without a token; else why not. Never raises."""
    if not is_address(address):
        return "not asked: the setting Plex address is not one"
    try:
        answer = _fetch(f"{str(address).strip().rstrip('/')}/identity")
        found = re.search(r'<MediaContainer[^>]* version="([^"]*)"', answer.decode("utf-8", "replace"))
        return _version(found[1]) if found else "what answers is not Plex"
    except _FAULTS as error:
        return f"no answer ({_why(error)})"


def is_address(value: object) -> bool:
    """Whether a value is the address of a server, and nothing that was entered in its place."""
    return isinstance(value, str) and bool(re.fullmatch(r"\s*https?://[^\s/@]+/?\s*", value))


class _StayHere(urllib.request.HTTPRedirectHandler):
    """Follows no redirect."""

    def redirect_request(self, *_: Any) -> None:
        """Nowhere."""


def _fetch(url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> bytes:
    """Asks an address of http or https, without any proxy. Whose certificate it has does not matter: no secret of
    Plex's is sent, and Stash is on this machine."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    handlers = [urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context), _StayHere()]
    request = urllib.request.Request(url, body, dict(headers or {}))  # noqa: S310
    with urllib.request.build_opener(*handlers).open(request, timeout=PATIENCE) as response:
        content: bytes = response.read(_MOST)
    return content


def _version(text: object) -> str:
    """A version, and nothing else that a server may say in its place."""
    return text if isinstance(text, str) and re.fullmatch(r"[\w.+-]{1,60}", text) else "unknown"


def _why(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"HTTP {error.code}"
    if isinstance(error, OSError):
        reason = getattr(error, "reason", error)
        return str(getattr(reason, "strerror", None) or reason)
    return f"an answer that is not its own, {type(error).__name__}"
