"""``make soak``: kills at random, then many jobs; ends in a table of figures, with 1 when a promise was broken.

SOAK_MINUTES (20) bounds it, SOAK_KILLS (1000) and SOAK_JOBS (100000) end it earlier, SOAK_SEED repeats a run.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.soak.chaos import Figures, chaos
from tests.soak.growth import Growth, measure

#: The share of the time that is for the kills; what they leave is for the jobs.
FOR_KILLS = 0.6


def main() -> int:
    """Run both, print the figures, return the exit code."""
    minutes = float(os.environ.get("SOAK_MINUTES", "20"))
    kills, jobs = (int(os.environ.get(name, most)) for name, most in (("SOAK_KILLS", 1000), ("SOAK_JOBS", 100_000)))
    seed = int(os.environ.get("SOAK_SEED", "0")) or random.randrange(1, 1_000_000)
    began = time.monotonic()
    print(f"At most {minutes:g} minutes, seed {seed}. Killing at random, {kills:,} times:", flush=True)
    with tempfile.TemporaryDirectory() as folder, chaos(Path(folder), seed) as installation:
        installation.run(kills, began + minutes * 60 * FOR_KILLS)
    print(f"Sending {jobs:,} jobs through one process:", flush=True)
    growth = measure(jobs, began + minutes * 60 - time.monotonic())
    figures = installation.figures
    print("\n".join(summary(figures, growth)))
    return int(figures.failed or growth.failed)


def summary(figures: Figures, growth: Growth) -> list[str]:
    """The figures, one a line."""
    tried = ", ".join(f"{count:,} {what}" for what, count in sorted(figures.tried.items()))
    killed = ", ".join(f"{count:,} {what}" for what, count in sorted(figures.killed.items()))
    first, last = growth.samples[0], growth.samples[-1]
    return [
        "",
        f"kills               {figures.killed.total():,} ({killed}) in {figures.seconds:,.0f} s",
        f"tried               {tried}; faults of Plex {figures.faults:,}",
        f"lost                {len(figures.lost)} {'; '.join(figures.lost)}",
        f"waited for a pass   {figures.untold_missed} scenes whose hook was killed before it stored its event",
        f"second workers      {figures.second_workers}",
        f"integrity failures  {len(figures.damaged)} {'; '.join(figures.damaged)}",
        f"jobs                {growth.jobs:,} through one process",
        f"open files          {first.files} at first, {last.files} at last, growth after warm-up {growth.files}",
        f"memory              {first.memory:.1f} MiB at first, {last.memory:.1f} MiB at last, "
        f"growth after warm-up {growth.memory:.1f} MiB",
    ]


if __name__ == "__main__":
    sys.exit(main())
