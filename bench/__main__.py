"""``make bench``: prints a table of measures, each beside its baseline and its budget."""

from __future__ import annotations

import sys

from bench.hook import hook_rows
from bench.latency import latency_rows
from bench.table import Row, print_table


def main() -> int:
    """Measure everything; the exit code is 1 when a budget is exceeded."""
    rows: list[Row] = [*hook_rows(), *latency_rows()]
    print_table(rows)
    return 0 if all(row.ok for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
