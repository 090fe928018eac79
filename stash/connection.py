"""Where Stash is and how it lets us in, out of the ``server_connection`` it hands to every plugin process.

Sources: pkg/plugin/common/msg.go and internal/manager/config/config.go of Stash.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: The address to call for an address to listen on.
_LISTENS_EVERYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "[::1]", "[::]": "[::1]"}  # noqa: S104


@dataclass(frozen=True)
class StashConnection:
    """A way to reach Stash: its own port, directly, so that proxies and URL prefixes do not matter."""

    url: str
    cookie: str = field(default="", repr=False)


def read_connection(server_connection: Mapping[str, Any]) -> StashConnection:
    """Read ``server_connection``: ``Scheme``, ``Host`` (the address Stash listens on), ``Port`` and
    ``SessionCookie`` (Go's http.Cookie, or null).

    Raises:
        ValueError: there is no usable port or scheme in it.
    """
    if not isinstance(server_connection, Mapping):
        raise ValueError("Stash did not say how to reach it")
    scheme, port = server_connection.get("Scheme") or "http", server_connection.get("Port")
    if scheme not in ("http", "https") or type(port) is not int or not 0 < port < 65536:
        raise ValueError("Stash did not say how to reach it")
    listens = str(server_connection.get("Host") or "")
    host = _LISTENS_EVERYWHERE.get(listens, listens)
    if ":" in host and not host.startswith("["):
        host = f"[{host}]"
    cookie = server_connection.get("SessionCookie")
    value = str(cookie.get("Value") or "") if isinstance(cookie, Mapping) else ""
    return StashConnection(f"{scheme}://{host}:{port}", value)


def save_connection(path: str, connection: StashConnection) -> None:
    """Keep the connection for a worker that starts without one, readable by nobody else. Raises OSError."""
    draft = f"{path}.{os.getpid()}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({"url": connection.url, "cookie": connection.cookie}, file)
        os.replace(draft, path)
    except OSError:
        os.unlink(draft)
        raise


def load_connection(path: str) -> StashConnection | None:
    """The connection kept last, or None when there is none that can be read."""
    try:
        with open(path, encoding="utf-8") as file:
            kept = json.load(file)
        return StashConnection(str(kept["url"]), str(kept["cookie"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
