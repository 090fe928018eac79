"""The wire to Plex: which addresses are at home or no addresses at all, how long an answer may take, what a broken
TLS handshake means."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from unittest.mock import patch

import pytest
import requests

import plex.session
import stash.client
from plex.client import PlexClient
from plex.exceptions import PlexConfigurationError, PlexUnreachable
from plex.session import EDIT_LIMIT, PlexSession
from stash.client import PING, StashClient
from stash.connection import StashConnection
from tests.doubles.plex import PlexDouble
from tests.support.harness import plex_library, self_signed, stash_library
from tests.support.workbench import loaded_workbench
from validation import deadline
from validation.addresses import is_private
from validation.config import read_settings
from validation.errors import StashUnavailable


@contextmanager
def serving(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server on loopback that does this with every connection; its host and port."""

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=handle, args=(connection,), daemon=True).start()

    def handle(connection: socket.socket) -> None:
        with connection:
            try:
                serve(connection)
            except OSError:
                return  # the client has had enough

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        with suppress(OSError):  # Windows: what listens is not connected, and needs no shutdown
            listener.shutdown(socket.SHUT_RDWR)


# Addresses -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        *("192.168.1.5", "10.0.0.1", "127.1", "169.254.1.1", "100.64.0.1", "100.127.255.254"),
        *("[fd00::5]", "[fe80::1%25eth0]", "[::1]", "[::ffff:192.168.1.5]"),
        *("plex", "PLEX", "plex.", "nas.local", "NAS.LAN.", "nas.localdomain", "nas.home.arpa", "plex.fritz.box"),
        *("plex.internal.", "host.docker.internal", "plex.media.svc.cluster.local", "nas.tail1234.ts.net"),
        *("192-168-1-5.0123456789abcdef0123456789abcdef.plex.direct", "plex.192.168.1.5.nip.io"),
    ],
)
def test_an_address_at_home_never_goes_through_a_proxy(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    url = f"http://{host}:32400"
    assert is_private(url)
    with PlexSession(url, 1.0, "test") as session:
        assert not session.merge_environment_settings(url, {}, None, None, None)["proxies"]


@pytest.mark.parametrize(
    "host",
    [
        *("8.8.8.8", "100.63.255.255", "100.128.0.1", "[2606:4700::1111]", "[::ffff:8.8.8.8]"),
        *("plex.example.com", "local.example.com", "fritz.box.example.com", "8-8-8-8.sslip.io", "cafe.de"),
    ],
)
def test_an_address_on_the_internet_may_need_the_proxy(host: str) -> None:
    assert not is_private(f"http://{host}:32400")


@pytest.mark.parametrize(
    "address",
    [
        *("http://plex..local:32400", "http://.plex:32400", f"http://{'a' * 64}.local", f"http://{'a.' * 130}de"),
        *("http://my plex:32400", "http://pl\\ex:32400", "http://*.local", "http://plex:0", "http://plex:99999"),
        *("http://bü..de", "http://☃.de", "http://plex%41:32400", "http://[::1:32400", "http://[plex]:32400"),
        *("http://plex\u200b.local", "http://[::1]x", "http://@plex"),
    ],
)
@pytest.mark.parametrize("key", ["plex_url", "plex_stash_url"])
def test_an_address_that_cannot_be_used_is_a_setting_to_correct(address: str, key: str) -> None:
    config, problems = read_settings({key: address})
    assert getattr(config, key) == ""
    assert len(problems) == 1
    assert "cannot be used" in problems[0]


@pytest.mark.parametrize(
    "address",
    [
        *("http://plex_server:32400", "https://bücher.local:32400/plex", "http://plex.local.:32400", "http://plex"),
        *("http://[fe80::1%25eth0]:32400", "http://[::1]:32400", "http://-x-.lan", "http://1.2.3.4.5"),
    ],
)
def test_an_odd_address_that_can_be_used_is_taken_as_it_is(address: str) -> None:
    config, problems = read_settings({"plex_url": f" {address}/ "})
    assert (config.plex_url, problems) == (address, ())


def test_what_the_settings_let_pass_is_a_setting_to_correct_all_the_same() -> None:
    client = PlexClient("http://plex..local:32400", "a-token", 0.5, 0.5)
    with pytest.raises(PlexConfigurationError, match="cannot be used"):
        _ = client.server
    assert not client.answers()


# Time ------------------------------------------------------------------------------------------------------------

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"


def dripping(before: bytes, drop: bytes) -> Callable[[socket.socket], None]:
    """Serves an answer that never ends, in drops."""

    def serve(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(before)
        pause = threading.Event()
        while not pause.wait(0.02):
            connection.sendall(drop)

    return serve


@pytest.mark.parametrize(
    ("before", "drop"),
    [
        (HEAD + b"Content-Length: 100000\r\n\r\n", b"<"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n<\r\n"),
        (HEAD + b"\r\n", b"<"),
        (HEAD + b"X-Long: ", b"x"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["body", "chunks", "until closed", "head", "interim answers"],
)
def test_an_answer_that_drips_ends(before: bytes, drop: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """It need not come to its deadline for that."""
    monkeypatch.setattr(deadline, "GRACE", 1e6)
    with serving(dripping(before, drop)) as host:
        client = PlexClient(f"http://{host}", "a-token", 1.0, 0.2)
        with closing(client), pytest.raises(PlexUnreachable):
            _ = client.server
        assert not client.answers()


class SlowSocket:
    """Takes 25 seconds by its own clock for each piece, and is read with a read timeout of 30."""

    def __init__(self, piece: bytes) -> None:
        self.now, self.waits, self._piece = 1000.0, list[float](), piece

    def monotonic(self) -> float:
        return self.now

    def gettimeout(self) -> float:
        return 30.0

    def settimeout(self, seconds: float) -> None:
        self.waits.append(seconds)

    def makefile(self, _mode: str, buffering: int) -> SlowSocket:
        assert buffering == 0
        return self

    def readinto(self, buffer: bytearray) -> int:
        self.now += 25.0
        buffer[: len(self._piece)] = self._piece
        return len(self._piece)

    def close(self) -> None:
        pass


def test_an_answer_is_waited_for_as_long_as_it_does_not_drip(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = SlowSocket(b"x" * deadline.LITTLE)
    monkeypatch.setattr(deadline, "time", slow)
    answer, buffer = deadline._Answer(slow, slow.now + 1000.0), bytearray(8192)  # type: ignore[arg-type]
    for _ in range(20):
        assert answer.readinto(buffer) == deadline.LITTLE
    assert set(slow.waits) == {30.0}
    for _ in range(20):
        answer.readinto(buffer)
    assert slow.waits[-2:] == [25.0, 30.0]  # what was left; then what other requests of the connection have
    with pytest.raises(TimeoutError):
        answer.readinto(buffer)


def test_less_than_a_thousand_bytes_within_twice_the_read_timeout_are_a_drip(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = SlowSocket(b"x" * (deadline.LITTLE // 4))
    monkeypatch.setattr(deadline, "time", slow)
    answer, buffer = deadline._Answer(slow, slow.now + 1000.0), bytearray(8192)  # type: ignore[arg-type]
    for _ in range(3):
        answer.readinto(buffer)
    assert slow.waits[::2] == [30.0, 30.0, 10.0]
    with pytest.raises(TimeoutError):
        answer.readinto(buffer)


def test_an_answer_that_goes_on_and_on_ends_at_its_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadline, "GRACE", 0.5)
    with serving(dripping(HEAD + b"\r\n", b"<" * deadline.LITTLE)) as host:
        client = PlexClient(f"http://{host}", "a-token", 1.0, 0.2)
        with closing(client), pytest.raises(PlexUnreachable):
            _ = client.server


def test_a_proxy_that_refuses_the_way_is_no_answer_that_takes_too_long() -> None:
    def refuse(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

    with serving(refuse) as host, PlexSession("https://plex.example.com", 1.0, "test") as session:
        session.proxies = {"https": f"http://{host}"}
        for _ in range(2):
            with pytest.raises(requests.exceptions.ProxyError, match="403"):
                session.get("https://plex.example.com/", timeout=1.0)


def test_stash_may_not_drip_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stash.client, "TIMEOUT", (1.0, 0.2))
    with serving(dripping(HEAD + b"\r\n", b"<")) as host, StashClient(StashConnection(f"http://{host}")) as client:
        with pytest.raises(StashUnavailable):
            client.execute(PING)
        with pytest.raises(StashUnavailable):  # it is not the one picture
            client.fetch("/scene/1/screenshot", "", 1000)


def test_a_host_of_stashs_that_cannot_exist_is_a_stash_that_is_not_there() -> None:
    with StashClient(StashConnection("http://stash..local:9999")) as client, pytest.raises(StashUnavailable):
        client.execute(PING)


def test_an_answer_in_many_pieces_is_read_whole() -> None:
    """None of them waits for long, and the connection serves on as before."""
    with PlexDouble(plex_library(2)) as double, closing(PlexClient(double.url, double.token)) as client:
        double.inject({"type": "drip", "kind": "sections", "seconds": 0.001, "size": 16})
        assert [section.title for section in client.server.library.sections()] == ["Clips"]
        assert len(client.server.library.sections()) == 1


@pytest.mark.parametrize(
    ("method", "limit"), [("GET", 7.0), ("PUT", EDIT_LIMIT), ("POST", EDIT_LIMIT), ("DELETE", EDIT_LIMIT)]
)
def test_a_request_for_a_change_has_a_limit_of_its_own(method: str, limit: float) -> None:
    with PlexSession("http://127.0.0.1", 2.0, "test") as session, patch("requests.Session.request") as request:
        session.request(method, "http://127.0.0.1", timeout=7.0)
        assert request.call_args.kwargs["timeout"] == (2.0, limit)
        session.request(method, "http://127.0.0.1", timeout=600.0)  # set by somebody who knows how slow it is
        assert request.call_args.kwargs["timeout"] == (2.0, 600.0)


def test_edits_are_made_ready_once_and_sent_as_requests_would_send_each() -> None:
    address = "http://127.0.0.1:1/all?id={}&title.value=A%20%26%20%C3%84&genre%5B0%5D.tag.tag=x"
    headers = {"X-Plex-Token": "t"}
    made = requests.Session.prepare_request
    with (
        PlexSession("http://127.0.0.1:1", 2.0, "test") as session,
        patch("requests.Session.prepare_request", autospec=True, side_effect=made) as prepare,
    ):
        edits = [session.prepare_request(requests.Request("PUT", address.format(key), headers)) for key in (1, 2)]
        assert prepare.call_count == 1
        for key, edit in enumerate(edits, 1):
            usual = made(session, requests.Request("PUT", address.format(key), headers))
            assert (edit.method, edit.path_url, edit.headers) == (usual.method, usual.path_url, usual.headers)
            assert edit.body is None
        other = session.prepare_request(requests.Request("PUT", address.format(3), {"X-Plex-Token": "another"}))
        assert other.headers["X-Plex-Token"] == "another"
        session.cookies.set("sticky", "1")  # as a proxy before Plex may set one
        again = session.prepare_request(requests.Request("PUT", address.format(4), headers))
        assert again.headers["Cookie"] == "sticky=1"


def test_an_edit_slower_than_the_read_timeout_is_no_fault(tmp_path: Path) -> None:
    with loaded_workbench(tmp_path, stash_library(1), plex_library(1), {"skip_poster": True}) as workbench:
        workbench.use(plex_read_timeout=2.0)
        workbench.plex.inject({"type": "slow", "kind": "edit", "seconds": 2.5})
        workbench.edit(1, title="Slow")
        workbench.run()
        assert workbench.title(1) == "Slow"
        assert workbench.waiting() == {}


def test_an_edit_that_was_applied_but_timed_out_is_looked_at_and_not_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plex.session, "EDIT_LIMIT", 2.0)
    with loaded_workbench(tmp_path, stash_library(2), plex_library(2), {"skip_poster": True}) as workbench:
        workbench.use(plex_read_timeout=2.0)
        workbench.edit(1, title="Warm up")
        workbench.run()
        workbench.plex.reset_counts()
        workbench.plex.inject({"type": "hang_after", "kind": "edit", "seconds": 3.0})
        workbench.edit(2, title="Once")
        workbench.run()
        assert list(workbench.waiting()) == [2]
        workbench.clock.now += 700
        workbench.run()
        assert workbench.waiting() == {}
        assert workbench.plex.counts()["edit"] == 1
        assert workbench.title(2) == "Once"


# TLS -------------------------------------------------------------------------------------------------------------


def cut(connection: socket.socket) -> None:
    connection.recv(65536)


def reset(connection: socket.socket) -> None:
    connection.recv(1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def alert(connection: socket.socket) -> None:
    """What a proxy says that does not know the host, yet."""
    connection.recv(65536)
    connection.sendall(b"\x15\x03\x03\x00\x02\x02\x70")
    connection.recv(65536)


@pytest.mark.parametrize("serve", [cut, reset, alert])
def test_a_handshake_that_is_cut_is_an_outage(serve: Callable[[socket.socket], None]) -> None:
    with serving(serve) as host, closing(PlexClient(f"https://{host}", "a-token", 1.0, 1.0)) as client:
        with pytest.raises(PlexUnreachable) as outage:
            _ = client.server
        assert "certificate" not in str(outage.value)


def plain(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    connection.recv(65536)


def test_plain_http_on_the_port_for_https_is_a_setting_to_correct() -> None:
    with serving(plain) as host:
        client = PlexClient(f"https://{host}", "a-token", 20.0, 20.0)
        with closing(client), pytest.raises(PlexConfigurationError, match="does not speak https"):
            _ = client.server


@pytest.mark.parametrize("name", ["localhost", "other.example"])
def test_a_certificate_that_is_not_trusted_or_of_another_name_is_a_setting_to_correct(
    tmp_path: Path, name: str
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*self_signed(tmp_path, name))

    def secured(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as wrapped:
            wrapped.recv(65536)

    with serving(secured) as host:
        port = host.rpartition(":")[2]
        client = PlexClient(f"https://localhost:{port}", "a-token", 20.0, 20.0)
        if name == "other.example":
            client._open_session().verify = str(tmp_path / "cert.pem")
        with closing(client), pytest.raises(PlexConfigurationError, match="certificate"):
            _ = client.server


def test_a_fault_of_the_host_is_one_of_requests() -> None:
    with PlexSession("http://x", 1.0, "test") as session, pytest.raises(requests.exceptions.InvalidURL):
        session.get("http://plex..local:32400/", timeout=1.0)
