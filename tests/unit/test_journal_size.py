"""The journal stays small: a library of 100,000 scenes, synced fully, is below 250 MiB of it."""

from __future__ import annotations

import os
import random
import string
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.harness import ROOT
from worker.storage.database import open_database
from worker.storage.journal import ROW
from worker.storage.journal_entries import ItemChanges, PictureChange, TagsChange, TextChange, WriteState, WrittenTag
from worker.storage.record import Record

MEBIBYTE = 1024 * 1024
SCENES, ALL_SCENES = 2_000, 100_000

#: What a scene of a well-kept library has: a text of some 120 words, 15 tags, three performers with photos, a cover.
TAGS, PERFORMERS, TEXT = 15, 3, 700


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Record]:
    with closing(open_database(str(tmp_path / "plexsync.db"))) as database:
        yield Record(database, lambda: 2_000_000_000.0)


def first_sync_of(number: int, chance: random.Random) -> ItemChanges:
    """What the first sync of a scene writes."""

    def words(length: int) -> str:
        return "".join(chance.choice(string.ascii_lowercase + "    ") for _ in range(length))

    photo = f"http://192.168.1.5:9999/performer/{number}/image?t=1700000000"
    texts = {"title": 40, "titleSort": 40, "studio": 15, "summary": TEXT, "originallyAvailableAt": 10}
    return ItemChanges(
        f"scene.{number:06d}.1080p",
        {name: TextChange(f"scene.{number}" if name == "title" else "", words(size)) for name, size in texts.items()},
        {
            "genre": TagsChange(added=tuple(WrittenTag(words(12)) for _ in range(TAGS))),
            "actor": TagsChange(added=tuple(WrittenTag(words(14), "", photo) for _ in range(PERFORMERS))),
            "collection": TagsChange(added=(WrittenTag(words(15)),)),
        },
        {"poster": PictureChange("media://" + "a" * 40 + ".jpg", "upload://posters/" + "b" * 40)},
    )


def test_a_hundred_thousand_scenes_take_less_than_250_mebibytes(record: Record, tmp_path: Path) -> None:
    chance = random.Random(1)
    before, counted = size(tmp_path, record), 0
    for start in range(0, SCENES, 50):
        with record.together():
            for number in range(start, start + 50):
                entry = record.intend("4" * 40, str(number), first_sync_of(number, chance))
                record.became([entry], WriteState.ANSWERED)
                record.became([entry], WriteState.CONFIRMED)
    took = size(tmp_path, record) - before
    counted = record.journal_bytes()
    assert took * ALL_SCENES / SCENES < 250 * MEBIBYTE
    assert 0.85 < took / counted < 1.15, f"what is counted is what it takes, {ROW} bytes a row"


def size(folder: Path, record: Record) -> int:
    """How large the file is, with everything written into it."""
    record._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return os.path.getsize(folder / "plexsync.db")


def test_it_is_read_without_the_installed_packages(record: Record, tmp_path: Path) -> None:
    with record.because(record._reason.cause, 7):
        record.intend("server", "1", ItemChanges("T", {"title": TextChange("A", "B")}), WriteState.CONFIRMED)
    script = """
import sqlite3, sys
from worker.storage.journal_reading import entries_of_scene
from worker.storage.journal_words import entry_line
(entry,) = entries_of_scene(sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True), 7, 5)
print(entry_line(entry, entry.at).partition(": ")[2])
"""
    asked = [sys.executable, "-X", "utf8", "-S", "-E", "-c", script, str(tmp_path / "plexsync.db")]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, check=True)
    assert done.stdout.decode().strip() == "title A → B"


def test_what_is_no_entry_is_said_to_be_none() -> None:
    from worker.storage.journal_documents import read_changes

    for text in ("[]", "7", '{"texts": {"title": 1}}', '{"collection": ["sung"]}', "{"):
        with pytest.raises(ValueError, match=r"."):
            read_changes(text)


def test_every_entry_is_read_as_it_was_written() -> None:
    from worker.storage.journal_documents import read_changes, written_down

    chance = random.Random(2)
    for number in range(50):
        changes = first_sync_of(number, chance)
        assert read_changes(written_down(changes)) == changes
