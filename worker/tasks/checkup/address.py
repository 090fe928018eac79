"""What answers at the Plex address, and which address would be better. Sends no token anywhere."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
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

_TLS_KINDS = {
    TlsFault.NAME: "name",
    TlsFault.CERTIFICATE: "certificate",
    TlsFault.PLAIN: "plain",
    TlsFault.CUT: "closed",
}


@dataclass(frozen=True)
class Reply:
    """What answered. ``kind``: plex, starting, elsewhere (a redirect, to ``detail``), stranger (HTTP ``detail``),
    name (the certificate is another's), certificate, plain (no TLS there), closed, unknown (no such name),
    refused, silent, or unusable."""

    kind: str
    detail: str = ""


def look_at(url: str, *, connect: float = PATIENCE, verify: bool = True, identifier: str = DEFAULT_IDENTIFIER) -> Reply:
    """Ask an address who it is, which needs no token. Never raises."""
    try:
        with PlexSession(url, connect, identifier, verify) as session:
            response = ask_identity(session, url, 2 * PATIENCE)
    except requests.exceptions.RequestException as error:
        return Reply(_fault(error))
    except (OSError, ValueError):
        return Reply("unusable")
    identity = identity_of(response)
    if identity is Identity.PLEX:
        return Reply("plex")
    if identity is Identity.STARTING:
        return Reply("starting")
    if identity is Identity.ELSEWHERE:
        return Reply("elsewhere", response.headers.get("Location", ""))
    return Reply("stranger", str(response.status_code))


def _fault(error: requests.exceptions.RequestException) -> str:
    text = str(error)
    if isinstance(error, requests.exceptions.SSLError):
        return _TLS_KINDS[tls_fault(error)]
    if isinstance(error, requests.exceptions.Timeout):
        return "silent"
    if isinstance(error, requests.exceptions.ConnectionError):
        if "NameResolutionError" in text or "getaddrinfo" in text:
            return "unknown"
        if "refused" in text:
            return "refused"
        return "silent" if "unreachable" in text or "No route" in text else "closed"
    return "unusable"


def better_address(url: str, reply: Reply, look: Callable[[str], Reply] = look_at) -> str:
    """An address like this one at which a Plex server answers; empty when none was found."""
    if reply.kind == "elsewhere" and _is_plex(look(_root(reply.detail))):
        return _root(reply.detail)
    if reply.kind in ("unknown", "unusable", "starting"):
        return ""
    for candidate in _alike(url):
        if _is_plex(look(candidate)):
            return candidate
    return ""


def _is_plex(reply: Reply) -> bool:
    return reply.kind in ("plex", "starting")


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
    setting = 'the setting "Plex address"'
    skip = 'switch on the setting "Plex: accept any certificate"'
    closes = "is just starting" if parts.scheme == "https" else "speaks only https"
    texts = {
        "elsewhere": f"{url} forwards to another address.",
        "stranger": f"What answers at {url} is not a Plex server (HTTP {reply.detail}).",
        "name": f"The certificate at {url} belongs to another name than {parts.hostname}.",
        "certificate": f"The certificate at {url} is not one that is trusted, such as one of your own making.",
        "plain": f"What answers at {url} does not speak https.",
        "closed": f"What answers at {url} ends the connection; perhaps it {closes}.",
        "unknown": f'The name "{parts.hostname}" is not known where Stash runs.',
        "refused": f"Nothing listens at {url}.",
        "silent": f"Nothing answers at {url} in time.",
        "unusable": f"{url} cannot be used as an address.",
        "starting": f"Plex at {url} is still starting.",
    }
    if reply.kind == "starting":
        return texts["starting"], "Wait a minute."
    if reply.kind in ("name", "certificate"):
        instead = [f"enter {one} in {setting}" for one in (direct, better) if one]
        return texts[reply.kind], f"{_capital(' or '.join([*instead, skip]))}."
    if better:
        return texts[reply.kind], f"Enter {better} in {setting}: a Plex server answers there."
    remedies = {
        "unknown": f"Enter the IP address of Plex's machine in {setting}, for example http://192.168.1.5:{PLEX_PORT}. "
        "The name of a container works only where both containers share a Docker network.",
        "stranger": f"Enter Plex's own address in {setting}, for example http://192.168.1.5:{PLEX_PORT}.",
        "elsewhere": f"Enter the address it forwards to in {setting}.",
    }
    if parts.hostname in HERE and reply.kind not in remedies:
        return texts[reply.kind], (
            f"Check that Plex runs. If Stash runs in a container, {parts.hostname} is that container itself: enter the "
            f"address of the machine Plex runs on in {setting}, for example http://192.168.1.5:{PLEX_PORT}."
        )
    usual = f"Check that Plex runs, and the address, port ({PLEX_PORT} is the usual one) and firewall; then {setting}."
    return texts[reply.kind], remedies.get(reply.kind, usual)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
