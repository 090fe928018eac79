"""Whether another Stash works with the same data folder: two with one plugins folder would mix up their scenes.

Standard library only: the hook path imports this. A Stash is known by the address it listens on and, since containers
may all listen on the same, by the network it lives in. The first that comes claims the folder; another one takes it
over once the first is not there any more, as when a port was changed or a container made anew.
"""

from __future__ import annotations

import os

from worker.datadir import DataDir
from worker.system import is_held, replace

#: Between these lies the address, as Stash writes it (pkg/plugin/common/msg.go).
_FROM, _TO = b'"Host":"', b',"SessionCookie"'

#: The network namespace: what it is called differs from container to container (man 7 network_namespaces).
_NETWORK = "/proc/self/ns/net"

#: Seconds for the other Stash to take a connection; it is on this machine.
PATIENCE = 0.5

SENTENCE = (
    "PlexSync works for another Stash already, at {there}, which has the same plugins folder. Two cannot share one: "
    "give this Stash a plugins folder of its own, or point the environment variable PLEXSYNC_DATA of one of both to "
    "another folder. Nothing was stored."
)


def other_stash(raw: bytes, data: DataDir) -> str:
    """Why the Stash that started us, with this input, must not use the data folder; empty where it may. It claims the
    folder then, if there is one; a claim that cannot be read or written keeps nobody away."""
    claim = _claim_of(raw)
    if not claim:
        return ""  # not in the form Stash writes; nothing to tell it by
    try:
        there = _read(data.stash)
        if claim != there:
            if there and _is_there(there, claim, data):
                return SENTENCE.format(there=_address(there).decode("utf-8", "replace"))
            _write(data.stash, claim)
    except OSError:
        return ""
    return ""


def _claim_of(raw: bytes) -> bytes:
    start = raw.find(_FROM, 0, 200)
    end = raw.find(_TO, start, start + 300)
    return b"%d %s" % (_network(), raw[start + len(_FROM) : end].replace(b'","Port"', b"")) if 0 < start < end else b""


def _network() -> int:
    try:
        return os.stat(_NETWORK).st_ino
    except OSError:
        return 0  # no such thing here, and no containers


def _address(claim: bytes) -> bytes:
    return claim.partition(b" ")[2]


def _is_there(other: bytes, ours: bytes, data: DataDir) -> bool:
    """Whether the Stash that made another claim is still at work."""
    if other.partition(b" ")[0] != ours.partition(b" ")[0]:
        return is_held(data.worker_lock)  # its own worker is all that can be seen from here
    if _address(other).rpartition(b":")[2] == _address(ours).rpartition(b":")[2]:
        return False  # two cannot listen on one port: it is the same one, with another address to listen on
    return _answers(_address(other).decode("latin-1"))


def _answers(address: str) -> bool:
    import socket  # rarely needed, and dear

    host, _, port = address.rpartition(":")
    host = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1", "[::]": "::1"}.get(host, host.strip("[]"))  # noqa: S104
    try:
        socket.create_connection((host, int(port)), PATIENCE).close()
    except (OSError, ValueError):
        return False
    return True


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(400)
    except FileNotFoundError:
        return b""


def _write(path: str, content: bytes) -> None:
    draft = f"{path}.{os.getpid()}"
    with open(draft, "wb") as file:
        file.write(content)
    replace(draft, path)
