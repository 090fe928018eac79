"""A first sync with covers: each is asked for once, and on its way while others are sent."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator

from bench.doubles import doubles
from bench.reconcile import SIXTY_PERCENT, USUAL_LATENCY
from bench.table import Row

#: Requests for a scene beside one of the bare loop's: cover, edit, upload, and two lists of the item's pictures. The
#: first tells what stood there, the second that the upload does. Where Plex takes its time, they are asked for while
#: others are sent.
REQUESTS = 5 / 3


def cover_rows(quick: bool) -> Iterator[Row]:
    """Rows of a first sync with covers, on a Plex that takes the usual time, and on one that answers at once."""
    yield from _first_sync(500 if quick else 2_000, SIXTY_PERCENT, latency=USUAL_LATENCY)
    if not quick:
        yield from _first_sync(10_000, SIXTY_PERCENT * REQUESTS)


def _first_sync(scenes: int, budget: float, latency: float = 0.0) -> Iterator[Row]:
    """Against a bare loop on fresh doubles: for each scene its cover from Stash, the same edit, and one upload."""
    name = f"with covers, {scenes:,} scenes" + (f", Plex in {latency * 1000:.0f} ms" if latency else "")
    with tempfile.TemporaryDirectory() as folder:
        with doubles(scenes, folder, synced=False, latency=latency) as both:
            both.reset()
            done = both.perform("pass", covers=True)
            plex, stash, edits = both.plex_counts(), both.stash_counts(), both.plex_edits()
        path = os.path.join(folder, "edits.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(edits, file)
        with doubles(scenes, folder, synced=False, latency=latency) as both:
            bare = both.perform("replay", edits=path, covers=True)
    yield Row(f"{name}: covers asked for", stash["images"], scenes, "", 1.0)
    yield Row(f"{name}: writes", plex["writes"], 2 * scenes, "", 1.0)
    yield Row(f"{name}: lists of pictures, read back included", plex.get("posters", 0), 2 * scenes, "", 1.0)
    yield Row(f"{name}, against a bare loop", done["seconds"], bare["seconds"], "s", budget)
