"""``make bench``: prints a table of measures, each beside its baseline and its budget; ``--quick`` in a minute."""

from __future__ import annotations

import argparse
import sys

from bench.covers import cover_rows
from bench.hook import hook_rows
from bench.jobs import queue_rows
from bench.kept import changes, keep, print_changes, read
from bench.latency import latency_rows
from bench.operations import operation_rows
from bench.reconcile import reconcile_rows
from bench.start import start_rows
from bench.table import Row, print_table


def main() -> int:
    """Measure everything; the exit code is 1 when a budget is exceeded."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, and nothing with 100,000 scenes")
    parser.add_argument("--keep", action="store_true", help="keep the ratios for the next comparison (bench/kept.json)")
    options = parser.parse_args()
    quick: bool = options.quick
    rows: list[Row] = [
        *hook_rows(quick),
        *operation_rows(quick),
        *start_rows(quick),
        *latency_rows(quick),
        *queue_rows(quick),
        *reconcile_rows(quick),
        *cover_rows(quick),
    ]
    print_table(rows)
    print_changes(changes(rows, read()))
    if options.keep:
        keep(rows)
    return 0 if all(row.ok for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
