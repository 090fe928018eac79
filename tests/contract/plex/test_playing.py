"""Events as they are, who plays what, and what was played."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from typing import Any

import pytest
import requests
from plexapi.exceptions import BadRequest

from tests.contract.plex.conftest import Connect, Start
from tests.doubles.plex import PlexDouble

#: Every item of these libraries takes half an hour.
LONG = 1_800_000


def events(http: requests.Session, plex: PlexDouble, filters: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and data of what an event stream says. The stream is open when this returns."""
    answer = http.get(plex.url + "/:/eventsource/notifications", params={"filters": filters}, stream=True, timeout=10)
    assert answer.headers["Content-Type"] == "text/event-stream"
    return _read(answer)


def _read(answer: requests.Response) -> Iterator[tuple[str, dict[str, Any]]]:
    name = ""
    with closing(answer):
        for line in answer.iter_lines(chunk_size=1, decode_unicode=True):
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                yield name, json.loads(line.removeprefix("data: "))


# --- events ---------------------------------------------------------------------------------------


def test_a_message_is_one_bare_object(plex: PlexDouble, server: Any, http: requests.Session) -> None:
    stream = events(http, plex, "timeline")
    server.fetchItem(2).editTitle("Told")
    told = [next(stream), next(stream)]
    # What is processed is told twice.
    assert told[0] == told[1]
    name, data = told[0]
    assert (name, list(data)) == ("timeline", ["TimelineEntry"])
    assert (data["TimelineEntry"]["itemID"], data["TimelineEntry"]["state"]) == ("2", 5)


def test_a_ping_comes_each_ten_seconds(plex: PlexDouble, http: requests.Session) -> None:
    stream = events(http, plex, "timeline")
    for _ in range(2):
        plex.advance(10)
        assert next(stream) == ("ping", {})


def test_filters_choose_kinds(plex: PlexDouble, server: Any, http: requests.Session) -> None:
    stream = events(http, plex, "playing")
    server.fetchItem(2).editTitle("Not told")
    plex.play(1, "playing")
    name, data = next(stream)
    assert (name, data["PlaySessionStateNotification"]["ratingKey"]) == ("playing", "1")


def test_playing_tells_its_states_and_no_user(plex: PlexDouble, http: requests.Session) -> None:
    stream = events(http, plex, "playing")
    key = plex.play(
        1,
        "buffering",
        "playing",
        {"state": "paused", "offset": 5000},
        {"state": "stopped", "session": "9"},
        user="Guest",
    )
    told = [next(stream)[1]["PlaySessionStateNotification"] for _ in range(4)]
    assert [row["state"] for row in told] == ["buffering", "playing", "paused", "stopped"]
    assert [row["viewOffset"] for row in told] == [0, 0, 5000, 0]
    # Some servers tell another key at the end.
    assert [row["sessionKey"] for row in told] == [key, key, key, "9"]
    assert not any("user" in name.lower() or "account" in name.lower() for name in told[0])


def test_a_rating_and_a_mark_as_played_are_not_told(plex: PlexDouble, server: Any, http: requests.Session) -> None:
    item = server.fetchItem(1)
    stream = events(http, plex, "playing,timeline")
    item.rate(8)
    item.markPlayed()
    plex.play(2, "playing")
    assert next(stream)[0] == "playing"


# --- sessions -------------------------------------------------------------------------------------


def test_a_session_names_its_user_and_is_gone_when_it_stopped(plex: PlexDouble, server: Any) -> None:
    plex.play(2, {"state": "playing", "offset": 7000}, {"state": "stopped", "at": 60}, user="Guest")
    (session,) = server.sessions()
    assert (session.ratingKey, session.usernames, session.viewOffset) == (2, ["Guest"], 7000)
    assert (session.player.state, session.locations) == ("playing", ["/data/movies/Studio B/second.mp4"])
    plex.advance(61)
    assert server.sessions() == []


def test_what_was_not_played_to_the_end_is_resumed_by_that_user(start: Start, connect: Connect) -> None:
    plex = start(guest_token="G")
    plex.play(1, "playing", {"state": "stopped", "offset": 60_000}, user="Guest")
    assert connect(plex).fetchItem(1).viewOffset == 0
    item = connect(plex, "G").fetchItem(1)
    assert (item.viewOffset, item.isPlayed) == (60_000, False)
    assert [found.ratingKey for found in item.section().search(inProgress=True)] == [1]
    assert connect(plex).history() == []


def test_sessions_are_the_owners(start: Start) -> None:
    plex = start(guest_token="G")
    answer = requests.get(plex.url + "/status/sessions", headers={"X-Plex-Token": "G"}, timeout=5)
    assert answer.status_code == 403


# --- history --------------------------------------------------------------------------------------


def played(plex: PlexDouble, key: int, user: str = "Owner") -> None:
    """Watched to the end, a minute after what was watched before."""
    plex.advance(60)
    plex.play(key, "playing", {"state": "playing", "offset": LONG}, {"state": "stopped", "offset": LONG}, user=user)


