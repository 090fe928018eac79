"""Files come and go on disk; Plex learns of it by a scan, and not at once."""

from __future__ import annotations

from typing import Any

import pytest
from plexapi.exceptions import NotFound

from tests.contract.plex.conftest import Connect, Start
from tests.doubles.plex import PlexDouble

NEW = "/data/movies/Studio A/new one.mp4"
SECOND = "/data/movies/Studio B/second.mp4"


def movies(server: Any) -> Any:
    return server.library.section("Movies")


def titles(server: Any) -> list[str]:
    return [item.title for item in movies(server).all()]


@pytest.fixture
def plex(start: Start) -> PlexDouble:
    """A scan takes ten seconds of the double's clock, so that nothing here depends on the machine."""
    return start(scan_delay=10)


def test_a_new_file_is_not_there_until_a_scan_has_ended(plex: PlexDouble, server: Any) -> None:
    plex.add_file(1, NEW, 77)
    assert "new one" not in titles(server)
    movies(server).update()
    assert "new one" not in titles(server)
    plex.advance(11)
    assert "new one" in titles(server)
    found = plex.find(NEW)
    assert (found["title"], found["media"][0][0]["size"], found["ratingKey"]) == ("new one", 77, 52)


def test_a_running_scan_shows_in_the_section_and_in_activities(plex: PlexDouble, server: Any) -> None:
    section = movies(server)
    before = plex.state_dump()["sections"][0]["contentChangedAt"]
    scanned = server.query("/library/sections")[0].attrib["scannedAt"]
    section.update()
    assert section.reload().refreshing
    assert [activity.type for activity in server.activities] == ["library.update.section"]
    plex.advance(11)
    row = server.query("/library/sections")[0].attrib
    assert row["refreshing"] == "0"
    assert int(row["scannedAt"]) > int(scanned)
    # Nothing was new, so only the times moved.
    assert int(row["contentChangedAt"]) == before
    assert server.activities == []


def test_scans_run_one_after_the_other(plex: PlexDouble, server: Any) -> None:
    plex.add_file(1, NEW, 77)
    movies(server).update(path="/data/more")
    movies(server).update(path="/data/movies")
    plex.advance(11)
    assert "new one" not in titles(server)
    plex.advance(10)
    assert "new one" in titles(server)


def test_a_scan_of_a_folder_looks_nowhere_else(plex: PlexDouble, server: Any) -> None:
    plex.add_file(1, NEW, 77)
    plex.add_file(1, "/data/movies/Studio B/other.mp4", 78)
    movies(server).update(path="/data/movies/Studio B")
    plex.advance(11)
    assert "other" in titles(server)
    assert "new one" not in titles(server)


def test_a_path_outside_every_location_is_skipped_with_a_200(plex: PlexDouble, server: Any) -> None:
    plex.add_file(1, NEW, 77)
    movies(server).update(path="/data")
    movies(server).update(path="/data/moviesque")
    assert plex.counts()["scan"] == 2
    assert server.activities == []
    plex.advance(60)
    assert "new one" not in titles(server)


def test_post_scans_and_delete_cancels(plex: PlexDouble, server: Any) -> None:
    plex.add_file(1, NEW, 77)
    address = "/library/sections/1/refresh"
    server.query(address, method=server._session.post)
    server.query(address, method=server._session.delete)
    plex.advance(11)
    assert "new one" not in titles(server)
    server.query(address, method=server._session.post)
    plex.advance(11)
    assert "new one" in titles(server)


def test_a_file_that_is_no_video_or_in_no_location_never_becomes_an_item(plex: PlexDouble, server: Any) -> None:
    plex.add_file(1, "/data/movies/cover.jpg", 1)
    plex.add_file(1, "/elsewhere/film.mp4", 1)
    movies(server).update()
    plex.advance(11)
    assert len(titles(server)) == 3


def test_a_missing_file_makes_an_item_deleted_but_listed(plex: PlexDouble, server: Any) -> None:
    updated = plex.item(2)["updatedAt"]
    plex.remove_file(SECOND)
    assert movies(server).search(trash=True) == []
    movies(server).update()
    plex.advance(11)
    assert "second" in titles(server)
    assert [item.ratingKey for item in movies(server).search(trash=True)] == [2]
    assert server.fetchItem(2)._data.get("deletedAt") is not None
    assert plex.item(2)["updatedAt"] > updated
    movies(server).emptyTrash()
    assert "second" not in titles(server)
    with pytest.raises(NotFound):
        server.fetchItem(2)


