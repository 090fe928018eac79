"""Ratings and plays by account, collections, deletion, split and merge, and what the agent may overwrite."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests
from plexapi.exceptions import BadRequest, NotFound

from tests.contract.plex.conftest import Connect, Start
from tests.doubles.plex import PlexDouble


def test_a_rating_belongs_to_the_account(start: Start, connect: Connect) -> None:
    plex = start(guest_token="guest")
    owner, guest = connect(plex), connect(plex, "guest")
    owner.fetchItem(1).rate(8.0)
    guest.fetchItem(1).rate(3.0)
    assert (owner.fetchItem(1).userRating, guest.fetchItem(1).userRating) == (8.0, 3.0)
    assert plex.item(1)["ratings"] == {1: 8.0, 2: 3.0}
    owner.fetchItem(1).rate()
    assert owner.fetchItem(1).userRating is None


def test_a_rating_locks_nothing_and_moves_no_updated_at(plex: PlexDouble, server: Any) -> None:
    before = plex.item(1)["updatedAt"]
    server.fetchItem(1).rate(8.0)
    assert (plex.item(1)["locked"], plex.item(1)["updatedAt"]) == ([], before)


def test_a_rating_can_be_edited_too(plex: PlexDouble, server: Any) -> None:
    server.fetchItem(1).editUserRating(7.5)
    assert plex.item(1)["userRating"] == 7.5
    server.fetchItem(1).editUserRating(0)
    assert plex.item(1)["userRating"] is None


def test_a_rating_goes_with_the_guid(plex: PlexDouble, server: Any) -> None:
    server.fetchItem(1).rate(8.0)
    server.fetchItem(1).unmatch()
    assert server.fetchItem(1).guid == "local://1"
    assert server.fetchItem(1).userRating is None


def test_plays_are_counted(server: Any) -> None:
    item = server.fetchItem(1)
    item.markPlayed().markPlayed()
    assert item.reload().viewCount == 2
    assert item.lastViewedAt is not None
    item.markUnplayed()
    assert item.reload().viewCount == 0


def test_a_collection_has_a_key_labels_and_a_summary_of_its_own(plex: PlexDouble, server: Any) -> None:
    section = server.library.section("Movies")
    collection = section.createCollection("Made", section.all()[:2])
    assert collection.ratingKey in {entry["ratingKey"] for entry in plex.items()}
    assert {item.ratingKey for item in collection.items()} == {1, 2}
    collection.editSummary("Text").addLabel("Tagged")
    collection.reload()
    assert (collection.summary, [label.tag for label in collection.labels]) == ("Text", ["Tagged"])
    collection.addItems(server.fetchItem(3))
    collection.removeItems(server.fetchItem(1))
    assert [item.ratingKey for item in collection.items()] == [2, 3]
    collection.delete()
    assert "collection" not in plex.item(2)["tags"]


def test_a_title_that_another_collection_has_is_a_409(server: Any) -> None:
    section = server.library.section("Movies")
    collection = section.createCollection("Made", section.all()[:2])
    with pytest.raises(BadRequest, match=r"^\(409\)"):
        collection.editTitle("MY COLL")
    collection.editTitle("Renamed")
    assert {item.ratingKey for item in section.collection("Renamed").items()} == {1, 2}


def test_a_collection_of_a_bad_uri_is_a_400(plex: PlexDouble, http: requests.Session) -> None:
    for uri in ("server://other/com.plexapp.plugins.library/library/metadata/1", "nonsense"):
        answer = http.post(f"{plex.url}/library/collections?sectionId=1&title=C&type=1&smart=0&uri={uri}", timeout=10)
        assert answer.status_code == 400


def test_a_deleted_item_is_gone_with_its_files_and_its_key(plex: PlexDouble, server: Any) -> None:
    highest = max(item["ratingKey"] for item in plex.items())
    server.fetchItem(1).delete()
    with pytest.raises(NotFound):
        server.fetchItem(1)
    assert "/data/movies/Studio A/first.mp4" not in plex.state_dump()["disk"]
    again = plex.add_item(1, "/data/movies/Studio A/first.mp4", 1001)
    assert again["ratingKey"] > highest


def test_versions_are_split_and_merged(plex: PlexDouble, server: Any) -> None:
    server.fetchItem(3).split()
    other = plex.find("/data/movies/third.cd1.mkv")["ratingKey"]
    assert other != 3
    server.fetchItem(3).merge([other])
    assert plex.find("/data/movies/third.cd1.mkv")["ratingKey"] == 3
    with pytest.raises(NotFound):
        server.fetchItem(other)


def test_show_artist_and_photo_sections_hold_no_movies(start: Start, connect: Connect) -> None:
    library = {
        "sections": [
            {
                "title": "Shows",
                "type": "show",
                "locations": ["/tv"],
                "items": [
                    {
                        "title": "A show",
                        "children": [
                            {
                                "title": "Season 1",
                                "type": "season",
                                "index": 1,
                                "children": [
                                    {"title": "Pilot", "type": "episode", "index": 1, "file": "/tv/a.s01e01.mkv"}
                                ],
                            }
                        ],
                    }
                ],
            },
            {"title": "Music", "type": "artist", "items": [{"title": "A band"}]},
            {"title": "Photos", "type": "photo", "items": [{"title": "A photo", "file": "/photos/1.jpg"}]},
        ]
    }
    server = connect(start(library))
    shows, music, photos = server.library.sections()
    assert [section.TYPE for section in (shows, music, photos)] == ["show", "artist", "photo"]
    assert [show.title for show in shows.all()] == ["A show"]
    episode = shows.all(libtype="episode")[0]
    assert (episode.grandparentTitle, episode.parentIndex, episode.locations) == ("A show", 1, ["/tv/a.s01e01.mkv"])
    assert [season.attrib["title"] for season in server.query("/library/metadata/1/children")] == ["Season 1"]
    assert [leaf.title for leaf in shows.all()[0].episodes()] == ["Pilot"]
    assert [season.title for season in shows.searchSeasons()] == ["Season 1"]
    assert [artist.title for artist in music.all()] == ["A band"]
    assert server.query("/library/sections/1/all?type=1").attrib["size"] == "0"


@pytest.mark.parametrize(
    ("agent", "guid"),
    [
        ("com.plexapp.agents.none", r"com\.plexapp\.agents\.none://[0-9a-f]{40}\?lang=xn"),
        ("tv.plex.agents.none", r"tv\.plex\.agents\.none://1"),
        ("tv.plex.agents.movie", r"plex://movie/[0-9a-f]{24}"),
        ("tv.plex.agents.custom.example", r"plex://movie/[0-9a-f]{24}"),
        ("com.plexapp.agents.stash", r"local://1"),
    ],
)
def test_movie_sections_of_every_agent_take_edits(start: Start, connect: Connect, agent: str, guid: str) -> None:
    library = {"sections": [{"title": "M", "agent": agent, "items": [{"file": "/data/a.mp4", "size": 1}]}]}
    server = connect(start(library))
    assert server.library.section("M").agent == agent
    item = server.fetchItem(1)
    item.editTitle("T").editStudio("S")
    item.reload()
    assert (item.title, item.studio) == ("T", "S")

    assert re.fullmatch(guid, item.guid)


def test_a_section_that_is_made_again_has_new_keys(plex: PlexDouble, server: Any) -> None:
    old = server.library.section("Movies")
    query = server.query
    query("/library/sections/1", method=server._session.delete)
    with pytest.raises(NotFound):
        old.all()
    query(
        "/library/sections?name=Movies&type=movie&agent=tv.plex.agents.none&language=xn&location=/data/movies",
        method=server._session.post,
    )
    new = server.library.reload().section("Movies")
    assert new.key == 3
    new.update()
    plex.advance(60)
    assert {item.ratingKey for item in new.all()}.isdisjoint({1, 2, 3})
    query("/library/sections/3?name=Renamed&location=/data/more", method=server._session.put)
    assert (new.reload().title, new.locations) == ("Renamed", ["/data/more"])


def test_an_item_is_found_by_an_external_id(start: Start, connect: Connect) -> None:
    items = [{"title": n, "file": f"/data/{n}.mkv", "guids": [f"imdb://tt{n}"]} for n in ("1", "2")]
    server = connect(start({"sections": [{"title": "M", "agent": "tv.plex.agents.movie", "items": items}]}))
    section = server.library.section("M")
    assert section.getGuid("imdb://tt2").title == "2"
    assert [guid.id for guid in section.all()[0].guids] == ["imdb://tt1"]
    with pytest.raises(NotFound):
        section.getGuid("imdb://tt3")


def test_hub_search_finds_tags_too(server: Any) -> None:
    found = server.search("genre 1", mediatype="genre")
    assert [(tag.tag, tag.count, tag.librarySectionTitle) for tag in found] == [("Genre 1", 1, "Movies")]
    assert [item.ratingKey for item in found[0].items()] == [1]
    assert [tag.tag for tag in server.search("actor 3", mediatype="actor")] == ["Actor 3"]
