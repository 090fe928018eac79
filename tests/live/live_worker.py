"""The background worker in a real Stash, and what the plugin costs whoever presses Save."""

from __future__ import annotations

from tests.live.saves import NOTHING, SAVES, TURNS, measure, plugin_that_does_nothing
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


def test_what_a_save_costs_beside_a_plugin_that_does_nothing(visit: Visit, figures: list[str]) -> None:
    """Time decides nothing here: the figures are printed."""
    scene = visit.scenes[5]
    with plugin_that_does_nothing(visit):
        assert visit.stash.plugin(NOTHING)
        saves = measure(visit, scene)
    figures.append(str(saves))
    eventually(lambda: visit.shows(scene, title=f"ours {TURNS - 1}.{SAVES - 1}"), what="the last save is seen in Plex")
    assert visit.stash.plugin(NOTHING) is None
    eventually(visit.idle)


def test_how_long_a_bulk_edit_takes_with_and_without_the_plugin(visit: Visit, figures: list[str]) -> None:
    scenes = visit.scenes[5:25]

    ours = visit.stash.save_all(scenes, title="With") / len(scenes)
    visit.stash.enable(False)
    bare = visit.stash.save_all(scenes, title="Without") / len(scenes)
    visit.stash.enable(True)
    figures.append(f"A bulk edit takes {ours * 1000:.1f} ms a scene with the plugin, {bare * 1000:.1f} ms without.")
    eventually(visit.idle)
