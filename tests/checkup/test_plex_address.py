"""Lines about the Plex address, the token, its rights and the libraries."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.doubles.plex import PlexDouble
from tests.support.checklist import Check, crosses, hints, text
from tests.support.harness import Setup, installed, plex_library, self_signed, stash_library
from tests.support.serving import served
from worker.tasks.checkup import address
from worker.tasks.checkup.address import Kind, Reply, better_address, look_at, plex_direct, what_to_do
from worker.tasks.checkup.settings_side import FIND_TOKEN

HASH = "0123456789abcdef" * 2


class Secured(BaseHTTPRequestHandler):
    """Says over https what a Plex server says to anybody."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'<MediaContainer machineIdentifier="abc"/>')

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for the name that Plex's own are for, and its key."""
    return self_signed(tmp_path_factory.mktemp("certificate"), f"*.{HASH}.plex.direct")


@pytest.fixture
def secured(certificate: tuple[Path, Path]) -> Iterator[str]:
    """The address of a server that speaks https."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Secured)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients hang up here
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    with served(server):
        yield f"https://127.0.0.1:{server.server_address[1]}"


@pytest.fixture
def plex() -> Iterator[PlexDouble]:
    with PlexDouble(plex_library(1)) as plex:
        yield plex


@pytest.fixture
def closed() -> Iterator[int]:
    """A port at which nothing listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def test_what_answers_is_told_apart(
    plex: PlexDouble, secured: str, closed: int, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(address, "PATIENCE", 0.2)
    assert look_at(plex.url) == Reply(Kind.PLEX)
    assert look_at(plex.url.replace("http:", "https:")) == Reply(Kind.PLAIN)
    assert look_at(f"http://127.0.0.1:{closed}") == Reply(Kind.REFUSED)
    assert look_at(f"{plex.url}/web") == Reply(Kind.STRANGER, "401")
    assert look_at("http://") == Reply(Kind.UNUSABLE)
    assert look_at(secured) == Reply(Kind.CERTIFICATE)
    assert look_at(secured, verify=str(certificate[0])) == Reply(Kind.NAME)  # type: ignore[arg-type]
    assert look_at(secured, verify=False) == Reply(Kind.PLEX)
    assert look_at(secured.replace("https:", "http:")).kind is Kind.CLOSED
    for fault, reply in (
        ({"type": "starting_up"}, Reply(Kind.STARTING)),
        ({"type": "maintenance"}, Reply(Kind.STARTING)),
        ({"type": "redirect", "location": "https://else:1/identity"}, Reply(Kind.ELSEWHERE, "https://else:1/identity")),
        ({"type": "reset_before"}, Reply(Kind.CLOSED)),
        ({"type": "html_200"}, Reply(Kind.STRANGER, "200")),
        ({"type": "hang", "seconds": 3}, Reply(Kind.SILENT)),
    ):
        plex.inject({**fault, "kind": "identity"})
        assert look_at(plex.url) == reply
    assert all("X-Plex-Token" not in {**request.headers} for request in plex.requests)

    def no_name(*_: object, **__: object) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_name)
    assert look_at("http://no-such-host:32400") == Reply(Kind.UNKNOWN)


@pytest.mark.parametrize(
    ("given", "there", "better"),
    [
        ("http://plex", "http://plex:32400", "http://plex:32400"),
        ("https://plex", "http://plex:32400", "http://plex:32400"),
        ("http://plex:32400", "https://plex:32400", "https://plex:32400"),
        ("http://plex:8080", "http://plex:32400", "http://plex:32400"),
        ("http://plex:32400/web/index.html", "http://plex:32400", "http://plex:32400"),
        ("http://[fd00::5]", "http://[fd00::5]:32400", "http://[fd00::5]:32400"),
        ("http://plex", "http://other:32400", ""),
    ],
)
def test_a_better_address_is_looked_for_nearby(given: str, there: str, better: str) -> None:
    def look(url: str) -> Reply:
        return Reply(Kind.PLEX if url == there else Kind.REFUSED)

    assert better_address(given, look(given), look) == better


def test_a_redirect_is_followed_to_where_plex_is() -> None:
    reply = Reply(Kind.ELSEWHERE, "https://plex.example/identity")
    there = "https://plex.example"
    assert better_address("http://a", reply, lambda url: Reply(Kind.PLEX if url == there else Kind.REFUSED)) == there


def test_plexs_own_certificate_tells_its_address(secured: str, closed: int) -> None:
    port = secured.rsplit(":", 1)[1]
    assert plex_direct(secured) == f"https://127-0-0-1.{HASH}.plex.direct:{port}"
    assert plex_direct(f"https://127.0.0.1:{closed}") == ""


