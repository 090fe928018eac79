"""Nothing is written to Plex that is not in the journal first, and the journal says what became of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

import worker.items.collection_order
import worker.items.collections
from plex.items import PlexItem
from tests.doubles.stash.model import SceneGroup
from tests.doubles.stash.pictures import Picture, png
from tests.support.collections import asked_for_collections, sync
from tests.support.pairs import Pair
from tests.support.witness import watched_writes
from tests.support.workbench import Workbench, running_workbench
from validation.jobs import UpdateType
from validation.wishes import Action, ActionKind
from worker.items.settling import settle_read_back
from worker.metadata.aftermath import Aftermath
from worker.metadata.memory import ItemMemory
from worker.metadata.shown import Shown
from worker.rounds import AHEAD
from worker.storage.journal_entries import (
    Cause,
    CollectionAction,
    CollectionChange,
    Entry,
    ItemChanges,
    PictureChange,
    TextChange,
    WriteState,
    WrittenTag,
)
from worker.storage.journal_reading import latest_entries, latest_runs
from worker.storage.journal_words import changes_text, entry_line
from worker.storage.wishes import carry_out

Story = Callable[[Workbench], None]


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def workbench(tmp_path: Path) -> Iterator[Workbench]:
    with running_workbench(tmp_path) as made:
        yield made


def entries(workbench: Workbench) -> list[Entry]:
    """All entries, oldest first."""
    return latest_entries(workbench.database, 1000)[::-1]


def item_changes(entry: Entry) -> ItemChanges:
    """What an entry says of an item."""
    assert isinstance(entry.changes, ItemChanges)
    return entry.changes


def actions(workbench: Workbench) -> list[CollectionAction]:
    """What was done about collections."""
    return [one.changes.action for one in entries(workbench) if isinstance(one.changes, CollectionChange)]


# Every way to write ------------------------------------------------------------------------------------------------


def fields(workbench: Workbench) -> None:
    """Texts, tags, a rating, a photo; then others, then nothing."""
    workbench.use(mirror_exactly=True, plex_stash_url="http://stash")
    pair = workbench.pair(title="Own", genres=["Theirs"], actors=["Somebody"])
    everything = {"title": "A", "details": "Long", "studio": "S", "date": "2024-01-02", "rating100": 80}
    pair.in_stash(**everything, tags=["Beach", "Sea"], performers=["Ann", "Bea"])
    pair.sync()
    pair.in_stash(title="B", tags=["Sea"], performers=["Ann"], rating100=None, details="")
    pair.sync()


def covers(workbench: Workbench) -> None:
    """A cover put up, changed, and chosen again; one that is refused; all of it given back."""
    workbench.use(skip_poster=False, sync_background=True, give_back_on_destroy=True)
    pair = workbench.pair(title="Own")
    for cover in (png("one"), png("two"), png("one"), b"GIF" + bytes(20_000_000)):
        pair.in_stash(cover=cover)
        workbench.sync(pair.scene)
        workbench.clock.now += 3600
    with workbench.library.lock:
        del workbench.library.scenes[pair.scene]
    pair.sync(UpdateType.DESTROY)


def collections(workbench: Workbench) -> None:
    """Collections with a picture and an order, which are left again."""
    workbench.use(collection_groups=True, collection_studio=True)
    pairs = [workbench.pair() for _ in range(3)]
    group = workbench.entity("group", "Series")
    group.front_image = Picture(png("series"))
    for place, pair in zip((3, 1, 2), pairs, strict=True):
        with workbench.library.lock:
            workbench.library.scenes[pair.scene].groups = [SceneGroup(group, place)]
        pair.in_stash(studio="S")
        sync(pair)
    for pair in pairs:
        pair.in_stash(studio=None, groups=[])
        sync(pair)
    for pair in pairs:
        sync(pair)


def long_lists(workbench: Workbench) -> None:
    """A list that takes several edits, on whatever server."""
    pair = workbench.pair(genres=["Theirs"])
    pair.in_stash(tags=[f"Tag {number} {'x' * 60}" for number in range(200)])
    pair.sync()
    workbench.clock.now += 60
    workbench.run()


def refusals(workbench: Workbench) -> None:
    """A scene that is refused: another one is written as it is, to see whether Plex takes anything."""
    good, bad = workbench.pair(title="Own"), workbench.pair(title="Own")
    good.in_stash(title="A")
    good.sync()
    bad.in_stash(title="B")
    workbench.plex.inject({"type": "status", "status": 403, "kind": "edit", "count": 1})
    workbench.sync(bad.scene)


STORIES: dict[str, tuple[Story, dict[str, Any]]] = {
    "fields": (fields, {}),
    "fields, tags replaced": (fields, {"tags": "replace"}),
    "covers": (covers, {}),
    "covers that cannot be looked at while they are locked": (covers, {"locked_posters_fail": True}),
    "collections": (collections, {"remove_empty_collections": False}),
    "long lists": (long_lists, {}),
    "long lists, tags replaced": (long_lists, {"tags": "replace"}),
    "refusals": (refusals, {}),
}


@pytest.mark.parametrize("story", STORIES)
def test_nothing_is_written_that_is_not_in_the_journal_first(tmp_path: Path, story: str) -> None:
    tell, switches = STORIES[story]
    with running_workbench(tmp_path, **switches) as workbench, watched_writes(workbench) as watched:
        tell(workbench)
        assert watched.sent
        assert watched.missing == []
        assert {one.state for one in entries(workbench)} & {WriteState.INTENDED} == set()


def test_collections_are_entries_too(tmp_path: Path) -> None:
    with running_workbench(tmp_path, remove_empty_collections=False) as workbench:
        collections(workbench)
        assert set(actions(workbench)) == set(CollectionAction)
        joined = [one for one in entries(workbench) if isinstance(one.changes, ItemChanges)]
        assert {tag.name for tag in item_changes(joined[0]).tags["collection"].added} == {"S", "Series"}
        titles = {one.changes.title for one in entries(workbench) if isinstance(one.changes, CollectionChange)}
        assert titles == {"S", "Series"}, "as Plex spells them"


def collection_writes(workbench: Workbench) -> dict[CollectionAction, set[WriteState]]:
    """What is known of what was done about collections."""
    states: dict[CollectionAction, set[WriteState]] = {}
    for one in entries(workbench):
        if isinstance(one.changes, CollectionChange):
            states.setdefault(one.changes.action, set()).add(one.state)
    return states


def test_the_next_comparison_sees_what_became_of_writes_to_collections(tmp_path: Path) -> None:
    with running_workbench(tmp_path, remove_empty_collections=False) as workbench:
        collections(workbench)
        assert WriteState.ANSWERED in collection_writes(workbench)[CollectionAction.MOVED]
        workbench.plex.reset_counts()
        workbench.reconcile()
        states = collection_writes(workbench)
        # Both collections are gone by now: that they were removed is seen, and no longer how they looked.
        assert states[CollectionAction.REMOVED] == {WriteState.CONFIRMED}
        assert WriteState.ANSWERED not in set().union(*states.values())
        asked = asked_for_collections(workbench)
        assert asked
        workbench.reconcile()
        assert asked_for_collections(workbench) == asked, "nothing is open any more, and nothing is asked"


@pytest.mark.parametrize("after", [False, True], ids=["before it was sent", "after it was done"])
@pytest.mark.parametrize("action", ["upload_picture", "use_custom_order", "move_member", "remove_collection"])
def test_after_a_kill_the_next_comparison_tells_what_became_of_a_write_to_a_collection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, action: str, after: bool
) -> None:
    home = worker.items.collection_order if action in ("use_custom_order", "move_member") else worker.items.collections
    real = getattr(home, action)

    def killed(*given: Any) -> None:
        if after:
            real(*given)
        raise Killed

    with running_workbench(tmp_path, remove_empty_collections=False) as workbench:
        with monkeypatch.context() as patched:
            patched.setattr(home, action, killed)
            with pytest.raises(Killed):
                collections(workbench)
        (cut,) = [one.id for one in entries(workbench) if one.state is WriteState.INTENDED]
        workbench.kill()
        workbench.open()
        workbench.use(collection_groups=True, collection_studio=True)
        workbench.reconcile()
        (state,) = [one.state for one in entries(workbench) if one.id == cut]
        assert state is (WriteState.CONFIRMED if after else WriteState.NOT_MADE)


# What became of it -------------------------------------------------------------------------------------------------


def test_an_entry_says_what_stood_there_and_what_was_written(workbench: Workbench) -> None:
    workbench.use(mirror_exactly=True)
    pair = workbench.pair(title="A", genres=["Sea"])
    pair.by_hand(**{"title.locked": 1})
    pair.in_stash(title="B", tags=["Beach"])
    pair.sync()
    (entry,) = entries(workbench)
    assert (entry.scene, entry.item, entry.cause, entry.state) == (
        pair.scene,
        str(pair.key),
        Cause.HOOK,
        WriteState.CONFIRMED,
    )
    assert item_changes(entry).texts["title"] == TextChange("A", "B", True, True)
    assert item_changes(entry).tags["genre"].added == (WrittenTag("Beach"),)
    assert item_changes(entry).tags["genre"].removed == (WrittenTag("Sea"),)
    assert changes_text(entry.changes) == "title A → B; tags + Beach − Sea"
    assert entry_line(entry, entry.at).endswith(", saved in Stash: title A → B; tags + Beach − Sea")


def test_a_scene_that_is_right_already_leaves_no_entry(workbench: Workbench) -> None:
    pair = workbench.pair(title="A")
    pair.in_stash(title="A")
    pair.sync()
    assert entries(workbench) == []


@pytest.mark.parametrize("after", [False, True], ids=["before it was sent", "after it was done"])
@pytest.mark.parametrize("edited", [False, True], ids=["untouched", "edited by hand"])
def test_after_a_kill_looking_tells_what_became_of_each_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: bool, edited: bool
) -> None:
    with running_workbench(tmp_path) as workbench:
        first, second = workbench.pair(title="Own"), workbench.pair(title="Own")
        for pair in (first, second):
            pair.in_stash(title="From Stash")
        real = PlexItem.edit

        def edit(item: PlexItem, **changes: str | int) -> None:
            if after:
                real(item, **changes)
            raise Killed

        with monkeypatch.context() as patched:
            patched.setattr(PlexItem, "edit", edit)
            with pytest.raises(Killed):
                workbench.sync(first.scene, second.scene)
        assert entries(workbench)[1].state is WriteState.INTENDED
        workbench.kill()
        workbench.open()
        assert [one.state for one in entries(workbench)] == [WriteState.NOT_CONFIRMED, WriteState.NOT_CONFIRMED]
        if edited:
            first.by_hand(**{"title.value": "By hand"})
        workbench.clock.now += 60
        workbench.sync(first.scene, second.scene)
        was = WriteState.DIFFERENT if edited else WriteState.CONFIRMED if after else WriteState.NOT_MADE
        assert [one.state for one in entries(workbench)][:2] == [was, WriteState.NOT_MADE]
        assert {one.state for one in entries(workbench)[2:]} <= {WriteState.CONFIRMED}
        assert second.shown()["title"] == "From Stash"


def test_a_write_that_fails_is_confirmed_by_nothing_but_a_look_at_the_item(workbench: Workbench) -> None:
    pair = workbench.pair(title="Own")
    pair.in_stash(title="New")
    workbench.plex.inject({"type": "status", "status": 500, "kind": "edit", "count": 1})
    workbench.sync(pair.scene)
    assert [one.state for one in entries(workbench)] == [WriteState.NOT_MADE]
    workbench.clock.now += 60
    workbench.run()
    assert [one.state for one in entries(workbench)] == [WriteState.NOT_MADE, WriteState.CONFIRMED]


def ending(workbench: Workbench, how: str) -> Callable[..., None]:
    """An edit of an item that ends so."""
    real = PlexItem.edit

    def edit(item: PlexItem, **changes: str | int) -> None:
        if how == "is killed":
            raise Killed
        if how == "is not answered":
            workbench.plex.advance(1)  # what was written before is shown by now
            workbench.plex.inject({"type": "reset_before", "kind": "edit", "count": 1})
        real(item, **changes)

    return edit


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param({"title": "First"}, {"title": "Second"}, id="a text"),
        pytest.param({"tags": ["A"]}, {"tags": ["A", "B"]}, id="a tag more"),
        pytest.param({"tags": ["A", "B"]}, {"tags": ["A", "B", "C"]}, id="a tag more than some"),
        pytest.param({"tags": []}, {"tags": ["B"]}, id="a tag instead"),
    ],
)
@pytest.mark.parametrize("what", ["is killed", "is not answered", "is shown later"])
def test_a_former_write_that_is_shown_late_is_not_taken_for_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: dict[str, Any], second: dict[str, Any], what: str
) -> None:
    with running_workbench(tmp_path, visibility_delay=60.0) as workbench:

        def pass_time(seconds: float) -> None:
            workbench.plex.advance(seconds)
            workbench.clock.now += seconds
            workbench.run()

        pair = workbench.pair(title="Own")
        pair.in_stash(tags=["Own"])
        pair.sync()
        pass_time(61)
        known = len(entries(workbench))
        pair.in_stash(**first)
        pair.sync()
        workbench.plex.advance(59)
        assert entries(workbench)[known].state is WriteState.ANSWERED
        pair.in_stash(**second)
        with monkeypatch.context() as patched:
            patched.setattr(PlexItem, "edit", ending(workbench, what))
            with pytest.raises(Killed) if what == "is killed" else nullcontext():
                workbench.sync(pair.scene)
        if what == "is killed":
            workbench.kill()
            workbench.open()
        workbench.plex.advance(1)
        for _ in range(3):
            pass_time(31)
        workbench.reconcile(everything=True)
        pass_time(61)
        states = [one.state for one in entries(workbench)[known:]]
        was = WriteState.CONFIRMED if what == "is shown later" else WriteState.NOT_MADE
        assert states[:2] == [WriteState.CONFIRMED, was]
        assert set(states[2:]) <= {WriteState.CONFIRMED}


def test_an_answered_write_is_not_confirmed_by_a_look_after_the_next_one_failed(tmp_path: Path) -> None:
    with running_workbench(tmp_path, visibility_delay=60.0) as workbench:
        pair = workbench.pair(title="Own")
        for title in ("First", "Second"):
            pair.in_stash(title=title)
            workbench.sync(pair.scene)
            workbench.plex.inject({"type": "reset_before", "kind": "edit", "count": 1})
        assert pair.shown()["title"] == "Own"
        assert entries(workbench)[0].state is WriteState.ANSWERED


@pytest.mark.parametrize("wanted", [{"title": "New"}, {"tags": ["A"]}, {"title": "New", "tags": ["A"]}])
def test_a_write_that_was_not_answered_and_is_shown_late_was_made_and_can_be_taken_back(
    tmp_path: Path, wanted: dict[str, Any]
) -> None:
    """A request that Plex was busy for until we had given it up is carried out all the same."""
    with running_workbench(tmp_path, visibility_delay=20.0) as workbench:
        pair = workbench.pair(title="Own")
        pair.in_stash(**wanted)
        workbench.plex.inject({"type": "reset_after", "kind": "edit", "count": 1})
        workbench.sync(pair.scene)
        assert (pair.shown()["title"], pair.tags("genre")) == ("Own", [])
        workbench.plex.advance(21)
        workbench.clock.now += 60
        workbench.run()
        assert (pair.shown()["title"], pair.tags("genre")) == (wanted.get("title", "Own"), wanted.get("tags", []))
        (entry,) = entries(workbench)
        assert entry.state is WriteState.CONFIRMED
        carry_out(Action(kind=ActionKind.UNDO, scenes=None, run=entry.run), workbench.queue, workbench.record)
        workbench.run()
        workbench.plex.advance(21)
        assert (pair.shown()["title"], pair.tags("genre")) == ("Own", [])


def test_what_is_not_begun_leaves_no_entry(workbench: Workbench) -> None:
    """Those that were handed over to be sent may have been begun by then; no others."""
    pairs = [workbench.pair(title="Own") for _ in range(3 * AHEAD)]
    for pair in pairs:
        pair.in_stash(title="New")
        workbench.queue.add(pair.scene, UpdateType.UPDATE)
    workbench.worker.run_due(lambda: workbench.plex.counts().get("edit", 0) > 0)
    sent = workbench.plex.counts()["edit"]
    assert sent < 2 * AHEAD
    assert [one.scene for one in entries(workbench)] == [pair.scene for pair in pairs[:sent]]


# Runs, age and size ------------------------------------------------------------------------------------------------


def test_what_is_written_until_nothing_waits_is_one_run(workbench: Workbench) -> None:
    pairs = [workbench.pair(title="Own") for _ in range(60)]
    for pair in pairs:
        pair.in_stash(title="New")
    workbench.sync(*(pair.scene for pair in pairs))
    pairs[0].in_stash(title="Newer")
    pairs[0].sync()
    assert [(one.cause, one.entries) for one in latest_runs(workbench.database, 5)] == [
        (Cause.HOOK, 1),
        (Cause.HOOK, 60),
    ]


def many_entries(workbench: Workbench, many: int, size: int) -> None:
    """So many confirmed entries, each with a summary of so many characters."""
    changes = ItemChanges("T", {"summary": TextChange("", "x" * size)})
    with workbench.record.together():
        for number in range(many):
            workbench.record.intend("server", str(number), changes, WriteState.CONFIRMED)


def test_the_oldest_go_when_it_grows_too_large_and_what_is_open_stays(workbench: Workbench) -> None:
    still_open = workbench.record.intend("server", "0", ItemChanges("T"))
    many_entries(workbench, 3000, 1000)
    size = workbench.record.journal_bytes()
    newest = entries(workbench)[-1].id
    workbench.record.prune(365, 2)
    assert size > 3 * 1024 * 1024
    assert 1024 * 1024 < workbench.record.journal_bytes() <= 2 * 1024 * 1024
    left = [number for (number,) in workbench.database.execute("SELECT id FROM journal ORDER BY id")]
    assert left[0] == still_open
    assert left[1:] == list(range(left[1], newest + 1)), "the newest are there"
    (counted,) = workbench.database.execute("SELECT sum(bytes) FROM journal_runs").fetchone()
    assert counted == workbench.record.journal_bytes()


@pytest.mark.parametrize("wrong", [0.0, 86400.0 * 365 * 45], ids=["1970", "a firmware's first day"])
def test_what_was_written_while_the_clock_was_set_back_is_as_old_as_what_was_written_before(
    workbench: Workbench, wrong: float
) -> None:
    many_entries(workbench, 3, 10)
    right, workbench.clock.now = workbench.clock.now, wrong
    many_entries(workbench, 2, 10)
    still_open = workbench.record.intend("server", "0", ItemChanges("T"))
    workbench.record.prune(365, 250)
    workbench.clock.now = right + 60
    workbench.record.prune(365, 250)
    assert still_open in [one.id for one in entries(workbench)]
    assert len(entries(workbench)) == 6
    workbench.clock.now = right + 366 * 86400
    workbench.record.prune(365, 250)
    assert entries(workbench) == []


def test_what_was_written_while_the_clock_was_ahead_keeps_nothing_older(workbench: Workbench) -> None:
    many_entries(workbench, 3, 10)
    right = workbench.clock.now
    workbench.clock.now = right + 3650 * 86400
    ahead = workbench.record.intend("server", "0", ItemChanges("T"))
    workbench.clock.now = right + 366 * 86400
    workbench.record.prune(365, 250)
    assert [one.id for one in entries(workbench)] == [ahead]


def test_what_is_older_than_a_year_goes_and_what_stood_in_plex_first_stays(workbench: Workbench) -> None:
    workbench.use(give_back_on_destroy=True)
    pair = workbench.pair(title="Own", genres=["Theirs"])
    pair.in_stash(title="From Stash", tags=["Mine"])
    pair.sync()
    workbench.record.intend("server", "an item that is gone", ItemChanges("T"), WriteState.ANSWERED)
    workbench.clock.now += 366 * 86400
    other = workbench.pair(title="Own")
    other.in_stash(title="Later")
    other.sync()
    assert [one.scene for one in entries(workbench)] == [other.scene]
    with workbench.library.lock:
        del workbench.library.scenes[pair.scene]
    pair.sync(UpdateType.DESTROY)
    assert pair.shown()["title"] == "Own"
    assert pair.tags("genre") == ["Theirs"]


def test_nobody_else_may_read_it(pair_workbench: Path) -> None:
    assert pair_workbench.stat().st_mode & 0o077 == 0


@pytest.fixture
def pair_workbench(workbench: Workbench) -> Path:
    """The file that the journal is in."""
    pair = workbench.pair(title="Own")
    pair.in_stash(title="New")
    Pair.sync(pair)
    return Path(workbench.data.database)


def test_a_picture_that_a_later_one_replaced_before_it_was_seen_is_said_to_be_superseded(workbench: Workbench) -> None:
    record, shown = workbench.record, Shown("1", texts={"title": "By hand"})
    first = record.intend("server", "1", ItemChanges("T", {}, {}, {"poster": PictureChange("own", "one")}))
    edited = ItemChanges("T", {"title": TextChange("T", "Ours")}, {}, {"poster": PictureChange("own", "two")})
    mixed = record.intend("server", "1", edited)
    last = record.intend("server", "1", ItemChanges("T", {}, {}, {"poster": PictureChange("two", "three")}))
    record.became([first, last], WriteState.ANSWERED)
    record.became([mixed], WriteState.NOT_CONFIRMED)
    seen = Aftermath(ItemMemory(), frozenset(), frozenset(), frozenset(), {"poster": "three"}, is_whole=True)
    settle_read_back(record, "server", shown, seen, is_last=True)
    found = {entry.id: entry.state for entry in entries(workbench)}
    assert found[last] is WriteState.CONFIRMED
    assert found[first] is WriteState.SUPERSEDED
    assert found[mixed] is WriteState.DIFFERENT, "the title is another one, which nothing later wrote"
    (entry,) = [one for one in entries(workbench) if one.id == first]
    assert entry_line(entry, entry.at).endswith(" (a later write took its place)")
