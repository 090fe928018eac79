"""The report as the page gets it: as a text, which the browser saves. No file is written."""

from __future__ import annotations

import time

from worker.datadir import DataDir
from worker.operations.files import Answer
from worker.operations.report.asking import way_to_stash
from worker.operations.report.document import write_report
from worker.operations.report.kept import is_masked

#: The most lines of Check Setup that are taken over, and characters of each.
MOST_LINES, LONGEST = 1000, 4000


def report(data: DataDir, connection: object, asked: Answer) -> Answer:
    """``text`` and a ``name`` for its file. ``mask``: false shows titles and paths; ``checked``: the lines of Check
    Setup, which the page has."""
    given = asked.get("checked")
    lines = [str(line)[:LONGEST] for line in given[:MOST_LINES]] if isinstance(given, list) else []
    text = write_report(data, way_to_stash(connection), lines, mask=is_masked(asked))
    return {"name": f"plexsync-report-{time.strftime('%Y%m%d-%H%M%S')}.txt", "text": text}
