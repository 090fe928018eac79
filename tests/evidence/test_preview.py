"""A preview says what Sync All Scenes would do, by the same rules, and does nothing of it: not in Plex, and not in what
PlexSync keeps."""

from __future__ import annotations

import io
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from reconciliation.preview import preview
from stash.protocol import Progress
from tests.doubles.stash.model import Scene, VideoFile
from tests.doubles.stash.pictures import png
from tests.support.pairs import Pair, listed
from tests.support.workbench import MEDIA, Workbench, running_workbench
from validation.errors import ConfigurationError, PermanentError
from validation.jobs import UpdateType
from validation.outcomes import Ended
from worker.logs import SecretsFilter
from worker.metadata.memory import Held
from worker.storage.jobqueue import FILE
from worker.storage.journal_documents import written_down
from worker.storage.journal_entries import ItemChanges
from worker.storage.plan_reading import Document, read_plans
from worker.storage.undo_wishes import take_back_everything
from worker.tasks.context import TaskContext
from worker.timing import Timing

#: What may appear in the data folder: the log, and the report.
OURS = {"plexsync-tasks.log", "preview.jsonl"}


@pytest.fixture
def workbench(tmp_path: Path) -> Iterator[Workbench]:
    with running_workbench(tmp_path) as made:
        made.use(collection_studio=True)
        yield made


def look(workbench: Workbench, **arguments: object) -> str:
    """Run the task in this process, beside the worker that owns everything; its last line."""
    context = TaskContext(
        workbench.client,
        workbench.worker.config,
        workbench.data,
        Timing(),
        SecretsFilter(),
        arguments,
        Progress(io.StringIO()),
    )
    workbench.plex.reset_counts()
    line = preview(context, workbench.clock)
    assert workbench.plex.counts()["writes"] == 0
    assert not [one for one in workbench.plex.requests if one.path.endswith("/refresh")], "Plex was asked to scan"
    return line


def rows(workbench: Workbench, **chosen: Any) -> dict[int, Document]:
    """The report, by scene."""
    page = read_plans(workbench.data.preview, 0, 10_000, **chosen)
    assert page.next is None
    return {int(str(row["scene"])): row for row in page.rows}


def item_of(workbench: Workbench, pair: Pair) -> dict[str, Any]:
    """What the report says of a scene's one item."""
    items: Any = rows(workbench)[pair.scene]["items"]
    (item,) = items
    return dict(item)


def summary(workbench: Workbench) -> Document:
    found = read_plans(workbench.data.preview, 0, 1).summary
    assert found is not None
    return found


def everything_kept(workbench: Workbench) -> dict[str, list[Any]]:
    """The rows of all tables, and the names of all files."""
    found: dict[str, list[Any]] = {}
    data = workbench.data
    for path in (data.database, data.index, os.path.join(data.queue, FILE)):
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1").fetchall()
            for (name,) in names:
                found[f"{path} {name}"] = sorted(connection.execute(f"SELECT * FROM {name}").fetchall(), key=repr)
    files = [os.path.relpath(os.path.join(at, one), data.root) for at, _, some in os.walk(data.root) for one in some]
    found["files"] = sorted(set(files) - OURS)
    return found


class Mixed(NamedTuple):
    """Scenes of every kind that a plan can tell apart; ``lost``: the number of one whose file Plex does not have."""

    old: Pair
    edited: Pair
    gone: Pair
    right: Pair
    new: Pair
    lost: int


def mixed(workbench: Workbench) -> Mixed:
    """All but ``new`` and ``lost`` were sent before."""
    old, edited, gone, right = (workbench.pair(title="Plex's own", genres=["Old"]) for _ in range(4))
    for pair in (old, edited, gone, right):
        pair.in_stash(title=f"Title {pair.scene}", tags=["Beach"], studio="Harbour", performers=["Ann"])
    workbench.sync(*(pair.scene for pair in (old, edited, gone, right)))
    old.in_stash(title="New", tags=["Sea"], studio="Other", rating100=80)
    edited.by_hand(**{"title.value": "By a person", "type": 1})
    new = workbench.pair()
    new.in_stash(title="Never sent", details="x" * 5000, studio="Harbour", cover=png("cover"))
    lost = only_in_stash(workbench)
    with workbench.library.lock:
        del workbench.library.scenes[gone.scene]
    workbench.clock.now += 60
    return Mixed(old, edited, gone, right, new, lost)


