"""The benchmark's own ways through the product still work: it is run by hand, and would break unseen."""

from __future__ import annotations

import json
from pathlib import Path

import requests

from bench.doubles import doubles
from bench.kept import changes, keep, read
from bench.table import Row


def test_what_the_benchmark_pretends_to_have_sent_costs_a_pass_nothing(tmp_path: Path) -> None:
    with doubles(60, str(tmp_path), synced=True) as both:
        both.perform("pretend")
        both.advance(60)
        both.perform("pass")
        counts = both.plex_counts()
        assert counts["writes"] == 0
        assert counts.get("details", 0) == 0
        both.perform("pulse", looks=0)
        both.reset()
        assert both.perform("pulse", looks=3)["cpu"] < 0.5
        assert both.stash_counts()["requests"] == 4
        both.save(range(1, 2), title="Changed")
        assert both.perform("look", scene=1)["outcomes"] == {"updated": 1}
        both.configure()
        opened = both.perform("open", run=both.perform("fill")["run"])
        assert 0 < opened["open"] <= opened["foreseen"] <= opened["begun"]


def test_the_baseline_of_a_first_sync_with_covers_sends_what_that_sent(tmp_path: Path) -> None:
    shown = []
    edits = tmp_path / "edits.json"
    for action in ("pass", "replay"):
        with doubles(12, str(tmp_path / "data"), synced=False) as both:
            both.perform(action, covers=True, edits=str(edits))
            counts = both.plex_counts()
            assert (both.stash_counts()["images"], counts["poster"], counts["writes"]) == (12, 12, 24)
            assert counts.get("posters", 0) == (24 if action == "pass" else 0)
            edits.write_text(json.dumps(both.plex_edits()), encoding="utf-8")
            state = requests.get(f"{both.plex_url}/__double__/state", timeout=60).json()
            shown.append([one["selected"]["thumb"] for one in state["items"]])
    assert shown[0] == shown[1]
    assert all(one.startswith("upload://") for one in shown[0])


def test_a_step_back_is_seen_beside_what_was_kept(tmp_path: Path) -> None:
    file = tmp_path / "kept.json"
    keep(
        [Row("hook", 20, 10, "ms", 2.0), Row("queue", 10, 10, "us", 1.5), Row("too much of nothing", 1, 0, "", 1)], file
    )
    keep([Row("queue", 12, 10, "us", 1.5)], file)
    assert read(file) == {"hook": 2.0, "queue": 1.2}
    rows = [Row("hook", 30, 10, "ms", 2.0), Row("queue", 9, 10, "us", 1.5), Row("start", 1, 1, "ms", 1.6)]
    assert [(one.measure, one.verdict) for one in changes(rows, read(file))] == [
        ("hook", "WORSE"),
        ("queue", "better"),
        ("start", "new"),
    ]
