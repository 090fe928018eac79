"""Where pictures are asked for, and that asking over and over does not cost a connection each."""

from __future__ import annotations

import pytest
from urllib3.connection import HTTPConnection

from stash.client import StashClient
from stash.connection import StashConnection
from stash.pictures import Picture, fetch_picture
from stash.scenes import Details, image_path, read_scenes
from tests.doubles.stash import StashDouble
from validation.scenes import Scene


def test_covers_that_did_not_change_are_asked_for_over_one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    connects: list[HTTPConnection] = []
    connect = HTTPConnection.connect

    def counted(connection: HTTPConnection) -> None:
        connects.append(connection)
        connect(connection)

    monkeypatch.setattr(HTTPConnection, "connect", counted)
    with StashDouble({"scenes": [{"id": 1}]}) as double, StashClient(StashConnection(double.url)) as stash:
        first = stash.fetch("/scene/1/screenshot", "", 1000)
        assert first is not None
        for _ in range(5):
            assert stash.fetch("/scene/1/screenshot", first.etag, 1000) is None
    assert len(connects) == 1


@pytest.mark.parametrize(
    "external",
    [
        *(
            "",
            "https://home.example",
            "https://home.example/",
            "https://home.example/stash",
            "http://home.example/a/b/",
        ),
        *("home.example/stash", "https://[home", "https://home.example/performer/1/image"),
    ],
)
def test_pictures_are_found_behind_any_external_host(external: str) -> None:
    """It is the address for browsers; Stash's own port, where we ask, serves them without its path."""
    has = {
        "performers": [{"id": 1, "name": "Ada", "image": True}, {"id": 2, "name": "Eve"}],
        "studios": [{"id": 1, "name": "Blue", "image": True}],
        "groups": [{"id": 1, "name": "Part", "front_image": True}],
        "scenes": [{"id": 1, "studio": "Blue", "performers": ["Ada", "Eve"], "groups": ["Part"]}],
    }
    with StashDouble(has, external_host=external) as double, StashClient(StashConnection(double.url)) as stash:
        scene = read_scenes(stash, [1], Details(images=True))[1]
        assert isinstance(scene, Scene)
        assert scene.studio is not None
        ada, eve = scene.performers
        assert eve.image == ""
        for path in (ada.image, scene.studio.image, scene.groups[0].image):
            assert isinstance(fetch_picture(stash, path), Picture)


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("http://x/performer/1/image?t=5", "/performer/1/image?t=5"),
        ("http://x/performer/1/image?t=5&default=true", ""),
        ("https://x/some/prefix/movie/3/frontimage", "/movie/3/frontimage"),
        ("https://x/a/new/route.jpg", "/a/new/route.jpg"),
        ("https://x//elsewhere/picture", ""),
        ("@elsewhere/picture", ""),
        (None, ""),
    ],
)
def test_the_route_of_a_picture_is_what_stash_serves(address: str | None, path: str) -> None:
    assert image_path(address) == path
