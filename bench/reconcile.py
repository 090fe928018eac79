"""Reconcile Library on both doubles: requests against their limits, times against those of bare loops."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Generator, Iterator
from typing import Any

from bench.doubles import Doubles, doubles, requests_of
from bench.table import Row

#: The worst that "60 % of the rate" leaves, as a ratio of times.
SIXTY_PERCENT = 1 / 0.6

#: How much longer a first sync may take than its edits alone, where Plex takes the usual time for each.
TENTH_MORE = 1.1

#: Looks of the pulse that are measured.
LOOKS = 20

#: Seconds that Plex may well take for an edit; the double answers in half a millisecond.
USUAL_LATENCY = 0.01


#: MiB that the worker may take, with 10,000 scenes, and how many times that with more.
MEMORY, MORE = 60.0, 1.15

#: Bytes of journal that a scene may take, so that 100,000 stay below 250 MiB.
JOURNAL = 250 * 1024 * 1024 / 100_000


def reconcile_rows(quick: bool) -> Iterator[Row]:
    """Passes over 10,000 scenes, and over 100,000 unless it has to be ``quick``; a first sync."""
    small = yield from _passes(10_000, quick)
    if not quick:
        large = yield from _passes(100_000, quick)
        for name in ("seconds", "requests"):
            measure = f"usual pass, 100,000 scenes, {name} against 10 x those of 10,000"
            yield Row(measure, large[name], 10 * small[name], "", 1.2)
        yield Row("peak memory, 100,000 scenes, against that of 10,000", large["memory"], small["memory"], "MiB", MORE)
        yield from _first_sync(10_000, latency=USUAL_LATENCY)
    yield from _first_sync(500 if quick else 10_000)


def _passes(scenes: int, quick: bool) -> Generator[Row, None, dict[str, Any]]:
    """Rows of all passes over so many scenes that were sent before; returns what the usual one took."""
    name = f"{scenes:,} scenes"
    pages = scenes / 10_000
    with tempfile.TemporaryDirectory() as folder, doubles(scenes, folder, synced=True) as both:
        both.perform("pretend")
        both.advance(60)
        usual = _measured(both, "pass")
        bare = _measured(both, "fetch")
        yield Row(f"usual pass, {name}: Plex requests", usual["plex"], 25 * pages, "", 1.0)
        yield Row(f"usual pass, {name}: Stash requests", usual["stash"], 30 * pages, "", 1.0)
        yield Row(f"usual pass, {name}: details and writes", usual["details"] + usual["writes"], 0, "", 1.0)
        yield Row(f"usual pass, {name}, against its pages", usual["seconds"], bare["seconds"], "s", 2.0)
        if not quick or scenes <= 10_000:
            swept = _measured(both, "pass", sweep=True)
            bare = _measured(both, "fetch", sweep=True)
            yield Row(f"daily pass, {name}: Plex requests", swept["plex"], 25 * pages, "", 1.0)
            yield Row(f"daily pass, {name}, against its pages", swept["seconds"], bare["seconds"], "s", 2.0)
            usual["memory"] = max(usual["memory"], swept["memory"])
        yield from _looks(both, name)
        yield from _changed(both, name, usual)
        yield from _missing(both, name)
        usual["memory"] = yield from _memory(both, name, usual["memory"])
    return {**usual, "requests": usual["plex"] + usual["stash"]}


def _memory(both: Doubles, name: str, of_passes: float) -> Generator[Row, None, float]:
    """What the worker takes at most, in MiB: in the passes, and with a journal, jobs that wait, and the page open."""
    both.configure()
    done = both.perform("open", run=both.perform("fill")["run"])
    page: float = done["open"]
    budget = MEMORY * (1 if both.scenes <= 10_000 else MORE)
    yield Row(f"passes, {name}: peak memory", of_passes, budget, "MiB", 1.0)
    yield Row(f"daily pass, page and journal, {name}: peak memory", page, budget, "MiB", 1.0)
    yield Row(f"the undo of a run of {name} foreseen: peak memory", done["foreseen"], budget, "MiB", 1.0)
    yield Row(f"the undo of a run of {name} begun: peak memory", done["begun"], budget, "MiB", 1.0)
    return max(of_passes, page)


def _changed(both: Doubles, name: str, usual: dict[str, Any]) -> Iterator[Row]:
    """A hundred scenes changed, once Plex's fields are known to be taken."""
    both.save(range(1, 3), title="Warm up")
    both.advance(60)
    both.perform("pass")
    both.save(range(101, 201), title="Changed")
    both.advance(60)
    done = _measured(both, "pass")
    measure = f"100 changed of {name}"
    yield Row(f"{measure}: Stash requests more than usual", done["graphql"] - usual["graphql"], 4, "", 1.0)
    yield Row(f"{measure}: details requests, read back included", done["details"], 4, "", 1.0)
    yield Row(f"{measure}: writes", done["writes"], 100, "", 1.0)


