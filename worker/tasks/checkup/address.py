"""What answers at the Plex address, and which address would be better. Sends no token anywhere."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from urllib.parse import urlsplit

import requests

from plex.client import DEFAULT_IDENTIFIER
from plex.identity import Identity, ask_identity, identity_of
from plex.session import PlexSession
from plex.tls import TlsFault, tls_fault
from worker.tasks.checkup.stash_side import HERE

PLEX_PORT = 32400

#: Seconds to connect to an address that is only tried.
PATIENCE = 3.0


class Kind(Enum):
    """What answers, in a sentence: ``url`` is the address, ``host`` the name in it, ``detail`` the reply's."""

    PLEX = "A Plex server answers at {url}."
    STARTING = "Plex at {url} is still starting."
    ELSEWHERE = "{url} forwards to another address."
    STRANGER = "What answers at {url} is not a Plex server (HTTP {detail})."
    NAME = "The certificate at {url} belongs to another name than {host}."
    CERTIFICATE = "The certificate at {url} is not one that is trusted, such as one of your own making."
    PLAIN = "What answers at {url} does not speak https."
    CLOSED = "What answers at {url} ends the connection; perhaps it {closes}."
    UNKNOWN = 'The name "{host}" is not known where Stash runs.'
    REFUSED = "Nothing listens at {url}."
    SILENT = "Nothing answers at {url} in time."
    UNUSABLE = "{url} cannot be used as an address."


_TLS_KINDS = {
    TlsFault.NAME: Kind.NAME,
    TlsFault.CERTIFICATE: Kind.CERTIFICATE,
    TlsFault.PLAIN: Kind.PLAIN,
    TlsFault.CUT: Kind.CLOSED,
}

_SETTING = 'the setting "Plex address"'
_EXAMPLE = f"for example http://192.168.1.5:{PLEX_PORT}"

#: What to do about some of them, where no better address is known.
_REMEDIES = {
    Kind.UNKNOWN: f"Enter the IP address of Plex's machine in {_SETTING}, {_EXAMPLE}. "
    "The name of a container works only where both containers share a Docker network.",
    Kind.STRANGER: f"Enter Plex's own address in {_SETTING}, {_EXAMPLE}.",
    Kind.ELSEWHERE: f"Enter the address it forwards to in {_SETTING}.",
}


@dataclass(frozen=True)
class Reply:
    """What answered. ``detail``: where a redirect leads, or a stranger's status of HTTP."""

    kind: Kind
    detail: str = ""


def look_at(url: str, *, connect: float = PATIENCE, verify: bool = True, identifier: str = DEFAULT_IDENTIFIER) -> Reply:
    """Ask an address who it is, which needs no token. Never raises."""
    try:
        with PlexSession(url, connect, identifier, verify) as session:
            response = ask_identity(session, url, 2 * PATIENCE)
    except requests.exceptions.RequestException as error:
        return Reply(_fault(error))
    except (OSError, ValueError):
        return Reply(Kind.UNUSABLE)
    identity = identity_of(response)
    if identity is Identity.PLEX:
        return Reply(Kind.PLEX)
    if identity is Identity.STARTING:
        return Reply(Kind.STARTING)
    if identity is Identity.ELSEWHERE:
        return Reply(Kind.ELSEWHERE, response.headers.get("Location", ""))
    return Reply(Kind.STRANGER, str(response.status_code))


def _fault(error: requests.exceptions.RequestException) -> Kind:
    text = str(error)
    if isinstance(error, requests.exceptions.SSLError):
        return _TLS_KINDS[tls_fault(error)]
    if isinstance(error, requests.exceptions.Timeout):
        return Kind.SILENT
    if isinstance(error, requests.exceptions.ConnectionError):
        if "NameResolutionError" in text or "getaddrinfo" in text:
            return Kind.UNKNOWN
        if "refused" in text:
            return Kind.REFUSED
        return Kind.SILENT if "unreachable" in text or "No route" in text else Kind.CLOSED
    return Kind.UNUSABLE


def better_address(url: str, reply: Reply, look: Callable[[str], Reply] = look_at) -> str:
    """An address like this one at which a Plex server answers; empty when none was found."""
    if reply.kind is Kind.ELSEWHERE and _is_plex(look(_root(reply.detail))):
        return _root(reply.detail)
    if reply.kind in (Kind.UNKNOWN, Kind.UNUSABLE, Kind.STARTING):
        return ""
    for candidate in _alike(url):
        if _is_plex(look(candidate)):
            return candidate
    return ""


def _is_plex(reply: Reply) -> bool:
    return reply.kind in (Kind.PLEX, Kind.STARTING)


def _root(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") and parts.netloc else ""


def _alike(url: str) -> Iterator[str]:
    """Without the path, with the other scheme, and with Plex's own port: the likeliest first."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    other = "http" if parts.scheme == "https" else "https"
    given = f":{parts.port}" if parts.port else ""
    tries = [f"{scheme}://{host}{port}" for port in (given, f":{PLEX_PORT}") for scheme in (parts.scheme, other)]
    yield from (one for one in dict.fromkeys(tries) if one != url)


def plex_direct(url: str) -> str:
    """The address under which Plex's own certificate is valid, read from that certificate; empty without one.

    Plex's certificates are for ``*.<32 hex digits>.plex.direct``; ``192-168-1-5`` before it means 192.168.1.5.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # nothing is sent, only its name is read
    try:
        port = parts.port or 443
        with socket.create_connection((host, port), timeout=PATIENCE) as raw, context.wrap_socket(raw) as secured:
            ip, certificate = secured.getpeername()[0], secured.getpeercert(binary_form=True) or b""
    except (OSError, ValueError):
        return ""
    found = re.search(rb"\*\.([0-9a-f]{32})\.plex\.direct", certificate)
    if not found or "." not in ip:
        return ""
    return f"https://{ip.replace('.', '-')}.{found.group(1).decode()}.plex.direct:{port}"


def what_to_do(url: str, reply: Reply, better: str, direct: str) -> tuple[str, str]:
    """What is wrong with the address, and what to do about it, in one sentence each."""
    parts = urlsplit(url)
    closes = "is just starting" if parts.scheme == "https" else "speaks only https"
    what = reply.kind.value.format(url=url, host=parts.hostname, detail=reply.detail, closes=closes)
    return what, _remedy(reply.kind, parts.hostname, better, direct)


def _remedy(kind: Kind, host: str | None, better: str, direct: str) -> str:
    if kind is Kind.STARTING:
        return "Wait a minute."
    if kind in (Kind.NAME, Kind.CERTIFICATE):
        ways = [f"enter {one} in {_SETTING}" for one in (direct, better) if one]
        ways.append('switch on the setting "Plex: accept any certificate"')
        return f"{_capital(' or '.join(ways))}."
    if better:
        return f"Enter {better} in {_SETTING}: a Plex server answers there."
    if kind in _REMEDIES:
        return _REMEDIES[kind]
    if host in HERE:
        return (
            f"Check that Plex runs. If Stash runs in a container, {host} is that container itself: enter the address "
            f"of the machine Plex runs on in {_SETTING}, {_EXAMPLE}."
        )
    return f"Check that Plex runs, and the address, port ({PLEX_PORT} is the usual one) and firewall; then {_SETTING}."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
