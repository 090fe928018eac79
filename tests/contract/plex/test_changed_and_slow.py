"""A server that keeps something else than it was given, shows it late, or takes long to write it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import plexapi.exceptions
import pytest

from tests.contract.plex.conftest import Connect, Start
from tests.doubles.plex import PlexDouble
from tests.support.harness import eventually


def item_of(start: Start, connect: Connect, **switches: Any) -> Any:
    return connect(start(**switches)).fetchItem(2)


# --- something else -------------------------------------------------------------------------------


def test_dates_a_day_early(start: Start, connect: Connect) -> None:
    item = item_of(start, connect, dates_a_day_early=True)
    item.editOriginallyAvailable("2020-01-01").reload()
    assert (item.originallyAvailableAt.isoformat()[:10], item.year) == ("2019-12-31", 2019)
    assert item.editOriginallyAvailable("").reload().originallyAvailableAt is None


def test_fold_texts(start: Start, connect: Connect) -> None:
    item = item_of(start, connect, fold_texts=True)
    item.editSummary(" Two\n\nlines  here ").addGenre(" A  B ").reload()
    assert (item.summary, [tag.tag for tag in item.genres]) == ("Two lines here", ["A B"])


def test_cut_texts(start: Start, connect: Connect) -> None:
    item = item_of(start, connect, cut_texts=5)
    item.editTitle("Long title").addLabel("Labelled").reload()
    assert (item.title, [tag.tag for tag in item.labels]) == ("Long ", ["Label"])


def test_drop_characters(start: Start, connect: Connect) -> None:
    item = item_of(start, connect, drop_characters="🎬#")
    item.editTitle("A 🎬 film").addGenre("#1").addGenre("🎬").reload()
    assert (item.title, [tag.tag for tag in item.genres]) == ("A  film", ["1"])


def test_rename_tag(start: Start, connect: Connect) -> None:
    item = item_of(start, connect, rename_tag="Sci-Fi=Science Fiction")
    item.addGenre(["sci-fi", "Drama"]).addCollection("Sci-Fi").reload()
    assert [tag.tag for tag in item.genres] == ["Science Fiction", "Drama"]
    assert [tag.tag for tag in item.collections] == ["Science Fiction"]
    made = item._server.library.section("Movies").createCollection("SCI-FI", item)
    assert made.title == "Science Fiction"


# --- late -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("delay", [0.3, 2, 30])
def test_edits_of_fields_tags_and_locks_are_seen_late(start: Start, connect: Connect, delay: float) -> None:
    plex = start(visibility_delay=delay + 600)
    item = connect(plex).fetchItem(2)
    item.editTitle("Later").addGenre("Later").reload()
    assert (item.title, item.genres, item.fields) == ("second", [], [])
    plex.advance(600)
    plex.advance(delay)
    item.reload()
    assert (item.title, [tag.tag for tag in item.genres]) == ("Later", ["Later"])
    assert {field.name for field in item.fields} == {"title", "genre"}


# --- slow -----------------------------------------------------------------------------------------


def in_background(plex: PlexDouble, call: Callable[[], object]) -> threading.Thread:
    """Send a write from another thread; it has arrived when this returns."""
    before = sum(request.write for request in plex.requests)
    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    eventually(lambda: sum(request.write for request in plex.requests) > before)
    return thread


def slow(start: Start) -> PlexDouble:
    """Tags take long, fields do not, as recorded, but for the numbers."""
    return start(tag_write_seconds=2000.0, field_write_seconds=0.05)


def test_a_write_of_tags_is_held_while_others_are_answered(start: Start, connect: Connect) -> None:
    plex = slow(start)
    item, other = connect(plex).fetchItem(2), connect(plex).fetchItem(3)
    for one in (item, other):
        one.section()
    held = in_background(plex, lambda: item.addGenre("Slow"))
    assert other.editTitle("Quick").reload().title == "Quick"
    assert connect(plex).fetchItem(2).genres == []
    assert held.is_alive()
    plex.advance(2000)
    held.join(30)
    assert [tag.tag for tag in connect(plex).fetchItem(2).genres] == ["Slow"]


def test_collections_take_as_long(start: Start, connect: Connect) -> None:
    plex = slow(start)
    server = connect(plex)
    section = server.library.section("Movies")
    collection, items = section.collection("My Coll"), [server.fetchItem(2)]
    for call in (
        lambda: section.createCollection("New", items),
        lambda: collection.addItems(items),
        lambda: collection.removeItems(items),
        lambda: collection.delete(),
    ):
        held = in_background(plex, call)
        assert plex.requests[-1].status is None
        plex.advance(2000)
        held.join(30)
        assert plex.requests[-1].status == 200


def test_slow_writes_queue(start: Start, connect: Connect) -> None:
    plex = start(slow_writes_queue=True, tag_write_seconds=2000.0, field_write_seconds=0.05)
    items = [connect(plex).fetchItem(key) for key in (2, 3, 50)]
    for item in items:
        item.section()
    held = in_background(plex, lambda: items[0].addGenre("Slow"))
    behind = in_background(plex, lambda: items[1].editTitle("Behind"))
    assert items[2].editTitle("Another section").reload().title == "Another section"
    assert connect(plex).fetchItem(3).title == "Third"
    assert behind.is_alive()
    plex.advance(2000)
    held.join(30)
    behind.join(30)
    assert connect(plex).fetchItem(3).title == "Behind"


def test_a_server_that_answers_nothing_during_a_slow_write(start: Start, connect: Connect) -> None:
    plex = start(slow_writes_block=True, tag_write_seconds=2000.0)
    server = connect(plex)
    item = server.fetchItem(2)
    item.section()
    held = in_background(plex, lambda: item.addGenre("Slow"))
    seen: list[str] = []
    reading = threading.Thread(target=lambda: seen.append(connect(plex).fetchItem(3).title), daemon=True)
    reading.start()
    reading.join(0.2)
    assert not seen
    plex.advance(2000)
    held.join(30)
    reading.join(30)
    assert seen == ["Third"]


def test_an_edit_of_many_items_takes_as_long_as_one_of_one(start: Start, connect: Connect) -> None:
    plex = start(tag_write_seconds=20.0, field_write_seconds=0.05)
    passed: list[float] = []
    plex.pass_time(passed.append)
    section = connect(plex).library.section("Movies")
    section.multiEdit(section.all(), **{"genre[0].tag.tag": "X", "genre.locked": 1})
    section.all()[0].editTitle("Quick")
    assert passed == [20.0, 0.05]
    assert plex.tag_writes == 1
    assert ["X" in plex.item(key)["tags"]["genre"] for key in (1, 2, 3)] == [True] * 3


def test_an_edit_of_many_items_replaces_their_tags_on_a_server_that_replaces(start: Start, connect: Connect) -> None:
    plex = start(tags="replace")
    section = connect(plex).library.section("Movies")
    section.multiEdit(section.all(), **{"genre[0].tag.tag": "X"})
    assert [plex.item(key)["tags"]["genre"] for key in (1, 2, 3)] == [["X"]] * 3


def test_a_client_that_gave_up_finds_it_written_later(start: Start, connect: Connect) -> None:
    plex = slow(start)
    item = connect(plex, timeout=0.2).fetchItem(2)
    item.section()
    with pytest.raises(OSError, match="timed out"):
        item.addGenre("Slow")
    assert connect(plex).fetchItem(2).genres == []
    plex.advance(2000)
    eventually(lambda: connect(plex).fetchItem(2).genres)


def test_a_server_that_stops_writes_nothing_more(start: Start, connect: Connect) -> None:
    plex = slow(start)
    item = connect(plex).fetchItem(2)
    item.section()

    def add() -> None:
        # The connection ends, or the server that is about to stop still says that it does not serve any more.
        with pytest.raises((OSError, plexapi.exceptions.BadRequest)):
            item.addGenre("Slow")

    held = in_background(plex, add)
    plex.stop()
    held.join(30)
    plex.start()
    plex.advance(2000)
    assert connect(plex).fetchItem(2).genres == []
