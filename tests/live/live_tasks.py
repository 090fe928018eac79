"""The task buttons, their progress, Stop, and settings that are wrong."""

from __future__ import annotations

import re

from tests.live.visit import Visit
from tests.support.harness import eventually


def test_reconciling_mends_what_no_hook_told_with_progress_and_ends_in_one_line(visit: Visit) -> None:
    scenes = visit.scenes[:30]
    visit.stash.run_task("Reconcile Library")
    visit.save_quietly(scenes, details="Saved while the plugin was off.")
    visit.plex.inject({"type": "slow", "kind": "edit", "seconds": 0.05, "count": None})
    run = visit.stash.run_task("Reconcile Library")
    visit.plex.clear_faults()
    assert run.status == "FINISHED"
    assert all(visit.shows(scene, summary="Saved while the plugin was off.") for scene in scenes)
    assert run.progress == sorted(run.progress)
    assert len(run.progress) > 5, "the bar moved while the task worked"
    assert re.fullmatch(r"[\d,]+ scenes?: .*\b30 updated\b.*\.", run.lines[-1])
    again = visit.stash.run_task("Reconcile Library")
    assert re.fullmatch(r"[\d,]+ scenes?: .*already right.*\.", again.lines[-1])
    assert "updated" not in again.lines[-1]


def test_stop_stops_and_the_worker_does_what_remains(visit: Visit) -> None:
    scenes = visit.scenes
    visit.save_quietly(scenes, details="To be sent in spite of Stop.")
    visit.plex.inject({"type": "slow", "kind": "edit", "seconds": 0.1, "count": None})
    visit.plex.reset_counts()

    def stop_after_five(job: str) -> None:
        if visit.plex.counts().get("edit", 0) >= 5:
            visit.stash.stop(job)

    run = visit.stash.run_task("Sync All Scenes", stop_after_five)
    written = visit.plex.counts()["edit"]
    visit.plex.clear_faults()
    assert run.status == "CANCELLED"
    assert written < len(scenes)
    eventually(lambda: all(visit.shows(scene, summary="To be sent in spite of Stop.") for scene in scenes))
    eventually(visit.idle)
    assert visit.worker_runs()


def test_status_says_how_things_stand(visit: Visit) -> None:
    visit.stash.save(visit.scenes[0], title="For Status")
    eventually(lambda: visit.shows(visit.scenes[0], title="For Status"))
    eventually(visit.idle)
    said = visit.stash.run_task("Status").text
    assert "The background worker is running." in said
    assert 'Plex answers: "Plex double"' in said
    assert "Libraries written to: Clips." in said
    assert f"scene {visit.scenes[0]}: title written." in said


def test_check_setup_finds_nothing_wrong_with_what_works_and_changes_nothing(visit: Visit) -> None:
    eventually(visit.idle)
    visit.plex.reset_counts()
    run = visit.stash.run_task("Check Setup")
    assert run.status == "FINISHED"
    assert 'Plex takes the token: server "Plex double"' in run.text
    assert "✗" not in run.text
    found = f"Everything is right: {len(visit.scenes)} of {len(visit.scenes)} scenes are found in Plex."
    assert run.lines[-1].startswith(f"{found} Next: save a scene")
    assert visit.plex.counts().get("writes", 0) == 0


def test_check_setup_leads_from_nothing_to_all_scenes(visit: Visit) -> None:
    visit.stash.configure({"only_paths": str(visit.folder)})
    said = visit.stash.run_task("Check Setup").lines
    assert said[-1].startswith("Next: Enter under Settings > Plugins > PlexSync where Stash reaches Plex")
    assert said[-1].endswith("1 more line has a cross.")
    visit.configure(plex_token="wrong-token", path_map="")
    assert "Enter the token of the account that owns the server" in visit.stash.run_task("Check Setup").lines[-1]
    visit.configure(path_map="")
    said = visit.stash.run_task("Check Setup").lines
    (path_map,) = [line.removeprefix("→ ") for line in said if line.startswith("→ ") and "=>" in line]
    visit.configure(path_map=path_map)
    said = visit.stash.run_task("Check Setup").lines
    visit.configure()
    assert said[-1].startswith("Everything is right: ")


def test_a_missing_setting_is_named_as_the_settings_page_shows_it(visit: Visit) -> None:
    visit.configure(plex_token="")
    run = visit.stash.run_task("Reconcile Library")
    visit.configure()
    assert 'The setting "Plex token" is empty; enter it under Settings > Plugins > PlexSync.' in run.text


def test_a_wrong_setting_is_named_and_the_others_work(visit: Visit) -> None:
    visit.configure(path_map=f"nonsense; {visit.folder} => /plex/clips")
    said = visit.stash.run_task("Status").text
    visit.configure()
    assert "Path map" in said
    assert 'Plex answers: "Plex double"' in said
