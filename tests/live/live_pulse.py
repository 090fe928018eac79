"""What a real Stash changes without a hook reaches Plex by itself: merges, covers, and what happens after a restart."""

from __future__ import annotations

import os
import subprocess
import time

import pytest

from tests.live.own import make_clips, scan, scenes_in
from tests.live.stash import StashSaysNo
from tests.live.visit import PLEX_ROOT, Visit
from tests.support.harness import eventually

#: Seconds from a change without a hook to Plex: a minute and a half, and what the machine takes.
SOON = 120.0


def test_a_merge_reaches_plex_and_the_scene_that_is_gone_is_closed(visit: Visit) -> None:
    kept, gone = visit.scenes[-1], visit.scenes[-2]
    for scene in (kept, gone):
        visit.stash.save(scene, title=f"Before the merge {scene}")
        eventually(lambda scene=scene: visit.shows(scene, title=f"Before the merge {scene}"))  # type: ignore[misc]
    visit.stash.ask(
        "mutation($i:SceneMergeInput!){sceneMerge(input:$i){id}}",
        i={"source": [str(gone)], "destination": str(kept), "values": {"id": str(kept), "title": "Merged"}},
    )
    file = f"{PLEX_ROOT}/{visit.names.pop(gone)}"
    eventually(lambda: visit.shows(kept, title="Merged") and visit.plex.find(file)["title"] == "Merged", SOON)
    eventually(visit.idle)


def test_a_generated_cover_becomes_the_poster(visit: Visit) -> None:
    scene = visit.scenes[0]
    visit.stash.save(scene, title="Before its cover")
    eventually(lambda: visit.shows(scene, title="Before its cover") and visit.idle())
    before = len(visit.uploads(scene))
    query = "mutation($i:GenerateMetadataInput!){metadataGenerate(input:$i)}"
    given = {"covers": True, "overwrite": True, "sceneIDs": [str(scene)]}
    visit.stash.wait_for(str(visit.stash.ask(query, i=given)["metadataGenerate"]))
    eventually(lambda: len(visit.uploads(scene)) > before, SOON)


def test_twelve_scenes_that_a_scan_brings_have_their_posters_soon_after_its_end(
    visit: Visit, figures: list[str]
) -> None:
    for clip in make_clips(visit.folder, 12, first=101):
        visit.plex.add_item(1, f"{PLEX_ROOT}/{clip.name}", clip.stat().st_size, title=clip.stem)
    before = set(visit.names)
    scan(visit.stash, visit.folder, covers=True)
    ended = time.monotonic()
    for path, scene in scenes_in(visit.stash, visit.folder).items():
        visit.names.setdefault(scene, os.path.basename(path))
    new = set(visit.names) - before
    assert len(new) == 12
    eventually(lambda: all(visit.uploads(scene) for scene in new), SOON)
    figures.append(f"Twelve scanned scenes had their posters {time.monotonic() - ended:.0f} s after the scan.")
    eventually(visit.idle)


def test_a_worker_stays_through_a_restart_of_stash_and_goes_on_by_itself(visit: Visit) -> None:
    """STASH_RESTART is a command that restarts the Stash which is visited, such as "systemctl restart stash"."""
    command = os.environ.get("STASH_RESTART")
    if not command:
        pytest.skip("nobody said how this Stash is restarted: STASH_RESTART='systemctl restart stash'")
    scene = visit.scenes[2]
    visit.stash.save(scene, title="Before the restart")
    eventually(lambda: visit.shows(scene, title="Before the restart"))
    began = time.time()
    subprocess.run(command, shell=True, check=True, timeout=300)
    eventually(lambda: _answers(visit), what="Stash answers again")
    assert visit.worker_runs()
    query = "mutation($id:ID!){sceneGenerateScreenshot(id:$id,at:0.4)}"
    before = len(visit.uploads(scene))
    visit.stash.ask(query, id=str(scene))
    eventually(lambda: len(visit.uploads(scene)) > before, 2 * SOON, "nobody saved anything")
    assert "The worker starts." not in "".join(line for line in visit.log().splitlines() if _at(line) > began)


def _answers(visit: Visit) -> bool:
    try:
        visit.stash.busy()
    except StashSaysNo:
        return False
    return True


def _at(line: str) -> float:
    """When a line of the worker's log was written, in seconds since 1970; 0 for what follows a line."""
    try:
        return time.mktime(time.strptime(line[:19], "%Y-%m-%d %H:%M:%S"))
    except ValueError:
        return 0.0
