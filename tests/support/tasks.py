"""The task buttons, as Stash runs them, and what is read of them."""

from __future__ import annotations

import json

from tests.support.harness import Setup


def lines(setup: Setup, level: str | None = None) -> list[str]:
    """What the plugin wrote into Stash's log, of one level or of all."""
    return [
        entry["message"]
        for entry in setup.stash.log
        if entry["plugin"] == "PlexSync" and level in (None, entry["level"])
    ]


def run(setup: Setup, task: str) -> list[str]:
    """Run a task to its end; the lines it wrote."""
    before = len(lines(setup))
    job = setup.stash.wait_for_job(setup.stash.run_task("PlexSync", task))
    assert job["status"] == "FINISHED"
    return lines(setup)[before:]


def answer(setup: Setup) -> dict[str, str]:
    """What the last task printed: its output or its error."""
    task = [run for run in setup.stash.runs if run["kind"] == "task"][-1]
    document: dict[str, str] = json.loads(task["stdout"])
    return document


def quietly_save(setup: Setup, scene: int, **fields: object) -> None:
    """Change a scene without a hook, as an edit made while the plugin was off."""
    setup.stash.graphql("mutation { setPluginsEnabled(enabledMap: {PlexSync: false}) }")
    setup.stash.save(scene, **fields)
    setup.stash.graphql("mutation { setPluginsEnabled(enabledMap: {PlexSync: true}) }")