def test_a_play_counts_once_at_nine_tenths(plex: PlexDouble, server: Any) -> None:
    offsets = (LONG * 9 // 10 - 1, LONG * 9 // 10, LONG, LONG * 11 // 10)
    steps = [{"state": "playing", "offset": offset, "at": minute * 60} for minute, offset in enumerate(offsets)]
    plex.play(1, *steps, *[{"state": "stopped", "at": 240}] * 3)
    assert server.history() == []
    plex.advance(61)
    assert [row.ratingKey for row in server.history()] == [1]
    plex.advance(180)
    item = server.fetchItem(1)
    assert (item.viewCount, item.viewOffset, item.isPlayed) == (1, 0, True)
    assert [row.ratingKey for row in server.history()] == [1]
    assert item.lastViewedAt == server.history()[0].viewedAt


def test_the_history_of_all_accounts(plex: PlexDouble, server: Any) -> None:
    for key, user in ((1, "Owner"), (2, "Guest"), (50, "Owner")):
        played(plex, key, user)
    rows = server.history()
    assert [(row.ratingKey, row.accountID) for row in rows] == [(50, 1), (2, 2), (1, 1)]
    names = {account.id: account.name for account in server.systemAccounts()}
    assert [names[row.accountID] for row in rows] == ["Owner", "Guest", "Owner"]
    assert [row.ratingKey for row in server.history(accountID=2)] == [2]
    assert [row.ratingKey for row in server.history(librarySectionID=2)] == [50]
    assert [row.ratingKey for row in server.history(ratingKey=1)] == [1]
    assert [row.ratingKey for row in server.history(mindate=rows[1].viewedAt)] == [50, 2]
    assert isinstance(rows[0].viewedAt, datetime)


def test_the_history_comes_in_pages_and_from_the_oldest(plex: PlexDouble, http: requests.Session) -> None:
    for key in (1, 2, 3):
        played(plex, key)
    answer = http.get(
        plex.url + "/status/sessions/history/all?sort=viewedAt:asc",
        headers={"Accept": "application/json", "X-Plex-Container-Start": "1", "X-Plex-Container-Size": "1"},
        timeout=5,
    ).json()["MediaContainer"]
    assert (answer["totalSize"], [row["ratingKey"] for row in answer["Metadata"]]) == (3, ["2"])


def test_a_guest_sees_only_what_it_played(start: Start, connect: Connect) -> None:
    plex = start(guest_token="G")
    played(plex, 1)
    played(plex, 2, "Guest")
    assert [row.ratingKey for row in connect(plex, "G").history()] == [2]


def test_rows_of_deleted_items_name_none(plex: PlexDouble, server: Any) -> None:
    played(plex, 1)
    server.fetchItem(1).delete()
    (row,) = server.history()
    assert (row.title, row.ratingKey, row.source()) == ("First", None, None)


def test_rows_belong_to_a_guid_and_name_the_item_that_has_it_now(plex: PlexDouble, server: Any) -> None:
    """`metadata_item_views` has guid and section, no item."""
    guids = [server.fetchItem(key).guid for key in (1, 2)]
    played(plex, 1)
    url, token = f"{plex.url}/library/metadata", {"X-Plex-Token": plex.token}
    for key, guid, named in ((1, "other://1", []), (2, guids[0], [2]), (1, guids[0], [1])):
        assert requests.put(f"{url}/{key}/match", params={"guid": guid}, headers=token, timeout=5).ok
        assert [row.ratingKey for row in server.history() if row.ratingKey] == named
        assert bool(server.history(ratingKey=key)) is bool(named)


def test_marked_as_played_leaves_no_row(plex: PlexDouble, server: Any) -> None:
    item = server.fetchItem(1).markPlayed().reload()
    assert (item.viewCount, item.lastViewedAt is None) == (1, False)
    assert server.history() == []
    item.markUnplayed().reload()
    assert (item.viewCount, item.lastViewedAt) == (0, None)


# --- by the control API, and what is refused --------------------------------------------------------


def test_playing_by_the_control_api(start: Start, connect: Connect) -> None:
    library = {
        "server": {"accounts": {"1": "Ada", "7": "Bea"}},
        "sections": [{"title": "Movies", "locations": ["/data"], "items": [{"file": "/data/a.mp4"}]}],
    }
    plex = start(library)
    base = plex.url + "/__double__/play"
    steps = ["playing", {"state": "stopped", "offset": LONG, "at": 60}]
    said = requests.post(base, json={"ratingKey": 1, "user": "Bea", "steps": steps}, timeout=5).json()
    (session,) = connect(plex).sessions()
    assert (str(session.sessionKey), session.usernames) == (said["session"], ["Bea"])
    plex.advance(61)
    assert [row.accountID for row in connect(plex).history()] == [7]
    for mistaken in ({"ratingKey": 99, "steps": []}, {"ratingKey": 1, "steps": ["dancing"]},
                     {"ratingKey": 1, "steps": [], "user": "Nobody"}):  # fmt: skip
        assert requests.post(base, json=mistaken, timeout=5).status_code == 400


def test_plex_pass(start: Start, connect: Connect) -> None:
    item = connect(start()).fetchItem(1)
    with pytest.raises(BadRequest, match=r"^\(403\)"):
        item.editEditionTitle("Cut")
    assert item.reload().editionTitle is None
    server = connect(start(plex_pass=True))
    assert server.myPlexSubscription
    assert server.fetchItem(1).editEditionTitle("Cut").reload().editionTitle == "Cut"
