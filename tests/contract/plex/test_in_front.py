"""What stands in front of a server: a proxy that does not let everything through, TLS that comes to nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests
from plexapi.exceptions import BadRequest, NotFound

from tests.contract.plex.conftest import Connect, Start
from tests.doubles.plex import PlexDouble
from tests.doubles.plex.images import PLACEHOLDER


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, BadRequest), (403, BadRequest), (404, NotFound), (405, BadRequest), (410, BadRequest), (501, BadRequest)],
)
def test_a_proxy_that_refuses_writes_lets_reading_through(
    start: Start, connect: Connect, status: int, error: type[Exception]
) -> None:
    plex = start(proxy_refuses_writes=status)
    item: Any = connect(plex).fetchItem(1)
    writes: list[Callable[[], object]] = [
        lambda: item.editTitle("x"),
        lambda: item.rate(5),
        lambda: item.uploadPoster(filepath=__file__),
    ]
    for write in writes:
        with pytest.raises(error, match=rf"\({status}\).*nginx"):
            write()
    assert (plex.item(1)["title"], plex.item(1)["userRating"]) == ("First", None)
    # It knows methods, not what a request does: marking as played is a GET.
    assert item.markPlayed().reload().isPlayed


def test_the_proxys_page_is_not_plexs(start: Start) -> None:
    plex = start(proxy_refuses_writes=403)
    page = requests.put(plex.url + "/library/metadata/1", timeout=5)
    # It asks for no token first, and none of Plex's headers are there.
    assert (page.status_code, page.headers["Server"]) == (403, "nginx")
    assert not [name for name in page.headers if name.startswith("X-Plex")]
    assert "X-Plex-Protocol" in requests.get(plex.url + "/identity", timeout=5).headers


def test_a_proxy_refuses_long_bodies(start: Start, connect: Connect, tmp_path: Any) -> None:
    plex = start(proxy_body_limit=1 << 20)
    item = connect(plex).fetchItem(1)
    small, large = tmp_path / "small.png", tmp_path / "large.png"
    small.write_bytes(PLACEHOLDER)
    large.write_bytes(PLACEHOLDER + bytes(1 << 20))
    with pytest.raises(BadRequest, match=r"\(413\)"):
        item.uploadPoster(filepath=str(large))
    assert not uploads(plex)
    item.uploadPoster(filepath=str(small))
    assert len(uploads(plex)) == 1


def uploads(plex: PlexDouble) -> list[str]:
    return [key for key in plex.item(1)["posters"] if key.startswith("upload:")]


@pytest.mark.parametrize(
    ("how", "message"),
    [("answered", "WRONG_VERSION_NUMBER|record layer failure"), ("cut", "EOF occurred"), ("reset", "reset by peer")],
)
def test_a_tls_handshake_comes_to_nothing(start: Start, how: str, message: str) -> None:
    plex: PlexDouble = start(tls_handshake=how)
    with pytest.raises(requests.ConnectionError, match=message) as caught:
        requests.get(plex.url.replace("http:", "https:") + "/identity", timeout=5)
    assert isinstance(caught.value, requests.exceptions.SSLError) == (how != "reset")
    assert plex.counts() == {"writes": 0}
    assert requests.get(plex.url + "/identity", timeout=5).status_code == 200
