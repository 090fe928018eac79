"""Items as a real server lists them today: facts of the file, pictures, keys of people, and paths as they come."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
import requests

from tests.contract.plex.conftest import Connect, Start
from tests.contract.plex.lists import container
from tests.doubles.plex import PlexDouble

CLIP: dict[str, Any] = {"file": "/data/clip.mp4", "addedAt": 1_700_000_000}
NONE = "tv.plex.agents.none"


def library(*items: dict[str, Any], agent: str = NONE) -> dict[str, Any]:
    return {"sections": [{"title": "Movies", "agent": agent, "locations": ["/data"], "items": list(items)}]}


def one(start: Start, connect: Connect, item: dict[str, Any], agent: str = NONE, **switches: Any) -> Any:
    return connect(start(library(item, agent=agent), **switches)).library.section("Movies").all()[0]


def test_personal_media_show_date_and_year_of_the_file(start: Start, connect: Connect) -> None:
    item = one(start, connect, {**CLIP, "fileDate": "2019-05-06"})
    assert (item.originallyAvailableAt.isoformat()[:10], item.year) == ("2019-05-06", 2019)
    added = one(start, connect, CLIP)
    assert (added.originallyAvailableAt.isoformat()[:10], added.year) == ("2023-11-14", 2023)
    given = one(start, connect, {**CLIP, "originallyAvailableAt": "2001-02-03", "fileDate": "2019-05-06"})
    assert given.originallyAvailableAt.year == 2001


def test_and_a_rating_a_kind_and_an_empty_summary(start: Start, connect: Connect) -> None:
    row = one(start, connect, CLIP)._data.attrib
    assert (row["contentRating"], row["subtype"], row["summary"]) == ("Not Rated", "clip", "")
    assert (row["createdAtAccuracy"], row["createdAtTZOffset"]) == ("epoch,local", "0")


def test_an_item_that_an_agent_looked_up_does_not(start: Start, connect: Connect) -> None:
    row = one(start, connect, CLIP, agent="tv.plex.agents.movie")._data.attrib
    assert not {"originallyAvailableAt", "contentRating", "subtype", "summary", "createdAtAccuracy"} & set(row)


def test_a_file_that_a_scan_finds_shows_its_date(start: Start, connect: Connect) -> None:
    plex = start(library(), scan_delay=0)
    plex.add_file(1, "/data/new.mp4", 5, fileDate="2018-01-02")
    section = connect(plex).library.section("Movies")
    section.update()
    assert section.all()[0].year == 2018


def test_personal_media_can_be_edited_and_cleared(start: Start, connect: Connect) -> None:
    item = one(start, connect, CLIP)
    item.editOriginallyAvailable("2001-02-03").editSummary("Text").reload()
    assert (item.year, item.summary) == (2001, "Text")
    item.editOriginallyAvailable("").editSummary("").reload()
    assert (item.originallyAvailableAt, item.summary) == (None, "")


def test_personal_media_switch(start: Start, connect: Connect) -> None:
    item = one(start, connect, CLIP, personal_media=False)
    assert (item.originallyAvailableAt, item.contentRating) == (None, None)
    assert "subtype" not in item._data.attrib


# --- elements -------------------------------------------------------------------------------------


def test_pictures_and_their_colours_come_in_lists(plex: PlexDouble, section: Any) -> None:
    item = section.all()[0]
    assert [(image.type, image.url) for image in item.images] == [
        ("coverPoster", item.thumb), ("background", item.art),
    ]  # fmt: skip
    assert len(item.ultraBlurColors.topLeft) == 6
    row = container(plex)["Metadata"][0]
    assert isinstance(row["Image"], list)
    assert isinstance(row["UltraBlurColors"], dict)
    narrow = container(plex, "&excludeElements=Image,UltraBlurColors")["Metadata"][0]
    assert not {"Image", "UltraBlurColors"} & set(narrow)


def test_a_composite_of_members_has_no_colours(server: Any) -> None:
    collection = server.library.section("Movies").collection("My Coll")
    assert [image.type for image in collection.images] == ["coverPoster"]
    assert collection.ultraBlurColors is None


def test_people_have_a_key_of_their_own(server: Any) -> None:
    item, other = server.fetchItem(1), server.fetchItem(2)
    other.editTags("director", ["Director 0"])
    keys = {item.directors[0].tagKey, other.reload().directors[0].tagKey}
    assert len(keys) == 1
    assert all(len(role.tagKey) == 24 for role in item.roles)
    assert item.genres[0]._data.attrib.get("tagKey") is None


def test_a_collection_element_names_the_collections_guid(server: Any) -> None:
    collection = server.library.section("Movies").collection("My Coll")
    assert server.fetchItem(1).collections[0]._data.attrib["guid"] == collection.guid


def test_recorded_objects_inside_give_xml_that_parses(start: Start, connect: Connect) -> None:
    recorded = {
        "ratingKey": "9", "key": "/library/metadata/9", "guid": "plex://movie/9", "type": "movie", "title": "R",
        "addedAt": 1, "UltraBlurColors": {"topLeft": "1a"}, "Image": [{"type": "coverPoster", "alt": "R", "url": "/x"}],
        "CommonSenseMedia": {"oneLiner": "Fine", "AgeRating": [{"age": 9}]},
        "Media": [{"id": 1, "VoiceActivity": {"level": 2}, "Part": [
            {"id": 1, "file": "/data/r.mp4", "size": 5, "Attachment": [{"id": 3}],
             "Stream": [{"id": 1, "streamType": 1, "Extra": {"a": 1}}]}]}],
        "Role": [{"id": 1, "tag": "Ada", "tagKey": "0" * 24}],
    }  # fmt: skip
    plex = start(library(recorded))
    item = connect(plex).fetchItem(9)
    assert item.ultraBlurColors.topLeft == "1a"
    assert item.roles[0].tagKey == "0" * 24
    assert item._data.find("CommonSenseMedia/AgeRating").attrib == {"age": "9"}
    assert item._data.find("Media/Part/Stream/Extra").attrib == {"a": "1"}
    listed = container(plex)["Metadata"][0]
    assert listed["UltraBlurColors"] == {"topLeft": "1a"}
    assert "CommonSenseMedia" not in listed


# --- paths ----------------------------------------------------------------------------------------


def test_nfd_paths(start: Start, connect: Connect) -> None:
    name = "/data/Élan.mp4"
    assert one(start, connect, {"file": name}).locations == [name]
    assert one(start, connect, {"file": name}, nfd_paths=True).locations == [unicodedata.normalize("NFD", name)]


@pytest.mark.parametrize(
    ("folder", "begins"),
    [("P:\\", "\\\\?\\P:\\"), ("\\\\nas\\films\\", "\\\\?\\UNC\\nas\\films\\"), ("/data/", "/data/")],
)
def test_what_is_too_long_for_windows_begins_with_question_mark(
    start: Start, connect: Connect, folder: str, begins: str
) -> None:
    long = "x" * 260 + ".mp4"
    assert one(start, connect, {"file": folder + long}).locations == [begins + long]
    assert one(start, connect, {"file": folder + "x.mp4"}).locations == [folder + "x.mp4"]


def test_such_a_path_lies_in_its_section(start: Start) -> None:
    long = "P:\\" + "x" * 260 + ".mp4"
    sections = [{"title": "M", "locations": ["P:\\"]}]
    plex = start({"sections": sections}, scan_delay=0)
    plex.add_file(1, "\\\\?\\" + long, 5)
    requests.get(
        plex.url + "/library/sections/1/refresh",
        params={"path": "\\\\?\\P:\\", "X-Plex-Token": plex.token},
        timeout=10,
    )
    assert plex.find("\\\\?\\" + long)["section"] == 1