def only_in_stash(workbench: Workbench) -> int:
    """A scene whose file Plex does not have."""
    library = workbench.library
    number, now = library.new_id("scene", library.scenes), library.clock.now()
    file = VideoFile(library.new_id("file", library.files), f"{MEDIA}/folder/lost.mp4", 77, 60.0, now, now, now)
    with library.lock:
        library.add_scene(Scene(number, now, now, files=[file]))
    return number


def test_it_says_what_would_be_done_and_what_not(workbench: Workbench) -> None:
    old, edited, gone, right, new, lost = mixed(workbench)
    line = look(workbench)
    assert line.startswith("Preview, nothing was written: 6 scenes: 1 already right, 3 to be updated, 1 not in Plex")
    found = rows(workbench)
    assert {scene: row["ended"] for scene, row in found.items()} == {
        old.scene: "to update",
        edited.scene: "to update",
        new.scene: "to update",
        gone.scene: "gone",
        lost: "missing",
    }
    item = item_of(workbench, old)
    assert item["changes"]["texts"]["title"][:2] == [f"Title {old.scene}", "New"]
    assert (item["changes"]["tags"]["genre"]["+"], item["changes"]["tags"]["genre"]["-"]) == (["Sea"], ["Beach"])
    assert (item["made"], item["left"], item.get("joined")) == (["Other"], ["Harbour"], None)
    item = item_of(workbench, edited)
    assert item["edited"] == ["title"]
    item = item_of(workbench, new)
    assert (item["joined"], item.get("made")) == (["Harbour"], None)
    assert len(item["changes"]["texts"]["summary"][1]) <= 500
    assert "not in Plex yet" in str(found[lost]["why"])
    assert right.scene not in found
    told = summary(workbench)
    assert told["edited"] == 1
    assert {one["name"]: one["scenes"] for one in told["fields"]}["title"] == 3  # type: ignore[attr-defined]


def test_nothing_is_kept_of_it(workbench: Workbench) -> None:
    workbench.use(
        collection_studio=True,
        give_back_on_destroy=True,
        plex_scan_missing=True,
        skip_poster=False,
    )
    mixed(workbench)
    parked = workbench.pair()
    workbench.queue.add(parked.scene, UpdateType.UPDATE)
    (claimed,) = workbench.queue.claim(1)
    workbench.record.park(claimed.job, "for a test", Ended.PARKED)
    workbench.queue.done(claimed)
    before = everything_kept(workbench)
    shown = _shown(workbench)
    for arguments in ({}, {"covers": "true"}, {"scene_ids": f"{parked.scene}"}):
        look(workbench, **arguments)
        assert everything_kept(workbench) == before, arguments
    assert _shown(workbench) == shown
    assert os.stat(workbench.data.preview).st_mode & 0o077 == 0


def _shown(workbench: Workbench) -> list[dict[str, Any]]:
    """All that Plex shows, but for the stills that it makes when it is asked for its pictures."""
    return [{name: one for name, one in item.items() if name != "posters"} for item in workbench.plex.items()]


def test_it_says_exactly_what_the_sync_then_does(workbench: Workbench) -> None:
    workbench.use(collection_studio=True, give_back_on_destroy=True, skip_poster=False)
    mixed(workbench)
    look(workbench, covers="true")
    foreseen = {
        (scene, str(item["item"])): item["changes"]
        for scene, row in rows(workbench).items()
        for item in row.get("items", ())  # type: ignore[attr-defined]
        if item.get("changes")
    }
    known = workbench.database.execute("SELECT coalesce(max(id), 0) FROM journal").fetchone()[0]
    workbench.reconcile(everything=True)
    done = {
        (scene, item): _shortened(json.loads(content))
        for scene, item, content in workbench.database.execute(
            "SELECT scene, item, content FROM journal WHERE id > ? ORDER BY id DESC", (known,)
        )
        if '"collection":["' not in content
    }
    assert foreseen
    assert {key: _without_title(one) for key, one in foreseen.items()} == {
        key: _without_title(one) for key, one in done.items()
    }


def _shortened(changes: dict[str, Any]) -> dict[str, Any]:
    for values in changes.get("texts", {}).values():
        values[:2] = [text if len(text) <= 500 else f"{text[:499]}…" for text in values[:2]]
    return changes


def _without_title(changes: dict[str, Any]) -> dict[str, Any]:
    return {name: one for name, one in changes.items() if name != "title"}


