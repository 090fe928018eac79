"""The background worker in a real Stash, and what the plugin costs whoever presses Save."""

from __future__ import annotations

from statistics import median

from tests.live.visit import Visit
from tests.support.harness import eventually


def test_switching_the_plugin_off_ends_the_worker_and_the_next_save_starts_another(visit: Visit) -> None:
    scene = visit.scenes[3]
    visit.stash.save(scene, title="Before")
    eventually(lambda: visit.shows(scene, title="Before"))
    assert visit.worker_runs()
    visit.stash.enable(False)
    eventually(lambda: not visit.worker_runs(), seconds=90)
    assert "the plugin is disabled or gone from Stash" in visit.log()
    visit.stash.save(scene, title="Not told")
    visit.stash.enable(True)
    assert not visit.worker_runs()
    visit.stash.save(scene, details="Told.")
    eventually(lambda: visit.shows(scene, title="Not told", summary="Told."))
    assert visit.worker_runs()


def test_nothing_secret_is_in_what_other_users_of_the_machine_see(visit: Visit) -> None:
    visit.stash.save(visit.scenes[4], title="No secret")
    eventually(lambda: visit.shows(visit.scenes[4], title="No secret"))
    assert visit.plex.token not in visit.log()


def test_how_long_a_save_takes_with_and_without_the_plugin(visit: Visit, figures: list[str]) -> None:
    scenes = visit.scenes[5:25]

    def measure(name: str) -> tuple[float, float]:
        single = median(visit.stash.save(scene, title=f"{name} {scene}") for scene in scenes)
        return single * 1000, visit.stash.save_all(scenes, title=name) / len(scenes) * 1000

    with_plugin = measure("With")
    visit.stash.enable(False)
    without = measure("Without")
    visit.stash.enable(True)
    for name, (single, bulk) in (("with the plugin", with_plugin), ("without", without)):
        figures.append(f"A save takes {single:.1f} ms {name}, a bulk edit {bulk:.1f} ms a scene.")
    eventually(visit.idle)
