"""What an agent writes when it refreshes an item: everything that is not locked."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.plex.conftest import Connect, Start
from tests.doubles.plex import PlexDouble

FILM: dict[str, Any] = {
    "title": "The Film", "file": "/data/film.2001.mp4", "ratingKey": 1, "genres": ["Drama"], "labels": ["Mine"],
    "agent": {"summary": "What the agent knows.", "studio": "Agent Studio", "originallyAvailableAt": "2001-02-03",
              "year": 2001, "genres": ["Drama", "War"], "actors": [{"tag": "Ada", "role": "Host"}],
              "poster": "the agent's"},
}  # fmt: skip
LIBRARY = {
    "sections": [
        {"title": "Films", "agent": "tv.plex.agents.movie", "locations": ["/data"], "items": [
            FILM, {"title": "Other", "file": "/data/other.mp4", "ratingKey": 2}]},
        {"title": "Clips", "locations": ["/clips"], "items": [{"file": "/clips/a.mp4", "ratingKey": 3}]},
    ]
}  # fmt: skip


@pytest.fixture
def plex(start: Start) -> PlexDouble:
    return start(LIBRARY, scan_delay=0)


def refreshed(server: Any, key: int) -> Any:
    server.fetchItem(key).refresh()
    return server.fetchItem(key)


def unlocked(server: Any, key: int, **values: object) -> Any:
    """Edits without locks, as a program sends them that does not know better."""
    item = server.fetchItem(key)
    item.edit(**{f"{name}.value": value for name, value in values.items()})
    return item


def test_every_unlocked_field_is_written_again(plex: PlexDouble, server: Any) -> None:
    unlocked(server, 1, title="Pushed", summary="Pushed", studio="Pushed", tagline="Pushed", titleSort="Pushed")
    item = refreshed(server, 1)
    # The title is the agent's, not the name of the file; what the agent does not know is gone.
    assert (item.title, item.titleSort, item.tagline) == ("The Film", "Film", None)
    assert (item.summary, item.studio, item.year) == ("What the agent knows.", "Agent Studio", 2001)
    assert item.originallyAvailableAt.isoformat()[:10] == "2001-02-03"


def test_what_is_locked_stays(plex: PlexDouble, server: Any) -> None:
    server.fetchItem(1).editTitle("Pushed").editSummary("Mine").addGenre("Mine")
    item = refreshed(server, 1)
    assert (item.title, item.summary) == ("Pushed", "Mine")
    assert [tag.tag for tag in item.genres] == ["Drama", "Mine"]
    assert item.studio == "Agent Studio"


def test_unlocked_tags_are_the_agents_and_labels_are_nobodys_but_the_owners(plex: PlexDouble, server: Any) -> None:
    server.fetchItem(1).addGenre("Pushed", locked=False).addDirector("Pushed", locked=False)
    item = refreshed(server, 1)
    assert [tag.tag for tag in item.genres] == ["Drama", "War"]
    assert item.directors == []
    assert [(role.tag, role.role) for role in item.roles] == [("Ada", "Host")]
    assert [label.tag for label in item.labels] == ["Mine"]


def test_an_unlocked_picture_gives_way(plex: PlexDouble, server: Any) -> None:
    item = server.fetchItem(1)
    server.query("/library/metadata/1/posters", method=server._session.post, data=b"\xff\xd8\xffmine")
    item.refresh()
    assert [p.ratingKey[:9] for p in item.posters() if p.selected] == ["upload://"]
    item.unlockPoster()
    item.refresh()
    assert [p.ratingKey[:11] for p in item.posters() if p.selected] == ["metadata://"]
    assert any(p.ratingKey.startswith("upload://") for p in item.posters())


def test_the_agent_none_writes_nothing(plex: PlexDouble, server: Any) -> None:
    unlocked(server, 3, title="Pushed")
    server.fetchItem(3).refresh()
    assert server.fetchItem(3).title == "Pushed"


def test_force_refreshes_every_item_of_the_section(plex: PlexDouble, server: Any) -> None:
    section = server.library.section("Films")
    for key in (1, 2):
        unlocked(server, key, title="Pushed")
    section.update()
    assert {item.title for item in section.all()} == {"Pushed"}
    section.refresh()
    assert {item.title for item in section.all()} == {"The Film", "Other"}


def test_a_title_that_the_agent_does_not_know_is_the_files(start: Start, connect: Connect) -> None:
    film = {**FILM, "agent": {"title": None}}
    server = connect(start({"sections": [{**LIBRARY["sections"][0], "items": [film]}]}))
    assert refreshed(server, 1).title == "film.2001"


def test_a_file_that_a_scan_finds_is_looked_up(plex: PlexDouble, server: Any) -> None:
    plex.add_file(1, "/data/new.mp4", 9, agent={"title": "Known", "summary": "Looked up."})
    server.library.section("Films").update()
    item = server.fetchItem(plex.find("/data/new.mp4")["ratingKey"])
    assert (item.title, item.summary) == ("Known", "Looked up.")


def test_a_key_that_is_unknown_is_named(start: Start) -> None:
    with pytest.raises(ValueError, match="labels"):
        start({"sections": [{"title": "F", "agent": "tv.plex.agents.movie", "items": [
            {"file": "/a.mp4", "agent": {"labels": ["x"]}}]}]})  # fmt: skip
