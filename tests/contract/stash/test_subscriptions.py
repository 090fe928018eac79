"""jobsSubscribe over a websocket, spoken by hand: no client library, and none of the double's own code."""

import json
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.contract.stash.support import PATIENCE, scenes, write_plugin
from tests.doubles.stash import StashDouble

JOBS = "subscription{jobsSubscribe{type job{id status description progress}}}"


class Socket:
    """Masked text frames out, whole frames in."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link
        self._stream = link.makefile("rb")

    def say(self, **message: Any) -> None:
        data, mask = json.dumps(message).encode(), os.urandom(4)
        assert len(data) < 65536
        size = bytes([0x80 | len(data)]) if len(data) < 126 else bytes([0x80 | 126]) + struct.pack("!H", len(data))
        self._link.sendall(b"\x81" + size + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(data)))

    def hear(self) -> dict[str, Any]:
        opcode, size = self._stream.read(2)
        if size == 126:
            (size,) = struct.unpack("!H", self._stream.read(2))
        assert opcode == 0x81
        message: dict[str, Any] = json.loads(self._stream.read(size))
        return message

    def close(self) -> None:
        self._stream.close()


@contextmanager
def _open(stash: StashDouble, extra: str = "") -> Iterator[tuple[str, Socket]]:
    """The answer to the upgrade, and the socket."""
    with socket.create_connection(("127.0.0.1", int(stash.url.rpartition(":")[2])), PATIENCE) as link:
        link.sendall(
            b"GET /graphql HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Protocol: graphql-transport-ws\r\n" + extra.encode() + b"\r\n"
        )
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += link.recv(1)
        client = Socket(link)
        try:
            yield head.decode(), client
        finally:
            client.close()


def _subscribed(client: Socket) -> None:
    client.say(type="connection_init")
    assert client.hear() == {"type": "connection_ack"}
    client.say(type="subscribe", id="1", payload={"query": JOBS})
    client.say(type="ping")
    assert client.hear() == {"type": "pong"}


def _changes(client: Socket, until: str) -> list[tuple[str, str, float]]:
    heard: list[tuple[str, str, float]] = []
    while not heard or heard[-1][0] != until:
        message = client.hear()
        assert (message["type"], message["id"]) == ("next", "1")
        change = message["payload"]["data"]["jobsSubscribe"]
        heard.append((change["type"], change["job"]["status"], change["job"]["progress"]))
    return heard


def test_every_change_of_a_job_is_told(tmp_path: Path) -> None:
    with StashDouble(scenes(1), plugins=write_plugin(tmp_path, "say('p', '0.5')")) as stash, _open(stash) as opened:
        head, client = opened
        assert head.startswith("HTTP/1.1 101 ")
        assert "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head
        assert "Sec-WebSocket-Protocol: graphql-transport-ws" in head
        _subscribed(client)
        stash.run_task("Probe", "Task")

        assert _changes(client, "REMOVE") == [
            ("ADD", "READY", 0.0),
            ("UPDATE", "RUNNING", 0.0),
            ("UPDATE", "RUNNING", 0.5),
            ("REMOVE", "FINISHED", 0.5),
        ]


def test_a_job_that_is_stopped(tmp_path: Path) -> None:
    with StashDouble(scenes(1)) as stash, _open(stash) as (_, client):
        _subscribed(client)
        stash.stop_job(stash.endless_job("Scanning..."))

        heard = _changes(client, "REMOVE")
        assert heard[0] == ("ADD", "READY", 0.0)
        assert heard[-1][:2] == ("REMOVE", "CANCELLED")


def test_a_subscription_ends_when_the_client_says_so() -> None:
    with StashDouble(scenes(1)) as stash, _open(stash) as (_, client):
        _subscribed(client)
        client.say(type="complete", id="1")
        client.say(type="subscribe", id="2", payload={"query": "subscription{nonsense}"})

        message = client.hear()
        assert (message["type"], message["id"]) == ("error", "2")
        assert "nonsense" in message["payload"][0]["message"]


def test_the_login_counts_here_too() -> None:
    with StashDouble(scenes(1), password="me:secret", api_key="key") as stash:
        for extra, status in (("", "401"), ("ApiKey: wrong\r\n", "401"), ("ApiKey: key\r\n", "101")):
            with _open(stash, extra) as (head, _):
                assert head.split(" ")[1] == status


def test_the_end_of_stash_ends_the_connection() -> None:
    with StashDouble(scenes(1)) as stash, _open(stash) as (_, client):
        _subscribed(client)
        stash.stop()

        assert client._stream.read(1) == b""
