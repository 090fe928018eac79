"""A server that is not the one it was: restored, set up anew, with stamps and a clock that moved."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests
from plexapi.exceptions import NotFound

from tests.contract.plex.conftest import Connect, Start
from tests.contract.plex.libraries import numbered
from tests.doubles.plex import PlexDouble

DAY = 86_400


def files(server: Any) -> dict[int, str]:
    """The file behind each rating key, of the section Movies."""
    return {item.ratingKey: item.locations[0] for item in server.library.section("Movies").all()}


@pytest.fixture
def four(start: Start) -> PlexDouble:
    return start(numbered(4))


# --- restored from a backup -----------------------------------------------------------------------


def test_after_a_restore_keys_stand_for_other_files(four: PlexDouble, connect: Connect) -> None:
    server = connect(four)
    before = files(server)
    server.fetchItem(3).editTitle("Edited").rate(8)
    four.restore()
    after = files(server)
    assert set(after) == set(before)
    assert sorted(after.values()) == sorted(before.values())
    assert all(after[key] != before[key] for key in before)
    assert connect(four).machineIdentifier == server.machineIdentifier
    found = next(item for item in server.library.section("Movies").all() if item.locations == [before[3]])
    assert (found.title, found.userRating, found.fields) == ("item.00003", None, [])
    assert all(item.userRating is None for item in server.library.section("Movies").all())


def test_a_restore_keeps_what_the_backup_had(four: PlexDouble, connect: Connect) -> None:
    server = connect(four)
    before = files(server)
    server.fetchItem(2).editTitle("Edited").rate(8)
    requests.post(four.url + "/__double__/restore", json={"kept": 2}, timeout=5)
    after = files(server)
    assert {key: after[key] for key in (1, 2)} == {key: before[key] for key in (1, 2)}
    assert (after[3], after[4]) == (before[4], before[3])
    assert (server.fetchItem(2).title, server.fetchItem(2).userRating) == ("Edited", 8.0)


def test_a_restore_takes_the_counter_of_changes_back(four: PlexDouble, connect: Connect) -> None:
    server = connect(four)

    def counter() -> int:
        return int(server.query("/library/sections")[0].get("contentChangedAt"))

    for number in range(9):
        server.fetchItem(1).editTitle(f"Edited {number}")
    moved = counter()
    section = server.library.section("Movies")
    assert [item.ratingKey for item in section.search(title="Edited 8")] == [1]
    four.restore()
    assert counter() < moved
    assert section.search(title="Edited 8") == []


def test_a_search_after_a_restore_finds_what_is_there_now(four: PlexDouble, connect: Connect) -> None:
    # The counter of changes is the same before and after: each item came once.
    section = connect(four).library.section("Movies")

    def found() -> list[list[str]]:
        return [item.locations for item in section.search(title="item", sort="addedAt")]

    before = found()
    four.restore()
    assert found() == before[::-1]


def test_collections_made_since_the_backup_are_gone(plex: PlexDouble, server: Any) -> None:
    assert [row.title for row in server.library.section("Movies").collections()] == ["My Coll"]
    plex.restore()
    assert server.library.section("Movies").collections() == []


# --- set up anew ----------------------------------------------------------------------------------


def test_set_up_anew_is_another_server_with_the_same_files(plex: PlexDouble, server: Any, connect: Connect) -> None:
    section = server.library.section("Other")
    server.fetchItem(1).editTitle("Edited").rate(8)
    plex.set_up_anew()
    anew = connect(plex)
    assert anew.machineIdentifier != server.machineIdentifier
    assert anew.library.section("Other").uuid != section.uuid
    assert [row.key for row in anew.library.sections()] == [1, 2]
    # Each part is an item of its own now: a fresh scan knows no other.
    assert sorted(files(anew)) == [1, 2, 3, 4, 5]
    assert anew.library.section("Other").all()[0].ratingKey == 6
    assert all(item.userRating is None for item in anew.library.section("Movies").all())
    assert anew.library.section("Movies").search(title="Edited") == []
    with pytest.raises(NotFound):
        anew.fetchItem(50)


def test_set_up_anew_by_the_control_api_takes_edits_and_scans(plex: PlexDouble, connect: Connect) -> None:
    assert requests.post(plex.url + "/__double__/set_up_anew", timeout=5).status_code == 200
    server = connect(plex)
    server.fetchItem(1).editTitle("New").addCollection("C")
    assert [row.title for row in server.library.section("Movies").search(collection="C")] == ["New"]
    plex.add_file(1, "/data/movies/new.mp4", 9)
    server.library.section("Movies").update()
    plex.advance(60)
    assert "/data/movies/new.mp4" in files(server).values()


# --- stamps and the clock -------------------------------------------------------------------------


def stamps(server: Any, key: int) -> tuple[float, float]:
    item = server.fetchItem(key)
    return item.addedAt.timestamp(), item.updatedAt.timestamp()


def test_stamps_of_one_item_in_the_future_and_set_back(four: PlexDouble, connect: Connect) -> None:
    server = connect(four)
    others, before = stamps(server, 1), stamps(server, 2)
    requests.post(four.url + "/__double__/stamps", json={"seconds": 400 * DAY, "ratingKey": 2}, timeout=5)
    assert stamps(server, 2) == (before[0] + 400 * DAY, before[1] + 400 * DAY)
    assert stamps(server, 1) == others
    section = server.library.section("Movies")
    assert section.all(sort="updatedAt:desc")[0].ratingKey == 2
    four.move_stamps(-400 * DAY, 2)
    assert stamps(server, 2) == before


def test_stamps_of_the_whole_server(four: PlexDouble, connect: Connect) -> None:
    server = connect(four)
    before = [stamps(server, key) for key in (1, 2, 3, 4)]
    created = server.library.section("Movies").createdAt.timestamp()
    four.move_stamps(400 * DAY)
    moved = [(added + 400 * DAY, updated + 400 * DAY) for added, updated in before]
    assert [stamps(server, key) for key in (1, 2, 3, 4)] == moved
    assert connect(four).library.section("Movies").createdAt.timestamp() == created + 400 * DAY


def test_a_clock_that_is_set_back_stamps_edits_with_the_past(four: PlexDouble, connect: Connect) -> None:
    server = connect(four)
    four.advance(400 * DAY)
    server.fetchItem(1).editTitle("Future")
    assert stamps(server, 1)[1] > time.time() + 399 * DAY
    four.advance(-800 * DAY)
    server.fetchItem(1).editTitle("Past")
    assert stamps(server, 1)[1] < time.time() - 399 * DAY
    # What lasts a time is not held up by it.
    four.add_file(1, "/data/movies/new.mp4", 9)
    server.library.section("Movies").update()
    four.advance(1)
    assert "/data/movies/new.mp4" in files(server).values()