@pytest.mark.parametrize(
    ("url", "reply", "better", "direct", "what", "remedy"),
    [
        ("http://h:1", Reply(Kind.REFUSED), "", "", "Nothing listens at http://h:1.", "port (32400 is the usual one)"),
        ("http://h:1", Reply(Kind.SILENT), "", "", "Nothing answers at http://h:1 in time.", "firewall"),
        ("http://localhost:1", Reply(Kind.REFUSED), "", "", "Nothing listens", "localhost is that container itself"),
        ("http://127.0.0.1:1", Reply(Kind.SILENT), "", "", "Nothing answers", "127.0.0.1 is that container itself"),
        ("http://h", Reply(Kind.UNKNOWN), "", "", 'The name "h" is not known where Stash runs.', "http://192.168.1.5:32400"),
        ("http://h", Reply(Kind.UNKNOWN), "", "", "", "only where both containers share a Docker network"),
        ("http://h", Reply(Kind.STRANGER, "404"), "", "", "is not a Plex server (HTTP 404)", "Enter Plex's own"),
        ("http://h", Reply(Kind.STRANGER, "404"), "http://h:32400", "", "", "Enter http://h:32400 in the setting"),
        ("http://h", Reply(Kind.CLOSED), "https://h", "", "perhaps it speaks only https", "Enter https://h in the"),
        ("https://h", Reply(Kind.PLAIN), "http://h", "", "does not speak https", "Enter http://h in the setting"),
        ("http://h", Reply(Kind.ELSEWHERE, "x"), "", "", "forwards to another address", "the address it forwards to"),
        ("https://h", Reply(Kind.NAME), "", "https://x.plex.direct:1", "belongs to another name than h", "Enter https://x."),
        ("https://h", Reply(Kind.NAME), "", "", "", 'Switch on the setting "Plex: accept any certificate".'),
        ("https://h", Reply(Kind.CERTIFICATE), "http://h", "", "not one that is trusted", "Enter http://h in the"),
        ("http://h", Reply(Kind.STARTING), "", "", "Plex at http://h is still starting.", "Wait a minute."),
        ("http://h", Reply(Kind.UNUSABLE), "", "", "http://h cannot be used as an address.", "Plex address"),
    ],
)  # fmt: skip
def test_each_fault_has_its_remedy(url: str, reply: Reply, better: str, direct: str, what: str, remedy: str) -> None:
    said, to_do = what_to_do(url, reply, better, direct)
    assert what in said
    assert remedy in to_do


