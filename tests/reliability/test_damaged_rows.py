"""One damaged row, in whichever table, harms only itself: whatever stands in any of its columns, another scene is sent,
both libraries are compared, others are taken back, the page and the tasks answer, and nothing is taken from Plex.

SQLite finds the file in order: what is damaged is a value. The columns come from the schema itself.
"""

from __future__ import annotations

import json
import logging
import shutil
import sqlite3
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from plex.index_tables import make_tables
from reconciliation.chores import UsualChores
from reconciliation.preview import preview
from stash.beat import read_beat
from tests.support.clock import Clock
from tests.support.pairs import Pair
from tests.support.watching import Watching, watching
from validation.jobs import Job, UpdateType
from validation.outcomes import Ended
from worker.metadata.memory import Held
from worker.operations import entry
from worker.storage.capabilities import Capability, FieldState
from worker.storage.database import open_in_memory
from worker.storage.facts import Fact
from worker.storage.jobqueue import FILE, JobQueue
from worker.storage.journal_entries import ReturnKind
from worker.storage.ownership import Owned
from worker.storage.record import Record
from worker.storage.returned import PlexNews, ReturnState
from worker.storage.to_undo import Chosen
from worker.storage.undo_wishes import take_back_writes
from worker.tasks.history import history
from worker.tasks.questions.undoing import foresee
from worker.tasks.status import status
from worker.tasks.undo import give_everything_back
from worker.timing import Timing

SETTINGS: dict[str, Any] = {
    "mirror_exactly": True,
    "keep_plex_edits": True,
    "collection_studio": True,
    "ratings_from_plex": True,
    "journal_days": 3650,  # each case takes days of the clock that all of them share
}

#: By what kind of column it is: what may stand there. Bytes that are a text, but no UTF-8, are given as a list.
JSON: list[object] = ["{", "[[]]", '{"texts":{"title":{"written":[5]}}}', [b'{"texts":{}}\xff'], b"\xff", 5]
TEXT: list[object] = ["odd", [b"odd\xff"]]
NUMBER: list[object] = ["odd", b"\xff"]

#: The number of the scene, item or collection a row is of: with another one there, it is another one's.
ANOTHERS = {("held_fields", "scene")}

STATES = ("parked", "left_out", "kept", "not_shown", "refused", "held", "waiting")
LOOKS: list[dict[str, object]] = [{"overview": {}}, {"history": {}}, {"returns": {}}]
LOOKS += [{"scenes": {"state": state}} for state in STATES]


@dataclass(frozen=True)
class Column:
    table: str
    name: str
    type: str
    place_in_key: int

    @property
    def damages(self) -> list[object]:
        """What may stand there: not in a number by which SQLite finds a row, which can be nothing else."""
        if (self.table, self.name) in ANOTHERS or (
            self.type == "INTEGER" and self.place_in_key and self.table in ROWIDS
        ):
            return []
        return JSON if self.name == "content" and self.table != "outcomes" else TEXT if self.type == "TEXT" else NUMBER


def columns(made: Callable[[], sqlite3.Connection]) -> dict[str, list[Column]]:
    """Those of each table, by the schema."""
    with closing(made()) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            table: [
                Column(table, name, kind, key)
                for _, name, kind, _, _, key in database.execute(f"PRAGMA table_info({table})")
            ]
            for table in tables
            if not table.startswith("sqlite_")
        }


def index_in_memory() -> sqlite3.Connection:
    made = sqlite3.connect(":memory:")
    make_tables(made)
    return made


COLUMNS, INDEX = columns(open_in_memory), columns(index_in_memory)
ROWIDS = {table for table, found in COLUMNS.items() if sum(one.place_in_key > 0 for one in found) == 1}


