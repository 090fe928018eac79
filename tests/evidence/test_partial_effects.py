"""What a request wrote is remembered whatever fails after it: only what was not written stays open."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plex.items import PlexItem
from tests.doubles.stash.pictures import png
from tests.support.pairs import Pair
from tests.support.workbench import running_workbench

NGINX = 8192

#: What fails after the edit, with Plex's switches, our settings, what Stash has, and a fault.
FAILURES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any], dict[str, Any] | None]] = {
    "a poster that is refused": ({"poster_limit": 100}, {"skip_poster": False}, {"cover": png("x")}, None),
    "a summary that is too long": ({"max_url": NGINX}, {}, {"details": "x" * 20_000}, None),
    "a rating that is refused": ({}, {}, {"rating100": 80}, {"type": "status", "status": 500, "kind": "rate"}),
    "a rating without an answer": ({}, {}, {"rating100": 80}, {"type": "reset_before", "kind": "rate"}),
}


@pytest.fixture(params=FAILURES)
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pair]:
    """A scene whose title, studio and tags were written before something failed."""
    switches, settings, stash, fault = FAILURES[request.param]
    with running_workbench(tmp_path, **switches) as workbench:
        workbench.use(**settings, keep_plex_edits=True)
        pair = workbench.pair(genres=["Theirs"], studio="Own")
        pair.in_stash(title="From Stash", studio="S", tags=["A", "B"], **stash)
        if fault:
            workbench.plex.inject({**fault, "count": None})
        workbench.sync(pair.scene)
        assert workbench.parked() or workbench.waiting()
        assert pair.shown()["title"] == "From Stash"
        yield pair


def test_edits_by_hand_of_what_was_written_are_kept(pair: Pair) -> None:
    pair.by_hand(**{"title.value": "By hand", "title.locked": 1, "genre[].tag.tag-": "A"})
    pair.workbench.clock.now += 3600
    pair.in_stash(studio="New")
    pair.workbench.sync(pair.scene)
    shown = pair.shown()
    assert (shown["title"], shown["studio"], sorted(pair.tags("genre"))) == ("By hand", "New", ["B", "Theirs"])


def test_what_a_person_wrote_is_not_blanked_when_stash_is_emptied(pair: Pair) -> None:
    pair.by_hand(**{"title.value": "By hand", "title.locked": 1})
    pair.workbench.clock.now += 3600
    pair.in_stash(title="", studio=None, tags=[])
    pair.workbench.sync(pair.scene)
    shown = pair.shown()
    assert (shown["title"], shown["studio"], pair.tags("genre")) == ("By hand", "Own", ["Theirs"])


def test_what_was_written_is_not_written_again(pair: Pair) -> None:
    pair.workbench.clock.now += 3600
    pair.workbench.sync(pair.scene)
    assert not [line for line in pair.writes() if "title" in line or "genre" in line]


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("after", [False, True], ids=["before it was sent", "after it was done"])
@pytest.mark.parametrize("edited", [False, True], ids=["untouched", "edited by hand"])
@pytest.mark.parametrize("emptied", [False, True], ids=["as it was in Stash", "emptied in Stash"])
def test_after_a_kill_within_an_edit_looking_tells_whether_it_happened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: bool, edited: bool, emptied: bool
) -> None:
    with running_workbench(tmp_path) as workbench:
        workbench.use(keep_plex_edits=True)
        pair = workbench.pair(title="Own", genres=["Theirs"])
        pair.in_stash(title="First", tags=["A", "B"])
        pair.sync()
        pair.in_stash(title="Second", tags=["B", "C"])
        with monkeypatch.context() as patched:
            patched.setattr(PlexItem, "edit", _killing(after))
            with pytest.raises(Killed):
                workbench.sync(pair.scene)
        workbench.kill()
        workbench.open()
        workbench.use(keep_plex_edits=True)
        if edited:
            pair.by_hand(**{"title.value": "By hand", "title.locked": 1})
        if emptied:
            pair.in_stash(title="", tags=[])
        workbench.clock.now += 3600
        workbench.sync(pair.scene)
        expected = ("Own", ["Theirs"]) if emptied else ("Second", ["B", "C", "Theirs"])
        assert sorted(pair.tags("genre")) == expected[1]
        assert pair.shown()["title"] == ("By hand" if edited else expected[0])
        workbench.sync(pair.scene)
        assert pair.writes() == []


def _killing(after: bool) -> Any:
    real = PlexItem.edit

    def edit(item: PlexItem, **changes: str | int) -> None:
        if after:
            real(item, **changes)
        raise Killed

    return edit


def test_a_write_costs_one_commit_before_it_and_none_of_its_own_after(
    tmp_path: Path,
) -> None:
    with running_workbench(tmp_path) as workbench:
        pairs = [workbench.pair() for _ in range(20)]
        for pair in pairs:
            pair.in_stash(title=f"T{pair.key}", tags=["A"])
        statements: list[str] = []
        workbench.database.set_trace_callback(statements.append)
        workbench.sync(*(pair.scene for pair in pairs))
        workbench.database.set_trace_callback(None)
        commits = [one for one in statements if one.startswith("COMMIT")]
        assert len(commits) <= len(pairs) + 4, "the batch's, and that of its reading back"
