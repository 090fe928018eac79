"""The table of ``make bench``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One measure: ours and the baseline's in one unit, and how many times the baseline it may be."""

    measure: str
    ours: float
    baseline: float
    unit: str
    budget: float

    @property
    def ratio(self) -> float:
        """How many times the baseline; of a limit of 0, nothing is its one and everything else too much."""
        if self.baseline:
            return self.ours / self.baseline
        return math.inf if self.ours else 1.0

    @property
    def ok(self) -> bool:
        """Whether the budget is kept."""
        return self.ratio <= self.budget


def print_table(rows: Sequence[Row]) -> None:
    """Print one line per measure."""
    print(f"{'measure':66}{'ours':>10}{'baseline':>10}  unit {'ratio':>6}{'budget':>8}")
    for row in rows:
        verdict = "ok" if row.ok else "TOO MUCH"
        numbers = f"{row.ours:10.2f}{row.baseline:10.2f}  {row.unit:4}{row.ratio:7.2f}{row.budget:8.2f}"
        print(f"{row.measure:66}{numbers}  {verdict}")
