"""The double's answers against those of a real server, attribute by attribute.

The recordings hold one item both in a list and in its details. They are no part of this repository: without
them these tests are skipped.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pytest
import requests

from tests.doubles.plex import PlexDouble

REPO = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
RECORDED = os.path.join(os.path.dirname(REPO), "shared", "reference", "plex-recorded")

pytestmark = pytest.mark.skipif(not os.path.isdir(RECORDED), reason="the recorded answers of a real Plex are not here")

# Where the double may differ, and why. Names are paths below MediaContainer.
DEVIATIONS = {
    "mediaTagVersion": "a build number of the server's icon set; the two recordings differ from each other",
}
ROOT_DEVIATIONS = {
    "friendlyName": "the library file's",
    "machineIdentifier": "the library file's",
    "updatedAt": "the double's clock",
    "myPlexSigninState": "the recorded server was not claimed; the double is, unless switched",
    "platformVersion": "the recording's host",
}


@pytest.fixture
def plex() -> Iterator[PlexDouble]:
    """Holds the recorded items: details for 108, list entries for the others."""
    listed = _recorded("movie_library.json")["MediaContainer"]
    details = _recorded("metadata_108.json")["MediaContainer"]
    others = [row for row in listed["Metadata"] if row["ratingKey"] != "108"]
    library = {
        "sections": [
            {
                "key": listed["librarySectionID"],
                "title": listed["librarySectionTitle"],
                "uuid": listed["librarySectionUUID"],
                "type": "movie",
                "agent": "com.plexapp.agents.imdb",
                "language": "en",
                "locations": ["/data/Movies"],
                "items": [*details["Metadata"], *others],
            }
        ]
    }
    with PlexDouble(library) as double:
        yield double


def test_the_list_in_json_is_the_recorded_one(plex: PlexDouble) -> None:
    want = _recorded("movie_library.json")["MediaContainer"]
    assert _differences(want, _get_json(plex, "/library/sections/1/all?type=1")) == []


def test_the_details_in_json_are_the_recorded_ones(plex: PlexDouble) -> None:
    want = _recorded("metadata_108.json")["MediaContainer"]
    assert _differences(want, _get_json(plex, "/library/metadata/108")) == []


@pytest.mark.parametrize(
    ("name", "path"),
    [("movie_library.json", "/library/sections/1/all?type=1"), ("metadata_108.json", "/library/metadata/108")],
)
def test_xml_says_the_same_as_json(plex: PlexDouble, name: str, path: str) -> None:
    want = _as_xml_texts(_recorded(name)["MediaContainer"])
    assert _differences(want, _from_xml(_get_xml(plex, path))) == []


def test_attributes_come_in_the_recorded_order(plex: PlexDouble) -> None:
    for name, path in (
        ("movie_library.json", "/library/sections/1/all?type=1"),
        ("metadata_108.json", "/library/metadata/108"),
    ):
        assert _order(_get_json(plex, path)) == _order(_recorded(name)["MediaContainer"])


@pytest.mark.parametrize(
    ("name", "path", "allowed"),
    [
        ("root.xml", "/", ROOT_DEVIATIONS),
        ("identity.xml", "/identity", {"machineIdentifier": "the library file's", "claimed": "see above"}),
        ("library.xml", "/library", DEVIATIONS),
    ],
)
def test_envelopes_have_the_recorded_attributes(
    plex: PlexDouble, name: str, path: str, allowed: dict[str, str]
) -> None:
    with open(os.path.join(RECORDED, name), encoding="utf-8") as stream:
        want = ElementTree.fromstring(stream.read())
    have = _get_xml(plex, path)
    assert sorted(have.attrib) == sorted(want.attrib)
    different = {key for key in want.attrib if want.attrib[key] != have.attrib[key]}
    assert different <= set(allowed)
    assert [row.attrib["key"] for row in have] == [row.attrib["key"] for row in want]


def test_no_sections_is_the_recorded_empty_list() -> None:
    with open(os.path.join(RECORDED, "sections-empty.xml"), encoding="utf-8") as stream:
        want = ElementTree.fromstring(stream.read())
    with PlexDouble() as plex:
        have = _get_xml(plex, "/library/sections")
    assert have.attrib == want.attrib
    assert len(have) == 0


def test_an_activity_has_the_recorded_attributes() -> None:
    with open(os.path.join(RECORDED, "activities.xml"), encoding="utf-8") as stream:
        want = ElementTree.fromstring(stream.read())
    library = {"sections": [{"key": 1, "locations": ["/data/movies"]}]}
    with PlexDouble(library, scan_delay=60) as plex:
        _get_xml(plex, "/library/sections/1/refresh")
        have = _get_xml(plex, "/activities")
    assert sorted(have[0].attrib) == sorted(want[0].attrib)


def test_what_does_not_exist_is_html(plex: PlexDouble) -> None:
    for path, status in (("/library/sections/99/all", 404), ("/hubs/search", 400), ("/no/such/thing", 404)):
        answer = _get(plex, path)
        assert (answer.status_code, answer.headers["Content-Type"]) == (status, "text/html")


def _recorded(name: str) -> dict[str, Any]:
    with open(os.path.join(RECORDED, name), encoding="utf-8") as stream:
        found: dict[str, Any] = json.load(stream)
    return found


def _get(plex: PlexDouble, path: str, accept: str = "*/*") -> requests.Response:
    return requests.get(plex.url + path, headers={"X-Plex-Token": plex.token, "Accept": accept}, timeout=10)


def _get_json(plex: PlexDouble, path: str) -> dict[str, Any]:
    found: dict[str, Any] = _get(plex, path, "application/json").json()["MediaContainer"]
    return found


def _get_xml(plex: PlexDouble, path: str) -> ElementTree.Element:
    return ElementTree.fromstring(_get(plex, path).content)


def _differences(want: Any, have: Any, path: str = "") -> list[str]:
    """Every attribute that is missing, too many or different, unless it is a listed deviation."""
    if path in DEVIATIONS:
        return []
    if isinstance(want, dict) and isinstance(have, dict):
        found = [f"{path}.{key} is missing" for key in want.keys() - have.keys()]
        found += [f"{path}.{key} is too many" for key in have.keys() - want.keys()]
        for key in want.keys() & have.keys():
            found += _differences(want[key], have[key], f"{path}.{key}".lstrip("."))
        return found
    if isinstance(want, list) and isinstance(have, list):
        found = [] if len(want) == len(have) else [f"{path}: {len(have)} instead of {len(want)}"]
        for index, (one, other) in enumerate(zip(want, have, strict=False)):
            found += _differences(one, other, f"{path}[{index}]")
        return found
    same = want == have and type(want) is type(have)
    return [] if same else [f"{path}: {have!r} instead of {want!r}"]


def _order(value: Any) -> Any:
    """Names in the order they are written."""
    if isinstance(value, dict):
        return [(key, _order(inner)) for key, inner in value.items()]
    if isinstance(value, list):
        return [_order(value[0])] if value else []
    return None


def _as_xml_texts(value: Any) -> Any:
    """What the JSON says, as XML writes it: everything is text, booleans are 1 and 0."""
    if isinstance(value, dict):
        return {key: _as_xml_texts(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_as_xml_texts(inner) for inner in value]
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value)


def _from_xml(element: ElementTree.Element) -> dict[str, Any]:
    """XML in the shape of the JSON: children in lists, videos called Metadata."""
    found: dict[str, Any] = dict(element.attrib)
    for child in element:
        name = "Metadata" if child.tag in ("Video", "Directory") else child.tag
        found.setdefault(name, []).append(_from_xml(child))
    return found
