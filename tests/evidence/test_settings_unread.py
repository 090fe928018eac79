"""A setting that holds something back and cannot be read is not taken for empty: nothing is sent until it is right."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clock import MINUTE
from tests.support.harness import installed, plex_library, stash_library
from tests.support.tasks import answer, run
from tests.support.workbench import Workbench, running_workbench
from validation.config import HOLD_BACK, PlexSyncConfig, read_settings

NOT_READABLE = {"string": 7, "array": 7, "boolean": "perhaps"}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with running_workbench(tmp_path) as made:
        yield made


def wrong(key: str) -> object:
    return NOT_READABLE[PlexSyncConfig.model_json_schema()["properties"][key]["type"]]


def stored(bench: Workbench, **more: object) -> dict[str, object]:
    return {"plex_url": bench.plex.url, "plex_token": bench.plex.token, "skip_poster": True, **more}


@pytest.mark.parametrize("key", sorted(HOLD_BACK))
def test_a_scene_waits_while_what_holds_it_back_cannot_be_read(
    bench: Workbench, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    config, (problem,) = read_settings(stored(bench, **{key: wrong(key)}))
    bench.worker.reconfigure(config)
    pair = bench.pair()
    pair.in_stash(title="Private", tags=["Private"])
    bench.sync(pair.scene)
    for _ in range(10):
        bench.clock.now += MINUTE
        bench.run()
    assert pair.shown()["title"] != "Private"
    assert (list(bench.waiting()), bench.parked()) == ([pair.scene], {})
    assert bench.worker.gate.paused_because == problem
    assert "so nothing is sent until it is corrected" in problem
    assert len([line for line in caplog.messages if problem in line]) == 1, "said once"
    corrected, problems = read_settings(stored(bench, **({key: "Private"} if key == "never_tags" else {})))
    assert problems == ()
    bench.worker.reconfigure(corrected)
    bench.run()
    assert (pair.shown()["title"] == "Private") is (key != "never_tags")
    assert (bench.waiting(), bench.worker.gate.paused_because) == ({}, "")


def test_the_tasks_say_it_too(tmp_path: Path) -> None:
    with installed(tmp_path, stash_library(2), plex_library(2)) as setup:
        setup.settings(never_paths=7)
        run(setup, "Sync All Scenes")
        sentence = 'The setting "Never scenes below these folders" cannot be used ("7" was given)'
        assert answer(setup)["error"].startswith(sentence)
        assert any(sentence in line for line in run(setup, "Status"))
        assert setup.plex.counts()["writes"] == 0
