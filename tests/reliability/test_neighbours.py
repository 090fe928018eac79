"""Living next to others: a second Stash, an update, being switched off and removed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.support.clock import MINUTE
from tests.support.clockwork import Story, clockwork
from tests.support.harness import Setup, eventually, installed, plex_library, stash_library
from worker.storage.ownership import Lock


def zombies() -> set[int]:
    """Ended processes that wait for this one, or for a worker, to look at them."""
    found = set()
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                state, parent = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()[:2]
            except OSError:
                continue
            if state == "Z" and int(parent) == os.getpid():
                found.add(int(entry))
    return found


def works(setup: Setup, scene: int, title: str) -> None:
    setup.stash.save(scene, title=title)
    eventually(lambda: setup.shows(scene, title=title) and setup.idle())


def test_two_stashes_with_their_own_plugins_share_nothing(tmp_path: Path) -> None:
    with (
        installed(tmp_path / "one", stash_library(40), plex_library(40)) as one,
        installed(tmp_path / "two", stash_library(40), plex_library(40)) as two,
    ):
        works(one, 1, "In one")
        works(two, 1, "In two")
        (kept,) = two.worker_pids()
        two.plex.reset_counts()
        two.stash.reset_counts()
        # The first loses its Plex, floods, is updated, and loses its worker; the second goes on as it was.
        one.plex.stop()
        one.stash.bulk_save(range(1, 41), details="In one.")
        manifest = one.plugin / "PlexSync.yml"
        manifest.write_text(manifest.read_text().replace("version: 1.0.0", "version: 1.0.1"))
        eventually(lambda: "a new worker takes over" in one.log())
        works(two, 2, "Meanwhile in two")
        one.plex.start()
        eventually(lambda: all(one.shows(n, summary="In one.") for n in range(1, 41)))
        one.stash.graphql("mutation { setPluginsEnabled(enabledMap: {PlexSync: false}) }")
        eventually(lambda: not one.worker_pids())
        works(two, 3, "Still in two")
        assert two.worker_pids() == [kept]
        assert two.plex.counts()["edit"] == 2
        assert not any(two.shows(n, summary="In one.") for n in range(1, 41))
        assert "In one" not in two.log()
        assert not one.worker_pids()


def test_an_update_while_it_works_lets_the_old_worker_finish_its_scene(tmp_path: Path) -> None:
    with installed(tmp_path, stash_library(30), plex_library(30)) as setup:
        works(setup, 1, "Warm up")
        (old,) = setup.worker_pids()
        setup.plex.reset_counts()
        setup.plex.inject({"type": "slow", "seconds": 0.3, "kind": "edit", "count": 6})
        setup.stash.bulk_save(range(1, 31), details="To be sent.")
        eventually(lambda: setup.plex.counts().get("edit", 0) >= 1)
        # As an update does it: the file is replaced by another one.
        script = setup.plugin / "PlexSync.py"
        draft = setup.plugin / "PlexSync.py.new"
        shutil.copy(script, draft)
        draft.write_text(draft.read_text() + "\n# another version\n")
        os.replace(draft, script)
        eventually(lambda: setup.worker_pids() not in ([], [old]) and old not in setup.worker_pids())
        eventually(lambda: all(setup.shows(n, summary="To be sent.") for n in range(1, 31)) and setup.idle())
        assert len(setup.worker_pids()) == 1
        # Nothing was torn out of the old one's hands: each scene was written once.
        assert setup.plex.counts()["edit"] == 30
        assert setup.log().count("a new worker takes over") == 1
        works(setup, 2, "After the update")
        assert len(setup.worker_pids()) == 1
        assert setup.log().count("The worker starts.") == 2
        assert "unforeseen" not in setup.log()
        assert zombies() == set()


def ends(setup: Setup) -> None:
    eventually(lambda: not setup.worker_pids())
    # Its locks are free, and no process holds a file of its folder.
    for lock in (setup.data.worker_lock, setup.data.owner_lock):
        if os.path.exists(lock):
            assert not Lock(lock).is_held_elsewhere()
    assert zombies() == set()


def test_disabling_the_plugin_ends_the_worker_even_while_scenes_wait(tmp_path: Path) -> None:
    with installed(tmp_path, stash_library(10), plex_library(10)) as setup:
        works(setup, 1, "Warm up")
        setup.plex.stop()
        setup.stash.bulk_save(range(1, 11), details="Waits.")
        eventually(lambda: setup.waiting() == list(range(1, 11)))
        setup.stash.graphql("mutation { setPluginsEnabled(enabledMap: {PlexSync: false}) }")
        ends(setup)
        assert setup.waiting() == list(range(1, 11))
        setup.plex.start()
        setup.stash.graphql("mutation { setPluginsEnabled(enabledMap: {PlexSync: true}) }")
        setup.stash.save(1, title="One hook starts it again")
        eventually(lambda: all(setup.shows(n, summary="Waits.") for n in range(1, 11)))


@pytest.mark.parametrize("gone", [False, True], ids=["disabled", "removed"])
def test_a_worker_that_is_not_wanted_any_more_ends_within_a_minute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gone: bool
) -> None:
    with clockwork(tmp_path, stash_library(3), plex_library(3)) as made:

        def story() -> Story:
            made.save(1, title="Warm up")
            yield from made.until(lambda: made.shows(1, title="Warm up") and made.settled(), MINUTE)
            made.plex.stop()
            made.save(1, title="Waits")
            yield MINUTE
            if gone:
                monkeypatch.setattr("worker.plugin_watch.PLUGIN_FOLDER", str(tmp_path / "trash"))
            else:
                made.stash.graphql("mutation { setPluginsEnabled(enabledMap: {PlexSync: false}) }")
            yield from made.until(lambda: made.endings, MINUTE)
            assert set(made.waiting()) == {1}

        made.play(story())


def test_removing_the_plugins_folder_ends_the_worker(tmp_path: Path) -> None:
    with installed(tmp_path, stash_library(10), plex_library(10)) as setup:
        works(setup, 1, "Warm up")
        setup.plex.stop()
        setup.stash.bulk_save(range(1, 11), details="Waits.")
        eventually(lambda: setup.waiting() == list(range(1, 11)))
        shutil.move(setup.plugin, tmp_path / "trash")
        ends(setup)
        assert not setup.plugin.exists()
