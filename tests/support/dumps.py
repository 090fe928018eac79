"""A record of PlexSync 1.0.0, made by that version's own code."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.support.harness import ROOT
from worker.metadata.item_files import ItemFile

DUMP = ROOT / "tests" / "unit" / "databases" / "version_1.sql"
ONE, TWO = "server-one", "server-two"


def file(scene: int) -> ItemFile:
    """The file of one of its scenes."""
    return ItemFile.of(f"/media/library/folder/scene.{scene:04d}.mp4", 1000 + scene)


def make_old(path: Path) -> None:
    """Make it anew."""
    with closing(sqlite3.connect(path)) as database:
        database.executescript(DUMP.read_text(encoding="utf-8"))
