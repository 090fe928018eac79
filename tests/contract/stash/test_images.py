"""Covers and pictures: bytes as given, ETag, 304, and the defaults that tell that there is none."""

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.contract.stash.support import data, scenes, updated_at
from tests.doubles.stash import StashDouble
from tests.doubles.stash.pictures import content_type, png

GIF = b"GIF89a" + b"\x01\x00\x01\x00\x00\x00\x00;"


@pytest.fixture
def stash(tmp_path: Path) -> Iterator[StashDouble]:
    (tmp_path / "cover.png").write_bytes(png("from a file"))
    library = {
        "performers": [{"id": 1, "name": "With", "image": True}, {"id": 2, "name": "Without"}],
        "studios": [{"id": 1, "name": "Studio"}],
        "tags": [{"id": 1, "name": "Tag", "image": True}],
        "groups": [{"id": 1, "name": "Both", "front_image": True, "back_image": True}, {"id": 2, "name": "None"}],
        "scenes": [
            {"id": 1, "cover": "cover.png"},
            {"id": 2},
            {"id": 3, "cover": "base64/" + base64.b64encode(GIF).decode()},
            {"id": 4, "cover": "data:image/gif;base64," + base64.b64encode(GIF).decode()},
        ],
    }
    with StashDouble(library, library_folder=str(tmp_path)) as double:
        yield double


def _get(stash: StashDouble, path: str, **headers: str) -> requests.Response:
    return requests.get(f"{stash.url}{path}", headers=headers, timeout=10)


def test_a_cover_from_a_file_or_in_the_library(stash: StashDouble) -> None:
    cover = _get(stash, "/scene/1/screenshot?t=5")

    assert cover.content == png("from a file")
    assert cover.headers["Content-Type"] == "image/png"
    assert cover.headers["ETag"] == f'"{hashlib.md5(cover.content).hexdigest()}"'
    assert "immutable" in cover.headers["Cache-Control"]
    assert _get(stash, "/scene/3/screenshot").content == _get(stash, "/scene/4/screenshot").content == GIF
    assert _get(stash, "/scene/3/screenshot").headers["Content-Type"] == "image/gif"


def test_a_scene_without_a_cover_shows_a_drawing(stash: StashDouble) -> None:
    default = _get(stash, "/scene/2/screenshot")

    assert (default.status_code, default.headers["Content-Type"]) == (200, "image/svg+xml")
    assert default.headers["ETag"] == f'"{hashlib.md5(default.content).hexdigest()}"'
    assert default.headers["Cache-Control"] == "no-cache"


def test_a_known_image_is_not_sent_again(stash: StashDouble) -> None:
    tag = _get(stash, "/scene/1/screenshot").headers["ETag"]
    for value in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = _get(stash, "/scene/1/screenshot", **{"If-None-Match": value})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    assert _get(stash, "/scene/1/screenshot", **{"If-None-Match": '"other"'}).status_code == 200


def test_a_new_cover_has_a_new_tag_and_moves_the_address(stash: StashDouble) -> None:
    before = _get(stash, "/scene/2/screenshot").headers["ETag"]
    was = updated_at(stash, 2)
    stash.advance(5)
    stash.save(2, cover_image="data:image/gif;base64," + base64.b64encode(GIF).decode())
    after = _get(stash, "/scene/2/screenshot")

    assert after.content == GIF
    assert after.headers["ETag"] != before
    assert updated_at(stash, 2) > was
    stash.advance(5)
    stash.save(2, title="other")
    assert _get(stash, "/scene/2/screenshot").headers["ETag"] == after.headers["ETag"]


def test_addresses_say_where_there_is_no_picture(stash: StashDouble) -> None:
    query = """{findPerformers{performers{image_path}} findStudios{studios{image_path}} findTags{tags{image_path}}
        findGroups{groups{front_image_path back_image_path}}}"""
    asked = data(stash, query)

    has = [path["image_path"].endswith("&default=true") for path in asked["findPerformers"]["performers"]]
    assert has == [False, True]
    assert asked["findStudios"]["studios"][0]["image_path"].endswith("&default=true")
    assert not asked["findTags"]["tags"][0]["image_path"].endswith("&default=true")
    both, none = asked["findGroups"]["groups"]
    assert "/group/1/frontimage?t=" in both["front_image_path"]
    assert "/group/1/backimage?t=" in both["back_image_path"]
    assert none["front_image_path"].endswith("&default=true")
    assert none["back_image_path"] is None
    for path in (both["front_image_path"], asked["findTags"]["tags"][0]["image_path"]):
        assert requests.get(path, timeout=10).headers["Content-Type"] == "image/png"


def test_the_default_of_a_performer_is_a_png(stash: StashDouble) -> None:
    """So only its address tells that it is none of hers."""
    without, other = _get(stash, "/performer/2/image"), _get(stash, "/performer/1/image")

    assert without.headers["Content-Type"] == "image/png"
    assert without.content != other.content
    assert _get(stash, "/performer/1/image?default=true").content == without.content
    assert _get(stash, "/studio/1/image").headers["Content-Type"] == "image/svg+xml"


@pytest.mark.parametrize(
    "path", ["/scene/99/screenshot", "/performer/99/image", "/group/99/frontimage", "/nothing.png"]
)
def test_what_is_not_there(stash: StashDouble, path: str) -> None:
    assert _get(stash, path).status_code == 404


def test_head_is_not_routed(stash: StashDouble) -> None:
    assert requests.head(f"{stash.url}/scene/1/screenshot", timeout=10).status_code == 405


def test_what_is_no_image_is_refused(stash: StashDouble) -> None:
    asked = stash.graphql('mutation{sceneUpdate(input:{id:1,cover_image:"data:image/png;base64,%%%"}){id}}')

    assert asked["errors"][0]["message"].startswith("illegal base64 data")


def test_types_are_told_by_the_first_bytes() -> None:
    assert content_type(b"\xff\xd8\xff\xe0") == "image/jpeg"
    assert content_type(b"RIFF\x00\x00\x00\x00WEBPVP8 ") == "image/webp"
    assert content_type(b"  <svg/>") == "image/svg+xml"
    assert content_type(b"anything") == "application/octet-stream"


def test_a_screenshot_of_another_moment_is_another_cover() -> None:
    with StashDouble(scenes(1)) as stash:
        tags: list[str] = []
        for at in ("", ",at:3", ",at:4", ",at:3"):
            stash.graphql(f"mutation{{sceneGenerateScreenshot(id:1{at})}}")
            stash.wait_for_job(len(tags) + 1)
            tags.append(_get(stash, "/scene/1/screenshot").headers["ETag"])

    assert len(set(tags)) == 3
    assert tags[1] == tags[3]