@dataclass
class Library:
    """``damaged``: whose rows are; ``held``: a scene of which a field is held; ``other`` is sent, ``undone`` taken
    back."""

    room: Watching
    damaged: Pair
    held: Pair
    other: Pair
    undone: Pair
    run: int
    folder: Path
    chores: UsualChores

    @property
    def stays(self) -> list[Any]:
        """What may not change by any damage: in Plex, and what Stash has from there."""
        scenes = self.room.workbench.library.scenes
        return [
            ({**pair.shown(), "updatedAt": 0, "lastViewedAt": 0}, list(scenes[pair.scene].play_history))
            for pair in (self.damaged, self.held)
        ]

    def restore(self, harm: Callable[[sqlite3.Connection], object]) -> None:
        """All as it was once made, but for what is harmed."""
        bench = self.room.workbench
        self.room.returns.close()
        bench.kill()
        shutil.rmtree(bench.data.root)
        shutil.copytree(self.folder, bench.data.root)
        self.other.in_stash(title="Other")
        for pair, title in ((self.other, "Other"), (self.undone, "Undone")):
            pair.by_hand(**{"title.value": title, "title.locked": 1})
        with closing(sqlite3.connect(bench.data.database)) as database, database:
            harm(database)
        self.room.clock.now += 1
        bench.open()
        self.room.returns = self.room._made()
        self.chores = UsualChores(Timing(), bench.clock, lambda: 0.5)


def damage(database: sqlite3.Connection, column: Column, value: object, pair: Pair) -> None:
    """Put a value into the row of a pair, or into the first of a table that has none of one."""
    database.execute("PRAGMA ignore_check_constraints=ON")
    names = [one.name for one in COLUMNS[column.table]]
    keys = [one.name for one in COLUMNS[column.table] if one.place_in_key] or ["rowid"]
    whose = "1"
    if "scene" in names and column.table not in ("parked", "holds", "held_fields", "to_undo"):
        whose = f"scene = {pair.scene}"
    elif "item" in names and column.table != "to_undo":
        whose = f"item = '{pair.key}'"
    elif "memory" in names:
        whose = f"memory IN (SELECT id FROM memories WHERE scene = {pair.scene})"
    first = f"SELECT {', '.join(keys)} FROM {column.table} WHERE {whose} ORDER BY 1 DESC LIMIT 1"
    given, what = spelled(value)
    query = f"UPDATE {column.table} SET {column.name} = {given} WHERE ({', '.join(keys)}) = ({first})"
    assert database.execute(query, (what,)).rowcount == 1, column


def spelled(value: object) -> tuple[str, object]:
    """How a value is given to SQLite."""
    return ("CAST(? AS TEXT)", value[0]) if isinstance(value, list) else ("?", value)