def test_a_file_that_comes_back_brings_its_item_back(plex: PlexDouble, server: Any) -> None:
    server.fetchItem(2).editTitle("Edited")
    plex.remove_file(SECOND)
    movies(server).update()
    plex.advance(11)
    plex.add_file(1, SECOND, 1002)
    movies(server).update()
    plex.advance(11)
    item = server.fetchItem(2)
    assert (item.title, item._data.get("deletedAt")) == ("Edited", None)


def test_only_the_part_goes_when_another_version_stays(plex: PlexDouble, server: Any) -> None:
    plex.remove_file("/data/movies/third.720.mp4")
    movies(server).update()
    plex.advance(11)
    assert plex.item(3)["deletedAt"] is None
    assert server.fetchItem(3).media[0].parts[0]._data.get("deletedAt") is not None
    movies(server).emptyTrash()
    assert len(server.fetchItem(3).media) == 1


def test_availability_is_told_only_when_asked_for(plex: PlexDouble, server: Any) -> None:
    plex.remove_file(SECOND)
    assert server.query("/library/metadata/2").find(".//Part").get("accessible") is None
    part = server.query("/library/metadata/2?checkFiles=1").find(".//Part")
    assert (part.get("accessible"), part.get("exists")) == ("0", "0")


def test_edits_survive_a_scan(plex: PlexDouble, server: Any) -> None:
    server.fetchItem(1).editTitle("Edited").addGenre("New")
    before = plex.item(1)
    movies(server).update()
    plex.advance(11)
    assert plex.item(1) == before


def test_a_moved_file_stays_the_same_item(plex: PlexDouble, server: Any) -> None:
    moved = "/data/more/renamed.mp4"
    plex.move_file(SECOND, moved)
    movies(server).update()
    plex.advance(11)
    assert plex.find(moved)["ratingKey"] == 2
    assert plex.item(2)["deletedAt"] is None


# --- switches -------------------------------------------------------------------------------------


def test_moved_file_keeps_key(start: Start, connect: Connect) -> None:
    plex = start(scan_delay=0, moved_file_keeps_key=False)
    plex.move_file(SECOND, "/data/more/renamed.mp4")
    movies(connect(plex)).update()
    assert plex.find("/data/more/renamed.mp4")["ratingKey"] != 2
    assert plex.item(2)["deletedAt"] is not None


def test_scan_delay(start: Start, connect: Connect) -> None:
    plex = start(scan_delay=0)
    plex.add_file(1, NEW, 77)
    server = connect(plex)
    movies(server).update()
    assert "new one" in titles(server)


def test_auto_empty_trash(start: Start, connect: Connect) -> None:
    plex = start(scan_delay=0, auto_empty_trash=True)
    plex.remove_file(SECOND)
    server = connect(plex)
    movies(server).update()
    assert "second" not in titles(server)


def test_analysis_delay(start: Start, connect: Connect) -> None:
    plex = start(scan_delay=0, analysis_delay=10)
    plex.add_file(1, NEW, 77)
    server = connect(plex)
    movies(server).update()
    item = next(item for item in movies(server).all() if item.title == "new one")
    assert (item.media, item.updatedAt) == ([], None)
    assert item.addedAt is not None
    plex.advance(11)
    item.reload()
    assert item.locations == [NEW]
    assert item.updatedAt is not None


def test_remove_empty_collections(start: Start, connect: Connect) -> None:
    for removes in (True, False):
        plex = start(remove_empty_collections=removes)
        server = connect(plex)
        server.fetchItem(1).removeCollection("My Coll")
        assert [c.title for c in movies(server).collections()] == ([] if removes else ["My Coll"])


def test_media_deletion(start: Start, connect: Connect) -> None:
    plex = start(media_deletion=False)
    server = connect(plex)
    assert not server.allowMediaDeletion
    with pytest.raises(Exception, match=r"^\(403\)"):
        server.fetchItem(1).delete()
    assert plex.item(1)["title"] == "First"
