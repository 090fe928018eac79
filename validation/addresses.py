"""Addresses of servers as people write them: which can be used at all, and which are at home."""

from __future__ import annotations

import ipaddress
import re
import socket
from urllib.parse import urlsplit

import requests
import urllib3.exceptions

EXAMPLE = "http://192.168.1.5:32400"

#: Ends of names that only a network at home or a private one knows. Official: local, localhost, internal, home.arpa,
#: test. Customary: what routers, VPNs, container engines and clusters call their machines (``box`` is FRITZ!Box's,
#: ``ts.net`` Tailscale's, ``mshome.net`` that of Windows' shared connections). Plex's own names, plex.direct, spell
#: out the address they stand for, most often one at home.
_ENDS_AT_HOME = (
    *("local", "localhost", "localdomain", "internal", "home.arpa", "test", "lan", "home", "homenet", "homelab"),
    *("intranet", "intern", "private", "corp", "box", "router", "gateway", "mshome.net", "speedport.ip"),
    *("docker", "podman", "lxd", "incus", "svc", "ts.net", "beta.tailscale.net", "zt", "vpn", "plex.direct"),
)

#: Four numbers in a name, as in 192-168-1-5.example.com: services that answer with the address in the name.
_SPELLED_OUT = re.compile(r"(?<!\d)(\d{1,3})[-.](\d{1,3})[-.](\d{1,3})[-.](\d{1,3})(?!\d)")

#: Letters of the longest name that the name system can hold.
LONGEST_HOST = 253


def is_private(url: str) -> bool:
    """Whether an address is at home, where no proxy for the internet is needed, or could be of use.

    That is a private address of any kind (also 100.64/10, which carriers and VPNs use), loopback, a bare name, a name
    of a private domain, and one that spells out a private address.
    """
    try:
        host = (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return False
    if "." not in host and ":" not in host:
        return True
    if any(host.endswith(f".{end}") for end in _ENDS_AT_HOME):
        return True
    numbers = _ip_address(host)
    spelled = _SPELLED_OUT.search(host)
    if numbers is None and spelled:
        numbers = _ip_address(".".join(spelled.groups()))
    return numbers is not None and not numbers.is_global


def _ip_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address a host is, also in the shorter forms that the system's own functions read, such as 127.1."""
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        if not re.fullmatch(r"[\da-fx.]+", host):
            return None
        try:
            return ipaddress.IPv4Address(socket.inet_aton(host))
        except OSError:
            return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def read_address(text: str) -> str:
    """An address as it is used: without white space around it, and without a slash at its end.

    Raises:
        ValueError: it cannot be used; the text says what an address looks like.
    """
    address = text.strip().rstrip("/")
    if not address:
        return ""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise ValueError(f"host or port of this address cannot be read; write it like {EXAMPLE}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        example = f"http://{address}" if re.fullmatch(r"[\w.-]+:\d+", address) else EXAMPLE
        raise ValueError(f"an address starts with http:// or https://, for example {example}")
    if parts.username is not None or parts.password is not None or parts.query:
        raise ValueError("an address holds no user name, password or token; the token has its own setting")
    if "#" in address:  # copied from a browser; what follows goes to no server
        raise ValueError(f"an address ends before the #, for example {EXAMPLE}")
    if port == 0 or not _can_be_used(address, parts.hostname):
        raise ValueError(f"host or port of this address cannot exist; write it like {EXAMPLE}")
    return address


def _can_be_used(address: str, host: str) -> bool:
    """Whether the libraries that would ask this address can make a request of it. Sends nothing."""
    numeric = ":" in host
    if numeric and _ip_address(host.replace("%25", "%")) is None:
        return False
    if not numeric and re.search(r"[\s\\%<>\"^`{|}\x00-\x1f\x7f]", host):
        return False
    try:
        prepared = requests.models.PreparedRequest()
        prepared.prepare_url(f"{address}/", None)
        ready = urlsplit(str(prepared.url)).hostname or ""
        return numeric or len(ready.encode("idna")) <= LONGEST_HOST
    except (ValueError, requests.exceptions.RequestException, urllib3.exceptions.HTTPError):
        return False
