"""The benchmark's own ways through the product still work: it is run by hand, and would break unseen."""

from __future__ import annotations

from pathlib import Path

from bench.doubles import doubles


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