def _looks(both: Doubles, name: str) -> Iterator[Row]:
    """Looks of the pulse while nothing is changed: requests, the worker's share of a minute and Stash's. The first look
    of all reads on, since all scenes of a generated library were changed in the same second."""
    both.perform("pulse", looks=0)
    done = _measured(both, "pulse", looks=LOOKS)
    yield Row(f"{LOOKS} looks of the pulse, {name}: Stash requests", done["stash"], LOOKS + 1, "", 1.0)
    yield Row(f"{LOOKS} looks of the pulse, {name}: Plex requests", done["plex"], 0, "", 1.0)
    yield Row(f"a look of the pulse, {name}, CPU against 0.1 % of a minute", done["cpu"], 0.06, "s", 1.0)
    yield Row(f"a look of the pulse, {name}, Stash against 0.5 % of a minute", done["look"], 0.3, "s", 1.0)


def _missing(both: Doubles, name: str) -> Iterator[Row]:
    """A scene whose file Plex does not have, looked for while nothing changes in Plex: connecting, and a look at
    its counter of changes."""
    both.advance(60)
    both.perform("pass")  # what was written before has moved the counter
    both.rename_file(7)
    done = _measured(both, "look", scene=7)
    assert done["outcomes"] == {"missing": 1}, done
    yield Row(f"one file missing among {name}: Plex requests", done["plex"], 2, "", 1.0)


def _first_sync(scenes: int, latency: float = 0.0) -> Iterator[Row]:
    """Every scene sent for the first time, against the same edits made by a bare loop on a fresh double."""
    name = f"first sync, {scenes:,} scenes" + (f", Plex answers in {latency * 1000:.0f} ms" if latency else "")
    with tempfile.TemporaryDirectory() as folder:
        with doubles(scenes, folder, synced=False, latency=latency) as both:
            done = _measured(both, "pass")
            edits = both.plex_edits()
            read = both.perform("read")
        path = os.path.join(folder, "edits.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(edits, file)
        with doubles(scenes, folder, synced=False, latency=latency) as both:
            bare = both.perform("replay", edits=path)
    yield Row(f"{name}: writes", done["writes"], scenes, "", 1.0)
    budget = TENTH_MORE if latency else SIXTY_PERCENT
    yield Row(f"{name}, against a bare loop", done["seconds"], bare["seconds"], "s", budget)
    both_ways = bare["seconds"] + read["seconds"]
    yield Row(f"{name}, against that and bare reads of Stash", done["seconds"], both_ways, "s", SIXTY_PERCENT)
    yield Row(f"{name}: peak memory", done["memory"], MEMORY, "MiB", 1.0)
    yield Row(f"{name}: journal of a scene", done["journal"] / scenes, JOURNAL, "B", 1.0)


def _measured(both: Doubles, action: str, **options: object) -> dict[str, Any]:
    """An action, with the requests it took by the doubles' counts."""
    both.reset()
    done = both.perform(action, **options)
    plex, stash = both.plex_counts(), both.stash_counts()
    counts = {"plex": requests_of(plex), "details": plex.get("details", 0), "writes": plex["writes"]}
    return {**done, **counts, "stash": stash["requests"], "graphql": stash["graphql"]}