def fill(room: Watching) -> Library:
    """Something in every table."""
    bench = room.workbench
    pairs = [room.workbench.pair(title="Own", summary="Theirs", genres=["Theirs"], duration=60_000) for _ in range(5)]
    damaged, held, other, undone, parked = pairs
    for pair, title in zip(pairs[:4], ("Damaged", "Held", "Other", "Own"), strict=True):
        pair.in_stash(title=title, details="Ours", tags=["A", "B"], studio="S", rating100=80)
    room.work()
    bench.sync(*(pair.scene for pair in pairs[:4]))
    settle(room)
    damaged.by_hand(**{"summary.value": "By hand", "summary.locked": 1})
    bench.sync(damaged.scene)
    undone.in_stash(title="Undone")
    bench.sync(undone.scene)
    settle(room)
    run = int(bench.database.execute("SELECT max(run) FROM journal WHERE scene = ?", (undone.scene,)).fetchone()[0])
    record, machine = bench.record, str(bench.worker.plex_client.server.machineIdentifier)
    record.hold(held.scene, Held(fields=("title",), reason="by you"))
    held.in_stash(title="Not to be sent")
    bench.sync(held.scene)
    settle(room)
    record.park(Job(scene_id=parked.scene), "for a reason", Ended.PARKED)
    record.set_capability(Capability(machine, "studio", FieldState.MISSED, 1))
    record.set_capability(Capability(machine, "tagline", FieldState.LEFT_OUT, 3))
    record.take_up({damaged.scene: "2024-01-01T00:00:00Z"})
    room.tell(damaged, "playing", 1.0)
    room.work()
    item = str(damaged.key)
    for kind, state in ((ReturnKind.PLAY, ReturnState.DONE), (ReturnKind.POSITION, ReturnState.DONE)):
        number = record.note_return(PlexNews(kind, damaged.scene, machine, item, f"{kind.value} 1", 1000))
        assert number is not None
        record.became_return([number], state)
    record.ended("A task", "went well")
    with bench.database:
        for table, found in COLUMNS.items():
            if not bench.database.execute(f"SELECT EXISTS (SELECT 1 FROM {table})").fetchone()[0]:
                values = [damaged.scene if one.name == "scene" else 1 if one.type != "TEXT" else item for one in found]
                marks = ", ".join("?" * len(values))
                bench.database.execute(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", values)
    folder = Path(bench.data.root).with_name("as it was")
    bench.worker.close()
    bench.kill()
    shutil.copytree(bench.data.root, folder)
    bench.open()
    return Library(room, damaged, held, other, undone, run, folder, UsualChores(Timing(), bench.clock))


def settle(room: Watching) -> None:
    for _ in range(3):
        room.workbench.run()
        room.clock.now += 40


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with (
        watching(tmp_path_factory.mktemp("damaged") / "data", **SETTINGS) as room,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(entry, "act", lambda *_: None)  # a look that finds something waiting starts a worker beside ours
        yield fill(room)


@pytest.mark.parametrize("table", COLUMNS)
def test_a_damaged_row_harms_only_itself(
    library: Library, table: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = []
    for column in COLUMNS[table] if table != "facts" else ():
        for value in column.damages:
            harm = partial(damage, column=column, value=value, pair=library.damaged)
            wrong += tried(library, column, value, harm, caplog, capsys)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("table", INDEX)
def test_a_damaged_row_of_the_list_of_files_harms_nothing(
    library: Library, table: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    def harm(_: sqlite3.Connection) -> None:
        with closing(sqlite3.connect(library.room.workbench.data.index)) as database, database:
            given, what = spelled(value)
            database.execute(f"UPDATE OR REPLACE {table} SET {column.name} = {given}", (what,))

    wrong = []
    for column in INDEX[table]:
        for value in column.damages:
            wrong += tried(library, column, value, harm, caplog, capsys)
    assert not wrong, "\n".join(wrong)


def tried(
    library: Library,
    column: Column,
    value: object,
    harm: Callable[[sqlite3.Connection], object],
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> list[str]:
    """What went wrong, and where; mostly nothing."""
    caplog.clear()
    before = library.stays
    try:
        library.restore(harm)
        everything_goes_on(library, value, caplog, capsys)
        assert library.stays == before, "changed by it"
    except Exception as error:  # noqa: BLE001 - each is told
        at = traceback.extract_tb(error.__traceback__)[-1]
        what = f"{type(error).__name__} {error!s:.200} ({Path(at.filename).name}:{at.lineno})"
        return [f"{column.table}.{column.name} = {value!r}: {what}"]
    return []


def everything_goes_on(
    library: Library, value: object, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    room, bench = library.room, library.room.workbench
    # The page and the tasks that only look.
    capsys.readouterr()
    looks: list[dict[str, object]] = [{"scene": {"id": library.damaged.scene}}, *LOOKS]
    for look in looks:
        assert entry.perform({"operation": "look", "at": look}, None, bench.data) == 0, capsys.readouterr().out
        json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    settings = {**SETTINGS, "plays_from_plex": True, "skip_poster": True}
    with caplog.at_level(logging.INFO):
        for task in (status, history, give_everything_back, preview):
            bench.task(task, settings)
    assert foresee(bench.record.chosen(Chosen(library.run)), bench.worker.undoing())["items"]
    # What comes back from Plex.
    room.returns = room._made()
    room.clock.now += 100
    room.work()
    # Another scene is sent, and both libraries are compared, by the pass and by the pulse.
    library.other.in_stash(title=f"Sent beside {value!r}")
    bench.queue.add(library.other.scene, UpdateType.UPDATE)
    bench.queue.add(library.damaged.scene, UpdateType.UPDATE)
    bench.queue.add(library.held.scene, UpdateType.UPDATE)
    settle(room)
    assert library.other.shown()["title"] == f"Sent beside {value!r}"
    bench.reconcile()
    owned = Owned(bench.queue, bench.record, bench.index)
    library.chores.hear(read_beat(bench.client), owned, bench.worker)
    for _ in range(2):  # the first settles when the comparison is due
        library.chores.idle(owned, bench.worker)
        bench.clock.now += 26 * 3600
    settle(room)
    # Another one is taken back.
    take_back_writes(bench.record, bench.queue, lambda: bench.record.chosen(Chosen(library.run)))
    settle(room)
    assert library.undone.shown()["title"] == "Own"
    assert bench.record.count_to_undo() == 0


@pytest.mark.parametrize("fact", [Fact.RECONCILE_AT, Fact.POSTPONED, Fact.PULSE_BEGINS, Fact.TRIED_AGAIN])
@pytest.mark.parametrize("value", ["odd", "nan", "inf", "-1e999", b"\xff"])
def test_a_fact_that_is_no_number_harms_nothing(
    library: Library,
    fact: Fact,
    value: str | bytes,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = library.stays
    row = (fact.value, value)
    library.restore(lambda database: database.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", row))
    everything_goes_on(library, value, caplog, capsys)
    assert library.stays == before
    assert fact is not Fact.RECONCILE_AT or library.room.workbench.record.number(fact) is not None, "it is mended"


def test_a_scene_whose_memory_is_damaged_is_parked_with_its_reason_and_begun_anew_by_overwriting(
    library: Library,
) -> None:
    before, pair, bench = library.stays, library.damaged, library.room.workbench
    query = "UPDATE memories SET content = '{' WHERE scene = ?"
    library.restore(lambda database: database.execute(query, (pair.scene,)))
    for kind in (UpdateType.UPDATE, UpdateType.RECONCILE, UpdateType.UPDATE):
        bench.sync(pair.scene, kind=kind)
        assert "plexsync.db, table memories" in bench.parked()[pair.scene]
    assert library.stays == before
    bench.sync(pair.scene, kind=UpdateType.OVERWRITE)
    settle(library.room)
    assert bench.parked().keys() == {5}
    assert pair.shown()["summary"] == "Ours"
    pair.in_stash(details="Anew")
    bench.sync(pair.scene)
    assert bench.parked().keys() == {5}
    assert pair.shown()["summary"] == "Anew"


def test_a_transaction_that_fails_beside_what_was_gathered_takes_nothing_of_that_with_it() -> None:
    with closing(open_in_memory()) as database:
        record = Record(database, lambda: 1.0)

        def beside() -> None:
            with record.together():
                record.release(2)
                raise ValueError("a row is damaged")

        with record.gathered(lambda: None):
            record.hold(1, Held(whole=True))
            record.hold(2, Held(whole=True))
            with pytest.raises(ValueError, match="damaged"):
                beside()
        database.rollback()
        assert [one.scene_id for one in record.held_scenes()] == [1, 2]


@pytest.mark.parametrize("status", [3, 4, 6, 8, -1, "odd", b"\xff", None])
def test_a_job_of_a_status_that_there_is_not_is_taken(tmp_path: Path, status: object) -> None:
    with closing(JobQueue(str(tmp_path), Clock())) as queue:
        queue.add(1, UpdateType.UPDATE)
        queue.add(2, UpdateType.UPDATE)
    with closing(sqlite3.connect(tmp_path / FILE)) as database, database:
        database.execute("UPDATE ack_queue_default SET status = ? WHERE _id = 1", (status,))
    with closing(JobQueue(str(tmp_path), Clock())) as queue:
        assert sorted(one.job.scene_id for one in queue.claim(10)) == [1, 2]


@pytest.mark.parametrize(
    "data", ["{", "[]", '{"scene_id":"odd"}', '{"scene_id":7}', b"\xff", [b'{"scene_id":1,"\xff"}']]
)
def test_a_job_that_is_damaged_once_it_is_known_is_a_comparison_of_its_scene(tmp_path: Path, data: object) -> None:
    with closing(JobQueue(str(tmp_path), Clock())) as queue:
        queue.add(1, UpdateType.UPDATE)
        queue.add(2, UpdateType.UPDATE)
        given, what = spelled(data)
        with closing(sqlite3.connect(tmp_path / FILE)) as database, database:
            database.execute(f"UPDATE ack_queue_default SET data = {given} WHERE _id = 1", (what,))
        claimed = queue.claim(10)
        assert {one.job.scene_id: one.job.update_type for one in claimed} == {
            1: UpdateType.RECONCILE,
            2: UpdateType.UPDATE,
        }
        for one in claimed:
            queue.done(one)
        assert len(queue) == 0
