"""The double as a program and its control API; notifications, many clients at once, a large library."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from plexapi.server import PlexServer

from tests.contract.plex.conftest import Connect, Start
from tests.contract.plex.libraries import MOVIES, numbered
from tests.doubles.common.generated import PLEX_ROOT, generated_scene
from tests.doubles.plex import PlexDouble, Switches
from tests.doubles.plex.faults import TYPES
from tests.doubles.plex.routes import KINDS

REPO = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


@contextmanager
def program(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """The program, once it has said where it listens; it must end by itself when its stdin closes."""
    command = [sys.executable, "-m", "tests.doubles.plex", "--port", "0", *arguments]
    with subprocess.Popen(
        command, cwd=REPO, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            yield process, json.loads(process.stdout.readline())
        finally:
            process.stdin.close()
            assert process.wait(timeout=10) == 0
            assert process.stderr is not None
            assert process.stderr.read() == ""


def test_the_program_serves_a_library_and_ends_with_its_stdin(tmp_path: Any) -> None:
    path = os.path.join(tmp_path, "library.json")
    with open(path, "w", encoding="utf-8") as stream:
        json.dump(MOVIES, stream)
    with program("--library", path, "--token", "T", "--capitalise-labels", "--no-poster-auto-lock") as (_, said):
        assert said["token"] == "T"
        with requests.Session() as session:
            item = PlexServer(said["url"], "T", session=session).fetchItem(1)
            item.addLabel("small")
            assert [label.tag for label in item.reload().labels] == ["L1", "Small"]
    with pytest.raises(requests.ConnectionError):
        requests.get(said["url"], timeout=5)


def test_the_example_library_is_good() -> None:
    with program("--library", os.path.join(REPO, "tests", "doubles", "plex", "example.json")) as (_, said):
        state = requests.get(said["url"] + "/__double__/state", timeout=5).json()
    assert {section["type"] for section in state["sections"]} == {"movie", "show", "artist", "photo"}


# --- control --------------------------------------------------------------------------------------


def test_the_control_api_does_what_the_object_does(plex: PlexDouble, server: Any) -> None:
    base = plex.url + "/__double__/"

    def post(path: str, body: object) -> Any:
        answer = requests.post(base + path, json=body, timeout=5)
        assert answer.status_code == 200, answer.text
        return answer.json()

    assert post("faults", {"type": "status", "kind": "root"})["ids"]
    assert requests.get(base + "faults", timeout=5).json()[0]["type"] == "status"
    assert requests.delete(base + "faults", timeout=5).status_code == 200
    server.query("/")
    assert requests.get(base + "counts", timeout=5).json() == plex.counts() == {"writes": 0, "root": 2}
    assert requests.get(base + "requests", timeout=5).json()[-1]["line"] == "GET /"
    post("counts/reset", {})
    assert plex.counts() == {"writes": 0}
    added = post("items", {"section_key": 1, "file": "/data/movies/x.mp4", "size": 9, "title": "X"})
    assert plex.item(added["ratingKey"])["title"] == "X"
    post("files", {"section_key": 1, "path": "/data/movies/y.mp4", "size": 9})
    post("files/move", {"from": "/data/movies/y.mp4", "to": "/data/movies/z.mp4"})
    server.library.section("Movies").update()
    post("clock", {"advance": 60})
    found = requests.get(base + "item?file=/data/movies/z.mp4", timeout=5).json()
    assert found["title"] == "z"
    assert requests.get(f"{base}item?ratingKey={found['ratingKey']}", timeout=5).json() == found
    assert requests.delete(base + "files?path=/data/movies/z.mp4", timeout=5).status_code == 200
    assert "/data/movies/z.mp4" not in requests.get(base + "state", timeout=5).json()["disk"]


def test_mistaken_controls_say_what_is_wrong(plex: PlexDouble) -> None:
    base = plex.url + "/__double__/"
    for method, path, status in (
        ("POST", "faults", 400), ("GET", "item?ratingKey=99", 400), ("GET", "nothing", 404),
        ("DELETE", "files?path=/nope", 400),
    ):  # fmt: skip
        answer = requests.request(method, base + path, timeout=5)
        assert answer.status_code == status
        assert answer.json()["error"]


def test_down_and_restart_over_http(plex: PlexDouble) -> None:
    requests.post(plex.url + "/__double__/down", json={"seconds": 2}, timeout=5)
    # One that comes before the listener has closed is reset.
    with pytest.raises(requests.ConnectionError, match=r"refused|reset"):
        wait_for(plex, 503, seconds=0)
    wait_for(plex, 200)
    requests.post(plex.url + "/__double__/restart", json={"startup_seconds": 60}, timeout=5)
    wait_for(plex, 503)


def wait_for(plex: PlexDouble, status: int, seconds: float = 240) -> None:
    """Asks until that status comes, or raises the last connection error."""
    end = time.monotonic() + seconds
    while True:
        try:
            if requests.get(plex.url + "/identity", timeout=5).status_code == status:
                return
        except requests.ConnectionError:
            if time.monotonic() > end:
                raise
        time.sleep(0.01)


def test_counters_by_kind(plex: PlexDouble, server: Any) -> None:
    section = server.library.section("Movies")
    plex.reset_counts()
    items = section.all()
    server.fetchItems([1, 2])
    items[1].editTitle("x")
    items[1].rate(5)
    section.update()
    assert plex.counts() == {"writes": 2, "list": 1, "details": 1, "edit": 1, "rate": 1, "scan": 1}


# --- many at once ---------------------------------------------------------------------------------


def test_many_clients_read_and_write_at_once(start: Start) -> None:
    plex = start(numbered(50))
    failures: list[object] = []

    def work(worker: int) -> None:
        with requests.Session() as session:
            session.headers["X-Plex-Token"] = plex.token
            for n in range(10):
                key = worker * 5 + n % 5 + 1
                edit = session.put(f"{plex.url}/library/sections/1/all?type=1&id={key}&studio.value=S{n}", timeout=10)
                read = session.get(f"{plex.url}/library/sections/1/all?type=1&sort=studio", timeout=10)
                if (edit.status_code, read.status_code) != (200, 200):
                    failures.append((edit, read))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert plex.counts() == {"writes": 80, "edit": 80, "list": 80}


def test_clients_that_leave_in_the_middle_harm_nothing(plex: PlexDouble, capfd: pytest.CaptureFixture[str]) -> None:
    for data in (
        b"",
        b"GET / HT",
        b"GET / HTTP/1.1\r\n",
        b"PUT /x HTTP/1.1\r\nContent-Length: 99\r\n\r\nabc",
        b"\xff\r\n\r\n",
    ):
        with connection(plex) as sock:
            sock.sendall(data)
    with connection(plex) as sock:
        sock.sendall(request(plex, "/library/sections/1/all") * 50)
    assert requests.get(plex.url + "/identity", timeout=5).status_code == 200
    assert capfd.readouterr().err == ""


def test_one_connection_serves_many_requests(plex: PlexDouble) -> None:
    with connection(plex) as sock:
        for _ in range(3):
            sock.sendall(request(plex, "/identity"))
            assert sock.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")


# --- notifications --------------------------------------------------------------------------------


def test_a_websocket_tells_of_edits_and_scans(plex: PlexDouble, server: Any) -> None:
    with connection(plex) as sock:
        key = base64.b64encode(b"0123456789abcdef").decode()
        extra = (
            f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        )
        sock.sendall(request(plex, "/:/websockets/notifications", extra))
        head = sock.recv(4096)
        assert head.startswith(b"HTTP/1.1 101 ")
        assert b"Sec-WebSocket-Accept: BACScCJPNqyz+UBoqMH89VmURoA=" in head
        server.fetchItem(2).editTitle("Told")
        event = next_event(sock, "timeline")
        assert event["TimelineEntry"][0] | {"itemID": "2", "title": "Told", "state": 5} == event["TimelineEntry"][0]
        plex.add_file(1, "/data/movies/told.mp4", 1)
        server.library.section("Movies").update()
        assert next_event(sock, "activity")["ActivityNotification"][0]["event"] == "started"
        # No agent: the last state is 1, not 5.
        states = [next_event(sock, "timeline")["TimelineEntry"][0]["state"] for _ in range(2)]
        assert states == [0, 1]


def next_event(sock: socket.socket, kind: str) -> dict[str, Any]:
    """The next notification of a kind; details that were read announce themselves too and are passed over."""
    while True:
        size = exactly(sock, 2)[1]
        if size == 126:
            size = int.from_bytes(exactly(sock, 2), "big")
        found: dict[str, Any] = json.loads(exactly(sock, size))["NotificationContainer"]
        activity = (found.get("ActivityNotification") or [{}])[0].get("Activity", {})
        if found["type"] == kind and activity.get("type") != "library.refresh.items":
            return found


def exactly(sock: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = sock.recv(size - len(data))
        assert more
        data += more
    return data


def test_an_event_stream_says_the_same(plex: PlexDouble, server: Any) -> None:
    with connection(plex) as sock:
        sock.sendall(request(plex, "/:/eventsource/notifications"))
        assert b"text/event-stream" in sock.recv(4096)
        server.query("/library/metadata/2?title.value=x", method=server._session.put)
        assert sock.recv(4096).startswith(b"event: timeline\ndata: {")


def connection(plex: PlexDouble) -> socket.socket:
    port = urlsplit(plex.url).port
    assert port
    return socket.create_connection(("127.0.0.1", port), timeout=5)


def request(plex: PlexDouble, path: str, extra: str = "") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\nX-Plex-Token: {plex.token}\r\n{extra}\r\n".encode()


# --- the generated library ------------------------------------------------------------------------


def test_generated_scenes_are_items_as_a_fresh_scan_shows_them(start: Start, connect: Connect) -> None:
    plex = start(generate=20)
    server = connect(plex)
    section = server.library.section("Stash")
    assert (section.agent, section.scanner, section.language) == (
        "tv.plex.agents.none", "Plex Video Files Scanner", "xn",
    )  # fmt: skip
    scene = generated_scene(7)
    item = server.fetchItem(7)
    assert (item.title, item.studio, item.summary or None) == ("studio.7.scene.000007", None, None)
    assert item.locations == [f"{PLEX_ROOT}/Studio 7/studio.7.scene.000007.mp4"] == [scene.path(PLEX_ROOT)]
    assert item.media[0].parts[0].size == 10_000_007 == scene.size
    assert len(section.all()) == 20


def test_generate_synced_shows_the_scenes_values(start: Start, connect: Connect) -> None:
    item = connect(start(generate=20, generate_synced=True)).fetchItem(7)
    scene = generated_scene(7)
    assert (item.title, item.studio, item.summary) == (scene.title, scene.studio, scene.details)
    assert f"{item.originallyAvailableAt:%Y-%m-%d}" == scene.date


def test_a_hundred_thousand_items(start: Start) -> None:
    plex = start(generate=100_000)
    with requests.Session() as session:
        session.headers.update({"X-Plex-Token": plex.token, "X-Plex-Container-Size": "200"})
        for first in (0, 50_000, 99_800):
            for query in (
                "",
                "&sort=addedAt",
                "&sort=updatedAt:desc&updatedAt%3E=1700050000&or=1&addedAt%3E=1700050000",
            ):
                answer = session.get(
                    f"{plex.url}/library/sections/1/all?type=1{query}",
                    headers={"X-Plex-Container-Start": str(first)},
                    timeout=240,
                )
                assert answer.status_code == 200


def test_every_switch_fault_and_kind_is_in_the_readme_and_every_switch_in_a_test() -> None:
    folder = os.path.dirname(os.path.abspath(__file__))
    texts = []
    for name in sorted(os.listdir(folder)):
        if name.startswith("test_"):
            with open(os.path.join(folder, name), encoding="utf-8") as stream:
                texts.append(stream.read())
    with open(os.path.join(REPO, "tests", "doubles", "plex", "README.md"), encoding="utf-8") as stream:
        readme = stream.read()
    names = [entry.name for entry in fields(Switches)]
    assert [name for name in (*names, *TYPES, *KINDS) if f"`{name}`" not in readme] == []
    assert [name for name in names if not any(f"{name}=" in text for text in texts)] == []