def test_edits_that_are_kept_are_told_apart(workbench: Workbench) -> None:
    pair = workbench.pair(title="Plex's own")
    pair.in_stash(title="Stash's", tags=["Beach"])
    pair.sync()
    pair.by_hand(**{"title.value": "By a person", "genre[].tag.tag-": "Beach", **listed("genre", [])})
    workbench.use(keep_plex_edits=True)
    assert "Edits made in Plex were kept in 1 of them." in look(workbench)
    item = item_of(workbench, pair)
    assert set(item["kept"]) == {"title", "tags"}
    assert "changes" not in item or not item["changes"].get("texts")
    workbench.use(keep_plex_edits=False)
    look(workbench)
    item = item_of(workbench, pair)
    assert set(item["edited"]) == {"title", "genre"}


def test_what_a_person_locked_before_the_first_write_is_an_edit_too(workbench: Workbench) -> None:
    pair = workbench.pair()
    pair.by_hand(**{"title.value": "By a person", "title.locked": 1, **listed("genre", ["Mine"]), "genre.locked": 1})
    pair.in_stash(title="Stash's", tags=["Beach"], details="Text")
    look(workbench)
    assert set(item_of(workbench, pair)["edited"]) == {"title", "genre"}


def test_covers_are_compared_only_when_asked(workbench: Workbench) -> None:
    workbench.use(skip_poster=False)
    pair = workbench.pair()
    pair.in_stash(title="T", cover=png("cover"))
    look(workbench)
    assert summary(workbench)["covers_to_compare"] == 1
    assert rows(workbench, field="poster") == {}
    look(workbench, covers="true")
    assert summary(workbench)["covers_to_compare"] == 0
    assert list(rows(workbench, field="poster")) == [pair.scene]


def test_only_some_scenes(workbench: Workbench) -> None:
    first, second = workbench.pair(), workbench.pair()
    first.in_stash(title="One")
    second.in_stash(title="Two")
    assert look(workbench, scene_ids=str(second.scene)).startswith("Preview, nothing was written: 1 scene: 1 to be")
    assert list(rows(workbench)) == [second.scene]
    with pytest.raises(PermanentError, match='"twelve" is no scene number'):
        look(workbench, scene_ids="twelve")
    with pytest.raises(PermanentError, match='"perhaps" is not understood'):
        look(workbench, covers="perhaps")


def test_a_preview_that_cannot_be_finished_leaves_the_last_one(workbench: Workbench) -> None:
    workbench.pair().in_stash(title="One")
    look(workbench)
    before, kept = Path(workbench.data.preview).read_bytes(), everything_kept(workbench)
    workbench.use(plex_token="")
    with pytest.raises(ConfigurationError, match="Plex token"):
        look(workbench)
    assert Path(workbench.data.preview).read_bytes() == before
    assert everything_kept(workbench) == kept


def test_pages_of_the_report_follow_each_other(workbench: Workbench) -> None:
    pairs = [workbench.pair() for _ in range(7)]
    for pair in pairs:
        pair.in_stash(title=f"Title {pair.scene}")
    look(workbench)
    found, start, pages = [], 0, 0
    while True:
        page = read_plans(workbench.data.preview, start, 3)
        found += [row["scene"] for row in page.rows]
        pages += 1
        if page.next is None:
            break
        start = page.next
    assert set(found) == {pair.scene for pair in pairs}
    assert len(found) == len(pairs)
    assert pages == 3


def test_what_is_held_is_told_with_its_reason(workbench: Workbench) -> None:
    whole, partly = workbench.pair(), workbench.pair()
    for pair in (whole, partly):
        pair.in_stash(title=f"Title {pair.scene}")
    workbench.record.hold(whole.scene, Held(whole=True, reason="taken back"))
    workbench.record.hold(partly.scene, Held(fields=("title",), reason="taken back"))
    assert "2 held" in look(workbench)
    found = rows(workbench)
    assert {scene: (row["ended"], row["why"]) for scene, row in found.items()} == {
        whole.scene: ("held", "taken back"),
        partly.scene: ("held", "taken back: title"),
    }


def test_what_is_still_to_be_taken_back_is_left_to_the_worker(workbench: Workbench) -> None:
    pair = workbench.pair(title="Plex's own")
    pair.in_stash(title="Stash's")
    pair.sync()
    machine = str(workbench.worker.plex_client.server.machineIdentifier)
    take_back_everything(workbench.record, machine)
    before = everything_kept(workbench)
    look(workbench)
    assert everything_kept(workbench) == before
    assert pair.shown()["title"] == "Stash's"
    workbench.run()
    assert pair.shown()["title"] == "Plex's own"


def test_no_token_is_in_it(workbench: Workbench) -> None:
    mixed(workbench)
    look(workbench, covers="true")
    assert workbench.plex.token.encode() not in Path(workbench.data.preview).read_bytes()
    assert written_down(ItemChanges()) == "{}"
