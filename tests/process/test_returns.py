"""What is played in Plex, with the plugin as Stash starts it: heard by the worker, and a play in Stash."""

from __future__ import annotations

from typing import Any

from tests.support.harness import Setup, eventually


def activity(setup: Setup, scene: int) -> dict[str, Any]:
    query = f"{{ findScene(id: {scene}) {{ play_count resume_time play_duration updated_at }} }}"
    found: dict[str, Any] = setup.stash.graphql(query)["data"]["findScene"]
    return found


def listens(setup: Setup) -> bool:
    return setup.plex.listeners > 0


def test_a_play_is_heard_and_counted_while_scenes_are_sent(setup: Setup) -> None:
    setup.settings(plays_from_plex=True, resume_from_plex=True)
    setup.stash.save(1, title="One")
    eventually(lambda: setup.shows(1, title="One") and setup.idle())
    eventually(lambda: listens(setup), what="the worker listens")
    before = activity(setup, 1)
    key = setup.shown(1)["ratingKey"]
    setup.plex.play(key, "playing", {"state": "stopped", "offset": 30_000, "at": 5})
    eventually(lambda: activity(setup, 1)["resume_time"] == 30.0, what="where it was left is where Stash resumes")
    after = activity(setup, 1)
    assert after["play_count"] == 1
    assert after["play_duration"] > 0
    assert after["updated_at"] == before["updated_at"]
    runs = len([run for run in setup.stash.runs if run["kind"] == "hook"])
    assert runs == 1, "what comes from Plex fires no hook"


def test_switched_off_again_the_worker_listens_no_more(setup: Setup) -> None:
    setup.settings(plays_from_plex=True)
    setup.stash.save(1, title="One")
    eventually(lambda: listens(setup), what="the worker listens")
    setup.settings()
    setup.stash.save(1, title="Two")
    eventually(lambda: setup.shows(1, title="Two"))
    key = setup.shown(1)["ratingKey"]
    setup.plex.play(key, "playing", {"state": "stopped", "offset": 300_000, "at": 1})
    setup.stash.save(1, title="Three")
    eventually(lambda: setup.shows(1, title="Three"))
    assert activity(setup, 1)["play_count"] == 0