def test_a_wrong_scheme_and_a_missing_port_are_found_out(
    setup: Setup, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup.settings(plex_url=setup.plex.url.replace("http:", "https:"))
    assert check(setup)[-1][1].startswith(f'Next: Enter {setup.plex.url} in the setting "Plex address"')
    port = int(setup.plex.url.rsplit(":", 1)[1])
    monkeypatch.setattr(address, "PLEX_PORT", port)
    setup.settings(plex_url="http://127.0.0.1:1")
    said = check(setup)
    assert said[-1][1].startswith(f"Next: Enter {setup.plex.url} in")
    assert "✓ Stash" in text(said)
    assert "background worker" in text(said)
    assert len(crosses(said)) == 1


def test_https_with_a_certificate_of_plexs_own(setup: Setup, check: Check, secured: str) -> None:
    setup.settings(plex_url=secured)
    (cross,) = crosses(check(setup))
    assert f"127-0-0-1.{HASH}.plex.direct" in cross
    assert 'switch on the setting "Plex: accept any certificate"' in cross
    setup.settings(plex_url=secured, plex_skip_tls_verify=True)
    assert f"✓ A Plex server answers at {secured}." in text(check(setup))


def test_plex_that_is_down_or_starting_leaves_the_rest_checked(setup: Setup, check: Check) -> None:
    setup.plex.inject({"type": "maintenance", "kind": "identity"})
    assert "✗ Plex at" in crosses(check(setup))[0]
    setup.plex.inject({"type": "maintenance", "kind": "root", "count": None})
    assert crosses(check(setup)) == ["✗ Plex is still starting (HTTP 503). Wait a minute."]
    setup.plex.clear_faults()
    setup.plex.inject({"type": "status", "status": 500, "kind": "root", "count": None})
    assert crosses(check(setup))[0].startswith("✗ Plex could not answer (HTTP 500).")
    setup.plex.stop()
    said = check(setup)
    setup.plex.start()
    assert "✗ Nothing listens at" in text(said)
    assert "✓ The settings fit together." in text(said)
    assert "✓ The data folder" in text(said)


def test_a_token_that_is_wrong_one_that_may_only_look_and_one_that_owns(tmp_path: Path, check: Check) -> None:
    with installed(tmp_path, stash_library(3), plex_library(3)) as setup:
        said = check(setup)
        assert '✓ Plex takes the token: server "Plex double", version 1.43.2.10687-563d026ea.' in text(said)
        assert "✓ The token's account owns the server and may edit." in text(said)
        assert setup.plex.token not in text(said)
        setup.settings(plex_token="wrong")
        said = check(setup)
        assert crosses(said)[0].startswith(
            "✗ Plex does not accept the token (HTTP 401). Enter the token of the account"
        )
        assert FIND_TOKEN in said[-1][1]
        setup.settings()
        setup.plex.inject({"type": "status", "status": 500, "kind": "prefs"})
        assert hints(check(setup)) == [
            "! Whether the token's account may edit could not be seen: Plex could not answer (HTTP 500)."
        ]
        for status in (401, 403):
            with PlexDouble(plex_library(3), guest_token="guest", guest_edit_status=status) as shared:
                setup.settings(plex_url=shared.url, plex_token="guest")
                said = check(setup)
                (cross,) = crosses(said)
                assert cross.startswith("✗ The token belongs to an account that the server is only shared with")
                assert "3 of 3 scenes are found in Plex" in text(said)


SECTIONS = {
    "sections": [
        *plex_library(3)["sections"],
        {"key": 2, "title": "Movies", "type": "movie", "agent": "tv.plex.agents.movie", "locations": ["/m", "/n"]},
        {"key": 3, "title": "Series", "type": "show", "agent": "tv.plex.agents.series", "locations": ["/tv"]},
    ]
}


def test_libraries_are_named_with_kind_agent_and_what_becomes_of_them(tmp_path: Path, check: Check) -> None:
    with installed(tmp_path, stash_library(3), SECTIONS) as setup:
        said = text(check(setup))
        assert '✓ Library "Clips": other videos, no agent, folders: /data/plex. Written to.' in said
        assert '✓ Library "Movies": movies, agent tv.plex.agents.movie, folders: /m, /n. Written to.' in said
        assert '→ Library "Series": TV shows, agent tv.plex.agents.series, folders: /tv. Not written to: only' in said
        setup.settings(plex_libraries="clips")
        assert 'Not written to: it is not named in the setting "Plex libraries".' in text(check(setup))
        setup.settings(plex_libraries="Clips, Movie, Series, Nonsense")
        assert crosses(check(setup)) == [
            '✗ Plex has no library called "Movie"; it has: "Clips", "Movies". Write "Movies" instead of "Movie" in '
            'the setting "Plex libraries".',
            '✗ The library "Series" in the setting "Plex libraries" holds TV shows, and only movies are written to. '
            'Take "Series" out of the setting "Plex libraries".',
            '✗ Plex has no library called "Nonsense"; it has: "Clips", "Movies". Take "Nonsense" out, or correct it '
            'in the setting "Plex libraries".',
        ]
        setup.settings(plex_libraries="Clps")
        said = text(check(setup))
        assert 'Write "Clips" instead of "Clps"' in said
        assert "3 of 3 scenes are found in Plex" in said  # the paths are looked at all the same


def test_a_server_without_movies_and_one_that_lists_nothing(tmp_path: Path, check: Check) -> None:
    with installed(tmp_path, stash_library(3), {"sections": SECTIONS["sections"][2:]}) as setup:
        assert crosses(check(setup))[0].startswith("✗ Plex has no library of the type Movies or Other Videos")
        setup.plex.inject({"type": "status", "status": 500, "kind": "sections", "count": None})
        assert crosses(check(setup))[0].startswith("✗ Plex does not list its libraries: Plex could not answer")


def test_photos_of_performers(tmp_path: Path, check: Check, closed: int) -> None:
    with installed(tmp_path / "open", stash_library(1), plex_library(1)) as setup:
        here = setup.stash.url
        assert "hotos of" not in text(check(setup))
        setup.settings(plex_stash_url=here)
        said = text(check(setup))
        assert f"✓ Photos of performers can be fetched from {here} without a password." in said
        assert f'! {here} in the setting "Plex: address of Stash" means to Plex its own machine or container.' in said
        setup.settings(plex_stash_url=f"http://127.0.0.2:{closed}")
        assert "! Plex may not get photos of performers: Stash does not answer at" in text(check(setup))
        setup.settings(plex_stash_url="http://8.8.8.8:9999")
        assert "→ Whether photos of performers reach Plex was not tried" in text(check(setup))
        setup.settings(plex_stash_url=here, skip_performers=True)
        assert "hotos of" not in text(check(setup))
    with installed(tmp_path / "shut", stash_library(1), plex_library(1), password="me:secret", api_key="k") as setup:
        setup.settings(plex_stash_url=setup.stash.url)
        form = {"username": "me", "password": "secret"}
        answer = requests.post(f"{setup.stash.url}/login", data=form, allow_redirects=False, timeout=10)
        cookie = answer.headers["Set-Cookie"].partition("session=")[2].partition(";")[0]
        assert "! Plex cannot fetch photos of performers: Stash asks for a password" in text(check(setup, cookie))
