"""What plexapi 4.18.3 sends for each operation, and that the double takes it.

The lines on the right were captured from plexapi against a plain recorder, before the double existed.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

from tests.doubles.plex import PlexDouble

Lines = Callable[[Callable[[], object]], list[str]]

EDIT = "PUT /library/sections/1/all?"
FULL = (
    "GET /library/metadata/1?includeBandwidths=1&includeChapters=1&includeFields=thumbBlurHash%2CartBlurHash"
    "&includeGeolocation=1&includeLoudnessRamps=1&includeMarkers=1"
)
JPEG = b"\xff\xd8\xff" + b"x" * 5000


@pytest.fixture
def first(server: Any, section: Any) -> Any:
    """Item 1, whole; its section is known, so that an edit is one request."""
    item = server.fetchItem(1)
    item.reload()
    item.section()
    return item


def test_connecting_reads_the_root(plex: PlexDouble, connect: Callable[..., Any]) -> None:
    server = connect(plex)
    assert [entry.line for entry in plex.requests] == ["GET /"]
    assert (server.friendlyName, server.machineIdentifier) == ("Test server", "abc")
    headers = plex.requests[0].headers
    assert headers["x-plex-token"] == plex.token
    assert headers["x-plex-product"] == "PlexAPI"


def test_library_and_sections_are_one_request_each_then_cached(server: Any, lines: Lines) -> None:
    assert lines(lambda: server.library) == ["GET /library"]
    assert lines(lambda: server.library.sections()) == ["GET /library/sections"]
    assert lines(lambda: server.library.section(" movies ")) == []
    assert lines(lambda: server.library.sectionByID(2)) == []


LISTING: list[tuple[str, Callable[[Any], object], list[str]]] = [
    ("all", lambda s: s.all(), ["GET /library/sections/1/all?includeGuids=1&type=1"]),
    ("search", lambda s: s.search(maxresults=5), ["GET /library/sections/1/all?includeGuids=1"]),
    (
        "title",
        lambda s: s.search(title="x", maxresults=1),
        ["GET /library/sections/1/all?includeGuids=1&title=x"],
    ),
    (
        "trash",
        lambda s: s.search(trash=True, libtype="movie"),
        ["GET /library/sections/1/all?includeGuids=1&type=1&trash=1"],
    ),
    (
        "total",
        lambda s: s.totalViewSize(),
        ["GET /library/sections/1/all?includeCollections=1&X-Plex-Container-Size=0&X-Plex-Container-Start=0"],
    ),
    ("reload", lambda s: s.reload(), ["GET /library/sections"]),
]


@pytest.mark.parametrize(("call", "expected"), [row[1:] for row in LISTING], ids=[row[0] for row in LISTING])
def test_listing(section: Any, lines: Lines, call: Callable[[Any], object], expected: list[str]) -> None:
    # The advanced searches first read the fields (test_filters.py); that is not what is looked at here.
    section.listFields("movie")
    assert lines(lambda: call(section)) == expected


def test_the_first_filter_reads_the_fields_of_items_and_collections(section: Any, lines: Lines) -> None:
    meta = "includeMeta=1&includeAdvanced=1&X-Plex-Container-Start=0&X-Plex-Container-Size=0"
    assert lines(lambda: section.search(**{"updatedAt>>": "30d"})) == [
        f"GET /library/sections/1/all?{meta}",
        f"GET /library/sections/1/collections?{meta}",
        "GET /library/sections/1/all?includeGuids=1&updatedAt%3E%3E=-30d",
    ]
    assert lines(lambda: section.search(sort="updatedAt:desc", **{"addedAt>>": "2024-01-01"}))[0].startswith(
        "GET /library/sections/1/all?includeGuids=1&sort=movie.updatedAt%3Adesc&addedAt%3E%3E="
    )


def test_items(server: Any, lines: Lines) -> None:
    item = server.fetchItem(1)
    assert lines(lambda: server.fetchItem(1)) == ["GET /library/metadata/1"]
    assert lines(lambda: item.reload()) == [FULL]
    assert lines(lambda: server.fetchItems([1, 2, 3])) == ["GET /library/metadata/1,2,3"]
    assert lines(lambda: server.fetchItem(item._details_key)) == [FULL]


def test_the_server_beside_its_library(server: Any, lines: Lines) -> None:
    assert lines(lambda: server.query("/identity")) == ["GET /identity"]
    assert lines(lambda: server.activities) == ["GET /activities"]
    assert lines(lambda: server.search("abc")) == [
        "GET /hubs/search?query=abc&includeCollections=1&includeExternalMedia=1"
    ]
    assert lines(lambda: server.browse("/data/movies")) == ["GET /services/browse/L2RhdGEvbW92aWVz?includeFiles=1"]


EDITS: list[tuple[Callable[[Any], object], str]] = [
    (
        lambda m: m.edit(**{"title.value": "A & B", "title.locked": 1}),
        "id=1&title.locked=1&title.value=A%20%26%20B&type=1",
    ),
    (lambda m: m.editTitle("T"), "id=1&title.locked=1&title.value=T&type=1"),
    (lambda m: m.editSortTitle("T"), "id=1&titleSort.locked=1&titleSort.value=T&type=1"),
    (lambda m: m.editStudio("S"), "id=1&studio.locked=1&studio.value=S&type=1"),
    (lambda m: m.editSummary("x" * 10), "id=1&summary.locked=1&summary.value=xxxxxxxxxx&type=1"),
    (lambda m: m.editTagline("tg"), "id=1&tagline.locked=1&tagline.value=tg&type=1"),
    (
        lambda m: m.editOriginallyAvailable("2024-01-02"),
        "id=1&originallyAvailableAt.locked=1&originallyAvailableAt.value=2024-01-02&type=1",
    ),
    (lambda m: m.editContentRating("XXX"), "contentRating.locked=1&contentRating.value=XXX&id=1&type=1"),
    (lambda m: m.editUserRating(7.5), "id=1&type=1&userRating.locked=1&userRating.value=7.5"),
    (lambda m: m.editUserRating(0), "id=1&type=1&userRating.locked=1&userRating.value="),
    (
        lambda m: m.addDirector("D"),
        "director.locked=1&director%5B0%5D.tag.tag=Director%200&director%5B1%5D.tag.tag=D&id=1&type=1",
    ),
    (lambda m: m.removeGenre("Genre 0"), "genre.locked=1&genre%5B%5D.tag.tag-=Genre%25200&id=1&type=1"),
    (
        lambda m: m.removeGenre(["Genre 0", "Rock, Pop & 100%"]),
        "genre.locked=1&genre%5B%5D.tag.tag-=Genre%25200%2CRock%252C%2520Pop%2520%2526%2520100%2525&id=1&type=1",
    ),
    (lambda m: m.addLabel("L"), "id=1&label.locked=1&label%5B0%5D.tag.tag=L1&label%5B1%5D.tag.tag=L&type=1"),
    (
        lambda m: m.addCollection("My Coll"),
        "collection.locked=1&collection%5B0%5D.tag.tag=My%20Coll&collection%5B1%5D.tag.tag=My%20Coll&id=1&type=1",
    ),
    (
        lambda m: m.editTags("actor", ["Jane Doe"]),
        "actor.locked=1&actor%5B0%5D.tag.tag=Actor%200&actor%5B10%5D.tag.tag=Jane%20Doe"
        + "".join(f"&actor%5B{i}%5D.tag.tag=Actor%20{i}" for i in range(1, 10))
        + "&id=1&type=1",
    ),
    (
        lambda m: m.edit(
            **{
                "actor[0].tag.tag": "Jane Doe",
                "actor[0].tagging.text": "Role",
                "actor[0].tagging.thumb": "http://x/y.jpg",
                "actor.locked": 1,
            }
        ),
        "actor.locked=1&actor%5B0%5D.tag.tag=Jane%20Doe&actor%5B0%5D.tagging.text=Role"
        "&actor%5B0%5D.tagging.thumb=http%3A%2F%2Fx%2Fy.jpg&id=1&type=1",
    ),
    (lambda m: m.lockPoster(), "id=1&thumb.locked=1&type=1"),
    (lambda m: m.unlockPoster(), "id=1&thumb.locked=0&type=1"),
    (
        lambda m: (
            m.batchEdits().editTitle("T").editSummary("S").editStudio("St")
            .addGenre(["A", "B"]).removeGenre("Genre 0").saveEdits()
        ),
        "genre.locked=1&genre%5B0%5D.tag.tag=Genre%200&genre%5B1%5D.tag.tag=Genre%201&genre%5B2%5D.tag.tag=Genre%202"
        "&genre%5B3%5D.tag.tag=Genre%203&genre%5B4%5D.tag.tag=A&genre%5B5%5D.tag.tag=B"
        "&genre%5B%5D.tag.tag-=Genre%25200&id=1&studio.locked=1&studio.value=St&summary.locked=1&summary.value=S"
        "&title.locked=1&title.value=T&type=1",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("call", "expected"), EDITS, ids=[row[1][:60] for row in EDITS])
def test_edits_are_one_put(
    plex: PlexDouble, first: Any, lines: Lines, call: Callable[[Any], object], expected: str
) -> None:
    assert lines(lambda: call(first)) == [EDIT + expected]
    assert plex.requests[-1].status == 200


def test_the_first_edit_of_a_fresh_connection_reads_the_sections(server: Any, lines: Lines) -> None:
    item = server.fetchItem(1)
    assert lines(lambda: item.editTitle("T")) == [
        "GET /library",
        "GET /library/sections",
        EDIT + "id=1&title.locked=1&title.value=T&type=1",
    ]


def test_adding_to_an_item_from_a_list_sends_the_tags_the_list_showed(section: Any, lines: Lines) -> None:
    item = section.all()[0]
    assert lines(lambda: item.addGenre("New, one")) == [
        EDIT + "genre.locked=1&genre%5B0%5D.tag.tag=Genre%200&genre%5B1%5D.tag.tag=Genre%201"
        "&genre%5B2%5D.tag.tag=New%2C%20one&id=1&type=1"
    ]
    assert [genre.tag for genre in item.reload().genres] == [
        "Genre 0", "Genre 1", "Genre 2", "New, one", "Genre 3",
    ]  # fmt: skip


def test_labels_of_an_item_from_a_list_are_read_first(section: Any, lines: Lines) -> None:
    item = section.all()[0]
    assert lines(lambda: item.addLabel("L")) == [
        FULL,
        EDIT + "id=1&label.locked=1&label%5B0%5D.tag.tag=L1&label%5B1%5D.tag.tag=L&type=1",
    ]


ACTIONS: list[tuple[Callable[[Any], object], str]] = [
    (lambda m: m.uploadPoster(filepath=io.BytesIO(JPEG)), "POST /library/metadata/1/posters"),
    (
        lambda m: m.uploadPoster(url="http://h/a b.jpg?x=1&y=2"),
        "POST /library/metadata/1/posters?url=http%3A%2F%2Fh%2Fa+b.jpg%3Fx%3D1%26y%3D2",
    ),
    (lambda m: m.uploadArt(filepath=io.BytesIO(JPEG)), "POST /library/metadata/1/arts"),
    (lambda m: m.posters(), "GET /library/metadata/1/posters"),
    (lambda m: m.deletePoster(), "DELETE /library/metadata/1/thumb"),
    (lambda m: m.rate(8.0), "PUT /:/rate?key=1&identifier=com.plexapp.plugins.library&rating=8.0"),
    (lambda m: m.rate(), "PUT /:/rate?key=1&identifier=com.plexapp.plugins.library&rating=-1"),
    (lambda m: m.markPlayed(), "GET /:/scrobble?key=1&identifier=com.plexapp.plugins.library"),
    (lambda m: m.markUnplayed(), "GET /:/unscrobble?key=1&identifier=com.plexapp.plugins.library"),
    (lambda m: m.refresh(), "PUT /library/metadata/1/refresh"),
    (lambda m: m.analyze(), "PUT /library/metadata/1/analyze"),
    (lambda m: m.unmatch(), "PUT /library/metadata/1/unmatch"),
    (lambda m: m.matches(), "GET /library/metadata/1/matches?manual=1"),
    (
        lambda m: m.matches(title="x", agent="com.plexapp.agents.none", language="xn"),
        "GET /library/metadata/1/matches?manual=1&title=x&year=2020&language=xn&agent=com.plexapp.agents.none",
    ),
    (lambda m: m.delete(), "DELETE /library/metadata/1"),
    (lambda m: m.split(), "PUT /library/metadata/1/split"),
    (lambda m: m.merge([2, 3]), "PUT /library/metadata/1/merge?ids=2,3"),
]


@pytest.mark.parametrize(("call", "expected"), ACTIONS, ids=[row[1][:50] for row in ACTIONS])
def test_actions_on_an_item(
    plex: PlexDouble, first: Any, lines: Lines, call: Callable[[Any], object], expected: str
) -> None:
    assert lines(lambda: call(first))[-1] == expected
    assert plex.requests[-1].status == 200


def test_a_version_is_deleted_by_its_media_id(server: Any, lines: Lines) -> None:
    media = server.fetchItem(3).media[1]
    assert lines(lambda: media.delete()) == [f"DELETE /library/metadata/3/media/{media.id}"]


SCANS: list[tuple[Callable[[Any], object], str]] = [
    (
        lambda s: s.update(path="/data/movies/A & B/ü"),
        "GET /library/sections/1/refresh?path=%2Fdata%2Fmovies%2FA+%26+B%2F%C3%BC",
    ),
    (lambda s: s.update(), "GET /library/sections/1/refresh"),
    (lambda s: s.refresh(), "GET /library/sections/1/refresh?force=1"),
    (lambda s: s.emptyTrash(), "PUT /library/sections/1/emptyTrash"),
    (lambda s: s.lockAllField("thumb"), "PUT /library/sections/1/all?thumb.locked=1&type=1"),
    (
        lambda s: s.multiEdit(s.all(), **{"genre[0].tag.tag": "X", "genre.locked": 1}),
        EDIT + "genre.locked=1&genre%5B0%5D.tag.tag=X&id=1%2C2%2C3&type=1",
    ),
    (
        lambda s: s.batchMultiEdits(s.all()).addGenre("G").editStudio("S").saveMultiEdits(),
        EDIT + "genre.locked=1&genre%5B0%5D.tag.tag=G&id=1%2C2%2C3&studio.locked=1&studio.value=S&type=1",
    ),
    (
        lambda s: s.createCollection("C", s.all()),
        "POST /library/collections?sectionId=1&smart=0&title=C&type=1"
        "&uri=server%3A%2F%2Fabc%2Fcom.plexapp.plugins.library%2Flibrary%2Fmetadata%2F1%2C2%2C3",
    ),
]


@pytest.mark.parametrize(("call", "expected"), SCANS, ids=[row[1][:70] for row in SCANS])
def test_actions_on_a_section(
    plex: PlexDouble, section: Any, lines: Lines, call: Callable[[Any], object], expected: str
) -> None:
    assert lines(lambda: call(section))[-1] == expected
    assert plex.requests[-1].status == 200


def test_collections(server: Any, section: Any, lines: Lines) -> None:
    collection = section.collection("my coll")
    key = collection.ratingKey
    uri = "server%3A%2F%2Fabc%2Fcom.plexapp.plugins.library%2Flibrary%2Fmetadata%2F2"
    second = server.fetchItem(2)
    assert lines(lambda: collection.addItems(second)) == [f"PUT /library/collections/{key}/items?uri={uri}"]
    assert lines(lambda: collection.removeItems(second)) == [f"DELETE /library/collections/{key}/items/2"]
    assert lines(lambda: collection.uploadPoster(filepath=io.BytesIO(JPEG))) == [
        f"POST /library/metadata/{key}/posters"
    ]
    assert lines(lambda: collection.editSummary("x"))[-1] == (
        f"PUT /library/sections/1/all?id={key}&summary.locked=1&summary.value=x&type=18"
    )


def test_choosing_a_poster_and_fixing_a_match(plex: PlexDouble, first: Any, lines: Lines) -> None:
    first.uploadPoster(filepath=io.BytesIO(JPEG))
    poster = first.posters()[-1]
    digest = poster.ratingKey.rpartition("/")[2]
    assert lines(lambda: poster.select()) == [f"PUT /library/metadata/1/poster?url=upload%3A%2F%2Fposters%2F{digest}"]
    match = first.matches()[0]
    guid = match.guid.replace(":", "%3A").replace("/", "%2F")
    assert lines(lambda: first.fixMatch(match))[-1] == (f"PUT /library/metadata/1/match?guid={guid}&name={match.name}")
    assert plex.requests[-1].status == 200
