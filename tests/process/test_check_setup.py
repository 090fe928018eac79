"""The task "Check Setup" as Stash runs it: in order, in Stash's log, and without a trace."""

from __future__ import annotations

import os
from pathlib import Path

from tests.support.harness import Setup, eventually, installed, plex_library, stash_library
from tests.support.tasks import answer, lines, run


def contents(folder: str) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b""
        for path in sorted(Path(folder).rglob("*"))
        if not path.name.endswith("-shm")  # who reads just now, kept by SQLite
    }


def test_on_a_fresh_installation_it_says_what_to_enter_and_makes_nothing(tmp_path: Path) -> None:
    with installed(tmp_path, stash_library(3), plex_library(3), configured=False) as setup:
        said = run(setup, "Check Setup")
        assert said[0].startswith("✓ Python ")
        assert said[-1].startswith("Next: Enter under Settings > Plugins > PlexSync where Stash reaches Plex")
        assert answer(setup)["output"] == said[-1]
        assert [line[0] for line in lines(setup, "Error")] == ["✗", "✗"]
        assert not os.path.exists(setup.data.root)
        assert setup.worker_pids() == []
        assert setup.plex.counts()["writes"] == 0


def test_where_everything_is_right_it_ends_with_how_many_scenes_are_found(setup: Setup) -> None:
    said = run(setup, "Check Setup")
    assert said[-1] == (
        "Everything is right: 50 of 50 scenes are found in Plex. Next: save a scene and look at it in Plex, or press "
        '"Sync All Scenes", which sends 50 scenes.'
    )
    assert answer(setup)["output"] == said[-1]
    assert [line[0] for line in said[:-1]] == ["✓"] * 10 + ["→"] * 2
    assert lines(setup, "Error") == lines(setup, "Warning") == []
    assert setup.plex.token not in "\n".join(said)


def test_it_changes_nothing_beside_a_worker_that_runs(setup: Setup) -> None:
    setup.stash.save(1, title="One")
    eventually(lambda: setup.shows(1, title="One"))
    eventually(lambda: setup.idle() and os.path.exists(setup.data.news))
    pids, held = setup.worker_pids(), setup.worker_runs()
    assert held
    log = setup.log()
    shown = setup.plex.items()
    database, queue = Path(setup.data.database).read_bytes(), contents(setup.data.queue)
    names = sorted(contents(setup.data.root))
    setup.plex.reset_counts()
    setup.stash.reset_counts()
    said = run(setup, "Check Setup")
    assert "✓ The background worker is running." in said
    assert said[-1].startswith("Everything is right: 50 of 50 scenes are found in Plex. Next: ")
    assert said[-1].endswith('or press "Sync All Scenes", which sends 49 scenes.')
    assert setup.plex.counts()["writes"] == 0
    assert setup.plex.counts().get("scan", 0) == 0
    assert setup.plex.items() == shown
    assert setup.stash.counts()["writes"] == 0
    assert setup.worker_pids() == pids
    assert setup.log() == log
    assert Path(setup.data.database).read_bytes() == database
    assert contents(setup.data.queue) == queue
    assert sorted(contents(setup.data.root)) == names


def test_it_changes_nothing_beside_a_worker_that_ended(setup: Setup) -> None:
    setup.stash.save(1, title="One")
    eventually(lambda: setup.shows(1, title="One"))
    eventually(setup.idle)
    manifest = (setup.plugin / "PlexSync.yml").read_bytes()
    (setup.plugin / "PlexSync.yml").unlink()
    eventually(lambda: not setup.worker_pids())
    (setup.plugin / "PlexSync.yml").write_bytes(manifest)
    before = contents(setup.data.root)
    said = run(setup, "Check Setup")
    assert "→ The background worker is not running; the next saved scene starts it." in said
    assert contents(setup.data.root) == before
    assert setup.worker_pids() == []


def test_it_goes_on_where_other_tasks_cannot_begin(tmp_path: Path) -> None:
    with installed(tmp_path, stash_library(3), plex_library(3)) as setup:
        Path(setup.data.root).write_text("a file where the folder should be")
        said = run(setup, "Check Setup")
        assert any(line.startswith("✗ The data folder ") for line in said)
        assert "✓ 3 of 3 scenes are found in Plex." in said
        assert said[-1].startswith("Next: Let the user that runs Stash write to ")
        Path(setup.data.root).unlink()


def test_to_plex_it_is_the_same_device_as_status_and_the_worker_also_when_it_runs_first(setup: Setup) -> None:
    for task in ("Check Setup", "Status"):
        run(setup, task)
    assert not os.path.exists(setup.data.database)
    setup.stash.save(1, title="One")
    eventually(lambda: setup.shows(1, title="One"))
    for task in ("Check Setup", "Status", "Reconcile Library"):
        run(setup, task)
    kinds = {one.kind for one in setup.plex.requests}
    devices = {one.headers["x-plex-client-identifier"] for one in setup.plex.requests}
    assert {"identity", "root", "edit"} <= kinds
    assert len(devices) == 1
