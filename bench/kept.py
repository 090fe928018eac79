"""The figures that were kept last: a file in the repository, so that a step back is seen with the next ``make bench``.

Only ratios are kept, which mean the same on another machine.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.table import Row

FILE = Path(__file__).with_name("kept.json")

#: A ratio moves by so much from run to run; what is larger is called a step.
NOISE = 1.15


@dataclass(frozen=True)
class Change:
    """One measure: its ratio now, and the one that was kept, None where there is none."""

    measure: str
    now: float
    kept: float | None

    @property
    def verdict(self) -> str:
        """Which way it went, in a word."""
        if self.kept is None:
            return "new"
        if self.now > self.kept * NOISE:
            return "WORSE"
        return "better" if self.now * NOISE < self.kept else ""


def changes(rows: Sequence[Row], kept: Mapping[str, float]) -> list[Change]:
    """Each measure beside what was kept of it."""
    return [Change(row.measure, row.ratio, kept.get(row.measure)) for row in rows]


def read(file: Path = FILE) -> dict[str, float]:
    """Ratios by measure; none where nothing was kept yet."""
    if not file.exists():
        return {}
    kept: dict[str, float] = json.loads(file.read_text(encoding="utf-8"))
    return kept


def keep(rows: Sequence[Row], file: Path = FILE) -> None:
    """Keep the ratios of these rows, beside those of others that were kept before."""
    now = {row.measure: round(row.ratio, 3) for row in rows if math.isfinite(row.ratio)}
    text = json.dumps({**read(file), **now}, indent=1, sort_keys=True)
    file.write_text(text + "\n", encoding="utf-8")


def print_changes(found: Sequence[Change]) -> None:
    """Print one line per measure."""
    print(f"\n{'against what was kept last (make bench-keep)':66}{'kept':>10}{'now':>10}")
    for one in found:
        kept = "" if one.kept is None else f"{one.kept:.2f}"
        print(f"{one.measure:66}{kept:>10}{one.now:10.2f}  {one.verdict}")
