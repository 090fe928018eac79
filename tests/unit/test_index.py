"""The library index and the matcher over a real connection to a Plex double: what they find and what it costs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from plex.client import PlexClient
from plex.exceptions import PlexConfigurationError, PlexTemporaryError
from plex.index import FULL_SWEEP, LibraryIndex
from plex.indexed import IndexedItem
from plex.matcher import Match, match_file
from tests.doubles.plex import PlexDouble
from tests.support.clock import Clock
from tests.support.harness import plex_library, stash_library
from tests.support.workbench import files_known, loaded_workbench
from validation.paths import PathMap, parse_path_map
from worker.storage.index_file import open_index

LIBRARY: dict[str, Any] = {
    "sections": [
        {
            "key": 1,
            "title": "Movies",
            "type": "movie",
            "locations": ["/data/movies"],
            "items": [
                {"title": "a", "file": "/data/movies/Studio/a.mp4", "size": 10, "addedAt": 1_500_000_000},
                {"title": "twin one", "file": "/data/movies/one/twin.mp4", "size": 20},
                {"title": "twin two", "file": "/data/movies/two/twin.mp4", "size": 30},
                {"title": "same one", "file": "/data/movies/x/one/same.mp4", "size": 40},
                {"title": "same two", "file": "/data/movies/y/two/same.mp4", "size": 40},
                {"title": "noir", "file": "/data/movies/caf\u00e9 noir.mp4", "size": 80},
                {"title": "Case", "file": "/data/movies/CASE.mp4", "size": 50},
                {
                    "title": "versions",
                    "media": [
                        [{"file": "/data/movies/v1.mp4", "size": 60}],
                        [
                            {"file": "/data/movies/v2-pt1.mp4", "size": 61},
                            {"file": "/data/movies/v2-pt2.mp4", "size": 62},
                        ],
                    ],
                },
            ],
        },
        {
            "key": 2,
            "title": "Clips",
            "type": "movie",
            "locations": ["/data/clips"],
            "items": [{"title": "c", "file": "/data/clips/c.mp4", "size": 70}],
        },
        {"key": 3, "title": "Shows", "type": "show", "locations": ["/data/shows"], "items": []},
    ]
}


@pytest.fixture
def plex() -> Iterator[PlexDouble]:
    with PlexDouble(LIBRARY) as double:
        yield double


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_index(str(tmp_path / "index.db"))) as connection:
        yield connection


@pytest.fixture
def client(plex: PlexDouble) -> Iterator[PlexClient]:
    with closing(PlexClient(plex.url, plex.token, 5.0, 5.0)) as client:
        _ = client.server
        yield client


@pytest.fixture
def index(database: sqlite3.Connection) -> LibraryIndex:
    return LibraryIndex(database, Clock())


def find(
    index: LibraryIndex, path: str, size: int | None, path_map: str = "/media => /data/movies"
) -> Match[IndexedItem]:
    return match_file(index.libraries(), path, parse_path_map(path_map) if path_map else PathMap(), size)


def titles(plex: PlexDouble, match: Match[IndexedItem]) -> list[str]:
    return [plex.item(item.ratingKey)["title"] for item in match.items]


def test_every_part_of_every_movie_library_is_known(plex: PlexDouble, client: PlexClient, index: LibraryIndex) -> None:
    index.refresh(client.server, ())
    assert files_known(index) == 11
    assert index.locations() == ["/data/movies", "/data/clips"]


@pytest.mark.parametrize(
    ("path", "size", "found"),
    [
        ("/media/Studio/a.mp4", 10, ["a"]),
        ("/media/Studio/a.mp4", 11, []),  # at the path lies another file
        ("/media/Studio/a.mp4", 0, ["a"]),  # nobody knows the size, and so it contradicts nothing
        ("/elsewhere/a.mp4", 10, ["a"]),
        ("/elsewhere/a.mp4", 11, []),  # a name alone proves nothing
        ("/elsewhere/twin.mp4", 30, ["twin two"]),
        ("/elsewhere/same.mp4", 40, []),
        ("/elsewhere/two/same.mp4", 40, ["same two"]),
        ("/elsewhere/case.MP4", 50, ["Case"]),
        ("/elsewhere/\u00a0cafe\u0301  NOIR.mp4", 80, ["noir"]),
        ("/elsewhere/cafe noir.mp4", 80, []),
        ("/elsewhere/v2-pt2.mp4", 62, ["versions"]),
        ("/media/v1.mp4", 60, ["versions"]),
        ("/elsewhere/c.mp4", 70, ["c"]),
        ("/elsewhere/missing.mp4", 70, []),
    ],
)
def test_the_right_item_or_none(
    plex: PlexDouble, client: PlexClient, index: LibraryIndex, path: str, size: int, found: list[str]
) -> None:
    index.refresh(client.server, ())
    assert titles(plex, find(index, path, size)) == found


def test_two_that_cannot_be_told_apart_are_named_and_not_picked(client: PlexClient, index: LibraryIndex) -> None:
    index.refresh(client.server, ())
    match = find(index, "/elsewhere/same.mp4", 40)
    assert match.ambiguous
    assert len(match.candidates) == 2


def test_plexapis_own_sections_answer_the_same(plex: PlexDouble, client: PlexClient, index: LibraryIndex) -> None:
    index.refresh(client.server, ())
    sections = [section for section in client.server.library.sections() if section.type == "movie"]
    for path, size in [("/media/Studio/a.mp4", 10), ("/elsewhere/twin.mp4", 30), ("/elsewhere/case.MP4", 50)]:
        through_plexapi = match_file(sections, path, parse_path_map("/media => /data/movies"), size)
        assert titles(plex, through_plexapi) == titles(plex, find(index, path, size))


def test_only_wanted_libraries_are_listed(plex: PlexDouble, client: PlexClient, index: LibraryIndex) -> None:
    index.refresh(client.server, ("clips",))
    assert files_known(index) == 1
    index.refresh(client.server, ())
    assert files_known(index) == 11


@pytest.mark.parametrize("name", ["Movie", "Shows"])
def test_an_unknown_library_is_named_with_the_real_ones(client: PlexClient, index: LibraryIndex, name: str) -> None:
    with pytest.raises(PlexConfigurationError, match=f'no movie library called "{name}".*"Movies", "Clips"'):
        index.refresh(client.server, (name,))


def test_a_refresh_costs_one_request_when_nothing_changed(
    plex: PlexDouble, client: PlexClient, index: LibraryIndex
) -> None:
    index.refresh(client.server, ())
    plex.reset_counts()
    index.refresh(client.server, ())
    assert len(plex.requests) == 1
    index.refresh(client.server, (), max_age=5.0)
    assert len(plex.requests) == 1


def test_new_files_cost_two_more_requests_and_are_reported(
    plex: PlexDouble, client: PlexClient, index: LibraryIndex
) -> None:
    index.refresh(client.server, ())
    plex.advance(3600)
    plex.add_item(1, "/data/movies/new.mp4", 99, title="new")
    plex.reset_counts()
    done = index.refresh(client.server, ())
    assert (done.new_files, done.swept) == (1, 0)
    assert plex.counts().get("list") == 2, "what was added, and the count that confirms it"
    assert titles(plex, find(index, "/media/new.mp4", 99)) == ["new"]
    assert index.refresh(client.server, ()).new_files == 0


def test_an_edited_item_is_no_new_file(plex: PlexDouble, client: PlexClient, index: LibraryIndex) -> None:
    index.refresh(client.server, ())
    plex.advance(3600)
    client.server.library.section("Movies").search(title="a")[0].editTitle("A new title")
    done = index.refresh(client.server, ())
    assert (done.listed > 0, done.new_files, done.swept) == (True, 0, 0)


def test_a_server_that_ignores_the_filter_is_noticed_and_listed_in_full(
    plex: PlexDouble, client: PlexClient, index: LibraryIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.refresh(client.server, ())
    plex.advance(86400 * 30)
    plex.add_item(1, "/data/movies/new.mp4", 99)
    real = client.server.query
    monkeypatch.setattr(
        client.server,
        "query",
        lambda key, **rest: real(key.replace("updatedAt", "nope").replace("addedAt%3E", "no"), **rest),
    )
    done = index.refresh(client.server, (), certain=True)
    assert (done.swept, done.new_files) == (1, 1)
    assert files_known(index) == 12


def test_a_stamp_that_moved_back_is_believed_once_an_items_details_show_it(tmp_path: Path) -> None:
    with loaded_workbench(tmp_path, stash_library(3), plex_library(3), {"skip_poster": True}) as workbench:
        workbench.reconcile()
        workbench.clock.now += 60
        workbench.reconcile()
        workbench.plex.move_stamps(-86400, 2)
        workbench.sync(2)
        assert workbench.tally == {"unchanged": 1}
        assert not workbench.reconcile().gaps


def test_removed_items_go_with_the_daily_sweep(
    plex: PlexDouble, client: PlexClient, database: sqlite3.Connection
) -> None:
    clock = Clock()
    index = LibraryIndex(database, clock)
    index.refresh(client.server, ())
    plex.remove_file("/data/movies/CASE.mp4")
    client.server.library.section("Movies").update()
    plex.advance(60)
    index.refresh(client.server, ())
    clock.now += FULL_SWEEP + 1
    index.refresh(client.server, ())
    assert find(index, "/media/CASE.mp4", 50).items == ()


def test_a_failure_while_listing_leaves_what_was_known(
    plex: PlexDouble, client: PlexClient, index: LibraryIndex
) -> None:
    index.refresh(client.server, ())
    plex.inject({"type": "status", "status": 500, "kind": "list", "count": 1})
    with pytest.raises(PlexTemporaryError):
        index.refresh(client.server, (), sweep=True)
    assert files_known(index) == 11


def test_another_server_starts_with_an_empty_index(client: PlexClient, index: LibraryIndex) -> None:
    index.refresh(client.server, ())
    section = {"key": 1, "title": "Movies", "type": "movie", "locations": ["/x"], "items": []}
    with (
        PlexDouble({"server": {"machineIdentifier": "another"}, "sections": [section]}) as other,
        closing(PlexClient(other.url, other.token)) as other_client,
    ):
        index.refresh(other_client.server, ())
    assert files_known(index) == 0


def test_a_large_library_is_listed_in_pages_of_five_hundred(database: sqlite3.Connection) -> None:
    with PlexDouble(generate=1200) as plex, closing(PlexClient(plex.url, plex.token)) as client:
        index = LibraryIndex(database, Clock())
        _ = client.server
        plex.reset_counts()
        index.refresh(client.server, ())
        assert files_known(index) == 1200
        assert plex.counts().get("list") == 3
