"""Every fault, as plexapi sees it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import ParseError

import pytest
import requests
from plexapi.exceptions import BadRequest, NotFound, PlexApiException, Unauthorized

from tests.contract.plex.conftest import Connect, Start
from tests.contract.plex.libraries import numbered
from tests.doubles.plex import PlexDouble
from tests.doubles.plex.faults import TYPES


@pytest.fixture
def item(server: Any) -> Any:
    """Item 1 with its section known: an edit of it is one request."""
    found = server.fetchItem(1)
    found.section()
    return found


def test_reset_before_applies_nothing(plex: PlexDouble, item: Any) -> None:
    plex.inject({"type": "reset_before", "kind": "edit"})
    with pytest.raises(requests.ConnectionError):
        item.editTitle("x")
    assert plex.item(1)["title"] == "First"
    item.editTitle("y")
    assert plex.item(1)["title"] == "y"


def test_reset_after_applied(plex: PlexDouble, item: Any) -> None:
    plex.inject({"type": "reset_after", "kind": "edit"})
    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        item.editTitle("x")
    assert plex.item(1)["title"] == "x"


@pytest.mark.parametrize(("kind", "title"), [("hang", "First"), ("hang_after", "x")])
def test_hang_before_and_after_it_was_applied(plex: PlexDouble, connect: Connect, kind: str, title: str) -> None:
    item = connect(plex, timeout=1.0).fetchItem(1)
    item.section()
    plex.inject({"type": kind, "kind": "edit", "seconds": 30})
    with pytest.raises(requests.ReadTimeout):
        item.editTitle("x")
    assert plex.item(1)["title"] == title
    assert plex.requests[-1].status is None


def test_a_hang_ends_with_a_closed_connection(plex: PlexDouble, server: Any) -> None:
    plex.inject({"type": "hang", "kind": "root", "seconds": 0.05})
    with pytest.raises(requests.ConnectionError):
        server.query("/")


def test_refused_for_a_while(plex: PlexDouble, server: Any, connect: Connect) -> None:
    plex.inject({"type": "refused", "kind": "details", "seconds": 2})
    with pytest.raises(requests.ConnectionError):
        server.fetchItem(1)
    with pytest.raises(requests.ConnectionError, match="refused"):
        connect(plex)
    until(lambda: connect(plex))
    assert connect(plex).fetchItem(1).title == "First"


def test_slow_is_answered_in_the_end(plex: PlexDouble, server: Any, connect: Connect) -> None:
    plex.inject({"type": "slow", "kind": "details", "seconds": 0.3, "count": 2})
    with pytest.raises(requests.ReadTimeout):
        connect(plex, timeout=0.1).fetchItem(1)
    assert server.fetchItem(1).title == "First"


def test_drip_feeds_the_answer_piece_by_piece(plex: PlexDouble, http: requests.Session) -> None:
    plex.inject({"type": "drip", "kind": "sections", "seconds": 0.001, "size": 100})
    answer = http.get(plex.url + "/library/sections", timeout=10)
    assert answer.text == http.get(plex.url + "/library/sections", timeout=10).text
    # A timeout that counts single reads does not end a drip.
    plex.inject({"type": "drip", "kind": "identity", "seconds": 0.05, "size": 60})
    began = time.monotonic()
    http.get(plex.url + "/identity", timeout=0.5)
    assert time.monotonic() - began > 0.2


def test_a_drip_goes_by_the_doubles_clock(plex: PlexDouble, http: requests.Session) -> None:
    whole = http.get(plex.url + "/library/sections", timeout=10).text
    plex.inject({"type": "drip", "kind": "sections", "seconds": 3600, "size": 200})
    texts: list[str] = []
    reader = threading.Thread(
        target=lambda: texts.append(http.get(plex.url + "/library/sections", timeout=60).text), daemon=True
    )
    began = plex.state_dump()["clock"]
    reader.start()
    while reader.is_alive():
        plex.advance(600)
        reader.join(0.01)
    assert texts == [whole]
    assert plex.state_dump()["clock"] - began > len(whole) // 200 * 3600


def test_items_vanish_between_two_pages(start: Start, connect: Connect) -> None:
    plex = start(numbered(10))
    section = connect(plex).library.section("Movies")
    plex.inject({"type": "vanish", "kind": "list", "items": [1, 2, 9]})
    # The second page begins where the rows are that were the third and fourth of it before.
    assert [item.ratingKey for item in section.all(container_size=4)] == [1, 2, 3, 4, 7, 8, 10]
    assert [item.ratingKey for item in section.all()] == [3, 4, 5, 6, 7, 8, 10]


def test_truncate_closes_in_the_middle_of_the_body(plex: PlexDouble, server: Any) -> None:
    plex.inject({"type": "truncate", "kind": "list"})
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
        server.library.section("Movies").all()
    assert len(server.library.section("Movies").all()) == 3


def test_broken_xml_and_pages_that_are_no_xml(plex: PlexDouble, server: Any) -> None:
    plex.inject({"type": "broken_xml", "kind": "details"})
    with pytest.raises(ParseError):
        server.query("/library/metadata/1")
    plex.inject({"type": "html_200", "kind": "details", "well_formed": False})
    with pytest.raises(ParseError):
        server.query("/library/metadata/1")


def test_well_formed_html_is_taken_for_an_answer(plex: PlexDouble, server: Any) -> None:
    plex.inject({"type": "html_200", "kind": "root"})
    assert server.query("/").tag == "html"


def test_an_empty_200_is_none_for_plexapi(plex: PlexDouble, server: Any) -> None:
    plex.inject({"type": "empty_200", "kind": "details", "count": 2})
    assert server.query("/library/metadata/1") is None
    with pytest.raises(AttributeError):
        server.fetchItem(1)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, BadRequest), (401, Unauthorized), (403, BadRequest), (404, NotFound), (408, BadRequest),
        (409, BadRequest), (413, BadRequest), (414, BadRequest), (429, BadRequest), (500, BadRequest),
        (502, BadRequest), (503, BadRequest), (504, BadRequest), (507, BadRequest), (498, TypeError),
        (520, TypeError), (524, TypeError), (599, TypeError),
    ],
)  # fmt: skip
def test_every_status_with_an_html_body(
    plex: PlexDouble, item: Any, http: requests.Session, status: int, error: type[Exception]
) -> None:
    plex.inject({"type": "status", "status": status, "kind": "edit"})
    with pytest.raises(error) as caught:
        item.editTitle("x")
    if issubclass(error, PlexApiException):
        assert f"({status})" in str(caught.value)
        assert f"<h1>{status} " in str(caught.value)
    assert plex.item(1)["title"] == "First"


def test_a_status_after_it_was_applied_or_with_a_body(plex: PlexDouble, item: Any) -> None:
    plex.inject({"type": "status", "status": 500, "kind": "edit", "after": True, "body": "database is locked"})
    with pytest.raises(BadRequest, match="database is locked"):
        item.editTitle("x")
    assert plex.item(1)["title"] == "x"


def test_starting_up_maintenance_and_unavailable(plex: PlexDouble, server: Any) -> None:
    for kind, pattern in (
        ("starting_up", r"^\(400\).*still starting up"),
        ("maintenance", r'^\(503\).*title="Maintenance"'),
        ("unavailable", r"^\(503\)(?!.*Maintenance)"),
    ):
        plex.inject({"type": kind})
        with pytest.raises(BadRequest, match=pattern):
            server.query("/identity")


def test_redirect(plex: PlexDouble, http: requests.Session) -> None:
    plex.inject({"type": "redirect", "kind": "root", "location": "/identity", "status": 301})
    answer = http.get(plex.url + "/", timeout=10)
    assert [step.status_code for step in answer.history] == [301]
    assert answer.url.endswith("/identity")
    plex.inject({"type": "redirect", "kind": "root", "location": "/identity"})
    assert http.get(plex.url + "/", timeout=10, allow_redirects=False).status_code == 302


def test_busy_serialises_writes_and_refuses_too_many(plex: PlexDouble, http: requests.Session) -> None:
    plex.inject({"type": "busy", "ms": 300, "queue": 1})
    statuses: list[int] = []
    together = threading.Barrier(6)

    def edit(n: int) -> None:
        together.wait()
        answer = requests.put(
            f"{plex.url}/library/sections/1/all?type=1&id=1&title.value={n}",
            headers={"X-Plex-Token": plex.token},
            timeout=10,
        )
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=edit, args=(n,)) for n in range(6)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 500 in statuses
    assert 200 in statuses
    assert time.monotonic() - began >= 0.3 * statuses.count(200)
    assert http.get(plex.url + "/library/metadata/1", timeout=10).status_code == 200


# --- which request gets it ------------------------------------------------------------------------


def outcomes(call: Callable[[], object], times: int) -> list[bool]:
    """Whether each of some calls went well."""
    found = []
    for _ in range(times):
        try:
            call()
        except BadRequest:
            found.append(False)
        else:
            found.append(True)
    return found


def test_count_and_skip(plex: PlexDouble, server: Any) -> None:
    plex.inject({"type": "status", "kind": "root", "skip": 1, "count": 2})
    assert outcomes(lambda: server.query("/"), 5) == [True, False, False, True, True]
    plex.inject({"type": "status", "kind": "root", "count": None})
    assert outcomes(lambda: server.query("/"), 3) == [False, False, False]
    plex.clear_faults()
    assert outcomes(lambda: server.query("/"), 1) == [True]


def test_probability_is_seeded(plex: PlexDouble, server: Any) -> None:
    rounds = []
    for _ in range(2):
        plex.inject({"type": "status", "kind": "root", "probability": 0.5, "seed": 7, "count": None})
        rounds.append(outcomes(lambda: server.query("/"), 20))
        plex.clear_faults()
    assert rounds[0] == rounds[1]
    assert set(rounds[0]) == {True, False}


def test_kind_key_and_path(plex: PlexDouble, server: Any) -> None:
    plex.inject({"type": "status", "rating_key": 2, "count": None})
    plex.inject({"type": "status", "match": "includeGuids", "count": None})
    plex.inject({"type": "status", "kind": "writes", "count": None})
    plex.inject({"type": "status", "kind": "identity,activities", "method": "GET", "count": None})
    section = server.library.section("Movies")
    assert outcomes(lambda: server.fetchItem(1), 1) == [True]
    assert outcomes(lambda: server.fetchItem(2), 1) == [False]
    assert outcomes(lambda: server.fetchItems([1, 2]), 1) == [False]
    assert outcomes(section.all, 1) == [False]
    assert outcomes(lambda: server.fetchItem(1).editTitle("x"), 1) == [False]
    assert outcomes(lambda: server.query("/identity"), 1) == [False]
    assert outcomes(section.update, 1) == [True]


def test_what_a_fault_struck_is_recorded(plex: PlexDouble, server: Any) -> None:
    plex.inject({"type": "status", "status": 429, "kind": "details"})
    outcomes(lambda: server.fetchItem(1), 1)
    assert (plex.requests[-1].fault, plex.requests[-1].status) == ("status", 429)
    assert plex.faults()[0]["hits"] == 1


@pytest.mark.parametrize(
    "spec", [{}, {"type": "nonsense"}, {"type": "hang", "secs": 1}, {"type": "redirect"}, {"type": "hang", "kind": "x"}]
)
def test_a_mistaken_fault_says_what_is_wrong(plex: PlexDouble, spec: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"fault|location|kind"):
        plex.inject(spec)


def test_every_fault_type_is_shown_in_this_file() -> None:
    with open(__file__, encoding="utf-8") as stream:
        text = stream.read()
    assert [name for name in TYPES if f'"{name}"' not in text] == []


# --- up, down and starting ------------------------------------------------------------------------


def test_stopped_and_started_again_with_the_same_state(plex: PlexDouble, server: Any) -> None:
    server.fetchItem(1).editTitle("Kept")
    plex.stop()
    with pytest.raises(requests.ConnectionError, match="refused"):
        requests.get(plex.url, timeout=5)
    plex.start()
    assert server.fetchItem(1).title == "Kept"


def test_a_restart_begins_with_maintenance(plex: PlexDouble, server: Any) -> None:
    plex.restart(startup_seconds=60)
    for path in ("/", "/identity", "/library/metadata/1"):
        with pytest.raises(BadRequest, match=r"^\(503\).*migrations"):
            server.query(path)
    plex.advance(61)
    assert server.fetchItem(1).title == "First"


def test_startup_switches(start: Start, http: requests.Session) -> None:
    plex = start(startup_seconds=60, startup_answer="starting_up")
    answer = requests.get(plex.url + "/identity", timeout=5)
    assert (answer.status_code, answer.text) == (400, "the server is still starting up. Please retry later")
    plex.advance(61)
    assert requests.get(plex.url + "/identity", timeout=5).status_code == 200


def test_latency(start: Start) -> None:
    plex = start(latency=0.1)
    with pytest.raises(requests.ReadTimeout):
        requests.get(plex.url + "/identity", timeout=0.05)
    assert requests.get(plex.url + "/identity", timeout=5).status_code == 200


def test_busy_switches(start: Start) -> None:
    plex = start(busy_ms=50, busy_queue=10)
    headers = {"X-Plex-Token": plex.token}
    began = time.monotonic()
    for _ in range(3):
        requests.put(plex.url + "/library/metadata/1?title.value=x", headers=headers, timeout=5)
    assert time.monotonic() - began >= 0.15


def test_max_url(start: Start, connect: Connect) -> None:
    plex = start(max_url=2000)
    item = connect(plex).fetchItem(1)
    item.editSummary("x" * 500)
    with pytest.raises(BadRequest, match=r"^\(414\)"):
        item.editSummary("ü" * 500)
    assert plex.item(1)["summary"] == "x" * 500


# --- tokens ---------------------------------------------------------------------------------------


def test_a_token_is_needed_everywhere_but_for_identity(plex: PlexDouble) -> None:
    assert requests.get(plex.url + "/identity", timeout=5).status_code == 200
    for path in ("/", "/library/sections", "/library/metadata/1", "/no/such/thing"):
        answer = requests.get(plex.url + path, timeout=5)
        assert (answer.status_code, answer.headers["Content-Type"]) == (401, "text/html")
        assert requests.get(plex.url + path, headers={"X-Plex-Token": "wrong"}, timeout=5).status_code == 401
    assert requests.get(f"{plex.url}/?X-Plex-Token={plex.token}", timeout=5).status_code == 200


def test_unclaimed(start: Start) -> None:
    plex = start(unclaimed=True)
    assert requests.get(plex.url + "/library/sections", timeout=5).status_code == 200


def until(call: Callable[[], object], seconds: float = 240) -> None:
    """Tries again until it connects."""
    end = time.monotonic() + seconds
    while True:
        try:
            call()
            return
        except requests.ConnectionError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)
